"""What a scheme is: one kind of staged behaviour, how often it is played and how well it can hide."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from simulator.streams import Hand

if TYPE_CHECKING:
    from simulator.staging.stage import Stage

# Groups of the rule catalogue, by the letters of a rule id.
CATEGORIES = {
    "FQ": "频繁就医", "HC": "超高费用", "OD": "超量用药", "OT": "过度诊疗", "RT": "重复诊疗", "IM": "不合理用药",
    "IA": "不合理入院", "ID": "冒名就医", "FK": "虚假就医", "SA": "分解住院", "SW": "串换", "UB": "分解收费",
    "DC": "重复收费", "OP": "超标准收费", "SC": "支付范围", "PH": "药店", "XR": "异地", "RG": "团伙", "TC": "追溯码",
    "DG": "DRG/DIP高套", "IN": "机构管理与指标", "DQ": "数据质量", "PS": "个人与待遇", "OV": "其它违规行为",
}  # fmt: skip
# How many of the instances are plain, careful and well disguised.
DISGUISE_SHARES = (0.5, 0.3, 0.2)


@dataclass(frozen=True, slots=True)
class Scheme:
    """One kind of staged behaviour. `rule_id` is '' when only a model can see it; `group` then names its category.

    `levels` are the disguises it knows: 0 plain, 1 careful (below simple thresholds, varied), 2 well disguised
    (mixed with real care). Look-alikes have nothing to hide and are always plain.
    """

    name: str
    kind: Literal["scheme", "lookalike"]
    rule_id: str
    per_thousand: float  # instances per thousand persons
    act: Callable[[Stage], None]
    levels: tuple[int, ...] = (0, 1, 2)
    actor: str = ""  # patient, doctor, institution, ring, employer, staff; '' as the first label tells
    group: str = ""

    @property
    def category(self) -> str:
        """The group of the rule catalogue it belongs to."""
        return self.group or CATEGORIES.get(self.rule_id[:2], "")

    def instances(self, persons: int, scale: float) -> int:
        """How often it is played: at least once, unless nothing is staged at all."""
        return 0 if scale == 0 else max(1, round(self.per_thousand * persons / 1000 * scale))

    def draw(self, hand: Hand, instance: int, shares: Sequence[float]) -> tuple[int, float]:
        """Disguise level and intensity (1.0 as described) of one instance, numbered from 1.

        The first instance is plain, so that the smallest world shows the plainest form of everything.
        """
        if self.kind == "lookalike":
            return 0, 1.0
        intensity = 0.7 + hand.between(0, 35) / 50
        if instance == 1:
            return self.levels[0], intensity
        weights = [shares[level] for level in self.levels]
        at = hand.between(0, 9_999) / 10_000 * sum(weights)
        for level, weight in zip(self.levels, weights, strict=True):
            if at < weight:
                return level, intensity
            at -= weight
        return self.levels[-1], intensity
