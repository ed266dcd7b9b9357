"""`fundwatch <stage>` and `fundwatch nightly`: options in, answers out."""

from __future__ import annotations

import argparse

from jobs.run_nights import NightReports, delivered_nights, run_nights
from jobs.stages import StageRun, incompleteness, run_alone
from jobs.terminal.answer import Answer
from jobs.terminal.night_pages import print_nights, print_stage
from jobs.terminal.options import night_of, settings_of


def stage(options: argparse.Namespace) -> Answer[StageRun]:
    """`fundwatch <stage> --date …`."""
    done = run_alone(settings_of(options).settings, options.stage, night_of(options))
    return Answer(done, print_stage, incompleteness({done.stage.verb: done.report}, done.as_json()))


def nightly(options: argparse.Namespace) -> Answer[NightReports]:
    """`fundwatch nightly --date … [--to …]`."""
    settings, first = settings_of(options).settings, night_of(options)
    dates = [first] if options.to is None else delivered_nights(settings, first, options.to)
    done = run_nights(settings, dates)
    return Answer(done, print_nights, incompleteness(done.by_stage(), done.as_json()))
