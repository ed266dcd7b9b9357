"""The calendar: which days are public holidays, and which are worked, by the State Council's yearly notices."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from fundwatch.engine.frames import small_frame

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_YEARS_BACK = 5
_WORKED = 5  # Monday to Friday


def calendar_of(session: SparkSession, as_of: date) -> DataFrame:
    """One row per day of the years up to the date: `is_holiday` (a public holiday), `is_workday` (worked, be it a
    weekend). Where no notice says it of a year, both are unknown."""
    first = date(as_of.year - _YEARS_BACK, 1, 1)
    days = [first + timedelta(days=n) for n in range((as_of - first).days + 1)]
    return small_frame(session, "day date, is_holiday boolean, is_workday boolean", [_said(day) for day in days])


def _said(day: date) -> tuple[date, bool | None, bool | None]:
    import chinese_calendar

    try:
        is_holiday, name = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:  # a year without a notice yet
        return day, None, None
    return day, bool(is_holiday and name), not is_holiday
