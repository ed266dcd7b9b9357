"""`fundwatch rules`, options in and answers out: listed and shown, their examples played, their state changed."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Any

from fundwatch.errors import FundwatchError
from fundwatch.places import local_path
from fundwatch.settings import Settings
from jobs.author import pack_pages, pages
from jobs.author.change_state import RuleDesk, StateAsked
from jobs.author.check_visits import check_visits
from jobs.author.export_pack import export_pack
from jobs.author.play_examples import play_examples
from jobs.author.show_classes import listed_classes
from jobs.author.show_problems import listed_problems
from jobs.author.show_scan import coverage_of, planned_passes
from jobs.review import catalogue_pages, show_catalogues
from jobs.terminal.answer import Answer
from jobs.terminal.options import night_of, settings_of, values_tried
from jobs.trial import explain_pages, trial_pages

Serve = Callable[[Settings, argparse.Namespace], Answer[Any]]


def rules(options: argparse.Namespace) -> Answer[Any]:
    """`fundwatch rules [list|show|test|classes|problems|plan|coverage|explain|trial|diff|…]`: all of `_ACTIONS`."""
    if options.action == "trial":
        return _trial(values_tried(options), options)
    return _ACTIONS[options.action](settings_of(options).settings, options)


def _list(settings: Settings, options: argparse.Namespace) -> Answer[Any]:
    return Answer(show_catalogues.listed_rules(settings, options.date), catalogue_pages.print_rules)


def _show(settings: Settings, options: argparse.Namespace) -> Answer[Any]:
    return Answer(show_catalogues.shown_rule(settings, _one(options), options.date), catalogue_pages.print_rule)


def _test(settings: Settings, options: argparse.Namespace) -> Answer[Any]:
    done = play_examples(settings, options.names)
    return Answer(done, pages.print_played, done.problem())


def _classes(settings: Settings, _options: argparse.Namespace) -> Answer[Any]:
    return Answer(listed_classes(settings), pages.print_classes)


def _problems(settings: Settings, _options: argparse.Namespace) -> Answer[Any]:
    return Answer(listed_problems(settings), pages.print_problems)


def _plan(settings: Settings, options: argparse.Namespace) -> Answer[Any]:
    return Answer(planned_passes(settings, options.date), pages.print_plan)


def _coverage(settings: Settings, options: argparse.Namespace) -> Answer[Any]:
    return Answer(coverage_of(settings, night_of(options)), pages.print_coverage)


def _explain(settings: Settings, options: argparse.Namespace) -> Answer[Any]:
    from jobs.trial.explain_hit import explain_hit  # Spark is loaded for who plays rules, and for no other command

    if len(options.names) != 1:
        raise FundwatchError(
            f"which hit? {len(options.names)} are named", where="explain", do="name it after `explain`, by its id"
        )
    return Answer(explain_hit(settings, options.names[0], options.date), explain_pages.print_explained)


def _trial(tried: Sequence[str], options: argparse.Namespace) -> Answer[Any]:
    from jobs.trial.try_rule import TrialAsked, try_rule  # as above

    asked = TrialAsked(_one(options), tried, options.date, options.first, options.last)
    return Answer(try_rule(settings_of(options).settings, asked), trial_pages.print_trial)


def _diff(settings: Settings, options: argparse.Namespace) -> Answer[Any]:
    from jobs.trial.compare_rules import ComparisonAsked, compare_rules  # as above

    if not options.against:
        raise FundwatchError(
            "beside which rules?", where="--against", do="name a region, a conf folder, or a file like rules.yaml"
        )
    asked = ComparisonAsked(options.against, options.names, options.date, options.first, options.last)
    return Answer(compare_rules(settings, asked), trial_pages.print_comparison)


def _propose(settings: Settings, options: argparse.Namespace) -> Answer[Any]:
    return Answer(RuleDesk.of(settings).propose(_asked(options)), pages.print_state_changed)


def _approve(settings: Settings, options: argparse.Namespace) -> Answer[Any]:
    return Answer(RuleDesk.of(settings).approve(_asked(options)), pages.print_state_changed)


def _retire(settings: Settings, options: argparse.Namespace) -> Answer[Any]:
    return Answer(RuleDesk.of(settings).retire(_asked(options)), pages.print_state_changed)


def _export(settings: Settings, options: argparse.Namespace) -> Answer[Any]:
    return Answer(export_pack(settings, options.date, options.out, options.shadow), pack_pages.print_pack)


def _check(_settings: Settings, options: argparse.Namespace) -> Answer[Any]:
    found = check_visits(local_path(_one(options)), options.visit)
    return Answer(found, pack_pages.print_checked, found.problem())


def _asked(options: argparse.Namespace) -> StateAsked:
    return StateAsked(_one(options), options.person, options.reason, options.date, options.state)


def _one(options: argparse.Namespace) -> str:
    """The one rule that is meant. Raises FundwatchError where none is named, or several."""
    if len(options.names) != 1:
        raise FundwatchError(
            f"which rule? {len(options.names)} are named",
            where=options.action,
            do=f"name it after `{options.action}`; `fundwatch rules list` has all",
        )
    return str(options.names[0])


_ACTIONS: dict[str, Serve] = {
    "list": _list, "show": _show, "test": _test, "classes": _classes, "problems": _problems, "propose": _propose,
    "approve": _approve, "retire": _retire, "plan": _plan, "coverage": _coverage, "explain": _explain, "diff": _diff,
    "export": _export, "check": _check,
}  # fmt: skip
