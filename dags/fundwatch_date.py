"""Which business date a run is for: the one given at Trigger, or the day of its logical date in the bureau's zone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from airflow.sdk import Param
from fundwatch_airflow import SETTINGS

ZONE = ZoneInfo(SETTINGS.timezone)
NIGHT_HOUR = 2  # the night of a date runs at this hour of the next day, when its delivery is there


def date_param() -> Param:
    """What the form at Trigger asks for."""
    return Param(
        None,
        type=["null", "string"],
        format="date",
        title="业务日期 Business date",
        description="留空则取逻辑日期 / left empty: the day of the logical date",
    )


def business_date(dag_run: Any, given: str | None) -> str:
    """The date of a run, as `fundwatch --date` takes it.

    A run without a logical date is for the last date whose night was due when the run was asked for.
    """
    if given:
        return given
    logical: datetime | None = dag_run.logical_date
    if logical is not None:  # Airflow keeps it in UTC, where the early morning in China bears the day before
        return logical.astimezone(ZONE).date().isoformat()
    asked_for: datetime = dag_run.run_after
    return (asked_for.astimezone(ZONE) - timedelta(days=1, hours=NIGHT_HOUR)).date().isoformat()


def due(date: str) -> datetime:
    """When the night of a date runs by the schedule."""
    return datetime.fromisoformat(date).replace(hour=NIGHT_HOUR, tzinfo=ZONE) + timedelta(days=1)


MACROS = {"business_date": business_date}
RENDERED_DATE = "{{ business_date(dag_run, params.date) }}"
