"""The commands of who reviews, options in and answers out: a night's list, one lead; indicators."""

from __future__ import annotations

import argparse
from typing import Any

from fundwatch.errors import FundwatchError
from jobs.review import catalogue_pages, show_catalogues
from jobs.review.outcomes.commands import ACTIONS, one_name
from jobs.review.pages import print_lead, print_list
from jobs.review.show_lead import newest_list, night_list, one_lead
from jobs.terminal.answer import Answer
from jobs.terminal.options import settings_of


def show(options: argparse.Namespace) -> Answer[Any]:
    """`fundwatch show [LEAD] [--date …]`; without a date, the newest night whose list is committed."""
    return _list_or_lead(options, options.lead)


def leads(options: argparse.Namespace) -> Answer[Any]:
    """`fundwatch leads [ACTION] [LEAD…] [--date …]`."""
    if options.action in ACTIONS:
        return ACTIONS[options.action](settings_of(options).settings, options)
    return _list_or_lead(
        options, None if options.action == "list" else one_name(options, "place in the list, or lead id")
    )


def _list_or_lead(options: argparse.Namespace, lead: str | None) -> Answer[Any]:
    settings = settings_of(options).settings
    night = newest_list(settings, options.date)
    if lead is None:
        return Answer(night_list(settings, night, options.top), print_list)
    return Answer(one_lead(settings, night, lead), print_lead)


def indicators(options: argparse.Namespace) -> Answer[Any]:
    """`fundwatch indicators [list|show NAME]`."""
    settings = settings_of(options).settings
    if options.action == "list":
        return Answer(show_catalogues.listed_indicators(settings), catalogue_pages.print_indicators)
    found = show_catalogues.shown_indicator(settings, _named(options, "indicator"))
    return Answer(found, catalogue_pages.print_indicator)


def _named(options: argparse.Namespace, what: str) -> str:
    """What `show` is to show. Raises FundwatchError where it is not named."""
    if not options.name:
        raise FundwatchError(f"which {what}?", where="show", do="name it after `show`; without, all are listed")
    return str(options.name)
