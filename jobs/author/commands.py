"""`fundwatch rules`, options in and answers out: listed and shown, their examples played, their state changed."""

from __future__ import annotations

import argparse
from collections.abc import Callable
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
from jobs.author.show_scan import coverage_of, planned_passes
from jobs.review import catalogue_pages, show_catalogues
from jobs.terminal.answer import Answer
from jobs.terminal.options import night_of, settings_of

Serve = Callable[[Settings, argparse.Namespace], Answer[Any]]


def rules(options: argparse.Namespace) -> Answer[Any]:
    """`fundwatch rules [list|show|test|classes|plan|coverage|propose|approve|retire|export|check]`."""
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


def _plan(settings: Settings, options: argparse.Namespace) -> Answer[Any]:
    return Answer(planned_passes(settings, options.date), pages.print_plan)


def _coverage(settings: Settings, options: argparse.Namespace) -> Answer[Any]:
    return Answer(coverage_of(settings, night_of(options)), pages.print_coverage)


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
    "list": _list, "show": _show, "test": _test, "classes": _classes, "propose": _propose, "approve": _approve,
    "retire": _retire, "plan": _plan, "coverage": _coverage,
    "export": _export, "check": _check,
}  # fmt: skip
