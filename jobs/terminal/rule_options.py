"""The options of `fundwatch rules`. Only argparse: help must be instant."""

from __future__ import annotations

import argparse

_ACTIONS = {
    "list": "all rules of the region (the default)",
    "show": "one rule, whole",
    "test": "play the examples of all rules, or of those named: no lake is read; ends with 1 where one fails",
    "classes": "the 88 classes of the national library, each with the rules that implement it",
}
RULE_ACTIONS = tuple(_ACTIONS)


def rule_options(parser: argparse.ArgumentParser) -> None:
    """`fundwatch rules [list|show RULE|test [RULE…]|classes]`."""
    said = "; ".join(f"{action}: {text}" for action, text in _ACTIONS.items())
    parser.add_argument("action", nargs="?", choices=RULE_ACTIONS, default="list", help=said)
    parser.add_argument("names", nargs="*", metavar="RULE", help="which rules")
