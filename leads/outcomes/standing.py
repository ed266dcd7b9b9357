"""What stands of the journals after withdrawals: pure functions over entries, the oldest first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Protocol, TypeVar

from leads.outcomes.entries import (
    Outcome,
    OutcomeLine,
    Snooze,
    SnoozeAction,
    Status,
    StatusEntry,
    deciding_entry,
)


class Withdrawable(Protocol):
    """An entry that a later one may take back."""

    @property
    def own_id(self) -> str: ...

    @property
    def withdraws(self) -> str: ...


Entry = TypeVar("Entry", bound=Withdrawable)


def in_force(entries: Iterable[Entry]) -> list[Entry]:
    """The entries that nobody took back, without those that take back, in their order."""
    known = list(entries)
    taken_back = {entry.withdraws for entry in known if entry.withdraws}
    return [entry for entry in known if not entry.withdraws and entry.own_id not in taken_back]


OfCase = TypeVar("OfCase", StatusEntry, Outcome)


def with_case(entries: Iterable[OfCase], merged: Mapping[str, str]) -> list[OfCase]:
    """The entries under the case that goes on, where theirs was merged into another."""
    return [replace(one, case_id=merged[one.case_id]) if one.case_id in merged else one for one in entries]


def histories(entries: Iterable[StatusEntry]) -> dict[str, list[StatusEntry]]:
    """By case, its steps in force, the oldest first."""
    found: dict[str, list[StatusEntry]] = {}
    for entry in in_force(entries):
        found.setdefault(entry.case_id, []).append(entry)
    return found


def latest_status(entries: Iterable[StatusEntry]) -> dict[str, StatusEntry]:
    """By case, the step at which it stands; a case that nobody touched is not in it."""
    return {case: steps[-1] for case, steps in histories(entries).items()}


def status_of(steps: Sequence[StatusEntry]) -> Status:
    """Where a case with these steps stands."""
    return Status(steps[-1].status) if steps else Status.NEW


def latest_outcome(outcomes: Iterable[Outcome]) -> dict[str, Outcome]:
    """By case, the outcome in force that was entered last."""
    return {outcome.case_id: outcome for outcome in in_force(outcomes)}


def lines_in_force(lines: Iterable[OutcomeLine], outcomes: Iterable[Outcome]) -> list[OutcomeLine]:
    """The lines of outcomes in force."""
    standing = {outcome.outcome_id for outcome in in_force(outcomes)}
    return [line for line in lines if line.outcome_id in standing]


def reconciled(statuses: Iterable[StatusEntry], outcomes: Iterable[Outcome]) -> list[StatusEntry]:
    """The steps as the outcomes have it: each in force closes its case, one that was taken back closes none. Outcome
    and step are two commits, and a command may be killed between them."""
    steps, standing = in_force(statuses), {outcome.outcome_id: outcome for outcome in in_force(outcomes)}
    kept = [step for step in steps if not step.outcome_id or step.outcome_id in standing]
    closed = {step.outcome_id for step in kept if step.outcome_id}
    return [*kept, *(deciding_entry(outcome, one) for one, outcome in standing.items() if one not in closed)]


def awaiting_second(proposed: Iterable[Outcome], outcomes: Iterable[Outcome]) -> dict[str, Outcome]:
    """By case, what one person decided and another has yet to confirm."""
    decided = {outcome.outcome_id for outcome in outcomes}
    return {one.case_id: one for one in in_force(proposed) if one.outcome_id not in decided}


def snoozed(snoozes: Iterable[Snooze], night: date) -> list[Snooze]:
    """The snoozes that hold on the night: begun by then, not over, and not ended by anybody by then."""
    begun: dict[str, Snooze] = {}
    for entry in snoozes:
        if entry.on_date > night:
            continue
        if entry.action == SnoozeAction.ENDED:
            begun.pop(entry.snooze_id, None)
        else:
            begun[entry.snooze_id] = entry
    return [entry for entry in begun.values() if entry.until >= night]


def to_begin(snoozes: Iterable[Snooze], night: date) -> list[Snooze]:
    """The snoozes that begin after the night and that nobody has ended."""
    known = list(snoozes)
    ended = {entry.snooze_id for entry in known if entry.action == SnoozeAction.ENDED}
    begun = (entry for entry in known if entry.action == SnoozeAction.BEGUN and entry.on_date > night)
    return [entry for entry in begun if entry.snooze_id not in ended]


class DatedOnList(Withdrawable, Protocol):
    """An entry made on the list of a night, that holds from a date on."""

    @property
    def night(self) -> date: ...

    @property
    def on_date(self) -> date: ...


DatedEntry = TypeVar("DatedEntry", bound=DatedOnList)


def known_before(entries: Iterable[DatedEntry], night: date) -> list[DatedEntry]:
    """The entries that the list of a night may rest on: dated by then, and made on an earlier list. What is said of a
    list cannot change that list."""
    return [entry for entry in entries if entry.on_date <= night and entry.night < night]
