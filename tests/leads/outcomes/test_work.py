"""What of a night's findings is new work."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from leads.outcomes.entries import DecidedHit, Outcome, Snooze, StatusEntry, deciding_entry
from leads.outcomes.work import (
    CaseStanding,
    HitTonight,
    LineGone,
    amount_gone,
    case_standings,
    not_decided,
    said_before,
)

LIST, NIGHT = date(2026, 3, 24), date(2026, 3, 31)
FINDING = ("institution", "H1", "DC-03")
_CASE: dict[str, Any] = {
    "case_id": "c1", "lead_id": "l1", "night": LIST, "on_date": LIST,
    **dict(zip(("subject_type", "subject_id", "kind"), FINDING, strict=True)),
}  # fmt: skip
ASSIGNED = StatusEntry(entry_id="a", status="assigned", team="一组", person="李", **_CASE)
OUTCOME = Outcome(outcome_id="o", decision="confirmed", **_CASE)
KNOWN = DecidedHit("o", "h1")


def _standing(*hits: str, gone: tuple[LineGone, ...] = (), snoozes: tuple[Snooze, ...] = ()) -> CaseStanding:
    """The case's, closed on the earlier list about hit h1, on a night with these hits."""
    said = said_before([ASSIGNED, deciding_entry(OUTCOME, "b")], [OUTCOME], [KNOWN], snoozes, NIGHT)
    tonight = {FINDING: [HitTonight(hit, Decimal("10.50")) for hit in hits]}
    quiet = {(s.subject_type, s.subject_id, s.rule_id): s for s in said.snoozes}
    (row,) = case_standings(said, {"c1": FINDING}, tonight, gone, quiet)
    return row


def test_a_decided_case_that_has_not_grown_is_no_new_work() -> None:
    row = _standing("h1")
    assert (row.status, row.is_quiet, row.new_hit_count, row.held_by) == ("confirmed", True, 0, "一组 李")


def test_a_decided_case_comes_back_when_it_grew_and_says_by_what() -> None:
    row = _standing("h1", "h2", "h3")
    assert (row.is_quiet, row.new_hit_count, row.new_amount) == (False, 2, Decimal("21.00"))


def test_as_many_hits_as_were_decided_but_others_are_growth_all_the_same() -> None:
    assert _standing("h2").new_hit_count == 1


def test_a_hit_whose_id_is_another_is_known_by_its_lines() -> None:
    hits = {"h1": {"L1"}, "again": {"L1"}, "wider": {"L1", "L9"}, "bare": set[str]()}
    assert not_decided(hits, {"h1"}, {"L1", "L2"}) == ["wider", "bare"]


def test_what_was_said_of_a_case_that_went_into_another_is_said_of_that_one() -> None:
    other = replace(OUTCOME, outcome_id="p", case_id="c2")
    said = said_before([ASSIGNED], [OUTCOME, other], [KNOWN, DecidedHit("p", "h2")], [], NIGHT, {"c1": "c2"})
    assert ({*said.steps}, said.decided) == ({"c2"}, ["c2"])
    assert said.decided_hits == {"c2": {"h1": LIST, "h2": LIST}}
    (row,) = case_standings(said, {"c2": FINDING}, {FINDING: [HitTonight("h1", None), HitTonight("h2", None)]}, [], {})
    assert (row.case_id, row.is_quiet) == ("c2", True)


def test_what_was_decided_on_this_very_list_is_not_known_to_it() -> None:
    said = said_before([ASSIGNED], [OUTCOME], [KNOWN], [], LIST)
    assert (said.steps, said.decided_hits) == ({}, {})


def test_a_withdrawn_outcome_makes_the_case_work_again() -> None:
    gone = Outcome(outcome_id="p", decision="confirmed", withdraws="o", **_CASE)
    said = said_before([ASSIGNED, deciding_entry(OUTCOME, "b")], [OUTCOME, gone], [KNOWN], [], NIGHT)
    (row,) = case_standings(said, {"c1": FINDING}, {}, [], {})
    assert (row.status, row.is_quiet) == ("assigned", False)


def test_a_rule_that_is_quiet_for_the_subject_makes_no_lead_whatever_the_case() -> None:
    quiet = Snooze("s", "begun", "DC-03", "institution", "H1", LIST, date(2026, 4, 30))
    row = _standing("h1", "h2", snoozes=(quiet,))
    assert (row.is_quiet, row.snoozed_until, row.status) == (True, date(2026, 4, 30), "confirmed")
    alone = case_standings(said_before([], [], [], [quiet], NIGHT), {}, {}, [], {FINDING: quiet})
    assert [(one.case_id, one.status, one.is_quiet) for one in alone] == [(None, "new", True)]


def test_lines_that_were_reversed_are_recovered_for_who_has_the_case() -> None:
    row = _standing("h1", gone=(LineGone("c1", FINDING, "L1", Decimal(30)), LineGone("c1", FINDING, "L2", Decimal(5))))
    assert (row.recovered_line_count, row.recovered_amount) == (2, Decimal(35))


@pytest.mark.parametrize(
    ("before", "now", "gone"),
    [("100", None, "60.00"), ("100", "25", "45.00"), ("100", "100", None), (None, None, None), ("100", "-5", "60.00")],
)
def test_what_was_at_risk_goes_with_the_part_that_was_reversed(
    before: str | None, now: str | None, gone: str | None
) -> None:
    amounts = [None if text is None else Decimal(text) for text in (before, now)]
    assert amount_gone(Decimal(60), *amounts) == (None if gone is None else Decimal(gone))
