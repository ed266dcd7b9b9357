"""All that is declared for one entity, from whichever of its files, with the names that columns have."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from pydantic import Field, field_validator

from features.catalogue.declaration import (
    SCALES,
    CaseMix,
    DaySet,
    Indicator,
    Measure,
    RowGroup,
    Sequence,
    Source,
    WindowMeasure,
)
from features.catalogue.indicator import ClassName
from features.catalogue.sources import columns_of, place_of
from features.catalogue.words import Words, shared_words
from fundwatch.contracts.entities import MEASURED, Entity, EntityColumns
from fundwatch.declared import Declared
from fundwatch.expressions.declared import names_in
from fundwatch.fingerprint import fingerprint

Taken = Measure | DaySet | WindowMeasure | CaseMix
Base = Source | Sequence | RowGroup
_FIRST_NAME = re.compile(r"(?:try_divide\()?\s*(\w+)")


@dataclass(frozen=True)
class NamedIndicator:
    """An indicator over one window, under the name its column has: `patient_drug_share_30d`."""

    column: str
    name: str
    window: int
    definition: Indicator


class Catalogue(Declared):
    """All that is declared for one entity. `windows` are those of indicators that say nothing of their own."""

    entity: str
    windows: tuple[int, ...] = Field(min_length=1)
    words: Mapping[str, str] = Field(default_factory=dict)
    measures: Mapping[str, Measure] = Field(default_factory=dict)
    sets: Mapping[str, DaySet] = Field(default_factory=dict)
    sequences: Mapping[str, Sequence] = Field(default_factory=dict)
    groups: Mapping[str, RowGroup] = Field(default_factory=dict)
    over: Mapping[str, WindowMeasure] = Field(default_factory=dict)
    case_mix: Mapping[str, CaseMix] = Field(default_factory=dict)
    indicators: Mapping[str, Indicator] = Field(default_factory=dict)

    @field_validator("entity")
    @classmethod
    def _is_declared(cls, entity: str) -> str:
        if entity not in MEASURED:
            raise ValueError(f"there is no entity '{entity}'; there are {', '.join(MEASURED)}")
        return entity

    @property
    def of(self) -> Entity:
        return MEASURED[self.entity]

    @property
    def id_column(self) -> str:
        return self.of.id_column

    @cached_property
    def keys(self) -> dict[Source, EntityColumns]:
        """How the rows of each source find their entity."""
        return {source: self.of.days[source.table] for source in Source if source.table in self.of.days}

    @cached_property
    def vocabulary(self) -> Words:
        """The shared words and the catalogue's own."""
        return Words({**shared_words(), **self.words})

    @property
    def taken(self) -> dict[str, Taken]:
        """What is taken from the sources, by name: measures, sets, measures of windows, case mixes."""
        return {**self.measures, **self.sets, **self.over, **self.case_mix}

    @property
    def names(self) -> dict[str, Taken]:
        """What formulas may name, with what it belongs to."""
        mixes = {part: mix for name, mix in self.case_mix.items() for part in CaseMix.names_of(name)}
        return {**self.measures, **self.sets, **self.over, **mixes}

    def base_of(self, name: str) -> Base | None:
        """What `of` names: a source, a sequence or a group; None where there is none of the name."""
        if name in self.groups:
            return self.groups[name]
        if name in self.sequences:
            return self.sequences[name]
        return Source(name) if name in {source.value for source in Source} else None

    def source_of(self, of: Source | str) -> Source:
        """The source whose rows it is made of in the end. Raises KeyError where there is none."""
        if isinstance(of, Source):
            return of
        base = self.base_of(of)
        if base is None:
            raise KeyError(of)
        return base if isinstance(base, Source) else self.source_of(base.of)

    def columns_over(self, of: Source | str) -> frozenset[str]:
        """The columns, words apart, that may be named over the rows of a source, a sequence or a group."""
        base = of if isinstance(of, Source) else self.base_of(of)
        if isinstance(base, Source):
            return columns_of(base)
        if isinstance(base, Sequence):
            return columns_of(base.of) | base.made.keys()
        if isinstance(base, RowGroup):
            gap = {"gap_days"} if base.in_order else set()
            return frozenset({*base.by, *base.values, "row_count", *gap})
        return frozenset()

    def is_of_own_columns(self, measure: Measure) -> bool:
        """Whether a row's measure and its entity are made of the row's own columns alone."""
        key = self.keys[measure.of]
        texts = [measure.value, *key.parts, *([key.only] if key.only else [])]
        names = frozenset[str]().union(*(self.vocabulary.columns(text) for text in texts))
        places = [place_of(measure.of, name) for name in names]
        return all(place is not None and place.context is None for place in places)

    @property
    def sources(self) -> tuple[Source, ...]:
        """The sources that measures of days are taken from, in a fixed order."""
        used = {declared.of for declared in self.measures.values()}
        return tuple(source for source in Source if source in used)

    @property
    def measure_columns(self) -> dict[str, str]:
        """The rollup's column of each measure: money is held as whole fen, and its name says so."""
        return {n: f"{n}{SCALES[m.unit][0]}" if m.unit in SCALES else n for n, m in self.measures.items()}

    def windows_of(self, indicator: Indicator) -> tuple[int, ...]:
        return indicator.windows or self.windows

    @property
    def named(self) -> tuple[NamedIndicator, ...]:
        """Every indicator over every window, by column name."""
        return tuple(
            NamedIndicator(self.column(name, window), name, window, indicator)
            for name, indicator in sorted(self.indicators.items())
            for window in self.windows_of(indicator)
        )

    def column(self, indicator: str, window: int) -> str:
        """The name of the indicator's column over the window."""
        return f"{self.entity}_{indicator}_{window}d"

    @property
    def directions(self) -> dict[str, str]:
        """Which side of each indicator column is strange: high, low or both."""
        return {named.column: named.definition.direction for named in self.named}

    @property
    def learned(self) -> dict[str, str]:
        """The directions of the columns that models read."""
        return {named.column: named.definition.direction for named in self.named if named.definition.learned}

    def money_of(self, indicator: Indicator) -> str:
        """The rollup's column of the money that the indicator is a sum, a part or a mean of: the first thing that its
        formula names. Empty where it is of none, or of money whose days are not kept."""
        first = _FIRST_NAME.match(indicator.formula or "")
        measure = self.measures.get(first.group(1)) if first else None
        if first is None or measure is None or measure.unit != "yuan" or not self.is_of_own_columns(measure):
            return ""
        return self.measure_columns[first.group(1)]

    @property
    def learned_indicators(self) -> frozenset[str]:
        """The indicators that models read."""
        return frozenset(name for name, indicator in self.indicators.items() if indicator.learned)

    @property
    def nightly_indicators(self) -> frozenset[str]:
        """The indicators that every night computes: those that models read, and what active rules need beside."""
        return self.learned_indicators | {name for name, indicator in self.indicators.items() if indicator.nightly}

    def formula_names(self, text: str) -> frozenset[str]:
        """The measures that the formula is made of, those of the indicators that it names among them."""
        found = set[str]()
        for name in names_in(text):
            inner = self.indicators.get(name) if name not in self.names else None
            if inner is None:
                found.add(name)
            else:
                found |= frozenset[str]().union(*(self.formula_names(t) for t in self.texts(inner)))
        return frozenset(found)

    def of_each_window(self, indicator: Indicator) -> tuple[str, str | None]:
        """The formula of each window that the indicator looks at, and when it holds there: those of the indicator whose
        growth or past it is, also where a measure has the same name."""
        other = self.indicators.get(indicator.base) if indicator.formula is None else None
        if other is None or other is indicator or other.formula is None:
            return indicator.base, None
        return other.formula, other.when

    def texts(self, indicator: Indicator) -> tuple[str, ...]:
        """The formulas and conditions that the indicator is made of."""
        return tuple(text for text in (*self.of_each_window(indicator), indicator.when) if text)

    def with_named(self, indicators: Iterable[str]) -> frozenset[str]:
        """The indicators with those that they name, by way of whatever others."""
        found, asked = set[str](), [*indicators]
        while asked:
            name = asked.pop()
            if name in self.indicators and name not in found:
                found.add(name)
                asked += self._named_by(self.indicators[name])
        return frozenset(found)

    def _named_by(self, indicator: Indicator) -> frozenset[str]:
        own = {indicator.base} if indicator.formula is None and indicator.base in self.indicators else set[str]()
        return (indicator.reads - self.names.keys()) | own | {*indicator.compared}

    def measured(self, indicator: Indicator) -> frozenset[str]:
        """The names of what the indicator is computed from, by way of whatever indicators."""
        own = frozenset[str]().union(*(self.formula_names(text) for text in self.texts(indicator)))
        return own.union(*(self.measured(self.indicators[one]) for one in indicator.compared))

    @property
    def fingerprint(self) -> str:
        """The fingerprint of what is computed; names and descriptions do not change it."""
        described = self.model_dump(mode="json", by_alias=True)
        described["keys"] = {source.value: [*key.parts, key.only] for source, key in self.keys.items()}
        described["words"] = dict(self.vocabulary.texts)
        for kind in ("measures", "sets", "over", "case_mix", "indicators"):
            for entry in described[kind].values():
                for said in ("description", "name", "class", "learned", "nightly", "mixes", "also"):
                    entry.pop(said, None)
        return fingerprint(described)


class CatalogueFile(Catalogue):
    """One of an entity's files: `features/catalogue/<entity>/<theme>.yaml`.

    `class` and `learned` are those of its indicators that say nothing of their own, and so are `windows`.
    """

    class_: ClassName | None = Field(default=None, alias="class")
    learned_: bool | None = Field(default=None, alias="learned")
