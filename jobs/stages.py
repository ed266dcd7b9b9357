"""The stages of a night: their jobs, and how one of them is run."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from fundwatch.errors import IncompleteError, problems
from fundwatch.logs import log
from fundwatch.settings import Settings
from jobs.belonging import Belonging
from jobs.declared_stages import SCORE, STAGES, TRAIN, Stage, night_stages
from jobs.job import Job, Report, refuse_too_early, run_job
from jobs.lake_models import lake_models_of
from jobs.operate.night_metrics import metrics_kept
from jobs.operate.watch_indicators import watch_indicators
from jobs.workplace import Workplace, workplace

NIGHT = tuple(stage.name for stage in night_stages())


@dataclass(frozen=True)
class StageRun:
    """What a stage reports of a night."""

    stage: Stage
    night: date
    report: Report

    def as_json(self) -> dict[str, Any]:
        """The report, under the stage's name in the ledger."""
        return {"stage": self.stage.name, "date": self.night, **self.report}


def job_of(stage: Stage) -> Job:
    """The job that serves a stage. Its module is imported only now: each command loads what it runs."""
    job: Job = importlib.import_module(stage.module).JOB
    return job


def job_named(name: str) -> Job:
    """The job of the stage with this name in the ledger."""
    return job_of(next(stage for stage in STAGES if stage.name == name))


def run_alone(settings: Settings, stage: Stage, night: date) -> StageRun:
    """Run one stage of a night by itself, and mark the lists that no longer belong to what is committed."""
    refuse_too_early(job_of(stage), settings, night)
    with metrics_kept(settings, stage.verb), workplace(settings) as place, lists_marked(place, night):
        return StageRun(stage, night, run_stage(stage, place, night))


def run_stage(stage: Stage, place: Workplace, night: date) -> Report:
    """Run one stage. Before models learn or speak, indicators that are unsound are named; before scoring,
    train models where none was ever made for the night or an earlier one and the settings say so. Models that were made
    and do not hold are never made again unasked."""
    if stage in (TRAIN, SCORE):
        watch_indicators(place.settings, night)
    if stage == SCORE and place.settings.train_if_missing and not lake_models_of(place.settings).has_models(night):
        log.info("%s no model was ever made for this night or an earlier one: the detectors are trained", night)
        run_job(job_of(TRAIN), place, night)
    return run_job(job_of(stage), place, night)


def night_jobs(stages: Sequence[Stage] = STAGES) -> dict[str, Job]:
    """The jobs of a night by the names of their stages."""
    return {stage.name: job_of(stage) for stage in night_stages(stages)}


@contextmanager
def lists_marked(place: Workplace, first: date) -> Iterator[None]:
    """Afterwards the published lists from `first` on whose runs no longer belong together say so in their folders."""
    try:
        yield
    finally:
        Belonging(place.ledger, night_jobs()).mark_lists(place.settings.lists_dir, first)


def incompleteness(reports: Mapping[str, Report], result: Mapping[str, Any]) -> IncompleteError | None:
    """The problem to end with, when a stage's report says under `incomplete` (sentences) that its result stands, but
    something that it should rest on does not hold; None for reports that are complete."""
    found = [f"{stage}: {sentence}" for stage, report in reports.items() for sentence in report.get("incomplete", ())]
    if not found:
        return None
    return IncompleteError(
        problems("the result stands, but is not complete", found),
        do="fix what is named, then run the same command again; a retry alone changes nothing",
        result=result,
    )
