"""A list beside another: which leads are new on it, have grown, stay, and why others are on it no more. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from fundwatch.regions import CURRENCY
from leads.outcomes.entries import Status
from leads.publishing.case_words import cases_text
from leads.publishing.rows import CaseRow, LeadRow
from leads.ranking.cases import CaseState

_Subject = tuple[str, str]


class Change(StrEnum):
    """What became of a lead between two lists."""

    NEW = "new"
    GROWN = "grown"
    SAME = "same"
    LESS = "less"
    DECIDED = "decided"
    QUIET = "quiet"
    RECOVERED = "recovered"
    FADED = "faded"
    LOWER = "lower"


CHANGE_WORDS: Mapping[str, str] = {
    Change.NEW: "新上榜 new on the list",
    Change.GROWN: "增加 grown",
    Change.SAME: "不变 the same",
    Change.LESS: "减少 less",
    Change.DECIDED: "已结案 decided",
    Change.QUIET: "规则暂停 made quiet",
    Change.RECOVERED: "已追回 recovered",
    Change.FADED: "消退 faded",
    Change.LOWER: "排位下降 below the list",
}


@dataclass(frozen=True)
class LeadChange:
    """One subject on either list; places and figures of a list that it is not on are null."""

    change: str
    subject_type: str
    subject_id: str
    subject: str
    place: int | None
    earlier_place: int | None
    amount: Decimal | None
    earlier_amount: Decimal | None
    hit_count: int | None
    earlier_hit_count: int | None
    cases: str


def list_changes(
    now: Sequence[LeadRow], then: Sequence[LeadRow], cases: Iterable[CaseRow], currency: str = CURRENCY
) -> list[LeadChange]:
    """What differs, in order of tonight's places; then what is on the list no more, in order of its places then.

    `cases` are tonight's of all these subjects.
    """
    of_subject: dict[_Subject, list[CaseRow]] = {}
    for case in cases:
        of_subject.setdefault((case.subject_type, case.subject_id), []).append(case)
    before = {_subject(lead): lead for lead in then}
    listed = {_subject(lead) for lead in now}
    found = [_change(lead, before.get(_subject(lead)), of_subject.get(_subject(lead), []), currency) for lead in now]
    gone = [lead for lead in then if _subject(lead) not in listed]
    return [*found, *(_change(None, lead, of_subject.get(_subject(lead), []), currency) for lead in gone)]


def _subject(lead: LeadRow) -> _Subject:
    return lead.subject_type, lead.subject_id


def _change(now: LeadRow | None, then: LeadRow | None, cases: Sequence[CaseRow], currency: str) -> LeadChange:
    either = now or then
    if either is None:
        raise ValueError("a change is of a lead on one list at least")
    kind = _why_gone(cases) if now is None else Change.NEW if then is None else _beside(now, then)
    return LeadChange(
        str(kind), either.subject_type, either.subject_id, either.subject,
        now.place if now else None, then.place if then else None,
        now.amount_at_risk if now else None, then.amount_at_risk if then else None,
        now.hit_count if now else None, then.hit_count if then else None,
        cases_text(cases, currency=currency),
    )  # fmt: skip


def _beside(now: LeadRow, then: LeadRow) -> Change:
    more = now.hit_count > then.hit_count or now.amount_at_risk > then.amount_at_risk
    if more or {*now.rule_ids} - {*then.rule_ids}:
        return Change.GROWN
    same = (now.hit_count, now.amount_at_risk) == (then.hit_count, then.amount_at_risk)
    return Change.SAME if same else Change.LESS


def _why_gone(cases: Sequence[CaseRow]) -> Change:
    """Of a lead with several cases what explains most: somebody's decision before what went by itself."""
    standings = [case.standing for case in cases if case.standing is not None]
    if any(one.is_quiet and Status(one.status).is_decided for one in standings):
        return Change.DECIDED
    if any(one.is_quiet for one in standings):
        return Change.QUIET
    states = {case.state for case in cases}
    if CaseState.RECOVERED in states:
        return Change.RECOVERED
    return Change.FADED if states <= {CaseState.FADED} else Change.LOWER
