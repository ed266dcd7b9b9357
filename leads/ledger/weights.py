"""What the ranking learns from outcomes: a rule that was right more often than rules are has more weight, a rule that
was wrong more often has less.

weight = shrunk precision / precision of all, within LEAST and MOST. The shrunk precision is (right + PRIOR × precision
of all) / (judged + PRIOR): a few outcomes move little. Nothing is learned before ENOUGH cases were judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from fundwatch.fingerprint import fingerprint
from leads.ledger.value import precision_by_kind
from leads.outcomes.entries import Outcome
from leads.outcomes.standing import known_before

PRIOR = 10
ENOUGH = 10
LEAST, MOST = 0.5, 1.5
_ROUNDED = 6


@dataclass(frozen=True)
class LearnedWeight:
    """The weight of a rule (or of scores) on a night, and the judged cases that it rests on."""

    kind: str
    right: int
    judged: int
    weight: float


@dataclass(frozen=True)
class Learned:
    """What a night's list learned: a weight by kind, how many entries of the journal it saw, and their fingerprint."""

    weights: Mapping[str, LearnedWeight]
    seen: int
    seen_fingerprint: str

    @property
    def of_kind(self) -> dict[str, float]:
        """The weights that are not 1."""
        return {kind: learned.weight for kind, learned in self.weights.items() if learned.weight != 1.0}


NOTHING_LEARNED = Learned({}, 0, "")


def learned_by(outcomes: Iterable[Outcome], night: date) -> Learned:
    """What the list of the night may know: outcomes dated by then, of earlier lists. A random sample and tips teach
    nothing of rules: they are not what the list chose."""
    known = known_before(outcomes, night)
    seen = sorted(f"{outcome.outcome_id} {outcome.withdraws}" for outcome in known)
    shares = {kind: share for kind, share in precision_by_kind(known).items() if share.whole}
    right, judged = (sum(getattr(share, name) for share in shares.values()) for name in ("part", "whole"))
    if judged < ENOUGH:
        return Learned({}, len(seen), fingerprint(seen))
    usual = (right + 1) / (judged + 2)
    weights = {}
    for kind, share in shares.items():
        shrunk = (share.part + PRIOR * usual) / (share.whole + PRIOR)
        weight = round(min(max(shrunk / usual, LEAST), MOST), _ROUNDED)
        weights[kind] = LearnedWeight(kind, share.part, share.whole, weight)
    return Learned(weights, len(seen), fingerprint(seen))
