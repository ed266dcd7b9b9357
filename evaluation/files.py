"""The files of an evaluation: a record for machines, a table and a page for people."""

from __future__ import annotations

import json
from pathlib import Path

from evaluation.page import evaluation_page
from evaluation.report import Evaluation, as_records, scheme_table
from fundwatch.places import put_file


def write_evaluation(evaluation: Evaluation, folder: Path) -> None:
    """evaluation.json (everything), evaluation.csv (by scheme, both languages), evaluation.html (with charts, for
    people)."""
    table = scheme_table(evaluation.schemes)
    reported = as_records(evaluation) | {"signed_cells": {"evaluation.csv": dict(table.signed)}}
    put_file(folder / "evaluation.json", json.dumps(reported, ensure_ascii=False, indent=2) + "\n")
    put_file(folder / "evaluation.csv", table.content)
    put_file(folder / "evaluation.html", evaluation_page(evaluation))
