"""What is late: cases whose next step is due, by the practice that held when the last step was taken."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from leads.outcomes.entries import Outcome, Status
from leads.outcomes.practice import Practice

SECOND_REVIEW = "second_review"


@dataclass(frozen=True)
class Waiting:
    """A case that waits: since when, for which step, with whom."""

    case_id: str
    subject_type: str
    subject_id: str
    kind: str
    step: str  # a status that is open, or second_review
    since: date
    team: str = ""
    person: str = ""


@dataclass(frozen=True)
class Late:
    """A case whose next step was due."""

    waiting: Waiting
    due: date
    days_late: int


def late_cases(waiting: Iterable[Waiting], practice: Practice, on: date) -> list[Late]:
    """Those that are late on the day, the latest first."""
    found = []
    for one in waiting:
        days: int = getattr(practice.on(one.since).days, one.step)
        due = one.since + timedelta(days=days)
        if due < on:
            found.append(Late(one, due, (on - due).days))
    return sorted(found, key=lambda late: (-late.days_late, late.waiting.case_id))


def needs_second(outcome: Outcome, practice: Practice) -> bool:
    """Whether another person must confirm the outcome (复审)."""
    return outcome.tier in practice.on(outcome.on_date).second_review


def open_statuses() -> tuple[Status, ...]:
    """Where a case waits for somebody."""
    return tuple(status for status in Status if not status.is_decided)
