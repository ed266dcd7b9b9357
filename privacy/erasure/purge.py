"""Taking rows out of a Delta table for good: out of its files, its old versions and its log. No Spark.

Deleting rows is not enough: old data files stay until VACUUM, and the log keeps the least and greatest value of every
column of every file, and the text of the predicate that deleted; a token may be any of these. So after VACUUM the log
is folded into a checkpoint and what lies before it is removed. Old versions are gone with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from fundwatch.errors import ExitCode, FundwatchError
from fundwatch.lake.delta_rows import HALF_MADE, commit_rows, opened, query_rows, read_batches, seal
from fundwatch.lake.store import STAGING
from privacy.erasure.record import Gone

_VERSION = re.compile(r"^\.?(\d{20})\.")
_ERASED = "erased"


class ErasureError(FundwatchError):
    """Something that was to be erased can still be found."""

    exit_code = ExitCode.FAULT


@dataclass(frozen=True)
class Doomed:
    """The rows of one table that go: those that meet a predicate, and those whose column holds one of many ids."""

    predicate: str | None = None
    matching: tuple[tuple[str, frozenset[str]], ...] = ()


def columns_of(path: Path) -> dict[str, Any]:
    """The table's columns and their Arrow types, as it is and not as a contract says."""
    import pyarrow as pa
    from deltalake import DeltaTable

    return {field.name: field.type for field in pa.schema(DeltaTable(str(path)).schema().to_arrow())}


def version_of(path: Path) -> int:
    """The table's newest version."""
    from deltalake import DeltaTable

    return int(DeltaTable(str(path)).version())


def holding(path: Path, text: str) -> str | None:
    """A predicate: the rows of a table that hold a text in any column, as a value, an element or a part."""
    import pyarrow as pa

    quoted, tests = text.replace("'", "''"), []
    for name, kind in columns_of(path).items():
        if _is_text(kind):
            tests.append(f"coalesce(strpos({name}, '{quoted}') > 0, FALSE)")
        elif _is_list(kind):
            tests.append(f"coalesce(array_has({name}, '{quoted}'), FALSE)")
        elif pa.types.is_map(kind):
            values = f"map_values({name})"
            values = f"flatten({values})" if _is_list(kind.item_type) else values
            tests.append(f"coalesce(array_has({values}, '{quoted}'), FALSE)")
    return " OR ".join(tests) or None


def count(path: Path, rows: Doomed, money: str | None = None) -> list[Gone]:
    """How many rows are doomed, and their money (CNY), by the night that made them."""
    night = "business_date" if "business_date" in columns_of(path) else "known_from"
    own, columns = rows.predicate or "FALSE", [column for column, _ in rows.matching]
    if not columns:
        amount = "CAST(NULL AS DECIMAL(28,2))" if money is None else f"sum({money})"
        summed = f"SELECT {night} AS night, count(*) AS n, {amount} AS money FROM {path.name} WHERE {own} GROUP BY 1"
        return [Gone(row["night"], row["n"], row["money"]) for row in query_rows(path, path.name, summed)]
    found: dict[date, int] = {}
    query = f"SELECT {night} AS night, coalesce({own}, FALSE) AS is_own, {', '.join(columns)} FROM {path.name}"
    for row in query_rows(path, path.name, query):
        if row["is_own"] or any(row[column] in ids for column, ids in rows.matching):
            found[row["night"]] = found.get(row["night"], 0) + 1
    return [Gone(when, number) for when, number in found.items()]


def delete(path: Path, rows: Doomed) -> None:
    """Delete the rows; to be followed by `purge`."""
    import pyarrow as pa

    if rows.predicate:
        opened(path).delete(rows.predicate)
    for column, ids in rows.matching:
        source = pa.table({"id": pa.array(sorted(ids), type=pa.string())})
        merge = opened(path).merge(source, f"t.{column} = s.id", source_alias="s", target_alias="t")
        merge.when_matched_delete().execute()


