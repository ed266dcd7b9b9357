"""A list beside the one before it."""

from __future__ import annotations

from typing import Any

from leads.outcomes.work import CaseStanding
from leads.publishing.list_diff import Change, list_changes
from leads.publishing.rows import CaseRow
from tests.leads.conftest import case_row, lead_row


def _case(subject: str, state: str = "same", **said: Any) -> CaseRow:
    standing = CaseStanding("institution", subject, "DC-03", **said) if said else None
    return case_row(subject_id=subject, state=state, standing=standing)


def test_what_is_new_grown_less_or_the_same_is_told_by_figures_and_rules() -> None:
    given: dict[str, dict[str, Any]] = {"A": {}, "B": {"hit_count": 9}, "C": {}, "D": {"rule_ids": ["DC-03", "FQ-01"]}}
    given["E"] = {"hit_count": 1}
    now = [lead_row(place, subject_id=subject, **more) for place, (subject, more) in enumerate(given.items(), 1)]
    then = [lead_row(place, subject_id=subject) for place, subject in enumerate("BCDE", 1)]
    changes = list_changes(now, then, [])
    assert [one.change for one in changes] == [Change.NEW, Change.GROWN, Change.SAME, Change.GROWN, Change.LESS]
    assert [(one.place, one.earlier_place) for one in changes[:2]] == [(1, None), (2, 1)]


def test_what_is_on_the_list_no_more_says_why() -> None:
    then = [lead_row(place, subject_id=subject) for place, subject in enumerate("ABCDE", 1)]
    cases = [
        _case("A", status="confirmed", is_quiet=True), _case("B", status="new", is_quiet=True),
        _case("C", "recovered", recovered_line_count=1), _case("D", "faded"), _case("E"),
    ]  # fmt: skip
    changes = list_changes([], then, cases)
    assert [one.change for one in changes] == [
        Change.DECIDED, Change.QUIET, Change.RECOVERED, Change.FADED, Change.LOWER,
    ]  # fmt: skip
    assert changes[0].place is None
    assert "属实 confirmed" in changes[0].cases
