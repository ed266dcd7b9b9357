"""Points of persons (支付资格管理记分): given by act and responsibility, counted in the calendar year, never without a
confirmed outcome that stands.

The points of an entry are those of the table in force on its day, and the entry says which. What an outcome loses, its
points lose: of one that was withdrawn, or that an appeal won, none counts.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from fundwatch.errors import FundwatchError
from leads.ledger.consequences import Consequences, PointsTable, Responsibility, act_of, in_force_on
from leads.ledger.judged import RIGHT
from leads.outcomes.entries import JournalEntry, Outcome
from leads.outcomes.standing import in_force


class Payment(StrEnum):
    """Whether a person's services are paid for."""

    OPEN = "open"
    SUSPENDED = "suspended"
    ENDED = "ended"


PAYMENT_WORDS: Mapping[str, str] = {
    Payment.OPEN: "正常 open",
    Payment.SUSPENDED: "暂停 suspended",
    Payment.ENDED: "终止 ended",
}


@dataclass(frozen=True)
class PointsEntry(JournalEntry):
    """Points given to a person for an outcome, by whom; one that `withdraws` another takes that back."""

    entry_id: str
    outcome_id: str
    person_id: str
    on_date: date
    institution_id: str = ""
    article: str = ""
    act: str = ""
    responsibility: str = ""
    band_low: int = 0
    band_high: int = 0
    points: int = 0
    table_from: date | None = None
    table_source: str = ""
    reason: str = ""
    by: str = ""
    account: str = ""
    withdraws: str = ""
    at: datetime | None = None

    @property
    def own_id(self) -> str:
        return self.entry_id


@dataclass(frozen=True)
class PointsDerived:
    """How many points an act makes by which table: the derivation of an entry."""

    table: PointsTable
    article: str
    act: str
    band: tuple[int, int]
    points: int

    @property
    def words(self) -> str:
        low, high = self.band
        return f"{self.article} {self.act}: {low}–{high} → {self.points} ({self.table.source})"


def derive(given: Consequences, outcome: Outcome, responsibility: Responsibility, day: date) -> PointsDerived:
    """The points of an outcome's article. Raises FundwatchError where no table holds yet, or none of its acts fits."""
    table = in_force_on(given.points, day)
    if table is None:
        raise FundwatchError(f"no table of points holds on {day}", do="give the day of the decision with --date")
    act = act_of(table, outcome.article)
    return PointsDerived(table, act.article, f"{act.zh} {act.en}", act.band, act.points(responsibility))


@dataclass(frozen=True)
class PointsStanding:
    """A person's points of a calendar year, what counts and what does not any more, and what follows.

    `since` is the day on which the state was reached; it lasts at least until `until_least` and at most until
    `until_most`, as who decides fixes it; both are the same where the table leaves no choice."""

    person_id: str
    year: int
    points: int
    payment: Payment
    counted: Sequence[PointsEntry]
    void: Sequence[PointsEntry]
    since: date | None = None
    until_least: date | None = None
    until_most: date | None = None


def standing_of(
    entries: Iterable[PointsEntry], outcomes: Iterable[Outcome], tables: Sequence[PointsTable], day: date
) -> list[PointsStanding]:
    """Grain: person with an entry in the day's calendar year, or whose state of an earlier one still holds. The points
    begin anew on the first of January; what they led to does not end with them."""
    right = confirmed_ids(outcomes)
    by_person: dict[str, list[PointsEntry]] = {}
    for entry in in_force(entries):
        if entry.on_date <= day:
            by_person.setdefault(entry.person_id, []).append(entry)
    found = []
    for person, of_person in sorted(by_person.items()):
        counted = sorted((e for e in of_person if e.outcome_id in right), key=lambda e: (e.on_date, e.entry_id))
        void = [entry for entry in of_person if entry.outcome_id not in right]
        found.append(_standing(person, counted, void, tables, day))
    return found


def confirmed_ids(outcomes: Iterable[Outcome]) -> frozenset[str]:
    """The outcomes that stand and found something."""
    return frozenset(outcome.outcome_id for outcome in in_force(outcomes) if outcome.decision in RIGHT)


def _standing(
    person: str, counted: Sequence[PointsEntry], void: Sequence[PointsEntry], tables: Sequence[PointsTable], day: date
) -> PointsStanding:
    this_year = [entry for entry in counted if entry.on_date.year == day.year]
    total = sum(entry.points for entry in this_year)
    reached = [
        state
        for year in sorted({entry.on_date.year for entry in counted})
        for state in _reached([entry for entry in counted if entry.on_date.year == year], tables)
        if state[2] > day
    ]
    payment, since, _, least, most = max(
        ((kind, since, until, least, most) for kind, since, until, least, most in reached),
        key=lambda state: (state[0] == Payment.ENDED, state[2]),
        default=(Payment.OPEN, None, None, None, None),
    )
    return PointsStanding(person, day.year, total, payment, this_year, void, since, least, most)


def _reached(
    entries: Sequence[PointsEntry], tables: Sequence[PointsTable]
) -> list[tuple[Payment, date, date, date, date]]:
    """What the points of one year led to: state, since when, until when at most, and both ends of that."""
    found, total, states = [], 0, set[Payment]()
    for entry in entries:
        total += entry.points
        table = in_force_on(tables, entry.on_date)
        if table is None:
            continue
        if total >= table.ending.at and Payment.ENDED not in states:
            is_one = entry.points >= table.ending.at
            years = table.ending.years_after_one if is_one else table.ending.years_after_sum
            until = after_months(entry.on_date, 12 * years)
            found.append((Payment.ENDED, entry.on_date, until, until, until))
            states.add(Payment.ENDED)
        elif total >= table.suspension.at and not states:
            ends = (table.suspension.least_months, table.suspension.most_months)
            least, most = (after_months(entry.on_date, months) for months in ends)
            found.append((Payment.SUSPENDED, entry.on_date, most, least, most))
            states.add(Payment.SUSPENDED)
    return found


def after_months(day: date, months: int) -> date:
    """The same day some months later, or the last of that month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def without(entries: Collection[PointsEntry], outcome_id: str) -> list[PointsEntry]:
    """The entries in force that rest on an outcome: what has to go when it goes."""
    return [entry for entry in in_force(entries) if entry.outcome_id == outcome_id]
