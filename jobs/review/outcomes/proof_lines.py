"""The fee lines that prove hits, as the lists of their nights had them. Without Spark."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

from fundwatch.lake.store import Lake
from jobs.review.read_leads import rows_of
from leads.words import COMPARED


def proof_lines(lake: Lake, night: date, hits: Collection[str]) -> dict[str, frozenset[str]]:
    """By hit of the night, the lines that prove it; those that it is only compared with are left out."""
    if not hits or not lake.exists("hit_line"):
        return {}
    found: dict[str, set[str]] = {}
    columns = ["hit_id", "line_id", "role"]
    for row in rows_of(lake, "hit_line", ("business_date", "==", night), ("hit_id", "in", {*hits}), columns=columns):
        if row["role"] != COMPARED:
            found.setdefault(row["hit_id"], set()).add(row["line_id"])
    return {hit: frozenset(lines) for hit, lines in found.items()}


def decided_lines(lake: Lake, known: Mapping[str, date]) -> frozenset[str]:
    """The lines of hits that were decided, each as the list had it that was decided about."""
    of_night: dict[date, set[str]] = {}
    for hit, night in known.items():
        of_night.setdefault(night, set()).add(hit)
    return frozenset(
        line for night, hits in of_night.items() for own in proof_lines(lake, night, hits).values() for line in own
    )
