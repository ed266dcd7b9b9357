"""An indicator: a formula over what is measured of a window, or a comparison with another window or with peers.

    drug_share:
      name: {zh: 药占比, en: Drug share of charges}
      unit: share
      direction: high                 # which side is suspicious: high, low or both
      formula: try_divide(drug_amount, amount)
      when: visits >= 10              # null where the base is too small
      windows: [30, 90, 365]          # the file's windows, where it says nothing
      description: Prescribing in place of treating.

Names in a formula are measures, sets, `over` and `case_mix` of the entity (from any of its files), or other indicators
of it, whose formula then stands in their place. In place of `formula` stands one of:

    growth: {of: amount, against: before}         # over the window before, less 1; `year_ago`: that of a year ago
    past: {of: amount, latest: 3, earlier: 24}    # robust z of the mean of the latest windows against the earlier ones
    peers: {of: drug_share, as: ratio}            # over the peers' median; `z` (robust) or `percentile` (0 to 1)
    mean_percentile: [overlap_share, drug_share]  # mean place among peers of several indicators: an index of risk

`also: [growth, year_growth, past, peers_ratio, peers_z]` declares such comparisons of the indicator itself, with names
made of its own: `drug_share_growth`, 药占比环比.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import Field, model_validator

from fundwatch.declared import Declared
from fundwatch.expressions.declared import names_in

Unit = Literal[
    "count", "day", "yuan", "unit", "share", "ratio", "z", "second", "minute", "hour", "month", "score", "age", "bit"
]
Direction = Literal["high", "low", "both"]
YEAR = 365
_LONGEST_OF_PAST = 92  # seven quarters: more of the past is in few lakes


class BilingualName(Declared):
    """A name for those who read Chinese and those who read English."""

    zh: str
    en: str


class Growth(Declared):
    """A formula's value in the window over its value in an earlier one, less 1."""

    of: str
    against: Literal["before", "year_ago"]


class OwnPast(Declared):
    """Robust z: the mean of the formula over the `latest` windows (this one and those before it) against the median of
    the `earlier` ones, in scaled median absolute deviations of these. Null with fewer than `least` earlier values."""

    of: str
    latest: int = Field(default=1, ge=1, le=12)
    earlier: int = Field(default=6, ge=3, le=36)
    least: int = Field(default=3, ge=3)


class Peers(Declared):
    """An indicator's value in the light of the peers' over the same window."""

    of: str
    as_: Literal["ratio", "z", "percentile"] = Field(alias="as")


CLASSES: Mapping[str, str] = {
    "drugs": "药品", "institutions": "机构", "staff": "人员", "diseases": "疾病", "visits": "就诊结算",
    "patients": "患者", "items": "项目", "stock": "耗材库存", "network": "时空网络", "funds": "基金",
}  # fmt: skip
ClassName = Literal[
    "drugs", "institutions", "staff", "diseases", "visits", "patients", "items", "stock", "network", "funds"
]
Also = Literal["growth", "year_growth", "past", "peers_ratio", "peers_z"]


class Indicator(Declared):
    """A behaviour of an entity over a window. It is null where the formula has no base, or where `when` says that the
    base is too small.

    `mixes` says why a ratio may be of two sources, which are not the same care otherwise. `class` is one of the ten of
    the national list, the file's where nothing is said. Models read what is `learned`; a new indicator is tried first.
    What is `nightly` every night computes beside these: money by which active rules estimate.
    """

    name: BilingualName
    unit: Unit
    direction: Direction
    formula: str | None = None
    growth: Growth | None = None
    past: OwnPast | None = None
    peers: Peers | None = None
    mean_percentile: tuple[str, ...] = ()
    when: str | None = None
    windows: tuple[int, ...] = ()
    class_: ClassName | None = Field(default=None, alias="class")
    learned: bool | None = None
    nightly: bool = False
    mixes: str | None = None
    also: tuple[Also, ...] = ()
    description: str

    @model_validator(mode="after")
    def _one_way(self) -> Indicator:
        ways = [name for name in ("formula", "growth", "past", "peers", "mean_percentile") if getattr(self, name)]
        if len(ways) != 1:
            raise ValueError("one of formula, growth, past, peers and mean_percentile")
        if self.also and self.formula is None:
            raise ValueError("`also` compares a formula's value")
        if self.is_of_peers and self.when is not None:
            raise ValueError("`when` stands at the indicator that is compared with peers")
        return self

    @property
    def is_of_peers(self) -> bool:
        """Whether it is known only when the peers' values are."""
        return self.peers is not None or bool(self.mean_percentile)

    @property
    def compared(self) -> tuple[str, ...]:
        """The indicators whose place among peers it is made of."""
        return self.mean_percentile or ((self.peers.of,) if self.peers else ())

    @property
    def base(self) -> str:
        """The formula, or that of which it is the growth or the past; empty of one that is made of peers' places."""
        if self.formula is not None:
            return self.formula
        return self.growth.of if self.growth else self.past.of if self.past else ""

    @property
    def reads(self) -> frozenset[str]:
        """The names in its formula and condition: measures, sets, and others' indicators."""
        texts = [text for text in (self.base, self.when) if text]
        return frozenset[str]().union(*(names_in(text) for text in texts))

    def offsets(self, days: int) -> tuple[int, ...]:
        """How many days back the windows lie that it looks at."""
        if self.growth is not None:
            return (0, days if self.growth.against == "before" else YEAR)
        if self.past is not None:
            return tuple(days * back for back in range(self.past.latest + self.past.earlier))
        return (0,)

    def companions(self, name: str, windows: tuple[int, ...]) -> Iterator[tuple[str, Indicator]]:
        """The comparisons that it declares of itself over its windows, each with its name."""
        short = tuple(window for window in windows if window <= _LONGEST_OF_PAST)
        for kind in self.also:
            shape = _SHAPES[kind]
            if shape.way == "past" and not short:
                continue
            ways: dict[str, object] = {"growth": None, "past": None, "peers": None, "formula": None}
            ways[shape.way] = {"of": name, **shape.said}
            made = self.model_dump(by_alias=True, exclude={"also", "nightly", "formula", "mean_percentile", *ways})
            yield (
                f"{name}_{kind}",
                Indicator.model_validate(
                    made
                    | {
                        "name": {"zh": self.name.zh + shape.zh, "en": f"{self.name.en}, {shape.en}"},
                        "unit": shape.unit,
                        "when": None if shape.way == "peers" else self.when,
                        "description": f"{shape.en[0].upper()}{shape.en[1:]}. {self.description}",
                    }
                    | {way: value for way, value in ways.items() if value is not None}
                    | ({"windows": short} if shape.way == "past" else {})
                ),
            )


@dataclass(frozen=True)
class _Companion:
    way: str
    zh: str
    en: str
    unit: str
    said: Mapping[str, object]


_SHAPES: Mapping[str, _Companion] = {
    "growth": _Companion("growth", "环比", "growth on the window before", "ratio", {"against": "before"}),
    "year_growth": _Companion("growth", "同比", "growth on a year before", "ratio", {"against": "year_ago"}),
    "past": _Companion("past", "自身历史偏离", "against its own past windows", "z", {}),
    "peers_ratio": _Companion("peers", "同类倍数", "over the peers' median", "ratio", {"as": "ratio"}),
    "peers_z": _Companion("peers", "同类偏离", "robust z among peers", "z", {"as": "z"}),
}
