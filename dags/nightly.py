"""Every night: one business date from its delivery to the published list."""

from __future__ import annotations

from datetime import datetime, timedelta

from airflow.sdk import DAG, Asset, CronDataIntervalTimetable, chain
from fundwatch_stage import TIMEZONE, FundwatchStage

with DAG(
    dag_id="fundwatch_nightly",
    doc_md=__doc__,
    # a date's night runs at 02:00 of the next day, its delivery being there; the interval starts on the date
    schedule=CronDataIntervalTimetable("0 2 * * *", timezone=TIMEZONE),
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    tags=["fundwatch"],
) as dag:
    timeout = timedelta(hours=3)
    intake = FundwatchStage(command="intake", execution_timeout=timeout)
    features = FundwatchStage(command="features", execution_timeout=timeout)
    rules = FundwatchStage(command="rules", execution_timeout=timeout)
    score = FundwatchStage(command="score", execution_timeout=timeout)
    leads = FundwatchStage(command="leads", execution_timeout=timeout, outlets=[Asset("fundwatch_leads")])

    privacy = FundwatchStage(command="privacy", execution_timeout=timeout)

    chain(intake, features, rules, score, leads)
    intake >> privacy
