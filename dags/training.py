"""Every week: train the models again on what was known at the last business date."""

from __future__ import annotations

from datetime import datetime, timedelta

from airflow.sdk import DAG, CronTriggerTimetable, chain
from fundwatch_airflow import SETTINGS
from fundwatch_date import MACROS, ZONE, date_param
from fundwatch_stages import stages_of

with DAG(
    dag_id="fundwatch_training",
    doc_md=__doc__,
    # Sunday 06:00, after the night of Saturday; the interval of one day makes Saturday the run's date
    schedule=CronTriggerTimetable("0 6 * * 0", timezone=SETTINGS.timezone, interval=timedelta(days=1)),
    start_date=datetime(2020, 1, 1, tzinfo=ZONE),
    catchup=False,
    max_active_runs=1,
    params={"date": date_param()},
    user_defined_macros=MACROS,
    tags=["fundwatch"],
) as dag:
    chain(*(stage.task() for stage in stages_of("training")))
