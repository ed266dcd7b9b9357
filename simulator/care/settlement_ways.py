"""Rarer ways to settle: a long stay in between as well, a visit by medical aid alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from simulator.care.records import Visit
from simulator.streams import Hand

_LONG = 10  # nights


class SettlementWays:
    """Chooses for the encounters of one part of a block, at the rates of two switches of dirt.SWITCHES."""

    def __init__(self, seed: int, part: str, rates: Mapping[str, float]) -> None:
        self._interim, self._aid = rates["interim_settlement"], rates["aid_only"]
        self._hand = Hand(seed, f"ways to settle/{part}")

    def choose(self, visit: Visit) -> None:
        """Mark an encounter that is not settled yet."""
        if self._interim > 0 and visit.is_stay and len(visit.days) > _LONG and self._hand.chance(self._interim):
            visit.interim_at = visit.begin.replace(hour=23, minute=0, second=0) + timedelta(days=len(visit.days) // 2)
        if self._aid > 0 and visit.person.on_aid and not visit.is_stay and not visit.place.is_pharmacy:
            visit.aid_only = self._hand.chance(self._aid)
