"""Rows of one Delta table, read and written by delta-rs, without Spark.

delta-rs writes no check sums and verifies none. So the files are written here, by Arrow, and delta-rs commits them; and
what it is to read is verified before (see checked_files).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import unquote

from fundwatch.contracts.table import Table, arrow_type
from fundwatch.errors import ContractError
from fundwatch.lake.checked_files import (
    LOG,
    refuse_empty_commit,
    unchecked,
)
from fundwatch.lake.files import LakeFiles
from fundwatch.lake.lease import commit_options
from fundwatch.lake.parquet.data_files import added, one_file, rows_of, write_files
from fundwatch.lake.stores.delta_table import delta_table, storage_options
from fundwatch.places import LakeAddress

if TYPE_CHECKING:
    from deltalake import DeltaTable, Schema
    from deltalake.transaction import AddAction, RemoveAction
    from pyarrow import RecordBatchReader

_ATTEMPTS = 5
_READ_COLUMNS = ("path", "size_bytes", "num_records", "modification_time")
_FIRST_COMMIT = f"{LOG}/{0:020}.json"
_COMMITTED = re.compile(rf"{LOG}/\d{{20}}\.")
_CHECKPOINT = re.compile(rf"{LOG}/[^/]*\.checkpoint[^/]*\.parquet")


@dataclass(frozen=True)
class LiveFile:
    """A data file of a table's version; `rows` is None where the log does not say.

    `name` is the file's, from the table's address; `logged` is how the table's log writes it.
    """

    name: str
    logged: str
    size: int
    rows: int | None
    changed_ms: int
    partition: Mapping[str, str | None]


def is_made(table: LakeAddress) -> bool:
    """Whether a Delta table lies there: one whose making was killed has a log without a commit, and is none yet.

    Most have their first commit still, and a log of years is not listed to know it.
    """
    files = LakeFiles(table)
    return files.find(_FIRST_COMMIT) is not None or any(_COMMITTED.match(file.name) for file in files.listed(LOG))


def columns_of(table: LakeAddress) -> dict[str, Any]:
    """The table's columns and their Arrow types, as it is and not as a contract says."""
    import pyarrow as pa

    held = delta_table(table)
    return {field.name: field.type for field in pa.schema(held.schema().to_arrow())}


def version_of(table: LakeAddress) -> int:
    """The table's newest version, read from its log."""
    return int(delta_table(table).version())


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
        found.append(
            LiveFile(unquote(row["path"]), row["path"], row["size_bytes"], rows, row["modification_time"], partition)
        )
    return found


def has_marked_rows(table: DeltaTable) -> bool:
    """Whether rows of the table's version are marked as deleted in files that still hold them."""
    if "deletionVectors" not in (table.protocol().reader_features or ()):
        return False
    return any(batch.num_rows for batch in table.deletion_vectors())


def opened(address: LakeAddress, version: int | None = None) -> DeltaTable:
    """The table at its newest version or the one given; its files and its log's newest checkpoint are verified as far
    as they have check sums.

    Raises DamagedFileError.
    """
    files = LakeFiles(address)
    refuse_empty_commit(files)
    unchecked(files, checkpoints_of(files)[-1:])
    table = delta_table(address, version)
    unchecked(files, (file.name for file in live_files(table)))
    return table


def checkpoints_of(table: LakeFiles) -> list[str]:
    """The files in which the log of a table is summed up, the oldest first."""
    return [file.name for file in table.listed(LOG) if _CHECKPOINT.fullmatch(file.name)]


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
    from deltalake import Schema

    files = write_files(LakeFiles(table), rows, partition, properties or {})
    commit_files(
        table, files, Schema.from_arrow(rows.schema), mode, partition=partition, only=only, properties=properties
    )


def commit_files(
    table: LakeAddress,
    files: Sequence[AddAction],
    schema: Schema,
    mode: Literal["append", "overwrite"],
    *,
    partition: str | None = None,
    only: str | None = None,
    properties: Mapping[str, str] | None = None,
    gone: Sequence[RemoveAction] = (),
) -> None:
    """Commit files that lie in the table's folder already, as `commit_rows` does, in place of those that are `gone`.
    `schema` is that of all columns."""
    from deltalake.exceptions import CommitFailedError

    if not is_made(table) and _made(table, files, schema, partition, properties):
        return
    for more in reversed(range(_ATTEMPTS)):
        try:
            _committed(table, files, schema, mode, partition, only, gone)
        except CommitFailedError:  # another writer came first: the same files go upon what it made
            if gone or not more:  # what is taken away was found in the version that was
                raise
        else:
            return


