"""The options of who protects the data: keys, identities, audit, erasure, exports, anonymity. Only argparse."""

from __future__ import annotations

import argparse

from fundwatch.places import local_path
from jobs.terminal.options import signature_options

REIDENTIFY_ACTIONS = ("request", "approve", "deny", "reveal", "list")
AUDIT_ACTIONS = ("verify", "set-aside", "clock")
KEYS_ACTIONS = ("make", "check", "rotate", "bridge", "carry", "retire", "share")


def erase_options(parser: argparse.ArgumentParser) -> None:
    """`fundwatch erase person|before`."""
    parser.add_argument("action", choices=("person", "before"), help="one person's data, or all before --date")
    parser.add_argument("--token", metavar="TOKEN", help="the person's token (32 hex digits)")
    parser.add_argument("--approve", metavar="NAME", default="", help="who approves it: another person than --as")
    signature_options(parser)


def keys_options(parser: argparse.ArgumentParser) -> None:
    """Options of `fundwatch keys`."""
    parser.add_argument(
        "action",
        choices=KEYS_ACTIONS,
        help="make the keys that are missing; check them; rotate: a new key beside the old one, and the "
        "bridge from its tokens; bridge: build that again; carry: the lake's tokens to the new key; "
        "retire: take the old key away; share: two shares of a key that lies in one file",
    )
    parser.add_argument(
        "--leave-unknown", action="store_true", help="carry: leave tokens that the vault does not know as they are"
    )
    parser.add_argument(
        "--shares",
        nargs=2,
        type=local_path,
        metavar=("A", "B"),
        help="make, share: two files of two custodians, useless one by one; then key_file=A+B",
    )
    parser.add_argument(
        "--vault",
        action="store_true",
        help="rotate, retire, share: the vault's own key; rotate seals everything in the vault again",
    )
    parser.add_argument("--as", dest="person", default="", metavar="NAME", help="who does it, for the audit log")


def reidentify_options(parser: argparse.ArgumentParser) -> None:
    """Options of `fundwatch reidentify`. Most are checked by the job, so that what is refused is logged too."""
    parser.add_argument("action", choices=REIDENTIFY_ACTIONS, help="what to do; every call is logged")
    parser.add_argument("request", nargs="?", default="", metavar="REQUEST", help="approve, deny, reveal: the request")
    parser.add_argument("--as", dest="person", default="", metavar="NAME", help="who you are")
    parser.add_argument("--lead", action="append", default=[], help="request: one lead, by place or id")
    parser.add_argument("--purpose", default="", metavar="TEXT", help="request: what the identities are needed for")
    parser.add_argument("--basis", default="", metavar="TEXT", help="request: the legal basis")
    parser.add_argument("--fields", default="", metavar="A,B", help="request: which fields, like name,certificate")
    parser.add_argument("--days", type=int, metavar="N", help="approve: for how many days (default: the most)")
    parser.add_argument("--out", type=local_path, metavar="FILE", help="reveal: a new file for its owner alone")


def audit_options(parser: argparse.ArgumentParser) -> None:
    """Options of `fundwatch audit`."""
    parser.add_argument(
        "action",
        choices=AUDIT_ACTIONS,
        help="verify: every line of the audit log, and the anchors of its head in the lake and the reports; set-aside: "
        "go on from a log that was restored from a copy and is behind its anchors; clock: go on from the time that the "
        "clock says now, after it leapt",
    )
    parser.add_argument("--noted", default="", metavar="N:HASH", help="verify: a head that was written down earlier")
    parser.add_argument("--as", dest="person", default="", metavar="NAME", help="set-aside, clock: the approver")
    parser.add_argument("--why", default="", metavar="TEXT", help="set-aside, clock: what happened")


def export_options(parser: argparse.ArgumentParser) -> None:
    """`fundwatch export NAME --out DIR`."""
    parser.add_argument("name", help="an export of conf/exports")
    parser.add_argument(
        "--out", type=local_path, required=True, metavar="DIR", help="where the export's folder is made"
    )


def privacy_options(parser: argparse.ArgumentParser) -> None:
    """`fundwatch privacy [--scrubber]`."""
    parser.add_argument(
        "--scrubber", action="store_true", help="measure the free-text scrubber on its labelled texts instead"
    )
