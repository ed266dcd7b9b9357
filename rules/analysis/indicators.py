"""What rules know of indicators: their names, units, windows and kind, as `python -m scripts.list_indicators` puts them
down from the catalogues of indicators."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import StringIO
from types import MappingProxyType

from fundwatch.contracts.entities import MEASURED, Entity
from rules.wording.units import SHARE

JUDGED = "value"  # a rule's own name of the indicator that it judges
BESIDE_JUDGED = ("peer_count", "median", "mad", "z", "place", "times")
# how an indicator may be judged
SIZE, VALUE, CASE_MIX, GROWTH, PAST = "size", "value", "case_mix", "growth", "past"
_BESIDE, _FILE = "__", "indicators.csv"


@dataclass(frozen=True)
class IndicatorColumn:
    """An indicator over one window. `kind` says how it may be judged: a `size` by nothing but its own past, a change
    (`growth`, `past`) by itself, `case_mix` as a multiple of what was expected, any other `value` beside its peers."""

    entity: str
    name: str
    class_: str
    unit: str
    direction: str
    window: int
    kind: str
    name_zh: str
    name_en: str

    @property
    def of(self) -> Entity:
        return MEASURED[self.entity]

    @property
    def column(self) -> str:
        """The name of the column in the entity's table."""
        return f"{self.entity}_{self.name}_{self.window}d"

    @property
    def source(self) -> str:
        """Table and column."""
        return f"{self.of.indicator_table}.{self.column}"


@cache
def indicator_columns() -> Mapping[str, IndicatorColumn]:
    """Every indicator of the shipped catalogues over each of its windows, by the name of its column."""
    text = (files("rules") / "analysis" / _FILE).read_text(encoding="utf-8")
    found = (
        IndicatorColumn(
            row["entity"], row["name"], row["class"], row["unit"], row["direction"], int(window), row["kind"],
            row["name_zh"], row["name_en"],
        )
        for row in csv.DictReader(StringIO(text, newline=""))
        for window in row["windows"].split()
    )  # fmt: skip
    return MappingProxyType({one.column: one for one in found})


def grain_of(entity: str) -> str:
    """The grain that judges what entities of the kind did."""
    return f"{entity}_indicators"


def unit_said(judged: IndicatorColumn) -> str:
    """The unit in which its figures are said: a growth is a part of what was."""
    return SHARE if judged.kind == GROWTH else judged.unit


def beside(column: str, name: str) -> str:
    """The name of the frame's column that stands beside an indicator's."""
    return f"{column}{_BESIDE}{name}"


def parted(name: str) -> tuple[str, str]:
    """The indicator's column, and what stands beside it; that is empty of the column itself."""
    column, _, what = name.partition(_BESIDE)
    return column, what
