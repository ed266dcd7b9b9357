"""Rollups: the measures of each watched entity's days, kept by the night that found them, read as known on a date."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from features.catalogue import Catalogue, Source
from features.catalogue.running import key_columns
from features.catalogue.sources import DAY, MOMENT, place_of
from features.periods import kept_by_day, periods_of, reach_of
from features.rows import keyed, with_bed_days
from features.windows import whole
from fundwatch.contracts.versions import KNOWN_COLUMNS
from fundwatch.engine.aggregates import aggregated
from fundwatch.engine.frames import stacked, with_known_ends
from fundwatch.expressions.declared import written
from fundwatch.fingerprint import fingerprint

Sources = Mapping[Source, DataFrame]

# How many rows the day is made of. A day whose rows were all reversed has 0, and is as if it had never been.
ROW_COUNT = "row_count"


def recent(catalogues: Iterable[Catalogue], source: Source, versions: DataFrame, night: date) -> DataFrame:
    """One row per version whose day no window that looks back from `night` or later is past, with the columns read.

    Older days count in no indicator any more, so their late rows are not rolled up. The end of a stay that the delivery
    of the version could not know is unknown, on that night and on all later ones.
    """
    users = [catalogue for catalogue in catalogues if source in kept_by_day(catalogue).sources]
    first = min(first_day(catalogue, night) for catalogue in users)
    rows = with_known_ends(versions, source.table, "known_from")
    rows = with_bed_days(rows, first) if source is Source.BED_DAYS else rows
    names = frozenset[str]().union(*(_columns_read(kept_by_day(catalogue), source) for catalogue in users))
    places = {name: place_of(source, name) for name in sorted(names - {DAY, MOMENT})}
    columns = [F.expr(written(place.sql)).alias(name) for name, place in places.items() if place is not None]
    in_reach = rows.filter(F.to_date(source.moment) >= F.lit(first))
    day, moment = F.to_date(source.moment).alias(DAY), F.col(source.moment).alias(MOMENT)
    return in_reach.select(*KNOWN_COLUMNS, day, moment, *columns)


def changed(catalogue: Catalogue, versions: Sources, since: date | None, night: date) -> DataFrame:
    """One row per entity × day that a version touches which came or went after `since`, up to `night`.

    `versions` are rows of `recent`. Without `since` it is every entity-day ever known, so that a full recomputation
    also clears what has been reversed meanwhile.
    """
    parts = []
    for source in kept_by_day(catalogue).sources:
        rows = versions[source].filter(F.col("known_from") <= F.lit(night))
        if since is not None:
            came = F.col("known_from") > F.lit(since)
            went = (F.col("known_to") > F.lit(since)) & (F.col("known_to") <= F.lit(night))
            rows = rows.filter(came | went)
        parts.append(keyed(catalogue, source, rows, ()))
    return stacked(parts).filter(F.col(DAY) >= F.lit(first_day(catalogue, night))).distinct()


def to_days(catalogue: Catalogue, sources: Sources, touched: DataFrame) -> DataFrame:
    """One row per touched entity × day, its measures computed in full from the rows known, one scan a source.

    Columns: the entity's id, `day`, `row_count`, and one double per measure that holds a whole number (money in fen).
    No row of a measure's source that day is a true 0: nothing happened. A day with no row left is all zeros, which
    withdraws what an earlier night said of it.
    """
    kept, keys = kept_by_day(catalogue), [catalogue.id_column, DAY]
    days = touched
    for source in kept.sources:
        rows = keyed(catalogue, source, sources[source], sorted(_columns_read(kept, source) - {DAY}))
        rows = rows.join(touched, on=keys, how="left_semi")
        days = days.join(_days_of_source(kept, source, rows), on=keys, how="left")
    row_counts = (_or_zero(_rows_of(source)) for source in kept.sources)
    return days.select(
        *keys,
        reduce(Column.__add__, row_counts).alias(ROW_COUNT),
        *(_or_zero(column).alias(column) for column in kept.measure_columns.values()),
    )


def as_known(catalogue: Catalogue, rollups: DataFrame, as_of: date) -> DataFrame:
    """One row per entity × day that a window ending on `as_of` looks back to, as the nights up to then knew it.

    `rollups` has the rows of all nights; of each entity-day the newest night's holds. Reversed days are left
    out.
    """
    keys = [catalogue.id_column, DAY]
    columns = [ROW_COUNT, *kept_by_day(catalogue).measure_columns.values()]
    in_window = F.col(DAY).between(F.lit(first_day(catalogue, as_of)), F.lit(as_of))
    known = rollups.filter((F.col("business_date") <= F.lit(as_of)) & in_window)
    newest = known.groupBy(*keys).agg(F.max_by(F.struct(*columns), "business_date").alias("newest"))
    return newest.select(*keys, "newest.*").filter(F.col(ROW_COUNT) > 0)


def first_day(catalogue: Catalogue, as_of: date) -> date:
    """The first day that a window of the kept measures looks back to."""
    reach = reach_of(catalogue, kept_by_day(catalogue).measures, periods_of(catalogue))
    return as_of - timedelta(days=max(reach, *catalogue.windows) - 1)


def days_fingerprint(catalogue: Catalogue) -> str:
    """The fingerprint of what is kept of the entity's days: where it is the same, the days that stand are good."""
    kept, words = kept_by_day(catalogue), catalogue.vocabulary
    measures = {name: [m.of.value, words.written(m.value), m.scale] for name, m in kept.measures.items()}
    keys = {source.value: [*kept.keys[source].parts, kept.keys[source].only] for source in kept.sources}
    reach = reach_of(catalogue, kept.measures, periods_of(catalogue))
    return fingerprint(measures, keys, max(reach, *catalogue.windows))


def _columns_read(kept: Catalogue, source: Source) -> frozenset[str]:
    words = kept.vocabulary
    read = (words.columns(measure.value) for measure in kept.measures.values() if measure.of is source)
    return key_columns(kept, source).union(*read)


def _days_of_source(kept: Catalogue, source: Source, rows: DataFrame) -> DataFrame:
    """One row per entity × day with the source's measures and its count of rows."""
    measures = [
        whole(kept, measure).alias(kept.measure_columns[name])
        for name, measure in kept.measures.items()
        if measure.of is source
    ]
    count = F.count(F.lit(1)).cast("double").alias(_rows_of(source))
    return aggregated(rows, [kept.id_column, DAY], [count, *measures])


def _rows_of(source: Source) -> str:
    return f"_rows_of_{source.value}"


def _or_zero(column: str) -> Column:
    return F.coalesce(F.col(column), F.lit(0.0))
