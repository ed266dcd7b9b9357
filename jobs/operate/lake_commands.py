"""The commands of who looks after the lake and its models, options in and answers out. They load what reads models,
which `fundwatch settings` and a delivery that is waited for need not."""

from __future__ import annotations

import argparse
from functools import partial
from typing import Any

from jobs.operate import show_models
from jobs.operate.check_lake import check_lake
from jobs.operate.lake_pages import print_lake_check, print_metrics, print_models, print_promotion, print_upgraded
from jobs.operate.night_metrics import NightMetrics, night_metrics
from jobs.operate.upgrade_lake import upgrade_lake
from jobs.terminal.answer import Answer
from jobs.terminal.options import night_of, settings_of


def models(options: argparse.Namespace) -> Answer[Any]:
    """`fundwatch models [list|promote] --date D`."""
    in_force, night = settings_of(options).settings, night_of(options)
    if options.action == "promote":
        done = show_models.promote(in_force, night, options.model, options.fingerprint, by=options.by, why=options.why)
        return Answer(done, print_promotion)
    return Answer(show_models.models_of(in_force, night), print_models)


def metrics(options: argparse.Namespace) -> Answer[NightMetrics]:
    """`fundwatch metrics`."""
    return Answer(night_metrics(settings_of(options).settings), print_metrics)


def lake(options: argparse.Namespace) -> Answer[Any]:
    """`fundwatch lake check [--date D] [--deep] [--details]`: ends with one line, the verdict, or with the problem.
    `fundwatch lake upgrade`: the tables it brought to today's names."""
    if options.action == "upgrade":
        return Answer(upgrade_lake(settings_of(options).settings), print_upgraded)
    found = check_lake(settings_of(options).settings, options.date, deep=options.deep)
    return Answer(found, partial(print_lake_check, details=options.details), found.problem)
