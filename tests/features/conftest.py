"""Small clean tables, written inline: a row names what matters, everything else is null."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from fundwatch.contracts import TABLES

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

Rows = Sequence[Mapping[str, Any]]


@pytest.fixture(scope="session")
def table(spark: SparkSession) -> Callable[..., DataFrame]:
    """`table("claim_line", rows)`: a frame of the contract's columns."""

    def make(name: str, rows: Rows) -> DataFrame:
        contract = TABLES[name]
        unknown = {column for row in rows for column in row} - set(contract.column_names)
        if unknown:
            raise KeyError(f"{name} has no {unknown}")
        values = [tuple(_typed(row.get(c.name), c.type) for c in contract.columns) for row in rows]
        return spark.createDataFrame(values, contract.schema())

    return make


@pytest.fixture(scope="session")
def measured(table: Callable[..., DataFrame]) -> Callable[..., DataFrame]:
    """`measured(catalogue, tables, night, days)`: its indicators on versions of clean tables by name, as known on the
    night; tables that are not given have no rows."""
    from features.indicators import to_indicators
    from features.rows import RowsNeeded
    from fundwatch.contracts.versions import known_on

    def measure(
        catalogue: Any, tables: Mapping[str, DataFrame], night: date, days: DataFrame | None = None, *links: Any
    ) -> DataFrame:
        needed = RowsNeeded([catalogue])
        known = {name: tables.get(name, table(name, [])) for name in needed.tables()}
        versioned = {name for name in known if "known_from" in TABLES[name].column_names}
        known |= {name: known[name].filter(known_on(night)) for name in versioned}
        for successors in links:
            known = {name: successors.under_current_ids(rows, TABLES[name]) for name, rows in known.items()}
        rows = {source: needed.rows(source, known, night) for source in needed.sources}
        return to_indicators(catalogue, days, rows, night, *links)

    return measure


def _typed(value: Any, kind: str) -> Any:
    if value is None or not kind.startswith(("decimal", "timestamp")):
        return value
    return Decimal(str(value)) if kind.startswith("decimal") else datetime.fromisoformat(value)
