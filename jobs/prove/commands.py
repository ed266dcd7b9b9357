"""The commands of who asks how right it is, options in and answers out: simulate, evaluate, the demonstration."""

from __future__ import annotations

import argparse
from functools import partial

from evaluation.inspecting import InspectionModel
from jobs.prove.evaluate_leads import Evaluated, evaluate_night
from jobs.prove.evaluate_worlds import EvaluatedWorlds, evaluate_worlds
from jobs.prove.pages import print_demo, print_evaluated, print_quarter, print_simulated, print_worlds
from jobs.prove.quarter_proof import Quarter
from jobs.prove.run_demo import PROFILE, Demo, run_demo
from jobs.prove.simulate_claims import Asked, Simulated, simulate_deliveries
from jobs.prove.simulate_quarter import run_quarter
from jobs.stages import incompleteness
from jobs.terminal.answer import Answer
from jobs.terminal.options import night_of, settings_of


def asked(options: argparse.Namespace) -> Asked:
    """What the options of `fundwatch simulate` ask for. Raises FundwatchError where a date is needed and missing."""
    source = options.preset or options.scenario
    return Asked(
        source=source,
        last=night_of(options) if source is None else options.date,
        nights=options.nights,
        lines=options.lines,
        start=options.start,
        seed=options.seed,
        encoding=options.encoding,
        compression=options.compression,
    )


def simulate(options: argparse.Namespace) -> Answer[Simulated]:
    """`fundwatch simulate --date … [--lines …] [--nights …]`, or with --preset NAME or --scenario FILE."""
    settings = settings_of(options).settings
    return Answer(simulate_deliveries(settings, asked(options), processes=options.processes), print_simulated)


def evaluate(options: argparse.Namespace) -> Answer[Evaluated] | Answer[EvaluatedWorlds]:
    """`fundwatch evaluate --date … [--truth PATH] [--details]`, which ends with one line, the verdict; or of several
    worlds with --worlds FILE."""
    settings = settings_of(options).settings
    if options.worlds is not None:
        return Answer(evaluate_worlds(settings, options.worlds), partial(print_worlds, details=options.details))
    night = night_of(options)
    done = evaluate_night(settings, night, options.truth or settings.truth_dir)
    return Answer(done, partial(print_evaluated, details=options.details))


def quarter(options: argparse.Namespace) -> Answer[Quarter]:
    """`fundwatch quarter [--nights N] [--skill S] [--error E] [--capacity N]`."""
    model = InspectionModel(skill=options.skill, error=options.error, capacity=options.capacity)
    options.profile = options.profile or PROFILE
    done = run_quarter(settings_of(options).settings, model, options.nights)
    return Answer(done, print_quarter, done.problem)


def demo(options: argparse.Namespace) -> Answer[Demo]:
    """`fundwatch demo`: the same command again finds everything done and changes nothing."""
    options.profile = options.profile or PROFILE  # the commands that are printed name it, so that they run as printed
    done = run_demo(settings_of(options).settings, options.date, with_evaluation=not options.json)
    return Answer(done, print_demo, incompleteness(done.nights.by_stage(), done.as_json()))
