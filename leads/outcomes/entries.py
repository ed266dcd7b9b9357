"""The rows of the journals as typed entries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Self

NOTHING = Decimal(0)


class Status(StrEnum):
    """Where a case stands. `new` is never written: it is what nobody has touched."""

    NEW = "new"
    ASSIGNED = "assigned"
    IN_CHECK = "in_check"
    HEARD = "heard"  # 陈述申辩 was heard
    CONFIRMED = "confirmed"
    PARTLY = "partly"
    CLEARED = "cleared"
    NOT_PURSUED = "not_pursued"
    REFERRED = "referred"

    @property
    def is_decided(self) -> bool:
        """Whether the case is closed."""
        return self in DECISIONS


# a status that closes a case is the decision of its outcome
DECISIONS: tuple[Status, ...] = (
    Status.CONFIRMED, Status.PARTLY, Status.CLEARED, Status.NOT_PURSUED, Status.REFERRED,
)  # fmt: skip
STATUS_WORDS: Mapping[str, str] = {
    Status.NEW: "新线索 new",
    Status.ASSIGNED: "已分派 assigned",
    Status.IN_CHECK: "核查中 in check",
    Status.HEARD: "已陈述申辩 heard",
    Status.CONFIRMED: "属实 confirmed",
    Status.PARTLY: "部分属实 partly",
    Status.CLEARED: "已排除 cleared",
    Status.NOT_PURSUED: "不予追查 not pursued",
    Status.REFERRED: "已移送 referred",
}


class SnoozeAction(StrEnum):
    """What an entry of the journal `snooze` is."""

    BEGUN = "begun"
    ENDED = "ended"


class ChosenBy(StrEnum):
    """Why the subject was looked at."""

    LIST = "list"
    SAMPLE = "sample"
    TIP = "tip"


class JournalEntry:
    """What every entry can: be read from a row, and be written as one. A field that is null in the row keeps its
    default."""

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> Self:
        """The entry of the journal's row."""
        names = [f.name for f in fields(cls)]  # type: ignore[arg-type]
        return cls(**{name: row[name] for name in names if row.get(name) is not None})

    def row(self) -> dict[str, Any]:
        """The values of the journal's columns."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}  # type: ignore[arg-type]
        return {
            name: str(value) if isinstance(value, StrEnum) else value for name, value in values.items() if name != "at"
        }


@dataclass(frozen=True, kw_only=True)
class CaseEntry(JournalEntry):
    """What every entry about a case says: of which case, on the list of which night, from when on, why and by whom. One
    that `withdraws` another takes that one back."""

    case_id: str
    lead_id: str
    night: date
    subject_type: str
    subject_id: str
    kind: str
    on_date: date
    reason_code: str = ""
    note: str = ""
    by: str = ""
    account: str = ""
    second_by: str = ""
    withdraws: str = ""
    at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class StatusEntry(CaseEntry):
    """One step of a case."""

    entry_id: str
    status: str
    team: str = ""
    person: str = ""
    outcome_id: str = ""

    @property
    def own_id(self) -> str:
        return self.entry_id


@dataclass(frozen=True, kw_only=True)
class Outcome(CaseEntry):
    """What inspection found of a case. Amounts are money, each apart; those of an outcome that `withdraws` another are
    nothing."""

    outcome_id: str
    decision: str
    rule_version: str = ""
    tier: str = ""
    found_amount: Decimal = NOTHING
    recovered_amount: Decimal = NOTHING
    prevented_amount: Decimal = NOTHING
    fined_amount: Decimal = NOTHING
    article: str = ""
    referred_to: str = ""
    hours: float | None = None
    chosen_by: str = ChosenBy.LIST

    @property
    def own_id(self) -> str:
        return self.outcome_id


@dataclass(frozen=True)
class OutcomeLine(JournalEntry):
    """A fee line that an outcome accepts as wrong, or clears."""

    outcome_id: str
    line_id: str
    is_accepted: bool
    amount: Decimal | None = None


@dataclass(frozen=True)
class Snooze(JournalEntry):
    """A rule is quiet for one subject from `on_date` to `until`, or is not any more."""

    snooze_id: str
    action: str
    rule_id: str
    subject_type: str
    subject_id: str
    on_date: date
    until: date
    reason: str = ""
    by: str = ""
    account: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class DecidedHit(JournalEntry):
    """A hit that an outcome was about."""

    outcome_id: str
    hit_id: str


def deciding_entry(outcome: Outcome, entry_id: str) -> StatusEntry:
    """The step that closes the outcome's case."""
    same = {f.name: getattr(outcome, f.name) for f in fields(CaseEntry) if f.name not in ("withdraws", "at")}
    return StatusEntry(entry_id=entry_id, status=outcome.decision, outcome_id=outcome.outcome_id, **same)
