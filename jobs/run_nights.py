"""All of a night in order, in one Spark application; or every delivered night of a span."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from threading import Thread
from typing import Any

from fundwatch.errors import DeliveryError, FundwatchError
from fundwatch.logs import hush, log, step
from fundwatch.nights import nights_said
from fundwatch.settings import Settings
from intake.files.delivery import delivered_dates, made_deliveries
from intake.source.load import mapping_in_force
from jobs.declared_stages import INTAKE, Stage, night_stages
from jobs.job import Report, refuse_too_early
from jobs.operate.night_metrics import metrics_kept
from jobs.protect.verify_audit import audit_state
from jobs.stages import job_of, lists_marked, run_stage
from jobs.workplace import Workplace, workplace

_SIDE_BY_SIDE = 2


@dataclass(frozen=True)
class NightReports:
    """What every stage reports, by night and by the stage's name in the ledger; and the settings it ran under."""

    settings: Settings
    reports: dict[date, dict[str, Report]]

    @property
    def last(self) -> date:
        return max(self.reports)

    @property
    def is_new(self) -> bool:
        """Whether any stage had something to do."""
        return any(report["is_new"] for stages in self.reports.values() for report in stages.values())

    def by_stage(self) -> dict[str, Report]:
        """The reports of all nights, each under its date and stage."""
        return {f"{night} {name}": report for night, stages in self.reports.items() for name, report in stages.items()}

    def as_json(self) -> dict[str, Any]:
        """By night and stage."""
        return {str(night): stages for night, stages in self.reports.items()}


def run_nights(settings: Settings, nights: Sequence[date]) -> NightReports:
    """Run every stage of every night, in order. A refused night stops the span."""
    reports: dict[date, dict[str, Report]] = {}
    refuse_too_early(job_of(INTAKE), settings, nights[0])
    with metrics_kept(settings, "nightly"), workplace(settings) as place, lists_marked(place, min(nights)):
        place.beside_start = _warm_up
        for night in nights:
            reports[night] = run_night(place, night)
    return NightReports(settings, reports)


def run_night(place: Workplace, night: date, stages: Sequence[Stage] = night_stages()) -> dict[str, Report]:
    """Every stage once what it needs is committed; the report by stage. Raises the error of the first stage that has
    one.

    Stages that do not need each other run in parallel: one plans while the other computes.
    """
    running: dict[str, Future[Report]] = {}

    def in_turn(stage: Stage) -> Report:
        job_of(stage)  # its module loads while what it needs is being made
        for need in stage.needs:
            running[need].result()
        return run_stage(stage, place, night)

    with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
        for stage in stages:  # in order: a stage that waits holds a thread, and what it waits for has started before
            running[stage.name] = pool.submit(in_turn, stage)
        reporting = pool.submit(_report_privacy, place, night, running[INTAKE.name])
        reports = {name: pending.result() for name, pending in running.items()}
        reported = reporting.result()
        return {**reports, "privacy": reported} if reported else reports


def _report_privacy(place: Workplace, night: date, intake: Future[Report]) -> Report:
    """The night's privacy report. It informs and gates nothing: a source that lacks what it measures is reported so. Of
    an audit log that does not hold every night says so, whether it makes a report or not."""
    # loaded here, in a thread of its own, while the intake starts Spark
    from jobs.protect.report_privacy import has_report, write_report

    if intake.result()["is_new"] or not has_report(place.settings, night):
        try:
            with step(f"{night} privacy report"):
                reported = write_report(place, night)
            return {"is_new": True, "folder": reported["folder"], "incomplete": reported["incomplete"]}
        except FundwatchError as error:
            log.warning("%s privacy report: not made: %s", night, error.what)
    return {"is_new": False, "incomplete": audit_state(place.settings).incomplete}


def _warm_up() -> None:
    """Import what later stages need while the first ones wait for Spark: seconds of a small night, and of one with
    nothing to do more than all the rest."""
    Thread(target=_import_all, args=(("mlflow.tracking", "sklearn.ensemble"),), daemon=True).start()


def _import_all(names: Sequence[str]) -> None:
    for name in names:
        with suppress(RuntimeError):  # two threads wait for each other's modules: who needs this one imports it again
            import_module(name)
    hush()


def delivered_nights(settings: Settings, first: date, last: date) -> list[date]:
    """The dates of the landing folder's deliveries from `first` to `last`. Raises DeliveryError when there are none."""
    mapping = mapping_in_force(settings)
    found = delivered_dates(mapping, settings.landing_dir)
    nights = [night for night in found if first <= night <= last]
    if not nights:
        raise DeliveryError(
            f"no delivery between {first} and {last}",
            where=str(settings.landing_dir),
            do=f"{nights_said(found, 'no delivery lies here')}; put each night's files in a folder named by its date"
            f"{made_deliveries(mapping)}",
        )
    return nights


if __name__ == "__main__":
    from jobs.command_line import main_of_script

    main_of_script(__file__)
