"""Lakes made by an earlier version: what their tables called otherwise, and how they come to today's names.

A lake is an old one while any of its tables has a column of an earlier name, so that one whose upgrade was killed
still is. The ledger's own table comes last: the commit that renames its columns records the upgrade.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from fundwatch.errors import FundwatchError
from fundwatch.lake.delta_rows import is_made, read_batches, replace_table
from fundwatch.lake.files import LakeFiles
from fundwatch.lake.parquet.data_files import remove_half_made
from fundwatch.lake.store import Written
from fundwatch.lake.stores.delta_table import delta_table
from fundwatch.places import LakeAddress

if TYPE_CHECKING:
    from deltalake import DeltaTable
    from pyarrow import RecordBatch, RecordBatchReader

# By table, in the order of the upgrade: each column's name in lakes of version 0.1 before fingerprints were called so.
RENAMED: Mapping[str, Mapping[str, str]] = {
    "claim_line_entry": {"content_print": "content_fingerprint"},
    "settlement_entry": {"content_print": "content_fingerprint"},
    "model": {"model_print": "model_fingerprint"},
    "model_promotion": {"model_print": "model_fingerprint"},
    "score": {"model_print": "model_fingerprint"},
    "delivery_state": {"print": "fingerprint"},
    "run": {"print": "fingerprint"},
}
_STATISTICS = "delta.dataSkippingStatsColumns"
_ROWS_AT_ONCE = 100_000  # a row group of Parquet each: one of a small batch is read slowly


class OldLakeError(FundwatchError):
    """The lake's tables have the names of an earlier version."""


def refuse_old_lake(lake: LakeAddress) -> None:
    """Raise OldLakeError for a lake that has to be upgraded first; a folder without tables is none."""
    if old_tables(lake):
        raise OldLakeError(
            "this lake was made by an earlier version",
            where=str(lake.absolute()),
            do="run `fundwatch lake upgrade`; it may be killed and run again",
        )


def renames_of(lake: LakeAddress, table: str) -> dict[str, str]:
    """The columns of the table that have an earlier name still, with today's; none where the table is not made."""
    if not is_made(lake.within(table)):
        return {}
    names = {field.name for field in _opened(lake.within(table)).schema().fields}
    return {old: new for old, new in RENAMED[table].items() if old in names}


def old_tables(lake: LakeAddress) -> list[str]:
    """The tables that have to be upgraded, in the order in which it is safe to."""
    return [table for table in RENAMED if renames_of(lake, table)]


def rename_columns(lake: LakeAddress, table: str, more: Sequence[Mapping[str, Any]] = ()) -> Written:
    """Give the table's columns today's names, in one commit; what it wrote. The rows stay the same, and `more` come
    to them. Who is killed before the commit leaves the table as it was. Raises DamagedFileError."""
    address, renames = lake.within(table), renames_of(lake, table)
    remove_half_made(LakeFiles(address))
    _rename_statistics(address, renames)
    held = _opened(address)
    rows = read_batches(address, table, f"SELECT {_chosen([*_types(held)], renames)} FROM {table}")
    count = replace_table(address, _of_table(rows, held, renames, more))
    return Written(table, int(_opened(address).version()), count)


def _types(held: DeltaTable) -> dict[str, Any]:
    import pyarrow as pa

    return {field.name: field for field in pa.schema(held.schema().to_arrow())}


def _kept(names: Iterable[str], renames: Mapping[str, str]) -> list[str]:
    """The columns without those of today's names that have rows under an earlier one too: these come together."""
    names = [*names]
    return [name for name in names if name not in {new for old, new in renames.items() if old in names}]


def _chosen(names: Sequence[str], renames: Mapping[str, str]) -> str:
    quoted = {name: '"' + name.replace('"', '""') + '"' for name in [*names, *renames.values()]}
    columns = []
    for name in _kept(names, renames):
        new = renames.get(name, name)
        both = name != new and new in names
        columns.append(f"{f'coalesce({quoted[new]}, {quoted[name]})' if both else quoted[name]} AS {quoted[new]}")
    return ", ".join(columns)


def _opened(address: LakeAddress) -> DeltaTable:
    return delta_table(address)


def _rename_statistics(address: LakeAddress, renames: Mapping[str, str]) -> None:
    """Delta refuses to write a table whose property names a column that is not there."""
    table = _opened(address)
    named = table.metadata().configuration.get(_STATISTICS, "").split(",")
    if {*named} & {*renames}:
        table.alter.set_table_properties({_STATISTICS: ",".join(renames.get(name, name) for name in named)})


def _of_table(
    rows: RecordBatchReader, held: DeltaTable, renames: Mapping[str, str], more: Sequence[Mapping[str, Any]]
) -> RecordBatchReader:
    """The rows in the table's own types (a query answers in others), in few large batches; then `more`."""
    import pyarrow as pa

    own = _types(held)
    schema = pa.schema([own[name].with_name(renames.get(name, name)) for name in _kept(own, renames)])
    added = pa.Table.from_pylist([*more], schema=schema).to_batches()
    return pa.RecordBatchReader.from_batches(schema, _large(chain(rows, added), schema))


def _large(rows: Iterable[RecordBatch], schema: Any) -> Iterator[RecordBatch]:
    import pyarrow as pa

    waiting: list[Any] = []
    for batch in rows:
        waiting.append(batch.cast(schema))
        if sum(one.num_rows for one in waiting) >= _ROWS_AT_ONCE:
            yield from pa.Table.from_batches(waiting, schema).combine_chunks().to_batches()
            waiting = []
    if waiting:
        yield from pa.Table.from_batches(waiting, schema).combine_chunks().to_batches()
