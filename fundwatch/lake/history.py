"""Taking a table's past away for good: old data files, old versions, the log before the newest. Without Spark.

Old data files stay until VACUUM, and the log keeps the least and greatest value of every column of every file, and the
text of the predicate that deleted. So after VACUUM the log is folded into a checkpoint, and what lies before it is
removed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from fundwatch.lake.checked_files import LOG
from fundwatch.lake.delta_rows import commit_rows, live_files, read_batches, seal, version_of
from fundwatch.lake.files import LakeFiles
from fundwatch.lake.parquet.data_files import remove_half_made
from fundwatch.lake.stores.delta_table import delta_table
from fundwatch.places import LakeAddress

STAGING = ".staging"
_VERSION = re.compile(r"^\.?(\d{20})\.")


def drop_history(address: LakeAddress) -> int:
    """Remove all old versions and fold the log; the version that is left. Killed in between, it is done by a rerun."""
    files = LakeFiles(address)
    _without_marked_rows(address)
    seal(address)
    # full: files that no commit names too, such as a killed run's; nobody else writes while the lake is locked
    delta_table(address).vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False, full=True)
    remove_half_made(files)  # a vacuum passes over hidden files
    delta_table(address).create_checkpoint()
    newest = version_of(address)
    for file in files.listed(LOG):
        found = _VERSION.match(_base(file.name))
        if found is not None and int(found[1]) < newest:
            files.remove(file.name)
    return newest


def stray_files(address: LakeAddress) -> list[str]:
    """The data files that lie there and belong to no row of the newest version."""
    live = live_files(delta_table(address))
    named = {file.logged for file in live}
    there = {file.name for file in LakeFiles(address).listed(deep=True) if file.name.endswith(".parquet")}
    data = {name for name in there if LOG not in name.split("/")}
    return sorted(data - named - {name.replace("%20", " ") for name in named})


def files_holding(address: LakeAddress, text: str) -> Iterator[LakeAddress]:
    """The files beneath an address in which a text can be found, Parquet decoded, logs and hidden files included."""
    files = LakeFiles(address)
    for file in files.listed(deep=True):
        is_parquet = file.name.endswith(".parquet")
        if text.encode() in files.read(file.name) or (is_parquet and _parquet_holds(files, file.name, text)):
            yield address.within(file.name)


def _without_marked_rows(address: LakeAddress) -> None:
    """Write a table again in which rows may be marked as deleted: they would stay in their files."""
    import pyarrow as pa

    table = delta_table(address)
    if "deletionVectors" not in (table.protocol().reader_features or ()):
        return
    beside, aside = LakeFiles(address.parent), f"{STAGING}/{address.name}.parquet"
    beside.make_private_folder(STAGING)
    rows = read_batches(address, address.name, f'SELECT * FROM "{address.name}"')
    with beside.parquet_writer(aside, rows.schema) as file:  # delta-rs cannot write what it is reading
        for batch in rows:
            file.write_batch(batch)
    with beside.parquet(aside) as left:
        batches = pa.RecordBatchReader.from_batches(left.schema_arrow, left.iter_batches(use_threads=False))
        partition = next(iter(table.metadata().partition_columns), None)
        commit_rows(address, batches, "overwrite", partition=partition)
    beside.remove_folder(STAGING)


def _parquet_holds(files: LakeFiles, name: str, text: str) -> bool:
    with files.parquet(name) as parquet:
        batches = parquet.iter_batches(use_threads=False)
        return any(_array_holds(column, text) for batch in batches for column in batch.columns)


def _array_holds(array: Any, text: str) -> bool:
    """Whether a text is a part of any string of an Arrow array, however deep it lies."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = array.type
    if pa.types.is_map(kind):
        return _array_holds(array.keys, text) or _array_holds(array.items, text)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return _array_holds(array.flatten(), text)
    if pa.types.is_struct(kind):
        return any(_array_holds(part, text) for part in array.flatten())
    if pa.types.is_dictionary(kind):
        return _array_holds(array.dictionary, text)
    return is_text(kind) and bool(pc.any(pc.match_substring(array.cast(pa.string()), text)).as_py())


def is_text(kind: Any) -> bool:
    """Whether an Arrow type is one of texts."""
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or str(kind) == "string_view")


def _base(name: str) -> str:
    return name.rpartition("/")[2]
