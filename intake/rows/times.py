"""Times of a source: texts read by one strict rule, and whether what stands there is a time at all.

A day has its month and year, an hour its minute, or it is nothing: Spark's own cast takes a month for its first day, a
number for a year and an hour for today's. Many systems keep the day alone, and every moment of it is then midnight.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from fundwatch.contracts import TABLES
from fundwatch.engine.frames import stacked
from intake.source.mapping import NOT_MAPPED

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, Row

_DAY = r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
_HOUR = r"[0-9]{1,2}:[0-9]{1,2}(?::[0-9]{1,2}(?:\.[0-9]{1,9})?)?"
_OFFSET = r"(?:[zZ]|[+-][0-9]{2}(?::?[0-9]{2})?)"
_LOCAL = rf"^{_DAY}(?:[ T]{_HOUR})?$"
_ELSEWHERE = rf"^{_DAY}[ T]{_HOUR} ?{_OFFSET}$"
_CHINESE = r"^([0-9]{4})年([0-9]{1,2})月([0-9]{1,2})日 ?((?:[0-9]{1,2}:.*)?)$"
_ENOUGH = 20  # values: a correction of three rows does not say how a source writes its times
_MANY = 100  # values within the day at one moment of it: that is where another clock's midnight lies, or a batch ran
_SHARE = 0.01  # of values beside midnight: fewer are strays in a column of days


@dataclass(frozen=True)
class TimesOfDay:
    """Of one timestamp column: how many values are known, and how many of them are not midnight.

    Of many that are all one moment of the day none is counted: that is where another clock's midnight lies.
    """

    known: int
    within_the_day: int

    def has_time(self, before: bool | None = None) -> bool | None:
        """Whether the column tells the time of day; null while nothing is known.

        Few values say it only where nothing was known before.
        """
        if self.known == 0 or (self.known < _ENOUGH and before is not None):
            return before
        return self.within_the_day >= max(1, _SHARE * self.known)


def timestamp_columns(table: str) -> tuple[str, ...]:
    """The table's columns that hold moments."""
    return tuple(c.name for c in TABLES[table].columns if c.type == "timestamp" and c.name not in NOT_MAPPED)


def times_of_day(rows: DataFrame, table: str) -> DataFrame | None:
    """One row per timestamp column of the table: table, column, values known, values that are not midnight."""
    columns = timestamp_columns(table)
    if not columns:
        return None
    within = {name: F.when(_of_day(name) != 0, _of_day(name)) for name in columns}
    counted = rows.agg(
        *(F.count(F.col(name)).alias(f"{name}_known") for name in columns),
        *(F.count(moment).alias(f"{name}_within") for name, moment in within.items()),
        *((F.min(moment) == F.max(moment)).alias(f"{name}_is_one") for name, moment in within.items()),
    )

    def reported(name: str) -> Column:
        is_one = F.col(f"{name}_is_one") & (F.col(f"{name}_within") >= _MANY)
        return F.when(is_one, F.lit(0).cast("bigint")).otherwise(F.col(f"{name}_within"))

    each = F.array(
        *(
            F.struct(
                F.lit(name).alias("column_name"),
                F.col(f"{name}_known").alias("known"),
                reported(name).alias("within_the_day"),
            )
            for name in columns
        )
    )
    return counted.select(F.lit(table).alias("table_name"), F.explode(each).alias("of")).select("table_name", "of.*")


def _of_day(name: str) -> Column:
    """How far into its day a moment is, in microseconds."""
    return F.unix_micros(F.col(name)) - F.unix_micros(F.date_trunc("day", F.col(name)))


def times_of_tables(tables: Mapping[str, DataFrame]) -> DataFrame | None:
    """One row per timestamp column of all tables; None where there is none."""
    frames = [found for table, rows in sorted(tables.items()) if (found := times_of_day(rows, table)) is not None]
    return stacked(frames) if frames else None


def times_in(rows: Iterable[Row]) -> dict[tuple[str, str], TimesOfDay]:
    """What `times_of_tables` counted, by table and column."""
    return {(row["table_name"], row["column_name"]): TimesOfDay(row["known"], row["within_the_day"]) for row in rows}


def as_moment(text: Column, zone: str) -> Column:
    """The moment a text tells, on the clock of `zone`; null for any other text.

    A text with an offset or Z is of another clock, and is carried over; one without is of the zone's already.
    """
    iso = F.when(text.contains("年"), F.trim(F.regexp_replace(text, _CHINESE, "$1-$2-$3 $4"))).otherwise(text)
    instant = F.regexp_replace(F.upper(iso), " (?=[^ ]*$)(?=[Z+-])", "").try_cast("timestamp")
    return F.when(iso.rlike(_LOCAL), iso.try_cast("timestamp")).when(
        iso.rlike(_ELSEWHERE), F.from_utc_timestamp(instant, zone)
    )
