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
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import unquote

from fundwatch.contracts.table import Table, arrow_type
from fundwatch.errors import ContractError
from fundwatch.lake.checked_files import (
    LOG,
    damaged,
    is_named_by_content,
    named_by_content,
    refuse_empty_commit,
    unchecked,
)
from fundwatch.lake.files import LakeFiles
from fundwatch.places import LakeAddress

if TYPE_CHECKING:
    import pyarrow as pa
    from deltalake import DeltaTable
    from deltalake.transaction import AddAction
    from pyarrow import RecordBatchReader

_ATTEMPTS = 5
_OPEN_FILES = 200  # at once; an account may have 1,024, of which others need some
_READ_COLUMNS = ("path", "size_bytes", "num_records")
_HALF_MADE = ".half-made-"
_CHECKPOINT = re.compile(rf"{LOG}/[^/]*\.checkpoint[^/]*\.parquet")
_PLAIN = re.compile(r"[\w-]+")  # a partition's value that is a folder's name as it is


@dataclass(frozen=True)
class LiveFile:
    """A data file of a table's version; `rows` is None where the log does not say.

    `name` is the file's, from the table's address; `logged` is how the table's log writes it.
    """

    name: str
    logged: str
    size: int
    rows: int | None
    partition: Mapping[str, str | None]


def is_made(table: LakeAddress) -> bool:
    """Whether a Delta table lies there."""
    return LakeFiles(table).has_folder(LOG)


def columns_of(table: LakeAddress) -> dict[str, Any]:
    """The table's columns and their Arrow types, as it is and not as a contract says."""
    import pyarrow as pa
    from deltalake import DeltaTable

    return {field.name: field.type for field in pa.schema(DeltaTable(str(table)).schema().to_arrow())}


def version_of(table: LakeAddress) -> int:
    """The table's newest version, read from its log."""
    from deltalake import DeltaTable

    return int(DeltaTable(str(table)).version())


def live_files(table: DeltaTable) -> list[LiveFile]:
    """The data files of the table's version."""
    import pyarrow as pa

    found = []
    actions = pa.table(table.get_add_actions(flatten=True))
    reported = [name for name in actions.column_names if name in _READ_COLUMNS or name.startswith("partition.")]
    for row in actions.select(reported).to_pylist():  # least and greatest values are many, and not needed
        of = {key.removeprefix("partition."): value for key, value in row.items() if key.startswith("partition.")}
        partition = {name: None if value is None else str(value) for name, value in of.items()}
        rows = row.get("num_records")
        found.append(LiveFile(unquote(row["path"]), row["path"], row["size_bytes"], rows, partition))
    return found


def opened(address: LakeAddress, version: int | None = None) -> DeltaTable:
    """The table at its newest version or the one given; its files and its log's newest checkpoint are verified as far
    as they have check sums.

    Raises DamagedFileError.
    """
    from deltalake import DeltaTable

    files = LakeFiles(address)
    refuse_empty_commit(files)
    unchecked(files, checkpoints_of(files)[-1:])
    table = DeltaTable(str(address), version=version)
    unchecked(files, (file.name for file in live_files(table)))
    return table


def checkpoints_of(table: LakeFiles) -> list[str]:
    """The files in which the log of a table is summed up, the oldest first."""
    return [file.name for file in table.listed(LOG) if _CHECKPOINT.fullmatch(file.name)]


def verify_files(address: LakeAddress, version: int | None = None) -> None:
    """Compare what Spark is about to read with the names of the files that were written here: Spark verifies pages,
    and not what stands around them. Raises DamagedFileError."""
    from deltalake import DeltaTable

    files = LakeFiles(address)
    refuse_empty_commit(files)
    live = live_files(DeltaTable(str(address), version=version))
    unchecked(files, (file.name for file in live if is_named_by_content(file.name)))


def query_tables(
    tables: Mapping[str, LakeAddress], query: str, versions: Mapping[str, int | None] | None = None
) -> RecordBatchReader:
    """The result of a SQL query over tables by their names, each at its newest version or the one given, as a stream of
    Arrow batches. Raises DamagedFileError."""
    import pyarrow as pa
    from deltalake import QueryBuilder

    builder = QueryBuilder()
    for name, address in tables.items():
        builder = builder.register(name, opened(address, (versions or {}).get(name)))
    return pa.RecordBatchReader.from_stream(builder.execute(query))


