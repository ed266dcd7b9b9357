"""All of a night in order, in one Spark application; or every delivered night of a span."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from importlib import import_module
from threading import Thread
from typing import Any

from fundwatch.errors import DeliveryError, FundwatchError
from fundwatch.logs import hush, log, step
from fundwatch.nights import nights_said
from fundwatch.settings import Settings
from intake.files.delivery import delivered_dates
from intake.source.load import read_mapping
from jobs.command_line import night_of, settings_of
from jobs.job import Report, Workplace, refuse_too_early, workplace
from jobs.stages import NIGHT, job_named, lists_marked, refuse_incomplete, run_stage

_SIDE_BY_SIDE = 2


def run_nights(settings: Settings, nights: Sequence[date]) -> dict[date, dict[str, Report]]:
    """Run every stage of every night, in order; the reports by night and stage. A refused night stops the span."""
    reports: dict[date, dict[str, Report]] = {}
    refuse_too_early(job_named(NIGHT[0]), settings, nights[0])
    _warm_up()
    with workplace(settings) as place, lists_marked(place, min(nights)):
        for night in nights:
            reports[night] = run_night(place, night)
    return reports


def run_night(place: Workplace, night: date) -> dict[str, Report]:
    """Every stage once what it needs stands; the report by stage. Raises the fault of the first stage that has one.

    Stages that do not need each other run side by side: one plans while the other computes.
    """
    running: dict[str, Future[Report]] = {}

    def in_turn(stage: str) -> Report:
        for need in job_named(stage).needs:
            running[need].result()
        return run_stage(stage, place, night)

    with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
        for stage in NIGHT:  # in order: a stage that waits holds a thread, and what it waits for has started before
            running[stage] = pool.submit(in_turn, stage)
        reporting = pool.submit(_report_privacy, place, night, running["intake"])
        reports = {stage: pending.result() for stage, pending in running.items()}
        reported = reporting.result()
        return {**reports, "privacy": reported} if reported else reports


def _report_privacy(place: Workplace, night: date, intake: Future[Report]) -> Report:
    """The night's privacy report. It informs and gates nothing: a source that lacks what it measures is told so. Of an
    audit log that does not hold every night says so, whether it makes a report or not."""
    from jobs.protect.report_privacy import has_report, write_report
    from jobs.protect.verify_audit import audit_state

    if intake.result()["is_new"] or not has_report(place.settings, night):
        try:
            with step(f"{night} privacy report"):
                told = write_report(place, night)
            return {"is_new": True, "folder": told["folder"], "incomplete": told["incomplete"]}
        except FundwatchError as fault:
            log.warning("%s privacy report: not made: %s", night, fault.what)
    return {"is_new": False, "incomplete": audit_state(place.settings).incomplete}


def _warm_up() -> None:
    """Import what later stages need while the first ones wait for Spark: seconds of a small night."""
    Thread(target=_import_all, args=(("mlflow.tracking", "sklearn.ensemble"),), daemon=True).start()


def _import_all(names: Sequence[str]) -> None:
    for name in names:
        import_module(name)
    hush()


def delivered_nights(settings: Settings, first: date, last: date) -> list[date]:
    """The dates of the landing folder's deliveries from `first` to `last`. Raises DeliveryError when there are none."""
    found = delivered_dates(read_mapping(settings.source, settings.conf), settings.landing_dir)
    nights = [night for night in found if first <= night <= last]
    if not nights:
        raise DeliveryError(
            f"no delivery between {first} and {last}",
            where=str(settings.landing_dir),
            do=f"{nights_said(found, 'no delivery lies here')}; put each night's files in a folder named by its date, "
            "or make some with `fundwatch simulate`",
        )
    return nights


def serve(options: argparse.Namespace) -> Any:
    """`fundwatch nightly --date … [--to …]`."""
    settings, first = settings_of(options).settings, night_of(options)
    nights = [first] if options.to is None else delivered_nights(settings, first, options.to)
    reports = run_nights(settings, nights)
    if not options.json:
        _tell(settings, reports)
    result = {str(night): stages for night, stages in reports.items()}
    refuse_incomplete(by_stage(reports), result)
    return result


def by_stage(reports: Mapping[date, Mapping[str, Report]]) -> dict[str, Report]:
    """The reports of several nights, each under its date and stage."""
    return {f"{night} {stage}": report for night, stages in reports.items() for stage, report in stages.items()}


def _tell(settings: Settings, reports: dict[date, dict[str, Report]]) -> None:
    from jobs.review.show_lead import print_list

    last = max(reports)
    if not any(stage["is_new"] for stages in reports.values() for stage in stages.values()):
        print("nothing to do: every stage was done before with the same input", file=sys.stderr)
    print_list(settings, last, top=10)


if __name__ == "__main__":
    from jobs.command_line import main_of_script

    main_of_script(__file__)
