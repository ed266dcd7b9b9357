"""`fundwatch source check|draft|columns`: what a new source's data engineer tries before the first night."""

from __future__ import annotations

import argparse
import importlib
from typing import Any

from fundwatch.errors import FundwatchError
from fundwatch.places import local_path

_SERVES = {
    "check": "jobs.onboard.check_source",
    "draft": "jobs.onboard.draft_source",
    "columns": "jobs.onboard.reference",
}


def source_options(parser: argparse.ArgumentParser) -> None:
    """The options of all actions."""
    parser.add_argument(
        "action",
        choices=tuple(_SERVES),
        help="check: try a mapping on a delivery; draft: propose a mapping from the headers of files; "
        "columns: all that a mapping may fill, and what runs only with it",
    )
    parser.add_argument(
        "files",
        nargs="*",
        type=local_path,
        metavar="FILE",
        help="draft: the files: .csv, .txt, .tsv (plain, .gz, .zip), .parquet or .xlsx",
    )
    parser.add_argument("--name", metavar="NAME", help="draft: the source's name (default: the folder's)")
    parser.add_argument(
        "--out", type=local_path, metavar="FILE", help="also write the draft (.yaml) or the check (.md) there"
    )
    parser.add_argument(
        "--mapping", type=local_path, metavar="FILE", help="check: a mapping file, in place of --source"
    )
    parser.add_argument("--sample", type=int, default=10_000, help="check: rows of each file to try (default 10000)")


def serve(options: argparse.Namespace) -> Any:
    """`fundwatch source …`."""
    if options.action == "draft" and not options.files:
        raise FundwatchError("which files?", where="source draft", do="name them: fundwatch source draft claims.csv")
    if options.action == "check" and options.files:
        raise FundwatchError(
            "a check takes no files: it opens the delivery as a night does",
            where=f"source check {options.files[0]}",
            do="give --mapping FILE (or --source NAME), --landing DIR and --date DATE",
        )
    return importlib.import_module(_SERVES[options.action]).serve(options)
