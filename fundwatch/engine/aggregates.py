"""Aggregations of many columns, at a price that their rows are worth."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

_NOTHING = "_nothing"


def aggregated(rows: DataFrame, keys: Iterable[Column | str], columns: Iterable[Column]) -> DataFrame:
    """The rows gathered by the keys, with these aggregates.

    Without generated code Spark 4.2 makes its whole configuration anew for every row and column of a hash aggregation,
    only to ask whether the column's kind can be overwritten: half of the processor time of a small night's indicators.
    It does not where one of the aggregates holds an object, so an empty list is gathered beside them there.
    """
    from pyspark.sql import functions as F

    gathered = rows.groupBy(*keys)
    if rows.sparkSession.conf.get("spark.sql.codegen.factoryMode", "FALLBACK") != "NO_CODEGEN":
        return gathered.agg(*columns)
    # read by the condition, or the optimiser leaves it out
    nothing = F.collect_list(F.lit(None).cast("int")).alias(_NOTHING)
    return gathered.agg(*columns, nothing).filter(F.size(_NOTHING) == 0)
