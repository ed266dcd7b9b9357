"""Generalisation: values made coarse enough to be released. Column functions over Spark, and the same as SQL for
mappings.

Ages in bands of five years with one bucket from 90 on and in days under one year, counties to their city, dates to
their month, positions to 0.01 degrees (about a kilometre). Null stays null; what cannot be (an age of 850) is null.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import Column

OLDEST_BAND = 90
BAND_YEARS = 5
OLDEST_POSSIBLE = 130
_DAYS_OF_AGE_SHOWN = 365


def age_band_sql(age: str) -> str:
    """Years of age to `00-04`, `05-09` … `85-89`, `90+`; null outside 0 to 130."""
    low = f"CAST(floor(({age}) / {BAND_YEARS}) * {BAND_YEARS} AS int)"
    return (
        f"CASE WHEN ({age}) < 0 OR ({age}) > {OLDEST_POSSIBLE} THEN NULL "
        f"WHEN ({age}) >= {OLDEST_BAND} THEN '{OLDEST_BAND}+' "
        f"WHEN ({age}) IS NOT NULL THEN format_string('%02d-%02d', {low}, {low} + {BAND_YEARS - 1}) END"
    )


def birth_year_sql(birth_year: str, year: str) -> str:
    """The year of birth; who is 90 or older in `year` is reported as born 90 years before. Null for what cannot be."""
    return (
        f"CASE WHEN ({year}) - ({birth_year}) NOT BETWEEN 0 AND {OLDEST_POSSIBLE} THEN NULL "
        f"ELSE greatest({birth_year}, ({year}) - {OLDEST_BAND}) END"
    )


def infant_age_days_sql(birth_date: str, day: str) -> str:
    """Days of age at service under one year, else null: rules on newborns need it, and nobody older is told apart by
    it.
    """
    days = f"datediff({day}, {birth_date})"
    return f"CASE WHEN {days} >= 0 AND {days} < {_DAYS_OF_AGE_SHOWN} THEN {days} END"


def city_sql(region_code: str) -> str:
    """The city of a region code of six digits: its first four. Null for shorter ones."""
    return f"CASE WHEN length({region_code}) >= 4 THEN substring({region_code}, 1, 4) END"


def month_sql(day: str) -> str:
    """A date or time to `2026-03`."""
    return f"date_format({day}, 'yyyy-MM')"


def month_start_sql(day: str) -> str:
    """A date to the first of its month, still a date: for dates of death."""
    return f"CAST(trunc({day}, 'MM') AS date)"


def position_sql(degrees: str) -> str:
    """A latitude or longitude to 0.01 degrees."""
    return f"round({degrees}, 2)"


def _as_column(sql: str) -> Column:
    from pyspark.sql import functions as F

    return F.expr(sql)


def age_band(age: str) -> Column:
    """`age_band_sql` as a column of the named column."""
    return _as_column(age_band_sql(age))


def birth_year(birth_year_: str, year: str) -> Column:
    """`birth_year_sql` as a column."""
    return _as_column(birth_year_sql(birth_year_, year))


def infant_age_days(birth_date: str, day: str) -> Column:
    """`infant_age_days_sql` as a column."""
    return _as_column(infant_age_days_sql(birth_date, day))


def city(region_code: str) -> Column:
    """`city_sql` as a column."""
    return _as_column(city_sql(region_code))


def month(day: str) -> Column:
    """`month_sql` as a column."""
    return _as_column(month_sql(day))


def month_start(day: str) -> Column:
    """`month_start_sql` as a column."""
    return _as_column(month_start_sql(day))


def position(degrees: str) -> Column:
    """`position_sql` as a column."""
    return _as_column(position_sql(degrees))


# The names that declarations of exports use; each takes one SQL value. `none` tells the value as it is.
TREATMENTS: dict[str, Callable[[str], str]] = {
    "none": lambda value: value,
    "age_band": age_band_sql,
    "city": city_sql,
    "month": month_sql,
    "month_start": month_start_sql,
    "position": position_sql,
}
