"""What is asked at the desk of leads, and what it answers."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from leads.outcomes.entries import Outcome, Status, StatusEntry


@dataclass(frozen=True)
class LeadAsked:
    """Which lead of which list (none: the newest), which of its cases (none: all that are open), by whom.

    `on_date` is the business date from which it holds (none: the list's); `seen` the last step that the person saw, if
    they say so: where there is another by now, the case changed meanwhile.
    """

    lead: str
    by: str
    night: date | None = None
    kind: str = ""
    on_date: date | None = None
    seen: str | None = None


@dataclass(frozen=True)
class CaseStep:
    """One case after a call, and the entry that was added; `waits` says that a second person must confirm."""

    case_id: str
    lead_id: str
    kind: str
    status: str
    entry_id: str
    on_date: date
    team: str = ""
    person: str = ""
    note: str = ""
    outcome_id: str = ""
    waits: bool = False


@dataclass(frozen=True)
class StepsTaken:
    """What a call changed."""

    action: str
    by: str
    steps: tuple[CaseStep, ...]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def of_entry(entry: StatusEntry) -> CaseStep:
    """The case after the entry."""
    names = ("case_id", "lead_id", "kind", "status", "entry_id", "on_date", "team", "person", "note", "outcome_id")
    return CaseStep(**{name: getattr(entry, name) for name in names})


def step_of(outcome: Outcome, status: Status, entry_id: str, *, waits: bool = False) -> CaseStep:
    """The case after the outcome, or after it was proposed."""
    same = {name: getattr(outcome, name) for name in ("case_id", "lead_id", "kind", "on_date", "note", "outcome_id")}
    return CaseStep(**same, status=str(status), entry_id=entry_id, waits=waits)
