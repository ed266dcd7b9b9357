"""Taking rows out of a Delta table for good: out of its files, its old versions and its log. No Spark.

Deleting rows is not enough: old files and the log keep them (see `fundwatch.lake.history`), and a token may be any of
what they keep. Old versions are gone with them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from fundwatch.errors import ExitCode, FundwatchError
from fundwatch.lake.delta_rows import columns_of, commit_properties, opened, query_rows
from fundwatch.lake.history import drop_history, is_text, stray_files
from fundwatch.places import LakeAddress
from privacy.erasure.record import Gone

_ERASED = "erased"


class ErasureError(FundwatchError):
    """Something that was to be erased can still be found."""

    exit_code = ExitCode.FAULT


@dataclass(frozen=True)
class Doomed:
    """The rows of one table that go: those that meet a predicate, and those whose column holds one of many ids."""

    predicate: str | None = None
    matching: tuple[tuple[str, frozenset[str]], ...] = ()


def holding(table: LakeAddress, text: str) -> str | None:
    """A predicate: the rows of a table that hold a text in any column, as a value, an element or a part."""
    import pyarrow as pa

    quoted, tests = text.replace("'", "''"), []
    for name, kind in columns_of(table).items():
        if is_text(kind):
            tests.append(f"coalesce(strpos({name}, '{quoted}') > 0, FALSE)")
        elif _is_list(kind):
            tests.append(f"coalesce(array_has({name}, '{quoted}'), FALSE)")
        elif pa.types.is_map(kind):
            values = f"map_values({name})"
            values = f"flatten({values})" if _is_list(kind.item_type) else values
            tests.append(f"coalesce(array_has({values}, '{quoted}'), FALSE)")
    return " OR ".join(tests) or None


def count(table: LakeAddress, rows: Doomed, money: str | None = None) -> list[Gone]:
    """How many rows are doomed, and their money (CNY), by the night that made them."""
    night = "business_date" if "business_date" in columns_of(table) else "known_from"
    own, columns = rows.predicate or "FALSE", [column for column, _ in rows.matching]
    if not columns:
        amount = "CAST(NULL AS DECIMAL(28,2))" if money is None else f"sum({money})"
        summed = f"SELECT {night} AS night, count(*) AS n, {amount} AS money FROM {table.name} WHERE {own} GROUP BY 1"
        return [Gone(row["night"], row["n"], row["money"]) for row in query_rows(table, table.name, summed)]
    found: dict[date, int] = {}
    query = f"SELECT {night} AS night, coalesce({own}, FALSE) AS is_own, {', '.join(columns)} FROM {table.name}"
    for row in query_rows(table, table.name, query):
        if row["is_own"] or any(row[column] in ids for column, ids in rows.matching):
            found[row["night"]] = found.get(row["night"], 0) + 1
    return [Gone(when, number) for when, number in found.items()]


def delete(table: LakeAddress, rows: Doomed) -> None:
    """Delete the rows; to be followed by `purge`."""
    import pyarrow as pa

    if rows.predicate:
        held = opened(table)
        held.delete(rows.predicate, commit_properties=commit_properties(table, held))
    for column, ids in rows.matching:
        source = pa.table({"id": pa.array(sorted(ids), type=pa.string())})
        merge = _merge(table, source, f"t.{column} = s.id")
        merge.when_matched_delete().execute()


def strip(table: LakeAddress, key: Sequence[str], text: str, predicate: str) -> None:
    """Take a text out of rows that are not deleted: an element is dropped, a part of a text reads `erased`."""
    import pyarrow as pa

    kinds = columns_of(table)
    changed = [name for name, kind in kinds.items() if name not in key and (is_text(kind) or pa.types.is_nested(kind))]
    columns = ", ".join([*key, *changed])
    rows = query_rows(table, table.name, f"SELECT {columns} FROM {table.name} WHERE {predicate}")
    if not rows:
        return
    clean = [{n: v if n in key else _without(v, text) for n, v in row.items()} for row in rows]
    source = pa.Table.from_pylist(clean, schema=pa.schema([(n, kinds[n]) for n in (*key, *changed)]))
    same = " AND ".join(f"(t.{n} IS NOT DISTINCT FROM s.{n})" for n in key)
    merge = _merge(table, source, same)
    merge.when_matched_update({n: f"s.{n}" for n in changed}).execute()


def purge(table: LakeAddress) -> int:
    """Remove all old versions and fold the log; the version that is left. Killed in between, it is done by a rerun.

    Raises ErasureError when files of old versions are still there.
    """
    newest = drop_history(table)
    if stray := stray_files(table):
        raise ErasureError(
            f"{len(stray)} files of old versions are still there, such as {stray[0]}",
            where=str(table),
            do="see that nobody writes to the lake, and run the same erasure again",
        )
    return newest


def _merge(table: LakeAddress, source: Any, same: str) -> Any:
    """A merge into a table (`t`) of rows from memory (`s`), yet to be told what it does."""
    held = opened(table)
    said = commit_properties(table, held)
    return held.merge(source, same, source_alias="s", target_alias="t", commit_properties=said)


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


def _is_list(kind: Any) -> bool:
    import pyarrow as pa

    return bool((pa.types.is_list(kind) or pa.types.is_large_list(kind)) and is_text(kind.value_type))
