"""What `fundwatch leads` does beside looking, options in and answers out."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from typing import Any

from fundwatch.errors import FundwatchError
from fundwatch.places import local_path
from fundwatch.settings import Settings
from jobs.review.outcomes import pages
from jobs.review.outcomes.asked import LeadAsked
from jobs.review.outcomes.check_sheets import import_sheets, written_sheet
from jobs.review.outcomes.compare_lists import compared_lists
from jobs.review.outcomes.late_leads import late_leads
from jobs.review.outcomes.lead_desk import LeadDesk
from jobs.review.outcomes.snooze_desk import begin_snooze, end_snooze, listed_snoozes
from jobs.terminal.answer import Answer
from leads.outcomes.closing import Closing
from leads.outcomes.entries import DECISIONS, Status

Serve = Callable[[Settings, argparse.Namespace], Answer[Any]]


def _assign(settings: Settings, options: argparse.Namespace) -> Answer[Any]:
    done = LeadDesk.of(settings).assign(_asked(options), options.team, options.to, options.instead_of, options.note)
    return Answer(done, pages.print_steps)


def _note(settings: Settings, options: argparse.Namespace) -> Answer[Any]:
    return Answer(LeadDesk.of(settings).note(_asked(options), options.step, options.note), pages.print_steps)


def _close(settings: Settings, options: argparse.Namespace) -> Answer[Any]:
    if options.decision not in DECISIONS:
        raise FundwatchError(
            f"'{options.decision}' decides nothing", where="--decision", do=f"give one of {', '.join(DECISIONS)}"
        )
    desk, asked = LeadDesk.of(settings), _asked(options)
    return Answer(desk.close(asked, _closing(options)), pages.print_steps)


def _closing(options: argparse.Namespace) -> Closing:
    if options.on is None:
        raise FundwatchError("of which day is the decision?", where="--on", do="give it, like --on 2026-04-10")
    return Closing(
        Status(options.decision), options.on, options.found, options.recovered, options.prevented, options.fined,
        options.article.strip(), options.referred_to, options.hours, options.chosen_by, options.reason, options.note,
        options.accepted, options.cleared,
    )  # fmt: skip


def _confirm(settings: Settings, options: argparse.Namespace) -> Answer[Any]:
    return Answer(LeadDesk.of(settings).confirm(_asked(options)), pages.print_steps)


def _withdraw(settings: Settings, options: argparse.Namespace) -> Answer[Any]:
    done = LeadDesk.of(settings).withdraw(_asked(options), options.reason, options.note)
    return Answer(done, pages.print_steps)


def _late(settings: Settings, options: argparse.Namespace) -> Answer[Any]:
    return Answer(late_leads(settings, options.on or options.date), pages.print_late)


def _diff(settings: Settings, options: argparse.Namespace) -> Answer[Any]:
    return Answer(compared_lists(settings, options.date, options.against), pages.print_diff)


def _sheet(settings: Settings, options: argparse.Namespace) -> Answer[Any]:
    if options.out is None:
        raise FundwatchError("which file is to be written?", where="--out", do="name it, like --out check.xlsx")
    done = written_sheet(settings, options.out, options.names, options.date, options.team)
    return Answer(done, pages.print_sheet)


def _import(settings: Settings, options: argparse.Namespace) -> Answer[Any]:
    files = [local_path(name) for name in options.names]
    return Answer(import_sheets(LeadDesk.of(settings), files, options.person), pages.print_steps)


def _snooze(settings: Settings, options: argparse.Namespace) -> Answer[Any]:
    done = begin_snooze(LeadDesk.of(settings), _asked(options), options.until, options.reason)
    return Answer(done, pages.print_snooze)


def _wake(settings: Settings, options: argparse.Namespace) -> Answer[Any]:
    desk, name = LeadDesk.of(settings), one_name(options, "snooze, by its id")
    return Answer(end_snooze(desk, name, options.person, options.on, options.reason), pages.print_snooze)


def _snoozes(settings: Settings, options: argparse.Namespace) -> Answer[Any]:
    return Answer(listed_snoozes(settings, options.date), pages.print_snoozes)


def one_name(options: argparse.Namespace, what: str) -> str:
    """The one that is named. Raises FundwatchError where none is, or several are."""
    if len(options.names) != 1:
        count = f": {len(options.names)} are named" if options.names else ""
        raise FundwatchError(
            f"which {what}?{count}", where=options.action, do=f"name it after `{options.action}`; `list` has all"
        )
    return str(options.names[0])


def _asked(options: argparse.Namespace) -> LeadAsked:
    lead = one_name(options, "place in the list, or lead id")
    return LeadAsked(lead, options.person, options.date, options.kind, options.on, options.seen)


ACTIONS: Mapping[str, Serve] = {
    "assign": _assign, "note": _note, "close": _close, "confirm": _confirm, "withdraw": _withdraw, "late": _late,
    "diff": _diff, "sheet": _sheet, "import": _import, "snooze": _snooze, "wake": _wake, "snoozes": _snoozes,
}  # fmt: skip
