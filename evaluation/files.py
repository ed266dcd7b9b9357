"""The files of an evaluation: a record for machines, a table, a page and a picture for people."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

from evaluation.chart import draw
from evaluation.page import evaluation_page
from evaluation.report import Evaluation, as_records, scheme_table


def write_evaluation(evaluation: Evaluation, folder: Path) -> None:
    """evaluation.json (everything), evaluation.csv (by scheme, both languages), evaluation.html (for people) and
    evaluation.png; each whole or not."""
    table = scheme_table(evaluation.schemes)
    reported = as_records(evaluation) | {"signed_cells": {"evaluation.csv": dict(table.signed)}}
    put_file(folder / "evaluation.json", json.dumps(reported, ensure_ascii=False, indent=2) + "\n")
    put_file(folder / "evaluation.csv", table.content)
    put_file(folder / "evaluation.html", evaluation_page(evaluation))
    _put(
        folder / "evaluation.png",
        lambda path: draw(path, evaluation.night, evaluation.schemes, evaluation.list_precision, evaluation.scores),
    )


def put_file(path: Path, content: str | bytes) -> None:
    """The content in a file that appears whole or not at all."""
    data = content.encode("utf-8") if isinstance(content, str) else content
    _put(path, lambda draft: draft.write_bytes(data))


def _put(path: Path, write: Callable[[Path], object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}")
    write(draft)
    os.replace(draft, path)
