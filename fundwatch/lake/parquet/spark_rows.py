"""Rows between Spark and Delta tables: Spark reads and writes Parquet files, and delta-rs says which are a version's.

Delta's own part in Spark looks a table up anew for every read and write, with Spark jobs of its own over the log: two
thirds of the queries of a small night. So a table of few files is read as these files, and what is written is put down
aside, moved and committed by delta-rs. What a table has marked as deleted in its files, and the statistics that spare a
reader most of very many files, only Delta's part knows: such tables are read through it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from fundwatch.engine.frames import no_rows
from fundwatch.errors import ContractError, problems
from fundwatch.lake.checked_files import is_named_by_content, refuse_empty_commit, unchecked
from fundwatch.lake.delta_rows import LiveFile, commit_files, has_marked_rows, is_made, live_files, opened
from fundwatch.lake.files import LakeFiles
from fundwatch.lake.parquet.data_files import added, move_files, one_file, parquet_files, rows_of, write_files
from fundwatch.lake.stores.delta_table import delta_table
from fundwatch.places import LakeAddress

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from deltalake import Schema
    from deltalake.transaction import AddAction, RemoveAction
    from pyarrow.parquet import ParquetFile
    from pyspark.sql import DataFrame, SparkSession

MOST_FILES = 256  # Spark looks at each in the driver
_UNKNOWN = "\0"  # stands for what is unknown in a key
_FEW_ROWS = 100_000  # as many as Arrow writes again in a fraction of a second, into one file


@dataclass(frozen=True)
class Placement:
    """How rows lie in a table: parted by the values of a column; in place of those of one value of it (`only`), of
    those of the same `key`, or of none; and the properties of a table that they make. Of the key's parts some may be
    unknown: these equal each other."""

    partition: str | None = None
    only: str | None = None
    key: tuple[str, ...] = ()
    unknown_in_key: tuple[str, ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)


def frame_of(
    spark: SparkSession, table: LakeAddress, version: int | None = None, only: Mapping[str, str] | None = None
) -> DataFrame:
    """The rows of a table at its newest version or the one given; `only` those with these values.

    Raises DamagedFileError when a file that is named by its content is another, for Spark verifies pages alone.
    """
    from pyspark.sql.types import StructType

    files = LakeFiles(table)
    refuse_empty_commit(files)
    held = delta_table(table, version)
    is_parted = only is None or {*only} <= {*held.metadata().partition_columns}
    live = [
        file for file in live_files(held) if only is None or not is_parted or only.items() <= file.partition.items()
    ]
    unchecked(files, (file.name for file in live if is_named_by_content(file.name)))
    if len(live) > MOST_FILES or has_marked_rows(held):
        return _only(spark.read.format("delta").option("versionAsOf", held.version()).load(table.uri), only)
    schema = StructType.fromJson(json.loads(held.schema().to_json()))
    rows = _frame_of_files(spark, table, live, schema)
    return rows if is_parted else _only(rows, only)


def _frame_of_files(spark: SparkSession, table: LakeAddress, live: Sequence[LiveFile], schema: Any) -> DataFrame:
    if not live:
        return no_rows(spark, schema)
    # a folder's name is no pattern; and what lies in one is in the partition that its name says
    reader = spark.read.schema(schema).option("__globPaths__", "false").option("basePath", table.uri)
    rows = reader.parquet(*(table.within(file.name).uri for file in live))
    return rows.select(*schema.names)  # Spark puts the partition's column last


def _only(rows: DataFrame, only: Mapping[str, str] | None) -> DataFrame:
    from pyspark.sql import functions as F

    for name, value in (only or {}).items():
        rows = rows.filter(F.col(name) == F.lit(value))
    return rows


def commit_frame(rows: DataFrame, table: LakeAddress, staging: LakeAddress, place: Placement) -> int:
    """Compute the rows once and commit them, all or none; how many rows the commit wrote.

    Rows that stand in one file with replaced ones are written again. `staging` is a folder beside the table that its
    owner alone may enter. Raises ContractError for columns of other types than the table's.
    """
    from deltalake import Schema

    stated = _nullable(json.loads(rows.schema.json()))
    made = is_made(table)
    if made:
        _refuse_other_types(table, stated)
    schema = Schema.from_json(json.dumps(stated))
    with _put_down(rows, staging, place) as aside:
        kept, gone = _without_keys(table, _keys(aside, place.key), place) if made and place.key else ([], [])
        files = [*_files_of(aside, table, schema, place), *kept]
        commit_files(
            table,
            files,
            schema,
            "append" if place.only is None else "overwrite",
            partition=place.partition,
            only=place.only,
            properties=place.properties,
            gone=gone,
        )
    return rows_of(files)


def _refuse_other_types(table: LakeAddress, stated: Mapping[str, Any]) -> None:
    held = _nullable(json.loads(delta_table(table).schema().to_json()))
    types = {one["name"]: one["type"] for one in held["fields"]}
    wrong = [
        f"{one['name']} is {one['type']}, in the table {types[one['name']]}"
        for one in stated["fields"]
        if types.get(one["name"], one["type"]) != one["type"]
    ]
    if wrong:
        raise ContractError(problems(f"the rows do not fit the table {table.name} as it lies there", wrong))


@contextmanager
def _put_down(rows: DataFrame, staging: LakeAddress, place: Placement) -> Iterator[LakeFiles]:
    """The rows as Parquet files in a new folder, gone with the block; without the column of the one partition that they
    are for."""
    LakeFiles(staging.parent).make_private_folder(staging.name)
    aside = LakeFiles(staging.within(f"put-down-{uuid4().hex}"))
    kept = rows if place.only is None else rows.drop(str(place.partition))
    try:
        kept.write.parquet(aside.address.uri)
        yield aside
    finally:
        LakeFiles(staging).remove_folder(aside.address.name)


def _files_of(aside: LakeFiles, table: LakeAddress, schema: Schema, place: Placement) -> list[AddAction]:
    """The rows put down, as files in the table's folder: as they are where they are many, in one file where few."""
    import pyarrow as pa

    names = parquet_files(aside)
    count = sum(_row_count(aside, name) for name in names)
    if count > _FEW_ROWS and (place.partition is None or place.only is not None):
        folder = "" if place.only is None else f"{place.partition}={place.only}"
        return move_files(aside, LakeFiles(table), folder, place.properties)
    constants = {} if place.only is None else {str(place.partition): place.only}
    arrow = pa.schema(schema.to_arrow())
    batches = (_cast(batch, arrow, constants) for name in names for batch in _batches(aside, name))
    rows = pa.RecordBatchReader.from_batches(arrow, batches)
    return write_files(LakeFiles(table), rows, place.partition, place.properties)


