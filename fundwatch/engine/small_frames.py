"""Small frames of what the driver knows. As Arrow tables they reach the plan with their size, and are broadcast."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

_KINDS = {
    "string": pa.string(),
    "date": pa.date32(),
    "boolean": pa.bool_(),
    "array<string>": pa.list_(pa.string()),
}


def small_frame(session: SparkSession, schema: str, rows: Sequence[Sequence[Any]]) -> DataFrame:
    """The rows as a frame; `schema` is `name kind, …` with the kinds string, date, boolean and array<string>."""
    fields = [pa.field(name, _KINDS[kind]) for name, kind in (column.split() for column in schema.split(", "))]
    columns = [pa.array([row[n] for row in rows], type=field.type) for n, field in enumerate(fields)]
    return session.createDataFrame(pa.Table.from_arrays(columns, schema=pa.schema(fields)))
