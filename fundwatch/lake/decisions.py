"""Decisions over quarantined rows: who vouches for which row, with what corrections, and the night that takes it in.

A decision holds until it is withdrawn or replaced, and is final once a committed night has taken the row in: a row is
taken in once. People decide while a night runs: what its intake has read stands in its report, and what came later is
late, and may be decided anew.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from fundwatch.errors import FundwatchError, problems
from fundwatch.fingerprint import fingerprint
from fundwatch.lake.journal import Journal
from fundwatch.lake.ledger import Ledger
from fundwatch.places import LakeAddress


class DecisionError(FundwatchError):
    """A decision over a quarantined row cannot be made."""


class Action(StrEnum):
    """`release`: as it stands, a person vouches. `resubmit`: corrected, checked again. `withdraw`: not after all."""

    RELEASE = "release"
    RESUBMIT = "resubmit"
    WITHDRAW = "withdraw"


DECIDED = "decided"  # in the report of a night's intake: the decisions that it read
_COLUMNS = {
    "business_date": "date",
    "source": "string",
    "file_name": "string",
    "line_number": "bigint",
    "table_name": "string",
    "action": "string",
    "changes": "string",
    "into_night": "date",
    "by": "string",
    "why": "string",
    "state": "string",
}


@dataclass(frozen=True, order=True)
class RowPlace:
    """Where a quarantined row came from; `business_date` is the night that rejected it."""

    business_date: date
    source: str
    table_name: str
    file_name: str
    line_number: int

    def __str__(self) -> str:
        return f"{self.business_date} {self.file_name} line {self.line_number}"


@dataclass(frozen=True)
class Decision:
    """One decision. `changes` are canonical columns and their corrected values as text, of a resubmitted row alone."""

    place: RowPlace
    action: Action
    into_night: date
    by: str
    why: str
    changes: Mapping[str, str] = field(default_factory=dict)

    @property
    def content(self) -> str:
        """A fingerprint of what it has done with the row."""
        return fingerprint(str(self.place), self.place.table_name, self.action, dict(self.changes))


@dataclass(frozen=True)
class Decisions:
    """The journal `quarantine_decision` of a lake."""

    lake: LakeAddress

    def in_force(self) -> dict[RowPlace, Decision]:
        """What holds of every row somebody decided on; withdrawn rows are not in it."""
        return {place: made[-1] for place, made in self._by_place().items() if made[-1].action is not Action.WITHDRAW}

    def _by_place(self) -> dict[RowPlace, list[Decision]]:
        found: dict[RowPlace, list[Decision]] = {}
        for row in self.history():
            made = decision_of(row)
            found.setdefault(made.place, []).append(made)
        return found

    def into(self, night: date) -> list[Decision]:
        """The decisions whose rows the night takes in, by place."""
        return sorted((d for d in self.in_force().values() if d.into_night == night), key=lambda d: d.place)

    def later_than(self, read: Sequence[Decision], night: date) -> list[str]:
        """A note of what was decided for the night after its intake had read the decisions; none where nothing was."""
        late = {one.content for one in self.into(night)} ^ {one.content for one in read}
        does = "run the night again, or name a later one"
        return [f"{len(late)} decisions over quarantined rows came after they were read: {does}"] if late else []

    def fingerprint(self, night: date) -> str:
        """A fingerprint of all that these decisions change in the night; part of the fingerprint of its run."""
        reported = [[str(d.place), d.place.table_name, d.action, dict(d.changes)] for d in self.into(night)]
        return fingerprint(reported)

    def history(self) -> list[dict[str, Any]]:
        """All that was ever decided, the oldest first."""
        return self._journal.rows()

    def decide(self, decisions: Sequence[Decision], ledger: Ledger) -> None:
        """Note decisions, all or none. Raises DecisionError naming every row that cannot be decided so."""
        earlier = self._by_place()
        found = [text for one in decisions for text in _problems(one, earlier.get(one.place, []), ledger)]
        if found:
            raise DecisionError(problems("nothing was decided", found), do="fix what is named; all or none is noted")
        self._journal.append([_row(decision) for decision in decisions])

    @property
    def _journal(self) -> Journal:
        return Journal(self.lake, "quarantine_decision", _COLUMNS)


def decision_of(row: Mapping[str, Any]) -> Decision:
    """A row of the history as the decision it notes."""
    place = RowPlace(**{name: row[name] for name in RowPlace.__dataclass_fields__})
    changes = json.loads(row["changes"] or "{}")
    return Decision(place, Action(row["action"]), row["into_night"], row["by"], row["why"], changes)


def is_taken_in(decision: Decision, ledger: Ledger, *, is_in_force: bool = True) -> bool:
    """Whether the committed intake of its night has read the decision. An earlier release did not note which it read:
    then it is what is in force."""
    run = ledger.committed("intake", decision.into_night)
    if run is None or decision.action is Action.WITHDRAW:
        return False
    return decision.content in run.detail[DECIDED] if DECIDED in run.detail else is_in_force


def _problems(new: Decision, earlier: Sequence[Decision], ledger: Ledger) -> list[str]:
    """What speaks against a decision, from what was decided on the row before and the nights already taken in."""
    place, found = new.place, []
    in_force = next((one for one in earlier[-1:] if one.action is not Action.WITHDRAW), None)
    taken = [one for one in earlier if is_taken_in(one, ledger, is_in_force=one is in_force)]
    if not new.by.strip() or not new.why.strip():
        found.append(f"{place}: a decision needs a name and a reason (--as, --why)")
    if taken:
        found.append(f"{place}: the night {taken[-1].into_night} has taken the row in ({taken[-1].action})")
    elif new.action is Action.WITHDRAW:
        found += [f"{place}: there is no decision to withdraw"] if in_force is None else []
    else:
        if ledger.committed("intake", new.into_night) is not None:
            found.append(f"{place}: the night {new.into_night} stands already; name one that is still to come")
        if new.into_night <= place.business_date:
            found.append(f"{place}: the night that takes it in must come after {place.business_date}")
    if (new.action is Action.RESUBMIT) != bool(new.changes):
        found.append(f"{place}: resubmit needs corrected values, and nothing else takes any")
    return found


def _row(decision: Decision) -> dict[str, Any]:
    place = {name: getattr(decision.place, name) for name in RowPlace.__dataclass_fields__}
    return place | {
        "action": str(decision.action),
        "changes": json.dumps(dict(decision.changes), ensure_ascii=False, sort_keys=True),
        "into_night": decision.into_night,
        "by": decision.by.strip(),
        "why": decision.why.strip(),
        "state": "withdrawn" if decision.action is Action.WITHDRAW else "decided",
    }
