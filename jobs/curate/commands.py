"""`fundwatch knowledge`, options in and answers out: listed and shown, imported, approved, compared, checked."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from fundwatch.errors import FundwatchError
from fundwatch.places import local_path
from fundwatch.settings import Settings
from jobs.curate import pages, show_editions
from jobs.curate.edition_desk import ChangeAsked, EditionDesk, ImportAsked
from jobs.review import catalogue_pages, show_catalogues
from jobs.terminal.answer import Answer
from jobs.terminal.options import settings_of
from rules.knowledge.classes import CLASSES

Serve = Callable[[Settings, argparse.Namespace], Answer[Any]]


def knowledge(options: argparse.Namespace) -> Answer[Any]:
    """`fundwatch knowledge [list|show|import|approve|withdraw|diff|check]`."""
    return _ACTIONS[options.action](settings_of(options).settings, options)


def _list(settings: Settings, options: argparse.Namespace) -> Answer[Any]:
    return Answer(show_editions.listed(settings, options.date), pages.print_listed)


def _show(settings: Settings, options: argparse.Namespace) -> Answer[Any]:
    (name,) = _named(options, "class or code")
    if name not in CLASSES and not options.code:
        return Answer(show_editions.shown_code(settings, name, options.date), pages.print_code)
    return Answer(show_catalogues.shown_knowledge(settings, name, options.code), catalogue_pages.print_points)


def _import(settings: Settings, options: argparse.Namespace) -> Answer[Any]:
    asked = ImportAsked(
        tuple(local_path(name) for name in options.names), options.edition, options.person, options.region,
        options.columns, options.valid_from, options.valid_to, options.from_source, options.replaces,
    )  # fmt: skip
    return Answer(EditionDesk.of(settings).take(asked), pages.print_imported)


def _approve(settings: Settings, options: argparse.Namespace) -> Answer[Any]:
    return Answer(EditionDesk.of(settings).approve(_change(options)), pages.print_edition_changed)


def _withdraw(settings: Settings, options: argparse.Namespace) -> Answer[Any]:
    return Answer(EditionDesk.of(settings).withdraw(_change(options)), pages.print_edition_changed)


def _diff(settings: Settings, options: argparse.Namespace) -> Answer[Any]:
    before, after = _named(options, "editions", 2)
    return Answer(show_editions.diff(settings, before, after), pages.print_diff)


def _check(settings: Settings, _options: argparse.Namespace) -> Answer[Any]:
    done = show_editions.checked(settings)
    return Answer(done, pages.print_checked, done.problem())


def _change(options: argparse.Namespace) -> ChangeAsked:
    (edition,) = _named(options, "edition")
    return ChangeAsked(edition, options.person, options.date, options.reason)


def _named(options: argparse.Namespace, what: str, count: int = 1) -> list[str]:
    """What is named. Raises FundwatchError where it is not as many as are wanted."""
    if len(options.names) != count:
        raise FundwatchError(
            f"which {what}? {len(options.names)} are named",
            where=options.action,
            do=f"name {count} after `{options.action}`; `fundwatch knowledge list` has all",
        )
    return list(options.names)


_ACTIONS: dict[str, Serve] = {
    "list": _list, "show": _show, "import": _import, "approve": _approve, "withdraw": _withdraw, "diff": _diff,
    "check": _check,
}  # fmt: skip
