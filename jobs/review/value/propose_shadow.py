"""Rules that were wrong too often, proposed for shadow by a person: another one approves, or does not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from fundwatch.settings import Settings
from jobs.author.change_state import RuleDesk, StateAsked, StateChanged
from jobs.review.value.value_ledger import value_ledger


@dataclass(frozen=True)
class ShadowProposed:
    """What was proposed, rule by rule; none where no rule is over the limit."""

    as_of: date
    proposed: list[StateChanged]

    def as_json(self) -> dict[str, Any]:
        return {"as_of": self.as_of, "proposed": [one.as_json() for one in self.proposed]}


def propose_shadow(settings: Settings, day: date, person: str) -> ShadowProposed:
    """Propose every rule over the limit for shadow; another person approves or does not."""
    desk, over = RuleDesk.of(settings), value_ledger(settings, day).for_shadow
    asked = [
        StateAsked(one.kind, person, f"误报率 false share {one.false.words} > {one.limit:.0%}", day, "shadow")
        for one in over
    ]
    return ShadowProposed(day, [desk.propose(one) for one in asked])
