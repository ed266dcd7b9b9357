"""What a scan of rules would do, without running it: its passes, the shuffles of each, and which rules share them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from rules.catalogue.rule import RuleSet
from rules.engine.measures import Shared, steps, together
from rules.frames.registry import GRAINS, frames


@dataclass(frozen=True)
class PlannedPass:
    """One pass over the rows of a frame: the rules that it judges, their grains, the keys by which it brings rows
    together, one shuffle each in this order, and how many windows it computes for how many measures."""

    frame: str
    grains: tuple[str, ...]
    rules: tuple[str, ...]
    shuffles: tuple[tuple[str, ...], ...]
    windows: int
    measures: int


def planned(rule_set: RuleSet) -> list[PlannedPass]:
    """The passes over the frames in their order, were everything there that the scanned rules need."""
    found = []
    for frame in frames():
        shared = Shared()
        rules = [r for r in rule_set.rules if r.state.is_scanned and GRAINS[r.grain].frame is frame]
        judged = [shared.judge(rule_set, rule) for rule in rules if rule.id not in rule_set.switched_off]
        for group in together(judged, shared.keys):
            keys = [tuple(sorted(key)) for key, _ in groupby(steps(group, shared.keys), key=lambda step: step.key)]
            found.append(
                PlannedPass(
                    frame=frame.name,
                    grains=tuple(dict.fromkeys(one.rule.grain for one in group)),
                    rules=tuple(one.rule.id for one in group),
                    shuffles=tuple(keys),
                    windows=len({window.column for one in group for window in one.windows}),
                    measures=sum(len(one.rule.measures) for one in group),
                )
            )
    return found