def query_rows(table: LakeAddress, name: str, query: str, version: int | None = None) -> list[dict[str, Any]]:
    """The result of a SQL query over one Delta table, by delta-rs; at its newest version, or the one given.

    Not `to_pyarrow_table`: its reading threads abort the process at exit in about one run of ten (pyarrow 25).
    """
    return list(read_batches(table, name, query, version).read_all().to_pylist())


def read_batches(table: LakeAddress, name: str, query: str, version: int | None = None) -> RecordBatchReader:
    """The same as a stream of Arrow batches."""
    return query_tables({name: table}, query, {name: version})


def replace_night(table: LakeAddress, contract: Table, rows: Sequence[tuple[Any, ...]], night: date) -> None:
    """Replace the night's rows of a table, which is made where it is not yet. Raises ContractError."""
    import pyarrow as pa

    kinds = [arrow_type(column.type) for column in contract.columns]
    columns = [pa.array([row[i] for row in rows], type=kind) for i, kind in enumerate(kinds)]
    commit_rows(
        table,
        pa.table(columns, names=list(contract.column_names)).to_reader(),
        "overwrite",
        partition="business_date",
        only=night.isoformat(),
        properties=contract.delta_properties,
    )


def commit_rows(
    table: LakeAddress,
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

    files = _written(LakeFiles(table), rows, partition)
    if not is_made(table) and _made(table, files, rows.schema, partition, properties):
        return
    for more in reversed(range(_ATTEMPTS)):
        try:
            _committed(table, files, rows.schema, mode, partition, only)
        except CommitFailedError:  # another writer came first: the same files go upon what it made
            if not more:
                raise
        else:
            return


def _made(
    table: LakeAddress,
    files: Sequence[AddAction],
    schema: pa.Schema,
    partition: str | None,
    properties: Mapping[str, str] | None,
) -> bool:
    """Make the table with these files; False when another writer made it just now."""
    from deltalake import Schema
    from deltalake.exceptions import DeltaError
    from deltalake.transaction import create_table_with_add_actions

    options = {"configuration": dict(properties or {}), "commit_properties": _commit_properties(files)}
    try:
        create_table_with_add_actions(
            str(table), Schema.from_arrow(schema), [*files], "error", [partition] if partition else [], **options
        )
    except DeltaError:
        if not is_made(table):
            raise
        return False
    return True


def _committed(
    address: LakeAddress,
    files: Sequence[AddAction],
    schema: pa.Schema,
    mode: str,
    partition: str | None,
    only: str | None,
) -> None:
    from deltalake import DeltaTable, Schema

    table = DeltaTable(str(address))
    known = {field.name for field in table.schema().fields}
    missing = [field for field in Schema.from_arrow(schema).fields if field.name not in known]
    if missing:
        table.alter.add_columns(missing)
    replaced = [(partition, "=", only)] if partition and only is not None else None
    table.create_write_transaction(
        [*files],
        mode,
        table.schema(),
        [partition] if partition else [],
        replaced,
        commit_properties=_commit_properties(files),
    )


def replace_table(address: LakeAddress, rows: RecordBatchReader) -> int:
    """Replace the whole table and its columns by the rows, atomic; how many rows. It stays parted as it was."""
    from deltalake import DeltaTable, Schema

    table = DeltaTable(str(address))
    parted = list(table.metadata().partition_columns)
    if len(parted) > 1:
        raise ContractError("a table parted by several columns cannot be replaced", where=str(address))
    files = _written(LakeFiles(address), rows, parted[0] if parted else None)
    schema, properties = Schema.from_arrow(rows.schema), _commit_properties(files)
    table.create_write_transaction([*files], "overwrite", schema, parted, None, commit_properties=properties)
    return sum(int(json.loads(file.stats)["numRecords"]) for file in files)


def seal(address: LakeAddress) -> None:
    """Write those of a table's files again that have no check sums, because delta-rs deleted or merged rows in them."""
    from deltalake import DeltaTable
    from deltalake.transaction import RemoveAction

    table, files = DeltaTable(str(address)), LakeFiles(address)
    live = {file.name: file for file in live_files(table)}
    bare = [live[found] for found in unchecked(files, live)]
    if not bare:
        return
    actions: list[Any] = []
    for file in bare:
        folder = file.name.rpartition("/")[0]
        with files.parquet(file.name) as left:
            target, count = _one_file(files, folder, left.schema_arrow, left.iter_batches(use_threads=False))
        actions.append(_added(files, target, count, file.partition, is_new=False))
        actions.append(RemoveAction(file.logged, False, 0, file.size, dict(file.partition)))
    names = list(table.metadata().partition_columns)
    table.create_write_transaction(actions, "append", table.schema(), names)


def _commit_properties(files: Sequence[AddAction]) -> Any:
    """What the commit says of itself, as delta-rs does: by it the lake check compares rows with the ledger's."""
    from deltalake import CommitProperties

    rows = sum(int(json.loads(file.stats)["numRecords"]) for file in files)
    return CommitProperties(custom_metadata={"operationMetrics": {"num_added_rows": rows}})


def _written(files: LakeFiles, rows: RecordBatchReader, partition: str | None) -> list[AddAction]:
    """The rows by the values of the partition's column: a file for each, or a few where there are very many values."""
    if partition is None:
        target, count = _one_file(files, "", rows.schema, rows)
        return [_added(files, target, count, {})]
    kept = rows.schema.remove(rows.schema.get_field_index(partition))
    parts = (part for batch in rows for part in _parts(batch, partition))
    added: list[AddAction] = []
    while (first := next(parts, None)) is not None:
        writers: dict[str, _Writer] = {}
        with ExitStack() as open_files:
            for value, part in chain([first], parts):
                if value not in writers:
                    writers[value] = open_files.enter_context(_Writer(files, f"{partition}={value}", kept))
                writers[value].write(part)
                if len(writers) == _OPEN_FILES:  # what is left goes into more files
                    break
        added += [_added(files, w.named(), w.rows, {partition: value}) for value, w in writers.items()]
    return added


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

    def __init__(self, files: LakeFiles, folder: str, schema: pa.Schema) -> None:
        import uuid

        files.make_folder(folder)
        self._files, self._schema, self.rows = files, schema, 0
        self._name = f"{folder}/{_HALF_MADE}{uuid.uuid4().hex}".removeprefix("/")

    def __enter__(self) -> _Writer:
        self._file = self._files.parquet_writer(
            self._name, self._schema, store_decimal_as_integer=True, compression="snappy"
        )
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        is_whole = False
        try:
            self._file.close()
            is_whole = kind is None
        finally:
            if not is_whole:
                self._files.remove(self._name)

    def write(self, batch: pa.RecordBatch) -> None:
        self._file.write_batch(batch)
        self.rows += batch.num_rows

    def named(self) -> str:
        return named_by_content(self._files, self._name)


def remove_half_made(table: LakeFiles) -> None:
    """Remove the files that a killed run had begun and no commit names; nobody else writes while the lake is held."""
    for file in table.listed(deep=True):
        if file.name.rpartition("/")[2].startswith(_HALF_MADE):
            table.remove(file.name)


def _one_file(files: LakeFiles, folder: str, schema: pa.Schema, batches: Any) -> tuple[str, int]:
    with _Writer(files, folder, schema) as writer:
        for batch in batches:
            writer.write(batch)
    return writer.named(), writer.rows


def _added(
    files: LakeFiles, name: str, rows: int, partition: Mapping[str, str | None], *, is_new: bool = True
) -> AddAction:
    """The log's entry of a file: its rows, and no least or greatest value, which may be a person's token."""
    from deltalake.transaction import AddAction

    found = files.find(name)
    if found is None:
        raise damaged(files.address.within(name), "is gone, and was written just now")
    changed = found.changed_ms or 0  # the log needs a number; nothing here rests on it
    return AddAction(name, found.size, dict(partition), changed, is_new, json.dumps({"numRecords": rows}))
