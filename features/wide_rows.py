"""Parts of a window's measures put side by side: one row per entity, a column per measure and period.

A part travels as one array a row, whatever it measures: frames that are stacked then have three columns, and not one
for each measure of all the others.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from features.periods import PERIOD, DaySpan
from fundwatch.engine.frames import stacked

IS_NOW = "_is_now"
_SLOT, _VALUES, _PARTS = "_slot", "_values", "_parts"
_PART = 10_000_000  # above any period's code


@dataclass(frozen=True)
class MeasurePart:
    """One row per entity × period, with a column of doubles for each of `names`."""

    rows: DataFrame
    names: tuple[str, ...]


def wide_rows(
    parts: Iterable[MeasurePart], key: str, wanted: Mapping[str, Collection[DaySpan]], now: Collection[DaySpan]
) -> DataFrame:
    """One row per entity: a column per measure and period that is wanted of it (`column_of`), and `_is_now`, whether it
    has a row in any of the periods `now`. What no part measures is null."""
    made = [*parts]
    rows = stacked(_as_values(part, number, key) for number, part in enumerate(made))
    codes = sorted(period.code for period in now)
    gathered = rows.groupBy(key).agg(
        F.bool_or((F.col(_SLOT) % _PART).isin(codes)).alias(IS_NOW),
        F.map_from_entries(F.collect_list(F.struct(_SLOT, _VALUES))).alias(_PARTS),
    )
    found = dict(_places(made))
    values = (
        _value(*found[name], period).alias(column_of(name, period)) if name in found else _unknown(name, period)
        for name, periods in wanted.items()
        for period in periods
    )
    return gathered.select(key, IS_NOW, *values)


def column_of(name: str, period: DaySpan) -> str:
    """The measure's column over the period: `amount@90d`."""
    return f"{name}@{period.label}"


def _as_values(part: MeasurePart, number: int, key: str) -> DataFrame:
    return part.rows.select(
        key, (F.lit(number * _PART) + F.col(PERIOD)).alias(_SLOT), F.array(*part.names).alias(_VALUES)
    )


def _places(parts: Iterable[MeasurePart]) -> Iterator[tuple[str, tuple[int, int]]]:
    """By measure, the number of its part and its place there."""
    for number, part in enumerate(parts):
        yield from ((name, (number, place)) for place, name in enumerate(part.names))


def _value(number: int, place: int, period: DaySpan) -> Column:
    values = F.try_element_at(_PARTS, F.lit(number * _PART + period.code))
    return values[place]


def _unknown(name: str, period: DaySpan) -> Column:
    return F.lit(None).cast("double").alias(column_of(name, period))
