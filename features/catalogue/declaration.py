"""What an author declares: measures of an entity's day, and indicators made of a window of such days."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Literal

from pydantic import Field, field_validator

from fundwatch.contracts import TABLES
from fundwatch.contracts.entities import ENTITIES, EntityColumns
from fundwatch.declared import Declared
from fundwatch.expressions.declared import names_by_time, names_in
from fundwatch.fingerprint import fingerprint

_FIRST_NAME = re.compile(r"(?:try_divide\()?\s*(\w+)")
BED_DAY = "bed_day"
BED_DAY_OF = frozenset({"is_inpatient", "started_at", "ended_at"})


class Source(Enum):
    """Rows that measures are taken from: those of a clean table, each on its day, or the days that stays lasted.

    A stay lies in a window on each of its days there, whenever it began. It lasts to the day before its discharge, one
    day at least; one whose end is unknown is known to have lasted the day it began.
    """

    LINES = "lines"
    ENCOUNTERS = "encounters"
    SETTLEMENTS = "settlements"
    BED_DAYS = "bed_days"

    @property
    def table(self) -> str:
        """The canonical table's name."""
        tables = {"lines": "claim_line", "settlements": "settlement"}
        return tables.get(self.value, "encounter")

    @property
    def day_of(self) -> frozenset[str]:
        """The columns that its day is made of, where it is no column of the table."""
        return BED_DAY_OF if self is Source.BED_DAYS else frozenset()


class DaySet(Declared):
    """Distinct things of an entity's day, kept by name so that a window can count them once.

    Memory: an entity's day bounds one set; a window counts them in two groupings and never holds them
    together.
    """

    of: Source
    column: str
    description: str


class Measure(Declared):
    """One number of an entity's day, a SQL aggregate over the rows of one source.

    Every measure is a whole number (a count, days, or money held as fen), because doubles add whole numbers
    exactly in any order up to 2^53: days added up night by night equal days added up at once, bit for bit.
    """

    of: Source
    value: str
    unit: Literal["count", "day", "yuan"]
    description: str

    @property
    def columns(self) -> frozenset[str]:
        """The columns of the source that it is made of."""
        return names_in(self.value, TABLES[self.of.table].column_names)

    @property
    def times(self) -> frozenset[str]:
        """The columns whose time of day it looks at: where only their days are known, it is unknown."""
        kinds = {column.name: column.type for column in TABLES[self.of.table].columns}
        return frozenset(name for name in names_by_time(self.value, kinds) if kinds[name] == "timestamp")


class BilingualName(Declared):
    """A name for those who read Chinese and those who read English."""

    zh: str
    en: str


class Indicator(Declared):
    """A behaviour of an entity over a window: a SQL formula over sums of measures and sizes of sets.

    It is null where the formula has no base, or where `when` says that the base is too small.
    """

    name: BilingualName
    unit: Literal["count", "day", "yuan", "share", "ratio"]
    direction: Literal["high", "low", "both"]
    formula: str
    when: str | None = None
    description: str

    @property
    def reads(self) -> frozenset[str]:
        """The measures and sets it is made of."""
        return names_in(self.formula) | (names_in(self.when) if self.when is not None else frozenset())


@dataclass(frozen=True)
class NamedIndicator:
    """An indicator over one window, under the name its column has: `patient_drug_share_30d`."""

    column: str
    name: str
    window: int
    definition: Indicator


class Catalogue(Declared):
    """All that is declared for one entity."""

    entity: str
    windows: tuple[int, ...] = Field(min_length=1)
    sets: Mapping[str, DaySet] = Field(default_factory=dict)
    measures: Mapping[str, Measure]
    indicators: Mapping[str, Indicator]

    @field_validator("entity")
    @classmethod
    def _is_declared(cls, entity: str) -> str:
        if entity not in ENTITIES:
            raise ValueError(f"there is no entity '{entity}'; there are {', '.join(ENTITIES)}")
        return entity

    @property
    def id_column(self) -> str:
        return ENTITIES[self.entity].id_column

    @property
    def keys(self) -> dict[Source, EntityColumns]:
        """How the rows of each source find their entity and their day."""
        days = ENTITIES[self.entity].days
        keys = {source: days[source.table] for source in Source if source.table in days}
        return {s: replace(key, day=BED_DAY) if s is Source.BED_DAYS else key for s, key in keys.items()}

    @property
    def taken(self) -> dict[str, Measure | DaySet]:
        """What is taken from the sources: measures and sets, by name."""
        return {**self.measures, **self.sets}

    @property
    def sources(self) -> tuple[Source, ...]:
        """The sources that something is taken from, in a fixed order."""
        used = {declared.of for declared in self.taken.values()}
        return tuple(source for source in Source if source in used)

    @property
    def measure_columns(self) -> dict[str, str]:
        """The rollup's column of each measure: money is held as whole fen, and its name says so."""
        return {name: f"{name}_fen" if m.unit == "yuan" else name for name, m in self.measures.items()}

    @property
    def named(self) -> tuple[NamedIndicator, ...]:
        """Every indicator over every window, by column name."""
        return tuple(
            NamedIndicator(f"{self.entity}_{name}_{window}d", name, window, self.indicators[name])
            for name in sorted(self.indicators)
            for window in self.windows
        )

    def money_of(self, indicator: Indicator) -> str:
        """The rollup's column of the money that the indicator is a sum, a part or a mean of; empty where it is of none:
        the first thing that its formula names."""
        first = _FIRST_NAME.match(indicator.formula)
        measure = self.measures.get(first.group(1)) if first else None
        return self.measure_columns[first.group(1)] if first and measure and measure.unit == "yuan" else ""

    @property
    def directions(self) -> dict[str, str]:
        """Which side of each indicator column is strange: high, low or both."""
        return {named.column: named.definition.direction for named in self.named}

    @property
    def fingerprint(self) -> str:
        """The fingerprint of what is computed; names and descriptions do not change it."""
        described = self.model_dump(mode="json")
        described["keys"] = {source.value: {"id": key.id, "day": key.day} for source, key in self.keys.items()}
        for kind in ("measures", "sets", "indicators"):
            for entry in described[kind].values():
                entry.pop("description")
                entry.pop("name", None)
        return fingerprint(described)
