"""The command of settlements made again, options in and answers out."""

from __future__ import annotations

import argparse
from typing import Any

from fundwatch.errors import FundwatchError
from jobs.settle.check_settlements import check_settlements
from jobs.settle.explain_settlement import explain_settlement
from jobs.settle.pages import print_checked, print_explained, print_split
from jobs.settle.split_quotas import split_quotas
from jobs.terminal.answer import Answer
from jobs.terminal.options import settings_of


def settlements(options: argparse.Namespace) -> Answer[Any]:
    """`fundwatch settlements [check|explain ID|split ID]`; without a date, the newest night that took claims in."""
    settings = settings_of(options).settings
    if options.action == "check":
        return Answer(check_settlements(settings, options.date, options.first, options.last), print_checked)
    if not options.id:
        what = "institution" if options.action == "split" else "settlement"
        raise FundwatchError(f"which {what}?", where=options.action, do=f"name its id after `{options.action}`")
    if options.action == "split":
        return Answer(split_quotas(settings, options.id, options.date, options.last, options.budget), print_split)
    return Answer(explain_settlement(settings, options.id, options.date), print_explained)
