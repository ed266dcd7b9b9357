"""The terminal: answers as text or JSON, and problems with what to do. Nothing else in jobs/ prints."""

from __future__ import annotations

import argparse
import json
import sys
import traceback
from functools import partial
from typing import Any

from fundwatch.errors import FundwatchError
from jobs.terminal.answer import Answer, plain
from jobs.terminal.copying import whole


def show(answer: Answer[Any], options: argparse.Namespace) -> None:
    """Print the answer in the form that was asked for. Raises its error after that, when it has one."""
    if not options.json:
        answer.printer(answer.result, partial(_say, options=options))
    if answer.problem is not None:
        raise answer.problem  # with --json the problem is printed with the result, as one document
    if options.json and answer.result is not None:
        _print_json(plain(answer.result))


def _say(text: str, *, options: argparse.Namespace) -> None:
    print(whole(text, options))


def _print_json(content: Any) -> None:
    print(json.dumps(content, ensure_ascii=False, indent=2, default=str))


def print_error(error: FundwatchError, options: argparse.Namespace) -> None:
    """What is wrong, where, and what to do; for JSON also as a document, with what was found nevertheless."""
    if options.json:
        reported = {**error.result, "error": error.what, "where": error.where, "do": whole(error.do, options)}
        reported["exit_code"] = int(error.exit_code)
        _print_json(reported)
    print(f"fundwatch: {whole(str(error), options)}", file=sys.stderr)


def print_unexpected(error: Exception, *, in_full: bool) -> None:
    """Where it broke and what kind of error it is. Spark's messages can quote rows, so they are reported on demand
    only.
    """
    for line in traceback.format_tb(error.__traceback__):
        print(line, end="", file=sys.stderr)
    condition = getattr(error, "getCondition", lambda: None)()
    kind = f"{type(error).__name__}{f' [{condition}]' if condition else ''}"
    print_note(f"fundwatch: a fault of fundwatch or of the machine: {kind}")
    if in_full or isinstance(error, (OSError, ImportError, TypeError, AttributeError, NameError)):
        print_note(f"  {error}")
    print_note(
        "  do:    run the same command again: a broken run does no harm; if it breaks again, "
        "--set show_faults=true tells more (it may quote rows of the delivery)"
    )


def print_note(text: str) -> None:
    """A line beside the result: on standard error, so that the result can be read by programs."""
    print(text, file=sys.stderr)
