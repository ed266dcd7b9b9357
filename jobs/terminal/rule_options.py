"""The options of `fundwatch rules`. Only argparse: help must be instant."""

from __future__ import annotations

import argparse

_ACTIONS = {
    "list": "all rules of the region (the default)",
    "show": "one rule, whole",
    "test": "play the examples of all rules, or of those named: no lake is read; ends with 1 where one fails",
    "propose": "that a rule stands as --state from --date on, and why (--reason)",
    "approve": "what is proposed for a rule, by another person than proposed it",
    "retire": "a rule, from --date on and for good",
    "classes": "the 88 classes of the national library, each with the rules that implement it",
    "plan": "the passes of a scan and their shuffles, without running it",
    "coverage": "what the scan of --date judged and hit, rule by rule, or why it did not run",
}
RULE_ACTIONS = tuple(_ACTIONS)


def rule_options(parser: argparse.ArgumentParser) -> None:
    """`fundwatch rules [list|show RULE|test [RULE…]|classes|plan|coverage|propose RULE|approve RULE|retire RULE]`."""
    said = "; ".join(f"{action}: {text}" for action, text in _ACTIONS.items())
    parser.add_argument("action", nargs="?", choices=RULE_ACTIONS, default="list", help=said)
    parser.add_argument("names", nargs="*", metavar="RULE", help="which rules")
    parser.add_argument("--state", default="", help="propose: active or shadow")
    parser.add_argument("--reason", default="", metavar="TEXT", help="propose, retire: why, for the record")
    parser.add_argument("--as", dest="person", default="", metavar="NAME", help="propose, approve, retire: who you are")
