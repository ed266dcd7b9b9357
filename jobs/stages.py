"""The stages of a night by name, and the command that runs one of them."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Any

from fundwatch.errors import IncompleteError, faults
from fundwatch.logs import log
from jobs.belonging import Belonging
from jobs.command_line import COMMANDS, night_of, settings_of
from jobs.job import Job, Report, Workplace, refuse_too_early, run_job, workplace

_MODULE = {command.name: command.script for command in COMMANDS if command.serves == "jobs.stages:serve"}
NIGHT = ("intake", "features", "rules", "score", "leads")


def job_named(stage: str) -> Job:
    """The job that serves a stage."""
    job: Job = importlib.import_module(f"jobs.{_MODULE[stage]}").JOB
    return job


def run_stage(stage: str, place: Workplace, night: date) -> Report:
    """Run one stage; before scoring, train models where none was ever made for the night or an earlier one and the
    settings say so. Models that were made and do not hold are never made anew unasked."""
    if stage == "score" and place.settings.train_if_missing:
        from jobs.model_shelf import shelf_of

        if not shelf_of(place.settings).has_models(night):
            log.info("%s no model was ever made for this night or an earlier one: the detectors are trained", night)
            run_job(job_named("train"), place, night)
    return run_job(job_named(stage), place, night)


def night_jobs() -> dict[str, Job]:
    """The jobs of a night by their stages."""
    return {stage: job_named(stage) for stage in NIGHT}


@contextmanager
def lists_marked(place: Workplace, first: date) -> Iterator[None]:
    """Afterwards the published lists from `first` on whose runs no longer belong together say so in their folders."""
    try:
        yield
    finally:
        Belonging(place.ledger, night_jobs()).mark_lists(place.settings.lists_dir, first)


def refuse_incomplete(reports: Mapping[str, Report], result: Mapping[str, Any]) -> None:
    """Raise IncompleteError when a stage's report says under `incomplete` (sentences) that its result stands, but
    something that it should rest on does not hold. Called last, when everything is written and printed."""
    found = [f"{stage}: {sentence}" for stage, report in reports.items() for sentence in report.get("incomplete", ())]
    if found:
        raise IncompleteError(
            faults("the result stands, but is not complete", found),
            do="mend what is named, then run the same command again; a retry alone changes nothing",
            result=result,
        )


def serve(options: argparse.Namespace) -> Any:
    """`fundwatch <stage> --date …`."""
    settings, night = settings_of(options).settings, night_of(options)
    refuse_too_early(job_named(options.command), settings, night)
    with workplace(settings) as place, lists_marked(place, night):
        report = run_stage(options.command, place, night)
    if not options.json:
        told = "done" if report["is_new"] else "nothing to do: done before with the same input"
        print(f"{options.command} {night}: {told}")
        for key, value in report.items():
            if key != "is_new" and isinstance(value, (str, int, float)):
                print(f"  {key:<28} {value}")
    result = {"stage": options.command, "date": night, **report}
    refuse_incomplete({options.command: report}, result)
    return result
