"""The command of settlements made again, options in and answers out."""

from __future__ import annotations

import argparse
from typing import Any

from fundwatch.errors import FundwatchError
from jobs.settle.check_settlements import check_settlements
from jobs.settle.explain_settlement import explain_settlement
from jobs.settle.pages import print_checked, print_explained
from jobs.terminal.answer import Answer
from jobs.terminal.options import settings_of


def settlements(options: argparse.Namespace) -> Answer[Any]:
    """`fundwatch settlements [check|explain ID]`; without a date, the newest night that took claims in."""
    settings = settings_of(options).settings
    if options.action == "check":
        return Answer(check_settlements(settings, options.date, options.first, options.last), print_checked)
    if not options.id:
        raise FundwatchError("which settlement?", where="explain", do="name its id after `explain`")
    return Answer(explain_settlement(settings, options.id, options.date), print_explained)
