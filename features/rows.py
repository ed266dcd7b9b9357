"""The rows that measures are taken from: a source's rows as known, each with its day and what it lies within."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from features.catalogue import Catalogue
from features.catalogue.catalogue import Taken
from features.catalogue.running import columns_read
from features.catalogue.sources import (
    BED_DAY,
    DAY,
    MADE_HERE,
    MOMENT,
    Context,
    Source,
    contexts_of,
    place_of,
)
from features.holidays import calendar_of
from features.periods import kept_by_day, look_back, periods_of
from fundwatch.contracts.entities import PARTED_BY
from fundwatch.engine.frames import with_known_ends
from fundwatch.expressions.declared import literal, written

Tables = Mapping[str, DataFrame]


def taken_at_once(catalogue: Catalogue) -> dict[str, Taken]:
    """What is taken from a window's rows at once, by name: all but the measures whose days are kept."""
    kept = kept_by_day(catalogue).measures
    return {name: taken for name, taken in catalogue.taken.items() if name not in kept}


class RowsNeeded:
    """By source, which columns of how many days back anything of the catalogues is taken from at once."""

    def __init__(self, catalogues: Iterable[Catalogue]) -> None:
        self.columns: dict[Source, set[str]] = {}
        self.reach: dict[Source, int] = {}
        for catalogue in catalogues:
            periods = periods_of(catalogue)
            for name, taken in taken_at_once(catalogue).items():
                source, columns = columns_read(catalogue, taken)
                back = max((p.reach for p in periods.get(name, ())), default=1) + look_back(catalogue, taken.of)
                self.columns.setdefault(source, set()).update(columns)
                self.reach[source] = max(self.reach.get(source, 1), back)

    @property
    def sources(self) -> tuple[Source, ...]:
        return tuple(source for source in Source if source in self.columns)

    def tables(self) -> frozenset[str]:
        """The clean tables that the rows are made of, those of their contexts among them."""
        found = {source.table for source in self.sources}
        for source in self.sources:
            found |= {context.table for context in contexts_of(source, frozenset(self.columns[source]))}
        return frozenset(found - MADE_HERE)

    def rows(self, source: Source, tables: Tables, as_of: date) -> DataFrame:
        """One row per row of the source from the first day on that anything looks at: the columns, `day`, `moment`."""
        first = as_of - timedelta(days=self.reach[source] - 1)
        return to_rows(source, frozenset(self.columns[source]), tables, first, as_of)


def to_rows(source: Source, columns: frozenset[str], tables: Tables, first: date, as_of: date) -> DataFrame:
    """The source's rows from `first` to `as_of` with these columns, `day` and `moment`, joined once with what they lie
    within. `tables` are clean tables as known on the date, under the ids that hold."""
    spans = frozenset(source.span or ())
    contexts = contexts_of(source, columns)
    named = {*columns, *spans, source.moment, *(name for context in contexts for name in context.by)} - {DAY, MOMENT}
    own = {name: place.sql for name in sorted(named) if (place := place_of(source, name)) and place.context is None}
    rows = with_known_ends(tables[source.table], source.table, literal(as_of))
    rows = with_bed_days(rows, first, as_of) if source is Source.BED_DAYS else rows
    rows = rows.select(*(F.expr(written(sql)).alias(name) for name, sql in own.items()))
    for context in contexts:
        if DAY not in rows.columns and source.moment in rows.columns:
            rows = _from_day(source, rows, first, as_of)
        rows = _beside(rows, context, named, tables, as_of)
    if DAY not in rows.columns:
        rows = _from_day(source, rows, first, as_of)
    return rows.select(*sorted({*columns, *spans, DAY, MOMENT}))


