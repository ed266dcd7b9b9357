"""Data files of a Delta table in the making: written by Arrow with check sums, or by Spark and moved to their place.

A file that Arrow writes is named by its content; one of Spark's bears check sums of its pages. What the log will say of
a file is read from the file's own footer.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING, Any

from fundwatch.errors import ContractError
from fundwatch.lake.checked_files import damaged, named_by_content
from fundwatch.lake.files import LakeFiles

if TYPE_CHECKING:
    import pyarrow as pa
    from deltalake.transaction import AddAction
    from pyarrow import RecordBatchReader
    from pyarrow.parquet import FileMetaData

SKIPPING = "delta.dataSkippingStatsColumns"
_OPEN_FILES = 200  # at once; an account may have 1,024, of which others need some
_HALF_MADE = ".half-made-"
_PLAIN = re.compile(r"[\w-]+")  # a partition's value that is a folder's name as it is


def write_files(
    files: LakeFiles, rows: RecordBatchReader, partition: str | None, properties: Mapping[str, str]
) -> list[AddAction]:
    """The rows by the values of the partition's column: a file for each, or a few where there are very many values.

    `properties` are the table's: they say of which columns the log keeps least and greatest values.
    """
    if partition is None:
        return [added(files, one_file(files, "", rows.schema, rows), {}, properties)]
    kept = rows.schema.remove(rows.schema.get_field_index(partition))
    parts = (part for batch in rows for part in _parts(batch, partition))
    made: list[AddAction] = []
    while (first := next(parts, None)) is not None:
        writers: dict[str, _Writer] = {}
        with ExitStack() as open_files:
            for value, part in chain([first], parts):
                if value not in writers:
                    writers[value] = open_files.enter_context(_Writer(files, f"{partition}={value}", kept))
                writers[value].write(part)
                if len(writers) == _OPEN_FILES:  # what is left goes into more files
                    break
        made += [added(files, w.named(), {partition: value}, properties) for value, w in writers.items()]
    return made


def move_files(aside: LakeFiles, table: LakeFiles, folder: str, properties: Mapping[str, str]) -> list[AddAction]:
    """The Parquet files that Spark put down aside, in the table's folder of one partition (an empty one: in none)."""
    both = LakeFiles(table.address.parent)
    table.make_folder(folder)
    value = dict([folder.split("=")]) if folder else {}
    made = []
    for file in parquet_files(aside):
        name = f"{folder}/{file}".removeprefix("/")
        both.rename(_from(both, aside, file), _from(both, table, name))
        made.append(added(table, name, value, properties))
    return made


def parquet_files(files: LakeFiles) -> list[str]:
    """The Parquet files that lie there, in order."""
    return [file.name for file in files.listed() or () if file.name.endswith(".parquet")]


def one_file(files: LakeFiles, folder: str, schema: pa.Schema, batches: Any) -> str:
    """The batches in one new file; its name."""
    with _Writer(files, folder, schema) as writer:
        for batch in batches:
            writer.write(batch)
    return writer.named()


def added(
    files: LakeFiles,
    name: str,
    partition: Mapping[str, str | None],
    properties: Mapping[str, str],
    *,
    is_new: bool = True,
) -> AddAction:
    """The log's entry of a file: its rows, and the least and greatest values of those columns alone that the table's
    properties name. Of others one may be a person's token."""
    from deltalake.transaction import AddAction

    found = files.find(name)
    if found is None:
        raise damaged(files.address.within(name), "is gone, and was written just now")
    with files.parquet(name) as file:
        stats = _statistics(file.metadata, properties.get(SKIPPING, "").split(","))
    changed = found.changed_ms or 0  # the log needs a number; nothing here rests on it
    return AddAction(name, found.size, dict(partition), changed, is_new, json.dumps(stats))


def rows_of(actions: Sequence[AddAction]) -> int:
    """How many rows the files hold."""
    return sum(int(json.loads(action.stats)["numRecords"]) for action in actions)


def remove_half_made(table: LakeFiles) -> None:
    """Remove the files that a killed run had begun and no commit names; nobody else writes while the lake is held."""
    for file in table.listed(deep=True):
        if file.name.rpartition("/")[2].startswith(_HALF_MADE):
            table.remove(file.name)


def _from(both: LakeFiles, one: LakeFiles, name: str) -> str:
    """The name of a file of one place as seen from a place above."""
    return str(one.address.within(name)).removeprefix(f"{both.address}/")


def _statistics(metadata: FileMetaData, columns: Sequence[str]) -> dict[str, Any]:
    stats: dict[str, Any] = {"numRecords": metadata.num_rows}
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    for place in range(metadata.num_columns):
        name = metadata.schema.column(place).path
        if name not in columns:
            continue
        found = [group.column(place).statistics for group in groups if group.num_rows]
        if not found or not all(one is not None and one.has_null_count for one in found):
            continue
        nulls = sum(one.null_count for one in found)
        stats.setdefault("nullCount", {})[name] = nulls
        if nulls < metadata.num_rows and all(one.has_min_max or not one.num_values for one in found):
            known = [one for one in found if one.has_min_max]
            stats.setdefault("minValues", {})[name] = _value(min(one.min for one in known))
            stats.setdefault("maxValues", {})[name] = _value(max(one.max for one in known), is_greatest=True)
    return stats


def _value(value: Any, *, is_greatest: bool = False) -> Any:
    """A value as the log writes it: of times the log keeps whole milliseconds, so the greatest is rounded up."""
    if not isinstance(value, datetime):
        return value.isoformat() if isinstance(value, date) else value
    at = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    over = at.microsecond % 1000
    at += timedelta(microseconds=1000 - over if is_greatest and over else -over)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def _parts(batch: pa.RecordBatch, partition: str) -> Iterator[tuple[str, pa.RecordBatch]]:
    """The batch's rows by their value of the partition's column, without it.

    Raises ContractError for a null, and for a value that is no name of a folder.
    """
    import pyarrow.compute as pc

    values = batch.column(partition)
    if values.null_count:
        raise ContractError(f"rows without {partition} cannot be placed", where="data_files.write_files")
    rest = batch.drop_columns([partition])
    for value in values.unique():
        name = str(value.as_py())
        if not _PLAIN.fullmatch(name):
            raise ContractError(f"rows with {partition} {name!r} cannot be placed", where="data_files.write_files")
        yield name, rest.filter(pc.equal(values, value))


class _Writer:
    """One data file in the making; once closed it gets its name."""

    def __init__(self, files: LakeFiles, folder: str, schema: pa.Schema) -> None:
        files.make_folder(folder)
        self._files, self._schema = files, schema
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

    def named(self) -> str:
        return named_by_content(self._files, self._name)
