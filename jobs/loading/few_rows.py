"""Few rows go to every task instead of moving many: what a job must count before Spark may know it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from fundwatch.engine.frames import stacked

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

FEW_ROWS = 1_000_000  # of a key and a fingerprint: some 50 MB


def row_counts(frames: Mapping[str, Mapping[str, DataFrame]]) -> dict[tuple[str, str], int]:
    """How many rows each of the frames has, in one Spark job; it computes what is kept besides."""
    parts = [
        rows.agg(F.lit(what).alias("what"), F.lit(table).alias("table_name"), F.count(F.lit(1)).alias("n"))
        for what, tables in frames.items()
        for table, rows in tables.items()
    ]
    return {(r.what, r.table_name): int(r.n) for r in stacked(parts).collect()} if parts else {}  # a row per table


def few_rows(rows: DataFrame, count: int) -> DataFrame | None:
    """None for no rows, so that nothing is joined; else as `spread`."""
    return spread(rows, count) if count else None


def spread(rows: DataFrame, count: int) -> DataFrame:
    """Few rows, to be sent to every task that joins them; many as they are.

    Spark guesses sizes from plans, and takes the few rows that a join leaves of ten million for as many.
    """
    return F.broadcast(rows) if count < FEW_ROWS else rows