def _from_day(source: Source, rows: DataFrame, first: date, as_of: date) -> DataFrame:
    """The rows with their day and moment, those of other days left out; what is in force stays, whenever it began."""
    day = F.to_date(source.moment)
    dated = rows.select("*", day.alias(DAY), F.col(source.moment).alias(MOMENT))
    if source.span is None:
        return dated.filter(day.between(F.lit(first), F.lit(as_of)))
    begun, ended = source.span
    return dated.filter((F.col(begun) <= F.lit(as_of)) & (F.col(ended).isNull() | (F.col(ended) >= F.lit(first))))


def with_bed_days(encounters: DataFrame, first: date, as_of: date | None = None) -> DataFrame:
    """One row per day of each stay, from `first` on: to the day before the discharge, and the day it began at least."""
    started = F.to_date("started_at")
    last = F.greatest(F.date_sub(F.to_date("ended_at"), 1), started)  # passes over an unknown end
    is_known = F.col("is_inpatient") & started.isNotNull() & (last >= F.lit(first))
    if as_of is not None:
        is_known, last = is_known & (started <= F.lit(as_of)), F.least(last, F.lit(as_of))
    days = F.sequence(F.greatest(started, F.lit(first)), last)
    return encounters.filter(is_known).select("*", F.explode(days).alias(BED_DAY))


def _beside(rows: DataFrame, context: Context, named: set[str], tables: Tables, as_of: date) -> DataFrame:
    """The rows with the columns of a context that are wanted and not there yet; its key is unique before the join."""
    wanted = [name for name in sorted(context.columns) if name in named and name not in rows.columns]
    if not wanted:
        return rows
    found = _of_context(context, rows, tables, as_of)
    values = [F.expr(written(context.columns[name])).alias(f"_{name}") for name in wanted]
    keys = {outside: f"_key_{outside}" for outside in context.by}
    if context.is_grouped:
        renamed = [F.col(inside).alias(keys[outside]) for outside, inside in context.by.items()]
        beside = found.groupBy(*renamed).agg(*values)
    else:
        beside = found.select(*(F.col(inside).alias(keys[outside]) for outside, inside in context.by.items()), *values)
    is_same = reduce(Column.__and__, (F.col(outside) == F.col(key) for outside, key in keys.items()))
    joined = rows.join(beside, on=is_same, how="left")
    return joined.select(*rows.columns, *(_or_absent(context, name).alias(name) for name in wanted))


def _or_absent(context: Context, name: str) -> Column:
    value = F.col(f"_{name}")
    return F.coalesce(value, F.expr(context.absent[name])) if name in context.absent else value


def _of_context(context: Context, rows: DataFrame, tables: Tables, as_of: date) -> DataFrame:
    if context.table in MADE_HERE:
        return calendar_of(rows.sparkSession, as_of)
    return with_known_ends(tables[context.table], context.table, literal(as_of))


def keyed(catalogue: Catalogue, source: Source, rows: DataFrame, columns: Iterable[str]) -> DataFrame:
    """The rows that have an entity and a day, with the entity's id and these columns."""
    entity, is_somebodys = key_of(catalogue, source)
    others = [column for column in dict.fromkeys([DAY, *columns]) if column != catalogue.id_column]
    has_day = F.lit(True) if source.span else F.col(DAY).isNotNull()
    return rows.filter(is_somebodys & has_day).select(entity.alias(catalogue.id_column), *others)


def key_of(catalogue: Catalogue, source: Source) -> tuple[Column, Column]:
    """The id of a row's entity, and whether the row is anybody's: each part is known, and what else is asked holds."""
    key = catalogue.keys[source]
    parts = [F.expr(written(part)) for part in key.parts]
    is_known = reduce(Column.__and__, (part.isNotNull() for part in parts))
    if key.only:
        is_known = is_known & F.coalesce(F.expr(written(key.only)), F.lit(False))
    return (parts[0] if len(parts) == 1 else F.concat_ws(PARTED_BY, *parts)), is_known


def sources_of(catalogue: Catalogue) -> Iterator[Source]:
    """The sources that anything of the catalogue is taken from at once."""
    seen = {catalogue.source_of(taken.of) for taken in taken_at_once(catalogue).values()}
    return (source for source in Source if source in seen)