def strip(path: Path, key: Sequence[str], text: str, predicate: str) -> None:
    """Take a text out of rows that are not deleted: an element is dropped, a part of a text reads `erased`."""
    import pyarrow as pa

    kinds = columns_of(path)
    changed = [name for name, kind in kinds.items() if name not in key and (_is_text(kind) or pa.types.is_nested(kind))]
    columns = ", ".join([*key, *changed])
    rows = query_rows(path, path.name, f"SELECT {columns} FROM {path.name} WHERE {predicate}")
    if not rows:
        return
    clean = [{n: v if n in key else _without(v, text) for n, v in row.items()} for row in rows]
    source = pa.Table.from_pylist(clean, schema=pa.schema([(n, kinds[n]) for n in (*key, *changed)]))
    same = " AND ".join(f"(t.{n} IS NOT DISTINCT FROM s.{n})" for n in key)
    merge = opened(path).merge(source, same, source_alias="s", target_alias="t")
    merge.when_matched_update({n: f"s.{n}" for n in changed}).execute()


def purge(path: Path) -> int:
    """Remove all old versions and fold the log; the version that is left. Killed in between, it is done by a rerun."""
    from deltalake import DeltaTable

    _without_marked_rows(path)
    seal(path)
    # full: files that no commit names too, such as a killed run's; nobody else writes while the lake is locked
    DeltaTable(str(path)).vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False, full=True)
    for left in path.rglob(f"{HALF_MADE}*"):  # a vacuum passes over hidden files
        left.unlink()
    table = DeltaTable(str(path))
    table.create_checkpoint()
    newest = int(table.version())
    for file in sorted((path / "_delta_log").iterdir()):
        found = _VERSION.match(file.name)
        if found is not None and int(found[1]) < newest:
            file.unlink()
    _refuse_stray_files(path)
    return newest


def _without_marked_rows(path: Path) -> None:
    """Write a table anew in which rows may be marked as deleted: they would stay in their files."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    from deltalake import DeltaTable

    table = DeltaTable(str(path))
    if "deletionVectors" not in (table.protocol().reader_features or ()):
        return
    aside = path.parent / STAGING / f"{path.name}.parquet"  # delta-rs cannot write what it is reading
    aside.parent.mkdir(exist_ok=True)
    rows = read_batches(path, path.name, f'SELECT * FROM "{path.name}"')
    with pq.ParquetWriter(aside, rows.schema, write_page_checksum=True) as file:
        for batch in rows:
            file.write_batch(batch)
    with pq.ParquetFile(aside, page_checksum_verification=True) as left:
        batches = pa.RecordBatchReader.from_batches(left.schema_arrow, left.iter_batches(use_threads=False))
        partition = next(iter(table.metadata().partition_columns), None)
        commit_rows(path, batches, "overwrite", partition=partition)
    aside.unlink()


def find_text(path: Path, text: str) -> Iterator[Path]:
    """The files of a table's folder in which a text can be found, Parquet decoded, the log and hidden ones included."""
    for file in sorted(p for p in path.rglob("*") if p.is_file()):
        if text.encode() in file.read_bytes() or (file.suffix == ".parquet" and _parquet_holds(file, text)):
            yield file


def _parquet_holds(file: Path, text: str) -> bool:
    import pyarrow.parquet as pq

    with pq.ParquetFile(file, page_checksum_verification=True) as parquet:
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
    return _is_text(kind) and bool(pc.any(pc.match_substring(array.cast(pa.string()), text)).as_py())


def _refuse_stray_files(path: Path) -> None:
    """Every data file on disk must belong to the version that is left."""
    import pyarrow as pa
    from deltalake import DeltaTable

    named = set(pa.table(DeltaTable(str(path)).get_add_actions(flatten=True)).column("path").to_pylist())
    there = {str(p.relative_to(path)) for p in path.rglob("*.parquet") if "_delta_log" not in p.parts}
    stray = sorted(there - named - {name.replace("%20", " ") for name in named})
    if stray:
        raise ErasureError(
            f"{len(stray)} files of old versions are still there, such as {stray[0]}",
            where=str(path),
            do="see that nobody writes to the lake, and run the same erasure again",
        )


def _without(value: Any, text: str) -> Any:
    if isinstance(value, str):
        return value.replace(text, _ERASED)
    if isinstance(value, dict):
        return {k: _without(v, text) for k, v in value.items()}
    if isinstance(value, tuple):  # an entry of a map
        return (value[0], _without(value[1], text))
    if isinstance(value, list):
        return [_without(item, text) for item in value if item != text]
    return value


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or str(kind) == "string_view")


def _is_list(kind: Any) -> bool:
    import pyarrow as pa

    return bool((pa.types.is_list(kind) or pa.types.is_large_list(kind)) and _is_text(kind.value_type))
