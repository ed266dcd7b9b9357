"""Encounters that wait to be settled, then all of them in the order of time, whoever they were made for.

A person's year moves with each settlement: an ordinary visit in May finds the deductible that a staged one took in
March, and one in February does not, as with an agency that settles when the person stands at the counter.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from simulator.care.records import Visit
from simulator.care.settling import reverse, settle, settle_after_an_error, settle_interim


@dataclass(frozen=True, slots=True)
class SettlementQueue:
    """What is still to be settled or taken back, each with its time; of one moment, what came first into the queue."""

    seed: int
    _acts: list[tuple[datetime, Callable[[], object]]] = field(default_factory=list)

    def settle(self, visit: Visit, unsettled: frozenset[str] = frozenset()) -> None:
        """All lines but the `unsettled`; those until an interim settlement then."""
        if visit.interim_at is not None:
            self._add(visit.interim_at, partial(settle_interim, self.seed, visit, unsettled))
        self._add(visit.settled_at, partial(settle, self.seed, visit, unsettled))

    def settle_and_undo(self, visit: Visit, undone_at: datetime) -> None:
        """Settle as a whole, and take all of it back some days later."""
        self.settle(visit)
        self._add(undone_at, partial(reverse, self.seed, visit, undone_at))

    def settle_after_an_error(self, visit: Visit) -> None:
        """Settle, take back and settle again within minutes."""
        self._add(visit.settled_at, partial(settle_after_an_error, self.seed, visit))

    def settle_all(self) -> None:
        """Do what waits, in the order of time."""
        for _, act in sorted(self._acts, key=lambda waiting: waiting[0]):
            act()
        self._acts.clear()

    def _add(self, at: datetime, act: Callable[[], object]) -> None:
        self._acts.append((at, act))
