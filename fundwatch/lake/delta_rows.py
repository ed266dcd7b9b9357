"""Rows of one Delta table, read and written by delta-rs, without Spark.

delta-rs writes no check sums and verifies none. So the files are written here, by Arrow, and delta-rs commits them; and
what it is to read is verified before (see checked_files).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import unquote

from fundwatch.contracts.table import Table
from fundwatch.errors import ContractError
from fundwatch.lake.checked_files import is_named_by_content, named_by_content, refuse_empty_commit, unchecked

if TYPE_CHECKING:
    import pyarrow as pa
    from deltalake import DeltaTable
    from deltalake.transaction import AddAction
    from pyarrow import RecordBatchReader

_ATTEMPTS = 5
_TOLD = ("path", "size_bytes", "num_records")
HALF_MADE = ".half-made-"
_PLAIN = re.compile(r"[\w-]+")  # a partition's value that is a folder's name as it is


@dataclass(frozen=True)
class LiveFile:
    """A data file of a table's version, as the table's log names it; `rows` is None where the log does not say."""

    path: Path
    name: str
    size: int
    rows: int | None
    partition: Mapping[str, str | None]


def is_made(path: Path) -> bool:
    """Whether the folder holds a Delta table."""
    return (path / "_delta_log").is_dir()


def live_files(table: DeltaTable, path: Path) -> list[LiveFile]:
    """The data files of the table's version."""
    import pyarrow as pa

    found = []
    actions = pa.table(table.get_add_actions(flatten=True))
    told = [name for name in actions.column_names if name in _TOLD or name.startswith("partition.")]
    for row in actions.select(told).to_pylist():  # least and greatest values are many, and not needed
        of = {key.removeprefix("partition."): value for key, value in row.items() if key.startswith("partition.")}
        partition = {name: None if value is None else str(value) for name, value in of.items()}
        rows = row.get("num_records")
        found.append(LiveFile(path / unquote(row["path"]), row["path"], row["size_bytes"], rows, partition))
    return found


def opened(path: Path, version: int | None = None) -> DeltaTable:
    """The table at its newest version or the one given; its files and its log's newest checkpoint are verified as far
    as they have check sums.

    Raises DamagedFileError.
    """
    from deltalake import DeltaTable

    refuse_empty_commit(path)
    unchecked(sorted((path / "_delta_log").glob("*.checkpoint*.parquet"))[-1:])
    table = DeltaTable(str(path), version=version)
    unchecked(file.path for file in live_files(table, path))
    return table


def verify_files(path: Path, version: int | None = None) -> None:
    """Compare what Spark is about to read with the names of the files that were written here: Spark verifies pages,
    and not what stands around them. Raises DamagedFileError."""
    from deltalake import DeltaTable

    refuse_empty_commit(path)
    files = live_files(DeltaTable(str(path), version=version), path)
    unchecked(file.path for file in files if is_named_by_content(file.path))


def query_tables(
    paths: Mapping[str, Path], query: str, versions: Mapping[str, int | None] | None = None
) -> RecordBatchReader:
    """The result of a SQL query over tables by their names, each at its newest version or the one given, as a stream of
    Arrow batches. Raises DamagedFileError."""
    import pyarrow as pa
    from deltalake import QueryBuilder

    builder = QueryBuilder()
    for name, path in paths.items():
        builder = builder.register(name, opened(path, (versions or {}).get(name)))
    return pa.RecordBatchReader.from_stream(builder.execute(query))


def query_rows(path: Path, name: str, query: str, version: int | None = None) -> list[dict[str, Any]]:
    """The result of a SQL query over one Delta table, by delta-rs; at its newest version, or the one given.

    Not `to_pyarrow_table`: its reading threads abort the process at exit in about one run of ten (pyarrow 25).
    """
    return list(read_batches(path, name, query, version).read_all().to_pylist())


def read_batches(path: Path, name: str, query: str, version: int | None = None) -> RecordBatchReader:
    """The same as a stream of Arrow batches."""
    return query_tables({name: path}, query, {name: version})


def replace_night(path: Path, contract: Table, rows: Sequence[tuple[Any, ...]], night: date) -> None:
    """Replace the night's rows of a table, which is made where it is not yet. Raises ContractError."""
    import pyarrow as pa

    kinds = [arrow_type(column.type) for column in contract.columns]
    columns = [pa.array([row[i] for row in rows], type=kind) for i, kind in enumerate(kinds)]
    commit_rows(
        path,
        pa.table(columns, names=list(contract.column_names)).to_reader(),
        "overwrite",
        partition="business_date",
        only=night.isoformat(),
        properties=contract.delta_properties,
    )


def commit_rows(
    path: Path,
    rows: RecordBatchReader,
    mode: Literal["append", "overwrite"],
    *,
    partition: str | None = None,
    only: str | None = None,
    properties: Mapping[str, str] | None = None,
) -> None:
    """Write the rows into files with check sums and commit them, all or none; the table is made where it is not yet.

    `partition` is the column by whose values the table's files are parted. An overwrite replaces everything, or the
    files of the partition `only`. Columns that the table does not have yet are added to it.
    """
    from deltalake.exceptions import CommitFailedError

    files = _written(path, rows, partition)
    if not is_made(path) and _made(path, files, rows.schema, partition, properties):
        return
    for more in reversed(range(_ATTEMPTS)):
        try:
            _committed(path, files, rows.schema, mode, partition, only)
        except CommitFailedError:  # another writer came first: the same files go upon what it made
            if not more:
                raise
        else:
            return


