"""The commands of who reviews, options in and answers out: a night's list, one lead; indicators."""

from __future__ import annotations

import argparse
from functools import partial
from typing import Any

from fundwatch.errors import FundwatchError
from jobs.review import catalogue_pages, show_catalogues
from jobs.review.evidence.commands import ACTIONS as OF_EVIDENCE
from jobs.review.outcomes.commands import ACTIONS, one_name
from jobs.review.pages import print_lead, print_list, print_profile, print_spikes
from jobs.review.profiles.show_profile import show_profile
from jobs.review.show_lead import newest_list, night_list, one_lead
from jobs.review.spikes.show_spikes import show_spikes
from jobs.terminal.answer import Answer
from jobs.terminal.options import settings_of

_LEAST_DAYS, _MOST_DAYS = 7, 92  # of a period of spikes


def show(options: argparse.Namespace) -> Answer[Any]:
    """`fundwatch show [LEAD] [--date …]`; without a date, the newest night whose list is committed."""
    return _list_or_lead(options, options.lead)


def leads(options: argparse.Namespace) -> Answer[Any]:
    """`fundwatch leads [ACTION] [LEAD…] [--date …]`."""
    actions = {**ACTIONS, **OF_EVIDENCE}
    if options.action in actions:
        return actions[options.action](settings_of(options).settings, options)
    return _list_or_lead(
        options, None if options.action == "list" else one_name(options, "place in the list, or lead id")
    )


def _list_or_lead(options: argparse.Namespace, lead: str | None) -> Answer[Any]:
    settings = settings_of(options).settings
    night = newest_list(settings, options.date)
    if lead is None:
        return Answer(night_list(settings, night, options.top), print_list)
    return Answer(one_lead(settings, night, lead), print_lead)


def profile(options: argparse.Namespace) -> Answer[Any]:
    """`fundwatch profile KIND ID [--date …]`; without a date, the newest night that took claims in."""
    shown = show_profile(settings_of(options).settings, options.kind, options.id, options.date)
    return Answer(shown, print_profile)


def spikes(options: argparse.Namespace) -> Answer[Any]:
    """`fundwatch spikes [--item CODE] [--date …]`; without a date, the newest night that took claims in."""
    if not _LEAST_DAYS <= options.days <= _MOST_DAYS:
        raise FundwatchError(
            f"{options.days} days are no period", where="--days", do=f"give {_LEAST_DAYS} to {_MOST_DAYS}"
        )
    shown = show_spikes(settings_of(options).settings, options.date, options.days, options.item)
    return Answer(shown, partial(print_spikes, top=options.top))


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
