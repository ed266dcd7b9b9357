"""The options of what came of the leads: the ledger, points, credit, a simulated quarter. Only argparse."""

from __future__ import annotations

import argparse

from fundwatch.places import local_path
from jobs.terminal.options import signature_options

LEDGER_ACTIONS = ("show", "propose", "labels")
POINTS_ACTIONS = ("list", "give", "withdraw")
CREDIT_ACTIONS = ("list", "derive")


def quarter_options(parser: argparse.ArgumentParser) -> None:
    """`fundwatch quarter`."""
    parser.add_argument("--nights", type=int, help="how many nights of the quarter (default: all twelve)")
    parser.add_argument("--skill", type=float, default=0.9, help="how often what is staged is found (default 0.9)")
    parser.add_argument("--error", type=float, default=0.05, help="how often the honest is confirmed (default 0.05)")
    parser.add_argument("--capacity", type=int, default=15, help="how many leads of a list are checked (default 15)")


def ledger_options(parser: argparse.ArgumentParser) -> None:
    """`fundwatch ledger [show|propose|labels]`."""
    parser.add_argument(
        "action",
        nargs="?",
        choices=LEDGER_ACTIONS,
        default="show",
        help="show (the default): what leads were worth by rule, version and month; propose: for shadow, the rules "
        "that were wrong more often than false_share_limit; labels: what outcomes say of what was looked at, by --date",
    )
    parser.add_argument("--out", type=local_path, metavar="FILE", help="labels: the file to write")
    parser.add_argument("--as", dest="person", default="", metavar="NAME", help="propose: who you are")


def points_options(parser: argparse.ArgumentParser) -> None:
    """`fundwatch points [list|give OUTCOME|withdraw ENTRY]`."""
    parser.add_argument(
        "action",
        nargs="?",
        choices=POINTS_ACTIONS,
        default="list",
        help="list (the default): who has points on --date, and what follows; give: a person the points of a confirmed "
        "outcome; withdraw: an entry",
    )
    parser.add_argument("name", nargs="?", default="", metavar="ID", help="give: the outcome; withdraw: the entry")
    parser.add_argument("--person", default="", metavar="TOKEN", help="give: whom (default: the outcome's doctor)")
    parser.add_argument("--responsibility", default="", help="give: general, important or main")
    signature_options(parser)


def credit_options(parser: argparse.ArgumentParser) -> None:
    """`fundwatch credit [list|derive]`."""
    parser.add_argument(
        "action",
        nargs="?",
        choices=CREDIT_ACTIONS,
        default="list",
        help="list (the default): the credit grades of --date and how each came about; derive: put changed ones down",
    )
    signature_options(parser)
