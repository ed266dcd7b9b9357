"""Journals: small append-only Delta tables that runs and people write, without Spark.

A night's tables are replaced when it runs again; a journal never is. What was refused, held, released or erased stays
on record, with when and by whom.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fundwatch.contracts.table import arrow_type
from fundwatch.lake.delta_rows import commit_rows, is_made, query_rows, replace_table
from fundwatch.lake.files import LakeFiles
from fundwatch.places import LakeAddress

_AT = "at"


@dataclass(frozen=True)
class Journal:
    """One journal of a lake. `columns` gives the simple type of each column; `at` is added when a row is written."""

    lake: LakeAddress
    name: str
    columns: Mapping[str, str]

    @property
    def address(self) -> LakeAddress:
        return self.lake.within(self.name)

    @property
    def may_be_written(self) -> bool:
        """Whether this account may add to it, or make it where there is none yet."""
        files = LakeFiles(self.address)
        return (files if files.has_folder() else LakeFiles(self.lake)).may_write()

    def append(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add rows in one commit. A column that a row does not name is null."""
        if not rows:
            return
        now = wall_clock()
        commit_rows(self.address, self._content([{**row, _AT: now} for row in rows]).to_reader(), "append")

    def replace(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write all rows again, each with its own `at`: when the key of its tokens changes. Atomic."""
        replace_table(self.address, self._content(rows).to_reader())

    def _content(self, rows: Sequence[Mapping[str, Any]]) -> Any:
        import pyarrow as pa

        kinds = {**self.columns, _AT: "at"}
        columns = [pa.array([row.get(name) for row in rows], type=_arrow_type(kind)) for name, kind in kinds.items()]
        return pa.table(columns, names=list(kinds))

    def rows(self) -> list[dict[str, Any]]:
        """Every row, the oldest first; none when nothing was ever written."""
        if not is_made(self.address):
            return []
        found = query_rows(self.address, self.name, f"SELECT * FROM {self.name}")
        return sorted(found, key=lambda row: row[_AT])


def wall_clock() -> datetime:
    """When a row was written: for people and for order; no result depends on it."""
    return datetime.now(UTC)  # noqa: TID251 (journals alone may ask the clock)


def _arrow_type(kind: str) -> Any:
    import pyarrow as pa

    own = {"money": pa.decimal128(28, 2), "at": pa.timestamp("us", tz="UTC")}
    return own.get(kind) or arrow_type(kind)