def _made(
    table: LakeAddress,
    files: Sequence[AddAction],
    schema: Schema,
    partition: str | None,
    properties: Mapping[str, str] | None,
) -> bool:
    """Make the table with these files; False when another writer made it just now."""
    from deltalake.exceptions import DeltaError
    from deltalake.transaction import create_table_with_add_actions

    options = {"configuration": dict(properties or {}), "commit_properties": commit_properties(table, None, files)}
    try:
        create_table_with_add_actions(
            str(table),
            schema,
            [*files],
            "error",
            [partition] if partition else [],
            storage_options=storage_options(table),
            **options,
        )
    except DeltaError:
        if not is_made(table):
            raise
        return False
    return True


def _committed(
    address: LakeAddress,
    files: Sequence[AddAction],
    schema: Schema,
    mode: str,
    partition: str | None,
    only: str | None,
    gone: Sequence[RemoveAction],
) -> None:
    table = delta_table(address)
    known = {field.name for field in table.schema().fields}
    missing = [field for field in schema.fields if field.name not in known]
    if missing:
        table.alter.add_columns(missing, commit_properties=commit_properties(address, table))
    replaced = [(partition, "=", only)] if partition and only is not None else None
    table.create_write_transaction(
        [*files, *gone],
        mode,
        table.schema(),
        [partition] if partition else [],
        replaced,
        commit_properties=commit_properties(address, table, files),
    )


def replace_table(address: LakeAddress, rows: RecordBatchReader) -> int:
    """Replace the whole table and its columns by the rows, atomic; how many rows. It stays parted as it was."""
    from deltalake import Schema

    table = delta_table(address)
    parted = list(table.metadata().partition_columns)
    if len(parted) > 1:
        raise ContractError("a table parted by several columns cannot be replaced", where=str(address))
    files = write_files(LakeFiles(address), rows, parted[0] if parted else None, table.metadata().configuration)
    schema, properties = Schema.from_arrow(rows.schema), commit_properties(address, table, files)
    table.create_write_transaction([*files], "overwrite", schema, parted, None, commit_properties=properties)
    return rows_of(files)


def seal(address: LakeAddress) -> None:
    """Write those of a table's files again that have no check sums, because delta-rs deleted or merged rows in them."""
    from deltalake.transaction import RemoveAction

    table, files = delta_table(address), LakeFiles(address)
    live = {file.name: file for file in live_files(table)}
    bare = [live[found] for found in unchecked(files, live)]
    if not bare:
        return
    actions: list[Any] = []
    properties = table.metadata().configuration
    for file in bare:
        folder = file.name.rpartition("/")[0]
        with files.parquet(file.name) as left:
            target = one_file(files, folder, left.schema_arrow, left.iter_batches(use_threads=False))
        actions.append(added(files, target, file.partition, properties, is_new=False))
        actions.append(RemoveAction(file.logged, False, 0, file.size, dict(file.partition)))
    names = list(table.metadata().partition_columns)
    options = {"commit_properties": commit_properties(address, table)}
    table.create_write_transaction(actions, "append", table.schema(), names, **options)


def commit_nothing(address: LakeAddress) -> None:
    """Commit no change but that of the holder of the lake, after whom none before him can commit any more."""
    from deltalake.exceptions import CommitFailedError

    for more in reversed(range(_ATTEMPTS)):
        table = delta_table(address)
        options = {"commit_properties": commit_properties(address, table)}
        try:
            table.create_write_transaction([], "append", table.schema(), [], None, **options)
        except CommitFailedError:  # people add to journals meanwhile
            if not more:
                raise
        else:
            return


def commit_properties(address: LakeAddress, table: DeltaTable | None, files: Sequence[AddAction] | None = None) -> Any:
    """What the commit says of itself, as delta-rs does: by it the lake check compares rows with the ledger's; and who
    holds the lake. `table` is the version that it follows. Raises LeaseLostError."""
    from deltalake import CommitProperties

    reported = None if files is None else {"operationMetrics": {"num_added_rows": rows_of(files)}}
    return CommitProperties(custom_metadata=reported, **commit_options(address, table))
