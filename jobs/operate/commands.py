"""The commands of who operates, options in and answers out: deliveries, quarantine, settings."""

from __future__ import annotations

import argparse
from typing import Any

from jobs.operate import handle_quarantine, list_deliveries
from jobs.operate.handle_quarantine import Chosen, Ruling
from jobs.operate.pages import (
    print_arrival,
    print_deliveries,
    print_released,
    print_settings,
)
from jobs.operate.quarantine_pages import print_decided, print_decisions, print_explained, print_groups
from jobs.operate.show_settings import SettingsShown, settings_shown
from jobs.terminal.answer import Answer
from jobs.terminal.options import night_of, settings_of


def settings(options: argparse.Namespace) -> Answer[SettingsShown]:
    """`fundwatch settings`."""
    return Answer(settings_shown(settings_of(options)), print_settings)


def deliveries(options: argparse.Namespace) -> Answer[Any]:
    """`fundwatch deliveries [list|release|arrived] [--date] [--source] [--state]`."""
    in_force = settings_of(options).settings
    if options.action == "arrived":
        return Answer(list_deliveries.arrived(in_force, night_of(options)), print_arrival)
    if options.action == "release":
        released = list_deliveries.release(
            in_force,
            night_of(options),
            by=options.by,
            why=options.why,
            source=options.source,
            content_fingerprint=options.content_fingerprint,
        )
        return Answer(released, print_released)
    return Answer(list_deliveries.listed(in_force, options.date, options.source, options.state), print_deliveries)


def quarantine(options: argparse.Namespace) -> Answer[Any]:
    """`fundwatch quarantine list|explain|release|resubmit|withdraw|decisions --date D …`."""
    in_force = settings_of(options).settings
    if options.action == "decisions":
        return Answer(handle_quarantine.decisions(in_force, options.date), print_decisions)
    night = night_of(options)
    if options.action == "list":
        found = handle_quarantine.groups_of(in_force, night, options.table, options.file, options.code)
        return Answer(found, print_groups)
    rows = Chosen(night, options.file or "", tuple(options.line))
    if options.action == "explain":
        return Answer(handle_quarantine.explained(in_force, rows), print_explained)
    ruling = Ruling(options.by, options.why, options.into)
    if options.action == "withdraw":
        return Answer(handle_quarantine.withdraw(in_force, rows, ruling), print_decided)
    if options.action == "release":
        released = handle_quarantine.release(in_force, rows, ruling, takes_conflict=options.accept_conflict)
        return Answer(released, print_decided)
    return Answer(handle_quarantine.resubmit(in_force, rows, ruling, options.value), print_decided)
