"""Aggregations of many columns, at a price that their rows are worth."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame


def aggregated(rows: DataFrame, keys: Iterable[Column | str], columns: Iterable[Column]) -> DataFrame:
    """The rows gathered by the keys, with these aggregates."""
    return rows.groupBy(*keys).agg(*columns)
