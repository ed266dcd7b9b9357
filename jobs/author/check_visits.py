"""Visits judged one by one by an exported pack of rules: no Spark, no lake; what cannot be read is named and passes
for nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from fundwatch.errors import FundwatchError, IncompleteError, problems
from rules.pack.document import LARGEST_PACK, LARGEST_VISIT, PackError, read_json, read_pack
from rules.pack.evaluator import Evaluator
from rules.pack.verdicts import VisitVerdicts

_INPUT = "standard input"


@dataclass(frozen=True)
class VisitsChecked:
    """The verdicts on visits in their order, and why others could not be judged."""

    visits: tuple[VisitVerdicts, ...]
    unread: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        return {"visits": [visit.as_json() for visit in self.visits], "unread": list(self.unread)}

    def problem(self) -> FundwatchError | None:
        """What to end with where some of the visits were not judged."""
        if not self.unread:
            return None
        return IncompleteError(
            problems("visits were not judged", self.unread), do="fix what is named", result=self.as_json()
        )


def check_visits(pack_file: Path, visit_file: Path | None = None) -> VisitsChecked:
    """Judge the visit or visits of a file, or of the standard input: one JSON document, or one in each line.

    Raises PackError for a pack that cannot be used, FundwatchError where there is one visit and it cannot be judged.
    """
    evaluator = Evaluator.of(read_pack(_content(pack_file, LARGEST_PACK), str(pack_file)))
    where = _INPUT if visit_file is None else str(visit_file)
    if visit_file is None:
        text = sys.stdin.buffer.read(LARGEST_VISIT + 1)
    else:
        text = _content(visit_file, LARGEST_VISIT)
    if len(text) > LARGEST_VISIT:
        raise PackError(f"more than {LARGEST_VISIT:,} bytes of visits", where=where, do="give them in parts")
    try:
        whole = read_json(text, where, parse_float=Decimal)
    except PackError:
        if len(list(_lines(text))) < 2:
            raise
    else:
        return VisitsChecked((evaluator.judge(evaluator.read(whole, where)),), ())
    return _each(evaluator, text, where)


def _each(evaluator: Evaluator, text: bytes, where: str) -> VisitsChecked:
    visits, unread = [], []
    for number, line in _lines(text):
        place = f"{where} line {number}"
        try:
            visits.append(evaluator.judge(evaluator.read(read_json(line, place, parse_float=Decimal), place)))
        except FundwatchError as error:
            unread.append(f"{place}: {error.what}")
    return VisitsChecked(tuple(visits), tuple(unread))


def _lines(text: bytes) -> Iterator[tuple[int, bytes]]:
    """The lines that hold something, with their numbers."""
    return ((number, line) for number, line in enumerate(text.split(b"\n"), start=1) if line.strip())


def _content(file: Path, most: int) -> bytes:
    """At most one byte more than may be. Raises PackError where the file cannot be read."""
    try:
        with file.open("rb") as stream:
            return stream.read(most + 1)
    except OSError as error:
        raise PackError(
            f"the file cannot be read: {error.strerror}", where=str(file), do="name one that is there"
        ) from error
