"""The commands of who asks what came of the leads, options in and answers out."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path
from typing import Any

from fundwatch.errors import FundwatchError
from fundwatch.lake.lock import refuse_no_lake
from fundwatch.lake.store import Lake
from fundwatch.settings import Settings
from jobs.review.value import pages
from jobs.review.value.labels_file import write_labels
from jobs.review.value.points_desk import GradesDerived, PointsDesk, PointsRequest, credit_grades, standings
from jobs.review.value.propose_shadow import propose_shadow
from jobs.review.value.value_ledger import newest_day, show_ledger
from jobs.terminal.answer import Answer
from jobs.terminal.options import night_of, settings_of


def ledger(options: argparse.Namespace) -> Answer[Any]:
    """`fundwatch ledger [show|propose|labels] [--date …]`."""
    settings = settings_of(options).settings
    if options.action == "propose":
        return Answer(propose_shadow(settings, night_of(options), options.person), pages.print_proposed)
    if options.action == "labels":
        if options.out is None:
            raise FundwatchError("where to?", where="--out", do="name the file, like --out labels.csv")
        day = options.date or _newest(settings)
        return Answer(write_labels(settings, day, Path(options.out)), pages.print_labels)
    return Answer(show_ledger(settings, options.date), pages.print_ledger)


def points(options: argparse.Namespace) -> Answer[Any]:
    """`fundwatch points [list|give OUTCOME|withdraw ENTRY] [--date …]`."""
    settings = settings_of(options).settings
    if options.action == "list":
        refuse_no_lake(settings.lake_address)
        return Answer(standings(settings, options.date or _newest(settings)), pages.print_standings)
    asked = PointsRequest(
        options.name, options.by, options.why, options.date, options.person, options.responsibility
    )  # fmt: skip
    desk = PointsDesk.of(settings)
    done = desk.give(asked) if options.action == "give" else desk.withdraw(asked)
    return Answer(done, pages.print_given)


def credit(options: argparse.Namespace) -> Answer[Any]:
    """`fundwatch credit [list|derive] [--date …]`."""
    settings = settings_of(options).settings
    refuse_no_lake(settings.lake_address)
    day = options.date or _newest(settings)
    if options.action == "derive":
        return Answer(PointsDesk.of(settings).derive_grades(options.by, day), pages.print_grades)
    return Answer(GradesDerived(day, credit_grades(settings, day), ()), pages.print_grades)


def _newest(settings: Settings) -> date:
    refuse_no_lake(settings.lake_address)
    return newest_day(settings, Lake(settings.lake_address))
