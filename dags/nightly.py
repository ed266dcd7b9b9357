"""Every night: one business date from its delivery to the published list.

Trigger it with a date to run that night; without one it runs the day of its logical date.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from airflow.sdk import DAG, CronDataIntervalTimetable, chain
from fundwatch_airflow import SETTINGS
from fundwatch_date import MACROS, NIGHT_HOUR, ZONE, date_param
from fundwatch_delivery import DeliveryArrives
from fundwatch_stage import FundwatchStage, VerdictOperator
from fundwatch_stages import LISTS, reports_of, stages_of

NAME = "nightly"


def whole_night() -> None:
    """The night as one task and one Spark application."""
    night = FundwatchStage(command=NAME, execution_timeout=timedelta(hours=12), outlets=[LISTS])
    chain(DeliveryArrives(), night)


def night_by_stage() -> None:
    """A task and a Spark application for each stage, one after the other, for only one at a time may hold the lake;
    nothing waits for a report."""
    stages = {stage.command: stage.task(lets_others_follow=True) for stage in stages_of(NAME)}
    chain(DeliveryArrives(), *stages.values(), VerdictOperator(stages=[*stages.values()]))
    for report in reports_of(NAME):
        chain([stages[need] for need in report.needs], report.task())


with DAG(
    dag_id="fundwatch_nightly",
    doc_md=__doc__,
    # the interval starts on the business date, which is the run's logical date
    schedule=CronDataIntervalTimetable(f"0 {NIGHT_HOUR} * * *", timezone=SETTINGS.timezone),
    start_date=datetime(2020, 1, 1, tzinfo=ZONE),
    catchup=False,
    max_active_runs=1,
    params={"date": date_param()},
    user_defined_macros=MACROS,
    tags=["fundwatch"],
) as dag:
    if SETTINGS.night == "whole":
        whole_night()
    else:
        night_by_stage()
