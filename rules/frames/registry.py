"""All grains that rules may judge, by name. A new one is declared in a file of this folder and named here, once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping

from fundwatch.contracts.entities import MEASURED
from rules.frames import (
    bills,
    census,
    history,
    indicators,
    item_pairs,
    lines,
    procedures,
    recurrences,
    same_day,
    settlements,
    stays,
)
from rules.frames.codes import cash_prices, handed_out, stocked
from rules.frames.declaration import NO_TABLES, Grain, RowFrame, Sources, each_of
from rules.frames.persons import body_facts, purchases, registrations, visits, years

_MODULES = (
    lines,
    history,
    stays,
    visits,
    census,
    bills,
    settlements,
    purchases,
    procedures,
    item_pairs,
    same_day,
    years,
    registrations,
    handed_out,
    stocked,
    cash_prices,
    body_facts,
    recurrences,
    indicators,
)
_DECLARED = (grain for module in _MODULES for grain in module.GRAINS)
# every frame of fee lines reads the days that it needs of them; a copy of all days would be most of the lake
_READ_BY_DAYS = "claim_line"
GRAINS: dict[str, Grain] = {grain.name: grain for grain in _DECLARED}


def frames() -> list[RowFrame]:
    """The row frames of the grains, each once."""
    return [*{id(grain.frame): grain.frame for grain in GRAINS.values()}.values()]


def columns_of(grain: str, indicators: Mapping[str, str]) -> Mapping[str, Sources]:
    """The columns that a rule may name: its grain's, and the indicators that it gives names to."""
    columns = GRAINS[grain].columns
    if not indicators:
        return columns
    table = MEASURED[GRAINS[grain].frame.judges].indicator_table
    return {**columns, **{name: each_of(f"{table}.{column}") for name, column in indicators.items()}}


def tables_read() -> tuple[str, ...]:
    """The clean tables that some grain rests on: what a scan reads, where it is there."""
    return tuple(sorted({table for grain in GRAINS.values() for table, _ in _rested_on(grain, grain.base)}))


def shared_tables(grains: Collection[str]) -> frozenset[str]:
    """The clean tables that more than one frame of the named grains is made of."""
    frames_of: dict[str, set[str]] = defaultdict(set)
    for grain in (GRAINS[name] for name in grains):
        for table, _ in _rested_on(grain, grain.needs):
            frames_of[table].add(grain.frame.name)
    return frozenset(name for name, of in frames_of.items() if len(of) > 1 and name != _READ_BY_DAYS)


def _rested_on(grain: Grain, needs: Sources) -> Iterator[tuple[str, str]]:
    """Clean table and column of every source of the needs and of the grain's columns."""
    for sources in (needs, *grain.columns.values()):
        for group in sources:
            for source in group:
                table, column = source.split(".")
                if table not in NO_TABLES:
                    yield table, column