def _row_count(files: LakeFiles, name: str) -> int:
    with files.parquet(name) as file:
        return int(file.metadata.num_rows)


def _batches(files: LakeFiles, name: str) -> Iterator[pa.RecordBatch]:
    with files.parquet(name) as file:
        yield from file.iter_batches(use_threads=False)


def _keys(aside: LakeFiles, key: Sequence[str]) -> pa.Table:
    import pyarrow as pa

    found = []
    for name in parquet_files(aside):
        with aside.parquet(name) as file:
            found.append(file.read(columns=[*key], use_threads=False))
    return pa.concat_tables(found)


def _without_keys(table: LakeAddress, keys: pa.Table, place: Placement) -> tuple[list[AddAction], list[RemoveAction]]:
    """Of the table's files that hold one of the keys: files with what they hold besides, and what takes them away."""
    import pyarrow as pa
    from deltalake.transaction import RemoveAction

    version = opened(table)
    if has_marked_rows(version):
        raise ContractError("rows of the table are marked as deleted in its files", where=str(table))
    types = pa.schema(version.schema().to_arrow())
    files = LakeFiles(table)
    kept_files: list[AddAction] = []
    gone: list[RemoveAction] = []
    for file in live_files(version):
        among = _of_partition(keys, file.partition)
        with files.parquet(file.name) as held:
            own = held.read(columns=[name for name in place.key if name not in file.partition], use_threads=False)
            own = own.cast(pa.schema([among.schema.field(name) for name in own.column_names]))
            is_kept = _is_other(*(_told_apart(rows, place.unknown_in_key) for rows in (own, among)))
            if is_kept.all():
                continue
            if is_kept.any():
                schema = pa.schema([types.field(name) for name in held.schema_arrow.names])
                name = one_file(files, file.name.rpartition("/")[0], schema, _rest(held, is_kept, schema))
                kept_files.append(added(files, name, file.partition, place.properties))
        gone.append(RemoveAction(file.logged, True, file.changed_ms, file.size, dict(file.partition)))
    return kept_files, gone


def _of_partition(keys: pa.Table, partition: Mapping[str, str | None]) -> pa.Table:
    """The keys that a file of the partition may hold, without the partition's column."""
    import pyarrow.compute as pc

    for name, value in partition.items():
        if name in keys.column_names:
            keys = keys.filter(pc.equal(keys[name].cast("string"), value)).drop_columns([name])
    return keys


def _told_apart(keys: pa.Table, unknown: Sequence[str]) -> pa.Table:
    """The keys with a text in place of what is unknown in them, so that two of these are equal; a file that was written
    before a column was declared knows nothing of it."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for name in unknown:
        if name in keys.column_names:
            known = pc.fill_null(keys[name].cast("string"), _UNKNOWN)
            keys = keys.set_column(keys.column_names.index(name), name, known)
        else:
            keys = keys.append_column(name, pa.array([_UNKNOWN] * keys.num_rows, pa.string()))
    return keys


def _is_other(own: pa.Table, keys: pa.Table) -> np.ndarray:
    """By row, whether its key is none of these. One that holds a null is no other's."""
    import numpy as np
    import pyarrow as pa

    numbered = own.append_column("_row", pa.array(np.arange(own.num_rows)))
    kept = numbered.join(keys, own.column_names, join_type="left anti", use_threads=False)["_row"]
    is_other = np.zeros(own.num_rows, dtype=bool)
    is_other[kept.to_numpy()] = True
    return is_other


def _rest(file: ParquetFile, is_kept: np.ndarray, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """The rows of a file that are kept."""
    import pyarrow as pa

    at = 0
    for batch in file.iter_batches(use_threads=False):
        yield _cast(batch, schema, {}).filter(pa.array(is_kept[at : at + batch.num_rows]))
        at += batch.num_rows


def _cast(batch: pa.RecordBatch, schema: pa.Schema, constants: Mapping[str, str]) -> pa.RecordBatch:
    """The batch with the schema's columns in its types; one that the batch has not is the constant, or null."""
    import pyarrow as pa

    columns = []
    for one in schema:
        if one.name in batch.schema.names:
            columns.append(batch.column(one.name).cast(one.type))
        else:
            value = constants.get(one.name)
            columns.append(pa.repeat(pa.scalar(value), batch.num_rows).cast(one.type))
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _nullable(kind: Any) -> Any:
    """A type as Spark writes it, every part of which may be null: what is null is judged by checks, not by files."""
    if isinstance(kind, list):
        return [_nullable(part) for part in kind]
    if not isinstance(kind, dict):
        return kind
    always = {"nullable": True, "containsNull": True, "valueContainsNull": True}
    return {name: always.get(name, _nullable(value)) for name, value in kind.items()}
