"""The options of `fundwatch leads`: what there is to do with a lead. Only argparse: help must be instant."""

from __future__ import annotations

import argparse

from fundwatch.places import local_path
from jobs.terminal.options import a_date, an_amount

_LEAD_ACTIONS = {
    "list": "a night's leads (the default)",
    "show": "one lead with its evidence and steps",
    "assign": "its open cases to a --team, or a person of it (--to)",
    "note": "a remark (--note), or a --step: in_check, heard",
    "close": "one of its cases (--kind) with a --decision, amounts and lines",
    "confirm": "what another person decided of a lead of 明确违规 (复审)",
    "withdraw": "the last step of a case, and why (--reason)",
    "sheet": "a workbook to be filled in, of the leads that are named, of a --team, or of the whole list",
    "import": "filled-in workbooks: all or nothing is entered",
    "late": "cases whose next step was due, on --on or on the newest list",
    "diff": "what is new, grown, gone or decided since the list before, or that of --against",
    "snooze": "a rule (--kind) quiet for its subject, --until a night, and why (--reason)",
    "wake": "a snooze (its id) ended early, and why (--reason)",
    "snoozes": "the snoozes that hold",
    "verify": "whether an evidence file (.html, .pdf, .xlsx) is what was published",
    "lines": "all lines of a lead as CSV, however many",
    "self-check": "the pack by which an institution (its code) checks itself: its own lines, no person, no score",
    "answers": "an institution's filled-in self-check book, read against its --pack",
    "checklist": "possible problems by department, made from the rules",
}
LEAD_ACTIONS = tuple(_LEAD_ACTIONS)


def leads_options(parser: argparse.ArgumentParser) -> None:
    """`fundwatch leads [ACTION] [LEAD…]`."""
    said = "; ".join(f"{action}: {text}" for action, text in _LEAD_ACTIONS.items())
    parser.add_argument("action", nargs="?", choices=LEAD_ACTIONS, default="list", help=said)
    parser.add_argument(
        "names",
        nargs="*",
        metavar="LEAD",
        help="place in the list or lead id; import, verify, answers: files; wake: id",
    )
    parser.add_argument("--top", type=int, default=20, help="list: how many leads (default 20)")
    parser.add_argument("--as", dest="person", default="", metavar="NAME", help="who you are, for all that is entered")
    parser.add_argument("--on", type=a_date, metavar="DATE", help="from which business date it holds (default: list's)")
    parser.add_argument("--kind", default="", metavar="RULE", help="one case of the lead: a rule's id, or score")
    parser.add_argument(
        "--seen", metavar="ENTRY", help="the last step that you saw: where it is another, nothing is done"
    )
    parser.add_argument("--team", default="", metavar="NAME", help="assign: to which team; sheet: of which team")
    parser.add_argument("--to", default="", metavar="NAME", help="assign: to which person")
    parser.add_argument("--instead-of", default="", metavar="NAME", help="assign: the team or person that held it")
    parser.add_argument("--step", default="", help="note: in_check, or heard (陈述申辩)")
    parser.add_argument("--note", default="", metavar="TEXT", help="free text; identifiers are taken out")
    parser.add_argument(
        "--reason", default="", metavar="CODE", help="close, withdraw: a code; snooze, wake: a sentence"
    )
    parser.add_argument("--until", type=a_date, metavar="DATE", help="snooze: the last night of it, 180 days at most")
    parser.add_argument("--out", type=local_path, metavar="PATH", help="sheet, lines: the file; packs: where")
    parser.add_argument("--pack", type=local_path, metavar="FOLDER", help="answers: the pack that was answered")
    parser.add_argument("--against", type=a_date, metavar="DATE", help="diff: the other list")
    _closing_options(parser.add_argument_group("a decision"))


def _closing_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--decision", default="", help="close: confirmed, partly, cleared, not_pursued or referred")
    for name, text in (
        ("found", "查实违规金额"), ("recovered", "已追回"), ("prevented", "避免损失"), ("fined", "罚款"),
    ):  # fmt: skip
        group.add_argument(f"--{name}", type=an_amount, metavar="YUAN", help=text)
    group.add_argument("--article", default="", metavar="TEXT", help="the article applied, like '条例 38(3)'")
    group.add_argument("--referred-to", default="", metavar="CODE", help="referred: health, police or bureau")
    group.add_argument("--hours", type=float, metavar="N", help="how long it took")
    group.add_argument("--chosen-by", default="list", help="why it was looked at: list (default), sample or tip")
    group.add_argument("--accepted", type=_ids, default=(), metavar="A,B", help="the lines that are wrong")
    group.add_argument("--cleared", type=_ids, default=(), metavar="A,B", help="the lines that are right")


def _ids(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())
