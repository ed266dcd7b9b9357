"""The options of the commands that operate intake and models: deliveries, quarantine, lake, erase, models."""

from __future__ import annotations

import argparse
from datetime import date

_STATES = ("received", "held", "released", "accepted", "refused", "superseded")


def deliveries_options(parser: argparse.ArgumentParser) -> None:
    """`fundwatch deliveries [list|release|arrived]`."""
    parser.add_argument(
        "action",
        nargs="?",
        choices=("list", "release", "arrived"),
        default="list",
        help="list (the default); release a held one; or has the night's arrived whole? (ends with 5 when it has not)",
    )
    parser.add_argument("--state", choices=_STATES, help="only deliveries in this state")
    parser.add_argument("--print", dest="content_print", default="", help="which of several held (its print begins so)")
    _signature(parser)


def quarantine_options(parser: argparse.ArgumentParser) -> None:
    """`fundwatch quarantine list|explain|release|resubmit|withdraw`."""
    actions = ("list", "explain", "release", "resubmit", "withdraw", "decisions")
    parser.add_argument("action", choices=actions, help="what to do with quarantined rows")
    parser.add_argument("--table", metavar="NAME", help="only rows of this canonical table")
    parser.add_argument("--code", metavar="CODE", help="only rows with this error code")
    parser.add_argument("--file", metavar="NAME", help="the file the row was delivered in")
    parser.add_argument("--line", type=int, action="append", default=[], help="its line in the file; may be repeated")
    parser.add_argument("--into", type=date.fromisoformat, metavar="DATE", help="the night that takes the row in")
    parser.add_argument(
        "--value", action="append", default=[], metavar="COLUMN=VALUE", help="a corrected value (resubmit)"
    )
    parser.add_argument(
        "--accept-conflict", action="store_true", help="release this one of several rows with the same key"
    )
    _signature(parser)


def lake_options(parser: argparse.ArgumentParser) -> None:
    """`fundwatch lake check`."""
    parser.add_argument("action", choices=("check",), help="verify files, versions, counts and money")
    parser.add_argument("--deep", action="store_true", help="read every data file through")
    parser.add_argument("--details", action="store_true", help="every check, not only what does not hold")


def erase_options(parser: argparse.ArgumentParser) -> None:
    """`fundwatch erase person|before`."""
    parser.add_argument("action", choices=("person", "before"), help="one person's data, or all before --date")
    parser.add_argument("--token", metavar="TOKEN", help="the person's token (32 hex digits)")
    parser.add_argument("--approve", metavar="NAME", default="", help="who approves it: another person than --as")
    _signature(parser)


def models_options(parser: argparse.ArgumentParser) -> None:
    """`fundwatch models [list|promote]`."""
    parser.add_argument("action", nargs="?", choices=("list", "promote"), default="list", help="list is the default")
    parser.add_argument("--model", metavar="ENTITY/MODEL", default="", help="which model, like doctor/isolation_forest")
    parser.add_argument("--print", metavar="PRINT", default="", help="which of several (its print begins so)")
    _signature(parser)


def _signature(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--as", dest="by", metavar="NAME", default="", help="who decides")
    parser.add_argument("--why", metavar="TEXT", default="", help="the reason, for the record")
