"""`fundwatch source check|draft|columns`, options in and answers out: what is tried before a source's first night."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from fundwatch.errors import FundwatchError
from jobs.onboard.check_source import DeliveryRefusedError, SourceCheck, check_source
from jobs.onboard.draft_source import Draft, draft_source
from jobs.onboard.pages import print_check, print_columns, print_draft, print_headers
from jobs.onboard.reference import ColumnsToFill, columns_to_fill
from jobs.terminal.answer import Answer
from jobs.terminal.options import night_of, settings_of


def source(options: argparse.Namespace) -> Answer[Any]:
    """`fundwatch source …`."""
    serve: Callable[[argparse.Namespace], Answer[Any]]
    serve = {"check": _check, "draft": _draft, "columns": _columns}[options.action]
    return serve(options)


def _columns(_options: argparse.Namespace) -> Answer[ColumnsToFill]:
    return Answer(columns_to_fill(), print_columns)


def _draft(options: argparse.Namespace) -> Answer[Draft]:
    if not options.files:
        raise FundwatchError("which files?", where="source draft", do="name them: fundwatch source draft claims.csv")
    return Answer(draft_source(settings_of(options).settings, options.files, options.name, options.out), print_draft)


def _check(options: argparse.Namespace) -> Answer[Any]:
    if options.files:
        raise FundwatchError(
            "a check takes no files: it opens the delivery as a night does",
            where=f"source check {options.files[0]}",
            do="give --mapping FILE (or --source NAME), --landing DIR and --date DATE",
        )
    settings = settings_of(options).settings
    try:
        found = check_source(settings, night_of(options), options.mapping, options.sample, options.out)
    except DeliveryRefusedError as refused:
        return Answer(refused.headers, print_headers, refused)
    return Answer[SourceCheck](found, print_check)