def _made(
    path: Path,
    files: Sequence[AddAction],
    schema: pa.Schema,
    partition: str | None,
    properties: Mapping[str, str] | None,
) -> bool:
    """Make the table with these files; False when another writer made it just now."""
    from deltalake import Schema
    from deltalake.exceptions import DeltaError
    from deltalake.transaction import create_table_with_add_actions

    said = {"configuration": dict(properties or {}), "commit_properties": _said(files)}
    try:
        create_table_with_add_actions(
            str(path), Schema.from_arrow(schema), [*files], "error", [partition] if partition else [], **said
        )
    except DeltaError:
        if not is_made(path):
            raise
        return False
    return True


def _committed(
    path: Path, files: Sequence[AddAction], schema: pa.Schema, mode: str, partition: str | None, only: str | None
) -> None:
    from deltalake import DeltaTable, Schema

    table = DeltaTable(str(path))
    known = {field.name for field in table.schema().fields}
    missing = [field for field in Schema.from_arrow(schema).fields if field.name not in known]
    if missing:
        table.alter.add_columns(missing)
    replaced = [(partition, "=", only)] if partition and only is not None else None
    table.create_write_transaction(
        [*files], mode, table.schema(), [partition] if partition else [], replaced, commit_properties=_said(files)
    )


def seal(path: Path) -> None:
    """Write those of a table's files anew that have no check sums, because delta-rs deleted or merged rows in them."""
    import pyarrow.parquet as pq
    from deltalake import DeltaTable
    from deltalake.transaction import RemoveAction

    table = DeltaTable(str(path))
    files = {file.path: file for file in live_files(table, path)}
    bare = [files[found] for found in unchecked(files)]
    if not bare:
        return
    actions: list[Any] = []
    for file in bare:
        left = pq.ParquetFile(file.path)
        with left:
            target, count = _one_file(file.path.parent, left.schema_arrow, left.iter_batches(use_threads=False))
        actions.append(_added(path, target, count, file.partition, is_new=False))
        actions.append(RemoveAction(file.name, False, 0, file.size, dict(file.partition)))
    names = list(table.metadata().partition_columns)
    table.create_write_transaction(actions, "append", table.schema(), names)


def _said(files: Sequence[AddAction]) -> Any:
    """What the commit says of itself, as delta-rs does: by it the lake check compares rows with the ledger's."""
    from deltalake import CommitProperties

    rows = sum(int(json.loads(file.stats)["numRecords"]) for file in files)
    return CommitProperties(custom_metadata={"operationMetrics": {"num_added_rows": rows}})


def _written(path: Path, rows: RecordBatchReader, partition: str | None) -> list[AddAction]:
    """The rows in one file for each value of the partition's column."""
    if partition is None:
        target, count = _one_file(path, rows.schema, rows)
        return [_added(path, target, count, {})]
    kept = rows.schema.remove(rows.schema.get_field_index(partition))
    writers: dict[str, _Writer] = {}
    with ExitStack() as open_files:
        for batch in rows:
            for value, part in _parts(batch, partition):
                if value not in writers:
                    writers[value] = open_files.enter_context(_Writer(path / f"{partition}={value}", kept))
                writers[value].write(part)
    return [_added(path, w.named(), w.rows, {partition: value}) for value, w in writers.items()]


def _parts(batch: pa.RecordBatch, partition: str) -> Iterator[tuple[str, pa.RecordBatch]]:
    """The batch's rows by their value of the partition's column, without it.

    Raises ContractError for a null, and for a value that is no name of a folder.
    """
    import pyarrow.compute as pc

    values = batch.column(partition)
    if values.null_count:
        raise ContractError(f"rows without {partition} cannot be placed", where="delta_rows.commit_rows")
    rest = batch.drop_columns([partition])
    for value in values.unique():
        name = str(value.as_py())
        if not _PLAIN.fullmatch(name):
            raise ContractError(f"rows with {partition} {name!r} cannot be placed", where="delta_rows.commit_rows")
        yield name, rest.filter(pc.equal(values, value))


class _Writer:
    """One data file in the making; once closed it gets its name."""

    def __init__(self, folder: Path, schema: pa.Schema) -> None:
        import uuid

        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / f"{HALF_MADE}{uuid.uuid4().hex}"
        self._schema, self.rows = schema, 0

    def __enter__(self) -> _Writer:
        import pyarrow.parquet as pq

        self._file = pq.ParquetWriter(
            self._path, self._schema, write_page_checksum=True, store_decimal_as_integer=True, compression="snappy"
        )
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        is_whole = False
        try:
            self._file.close()
            is_whole = kind is None
        finally:
            if not is_whole:
                self._path.unlink(missing_ok=True)

    def write(self, batch: pa.RecordBatch) -> None:
        self._file.write_batch(batch)
        self.rows += batch.num_rows

    def named(self) -> Path:
        return named_by_content(self._path)


def _one_file(folder: Path, schema: pa.Schema, batches: Any) -> tuple[Path, int]:
    with _Writer(folder, schema) as writer:
        for batch in batches:
            writer.write(batch)
    return writer.named(), writer.rows


def _added(path: Path, file: Path, rows: int, partition: Mapping[str, str | None], *, is_new: bool = True) -> AddAction:
    """The log's entry of a file: its rows, and no least or greatest value, which may be a person's token."""
    from deltalake.transaction import AddAction

    found = file.stat()
    name, modified = str(file.relative_to(path)), found.st_mtime_ns // 1_000_000
    return AddAction(name, found.st_size, dict(partition), modified, is_new, json.dumps({"numRecords": rows}))


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
