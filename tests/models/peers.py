"""Invented indicator rows and their peer statistics, reckoned in plain Python apart from the code under test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from fundwatch.contracts import TABLES

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

Values = Mapping[str, Sequence[float | None]]


def indicator_rows(spark: SparkSession, entity: str, ids: Sequence[str], values: Values, group: str) -> DataFrame:
    """One row per id with its indicators, as the table `indicator_<entity>` holds them for one night."""
    names = list(values)
    rows = [(one, group, *(values[name][place] for name in names)) for place, one in enumerate(ids)]
    columns = ", ".join(f"{name} double" for name in names)
    return spark.createDataFrame(rows, f"{entity}_id string, peer_group string, {columns}")


def peer_statistics(spark: SparkSession, groups: Mapping[tuple[str, str], Values]) -> DataFrame:
    """One row per (entity type, peer group) and indicator, as the table `peer_statistic` holds them."""
    rows = []
    for (entity, group), values in groups.items():
        for indicator, known in values.items():
            numbers = np.array([value for value in known if value is not None])
            median = float(np.median(numbers))
            mad = 1.4826 * float(np.median(np.abs(numbers - median)))
            ladder = [float(rung) for rung in np.percentile(numbers, range(101))]
            rows.append((entity, group, indicator, len(numbers), median, mad, ladder))
    columns = [c for c in TABLES["peer_statistic"].columns if c.name != "business_date"]
    return spark.createDataFrame(rows, ", ".join(f"{c.name} {c.type}" for c in columns))


def crowd(count: int, seed: int, implanted: Mapping[str, float]) -> tuple[list[str], dict[str, list[float | None]]]:
    """`count` usual entities and one, `strange`, with the implanted values; each indicator is 10 ± 1."""
    draw = np.random.default_rng(seed)
    ids = [f"e{place:04d}" for place in range(count)] + ["strange"]
    values = {name: [*map(float, draw.normal(10, 1, count)), value] for name, value in implanted.items()}
    return ids, values  # type: ignore[return-value]
