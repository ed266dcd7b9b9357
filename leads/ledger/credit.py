"""Credit grades of institutions and persons (article 33 of the Regulation): from confirmed outcomes alone, each with
how it came about.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from leads.ledger.consequences import Grade, GradesTable, in_force_on, of_article
from leads.ledger.judged import RIGHT
from leads.ledger.points import after_months
from leads.outcomes.entries import JournalEntry, Outcome, Status
from leads.outcomes.standing import latest_outcome

Subject = tuple[str, str]


@dataclass(frozen=True)
class CreditEntry(JournalEntry):
    """The grade of a subject on a day, by which table, and what it was derived from."""

    entry_id: str
    subject_type: str
    subject_id: str
    on_date: date
    grade: str
    score: int
    outcome_count: int = 0
    derivation: str = ""
    table_from: date | None = None
    table_source: str = ""
    by: str = ""
    account: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class Graded:
    """A subject's grade and its derivation."""

    subject: Subject
    grade: Grade
    score: int
    outcomes: Sequence[Outcome]
    derivation: str
    table: GradesTable


def graded(
    outcomes: Iterable[Outcome], tables: Sequence[GradesTable], day: date, also: Iterable[Subject] = ()
) -> list[Graded]:
    """Grain: subject of which an outcome of the table's last months stands, and those in `also`, which had a grade
    before: who is cleared on appeal gets the better one back. None before the first table."""
    table = in_force_on(tables, day)
    if table is None:
        return []
    first = after_months(day, -table.months)
    by_subject: dict[Subject, list[Outcome]] = defaultdict(list, {subject: [] for subject in also})
    for outcome in latest_outcome(outcomes).values():
        if outcome.decision in RIGHT and first < outcome.on_date <= day:
            by_subject[outcome.subject_type, outcome.subject_id].append(outcome)
    return [_graded(subject, found, table) for subject, found in sorted(by_subject.items())]


def _graded(subject: Subject, outcomes: Sequence[Outcome], table: GradesTable) -> Graded:
    score, steps = table.full, [f"{table.full}"]
    for outcome in sorted(outcomes, key=lambda one: (one.on_date, one.outcome_id)):
        deduction = of_article(table.deductions, outcome.article) or table.otherwise
        taken = deduction.confirmed if outcome.decision == Status.CONFIRMED else deduction.partly
        score -= taken
        steps.append(f"− {taken} ({outcome.outcome_id} {outcome.article or '–'} {outcome.decision} {outcome.on_date})")
    grade = next((grade for grade in table.grades if score >= grade.least), table.grades[-1])
    return Graded(subject, grade, score, tuple(outcomes), f"{' '.join(steps)} = {score} → {grade.grade}", table)


def latest_grades(entries: Iterable[CreditEntry]) -> dict[Subject, CreditEntry]:
    """By subject, the entry of the latest day; of one day the one that was written last."""
    found: dict[Subject, CreditEntry] = {}
    for entry in entries:
        subject = (entry.subject_type, entry.subject_id)
        if subject not in found or entry.on_date >= found[subject].on_date:
            found[subject] = entry
    return found


def changed(made: Iterable[Graded], before: Mapping[Subject, CreditEntry]) -> list[Graded]:
    """Those whose derivation is another than the last entry's, or who have none yet."""
    return [one for one in made if one.subject not in before or before[one.subject].derivation != one.derivation]
