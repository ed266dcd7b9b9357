"""Few rows of one Delta table, read and written by delta-rs, without Spark."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fundwatch.errors import ContractError
from fundwatch.tables import Table

if TYPE_CHECKING:
    from pyarrow import RecordBatchReader


def query_rows(path: Path, name: str, query: str, version: int | None = None) -> list[dict[str, Any]]:
    """The result of a SQL query over one Delta table, by delta-rs; at its newest version, or the one given.

    Not `to_pyarrow_table`: its reading threads abort the process at exit in about one run of ten (pyarrow 25).
    """
    return list(read_batches(path, name, query, version).read_all().to_pylist())


def read_batches(path: Path, name: str, query: str, version: int | None = None) -> RecordBatchReader:
    """The same as a stream of Arrow batches."""
    import pyarrow as pa
    from deltalake import DeltaTable, QueryBuilder

    result = QueryBuilder().register(name, DeltaTable(str(path), version=version)).execute(query)
    return pa.RecordBatchReader.from_stream(result)


def replace_night(path: Path, contract: Table, rows: Sequence[tuple[Any, ...]], night: date) -> None:
    """Replace the night's rows of a table, which is made where it is not yet. Raises ContractError."""
    import pyarrow as pa
    from deltalake import write_deltalake

    is_made = (path / "_delta_log").is_dir()
    kinds = [arrow_type(column.type) for column in contract.columns]
    columns = [pa.array([row[i] for row in rows], type=kind) for i, kind in enumerate(kinds)]
    write_deltalake(
        str(path),
        pa.table(columns, names=list(contract.column_names)),
        mode="overwrite",
        predicate=f"business_date = '{night.isoformat()}'" if is_made else None,
        partition_by=["business_date"],
        schema_mode="merge",
        configuration=None if is_made else dict(contract.delta_properties),
    )


def arrow_type(spark_type: str) -> Any:
    """The Arrow type of a contract's simple type. Raises ContractError for nested ones: such rows go through Spark."""
    import pyarrow as pa

    simple = {
        "string": pa.string(),
        "int": pa.int32(),
        "bigint": pa.int64(),
        "double": pa.float64(),
        "date": pa.date32(),
        "boolean": pa.bool_(),
    }
    if spark_type in simple:
        return simple[spark_type]
    if decimal := re.fullmatch(r"decimal\((\d+),(\d+)\)", spark_type):
        return pa.decimal128(int(decimal[1]), int(decimal[2]))
    raise ContractError(f"rows from memory cannot hold {spark_type}", where="delta_rows.replace_night")
