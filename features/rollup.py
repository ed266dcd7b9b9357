"""Rollups: the measures of each entity's days, kept by the night that found them, read as known on a date."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from features.catalogue import Catalogue, Measure, Source
from features.catalogue.declaration import BED_DAY
from fundwatch.contracts.versions import KNOWN_COLUMNS
from fundwatch.engine.frames import stacked, with_known_ends
from fundwatch.expressions.declared import written

Sources = Mapping[Source, DataFrame]

# How many rows the day is made of. A day whose rows were all reversed has 0, and is as if it had never been.
ROW_COUNT = "row_count"


def recent(catalogues: Iterable[Catalogue], source: Source, versions: DataFrame, night: date) -> DataFrame:
    """One row per version whose day no window ending on `night` or later is past, with the columns read.

    Older days count in no indicator any more, so their late rows are not rolled up. The end of a stay that the delivery
    of the version could not know is unknown, on that night and on all later ones.
    """
    users = [catalogue for catalogue in catalogues if source in catalogue.sources]
    rows = with_known_ends(versions, source.table, "known_from")
    if source is Source.BED_DAYS:
        rows = _bed_days(rows, min(_first_day(catalogue, night) for catalogue in users))
    columns, in_reach = {*KNOWN_COLUMNS}, F.lit(False)
    for catalogue in users:
        key = catalogue.keys[source]
        columns |= {key.id, key.day, *_columns_read(catalogue, source)}
        in_reach = in_reach | (F.to_date(key.day) >= F.lit(_first_day(catalogue, night)))
    return rows.filter(in_reach).select(*sorted(columns))


def _bed_days(encounters: DataFrame, first: date) -> DataFrame:
    """One row per day of each stay, from `first` on: to the day before the discharge, and the day it began at least."""
    started = F.to_date("started_at")
    last = F.greatest(F.date_sub(F.to_date("ended_at"), 1), started)  # passes over an unknown end
    stays = encounters.filter(F.col("is_inpatient") & started.isNotNull() & (last >= F.lit(first)))
    days = F.sequence(F.greatest(started, F.lit(first)), last)
    return stays.select("*", F.explode(days).alias(BED_DAY))


def changed(catalogue: Catalogue, versions: Sources, since: date | None, night: date) -> DataFrame:
    """One row per entity × day that a version touches which came or went after `since`, up to `night`.

    `versions` are the clean tables with all their versions (known_from, known_to). Without `since` it is
    every entity-day ever known, so that a full recomputation also clears what has been reversed meanwhile.
    """
    parts = []
    for source in catalogue.sources:
        rows = versions[source].filter(F.col("known_from") <= F.lit(night))
        if since is not None:
            came = F.col("known_from") > F.lit(since)
            went = (F.col("known_to") > F.lit(since)) & (F.col("known_to") <= F.lit(night))
            rows = rows.filter(came | went)
        parts.append(_keyed(catalogue, source, rows, ()))
    return stacked(parts).distinct()


def to_days(catalogue: Catalogue, sources: Sources, touched: DataFrame) -> DataFrame:
    """One row per touched entity × day, its measures computed in full from the rows known, one scan a source.

    Columns: the entity's id, `day`, `row_count`, `sets` (distinct things by the set's name), and one double
    per measure that holds a whole number (money in fen). No row of a measure's source that day is a true 0:
    nothing happened. A day with no row left is all zeros, which withdraws what an earlier night said of it.
    """
    keys = [catalogue.id_column, "day"]
    days = touched
    for source in catalogue.sources:
        rows = _keyed(catalogue, source, sources[source], _columns_read(catalogue, source))
        rows = rows.join(touched, on=keys, how="left_semi")
        days = days.join(_days_of_source(catalogue, source, rows), on=keys, how="left")
    row_counts = (_or_zero(_rows_of(source)) for source in catalogue.sources)
    return days.select(
        *keys,
        reduce(Column.__add__, row_counts).alias(ROW_COUNT),
        _sets(catalogue).alias("sets"),
        *(_or_zero(column).alias(column) for column in catalogue.measure_columns.values()),
    )


def as_known(catalogue: Catalogue, rollups: DataFrame, as_of: date) -> DataFrame:
    """One row per entity × day of the longest window that ends on `as_of`, as the nights up to then knew it.

    `rollups` has the rows of all nights; of each entity-day the newest night's holds. Reversed days are left
    out.
    """
    keys = [catalogue.id_column, "day"]
    columns = [ROW_COUNT, "sets", *catalogue.measure_columns.values()]
    in_window = F.col("day").between(F.lit(_first_day(catalogue, as_of)), F.lit(as_of))
    known = rollups.filter((F.col("business_date") <= F.lit(as_of)) & in_window)
    newest = known.groupBy(*keys).agg(F.max_by(F.struct(*columns), "business_date").alias("newest"))
    return newest.select(*keys, "newest.*").filter(F.col(ROW_COUNT) > 0)


def _first_day(catalogue: Catalogue, as_of: date) -> date:
    return as_of - timedelta(days=max(catalogue.windows) - 1)


def _columns_read(catalogue: Catalogue, source: Source) -> list[str]:
    texts = (m.columns for m in catalogue.measures.values() if m.of is source)
    sets = frozenset(s.column for s in catalogue.sets.values() if s.of is source)
    return sorted(sets.union(*texts))


def _keyed(catalogue: Catalogue, source: Source, rows: DataFrame, columns: Iterable[str]) -> DataFrame:
    """The source's rows that have an entity and a day, under the rollup's key names."""
    key = catalogue.keys[source]
    entity, day = F.col(key.id).alias(catalogue.id_column), F.to_date(key.day).alias("day")
    others = [column for column in columns if column != catalogue.id_column]
    return rows.filter(F.col(key.id).isNotNull() & F.col(key.day).isNotNull()).select(entity, day, *others)


def _days_of_source(catalogue: Catalogue, source: Source, rows: DataFrame) -> DataFrame:
    """One row per entity × day with the source's measures, its sets and its count of rows."""
    measures = [
        _whole(measure).alias(catalogue.measure_columns[name])
        for name, measure in catalogue.measures.items()
        if measure.of is source
    ]
    sets = [
        F.sort_array(F.collect_set(day_set.column)).alias(_set_column(name))
        for name, day_set in catalogue.sets.items()
        if day_set.of is source
    ]
    count = F.count(F.lit(1)).cast("double").alias(_rows_of(source))
    return rows.groupBy(catalogue.id_column, "day").agg(count, *measures, *sets)


def _whole(measure: Measure) -> Column:
    """The measure as a whole number in a double; money becomes fen while its type is still decimal."""
    value = F.expr(written(measure.value))
    if measure.unit == "yuan":
        value = value * 100
    return value.cast("bigint").cast("double")


def _rows_of(source: Source) -> str:
    return f"_rows_of_{source.value}"


def _set_column(name: str) -> str:
    return f"_set_{name}"


def _or_zero(column: str) -> Column:
    return F.coalesce(F.col(column), F.lit(0.0))


def _sets(catalogue: Catalogue) -> Column:
    none = F.array().cast("array<string>")
    pairs = ((F.lit(name), F.coalesce(F.col(_set_column(name)), none)) for name in sorted(catalogue.sets))
    return F.create_map(*(column for pair in pairs for column in pair)).cast("map<string,array<string>>")
