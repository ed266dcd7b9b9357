"""Rows of a frame out of a few rows of clean tables."""

from __future__ import annotations

from datetime import date
from typing import Any

from rules.catalogue.examples import columns_of
from rules.frames.declaration import RowFrame
from rules.frames.inputs import ScanInputs, ScanWindow
from rules.knowledge.points import load_knowledge

MARCH = ScanWindow(date(2026, 3, 1), date(2026, 3, 31))


def inputs_of(spark: Any, **tables: list[dict[str, Any]]) -> ScanInputs:
    """The tables' rows; a column that a row does not name is unknown in it."""
    frames = {}
    for name, rows in tables.items():
        columns = [column.split()[0] for column in columns_of(name).split(", ")]
        frames[name] = spark.createDataFrame([tuple(row.get(c) for c in columns) for row in rows], columns_of(name))
    return ScanInputs(frames, load_knowledge(), MARCH)


def rows_of(frame: RowFrame, inputs: ScanInputs, lookback_days: int = 0) -> list[Any]:
    """The frame's rows with all of its columns, in the order of their keys."""
    wanted = frozenset(frame.columns)
    return sorted(frame.build(inputs, wanted, lookback_days).collect(), key=lambda row: str(row[frame.row_key]))
