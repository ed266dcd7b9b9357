"""The run ledger: what ran for which night, on what, and which table versions it made. Written without Spark.

A run that is `started` and never `committed` was killed: running it again is the cure. A run's print names all
that determines its result; a committed run with the same print need not run again.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from threading import RLock
from typing import Any

from fundwatch.store import Written, query_rows

_RUN = ("run_id", "job", "business_date", "state", "print", "at", "detail")
_RUN_TABLE = ("run_id", "job", "business_date", "table_name", "state", "version", "rows", "at")


@dataclass(frozen=True)
class Run:
    """A committed run: its print and what it reported."""

    run_id: str
    job: str
    business_date: date
    print: str
    detail: Mapping[str, Any]


@dataclass
class Ledger:
    """Two append-only Delta tables in the lake: `run` and `run_table`. Threads of one process take turns."""

    root: Path
    _turn: RLock = field(default_factory=RLock, repr=False, compare=False)

    def start(self, job: str, night: date, run_print: str) -> str:
        """Note the intent to run; the run's id."""
        run_id = uuid.uuid4().hex
        self._run_row(run_id, job, night, "started", run_print, {})
        return run_id

    def commit(self, run_id: str, job: str, night: date, run_print: str, detail: Mapping[str, Any]) -> None:
        """Note that all of the run's tables stand."""
        self._run_row(run_id, job, night, "committed", run_print, detail)

    def intend(self, run_id: str, job: str, night: date, table: str) -> None:
        """Note that the run is about to write the table."""
        self._table_rows([(run_id, job, night, table, "intent", None, None)])

    def written(self, run_id: str, job: str, night: date, done: Written) -> None:
        """Note the version and the rows that a write made."""
        self._table_rows([(run_id, job, night, done.table, "committed", done.version, done.rows)])

    def read_versions(self, run_id: str, job: str, night: date, versions: Mapping[str, int]) -> None:
        """Note at which versions the run read its tables."""
        self._table_rows([(run_id, job, night, table, "read", v, None) for table, v in sorted(versions.items())])

    @cached_property
    def _committed(self) -> dict[tuple[str, date], Run]:
        found: dict[tuple[str, date], Run] = {}
        for row in sorted(self._rows("run"), key=lambda row: row["at"]):
            night = row["business_date"]
            if row["state"] == "committed":
                found[row["job"], night] = Run(
                    row["run_id"], row["job"], night, row["print"], json.loads(row["detail"])
                )
            elif row["state"] == "started":
                found.pop((row["job"], night), None)
        return found

    def committed(self, job: str, night: date) -> Run | None:
        """The run that stands for the job and night: none if a later one was started and did not end."""
        with self._turn:
            return self._committed.get((job, night))

    def nights(self, job: str) -> list[date]:
        """The business dates for which the job stands, ascending."""
        with self._turn:
            return sorted(night for name, night in self._committed if name == job)

    def tables_of(self, run_id: str) -> list[dict[str, Any]]:
        """The rows of `run_table` of one run."""
        return [row for row in self._rows("run_table") if row["run_id"] == run_id]

    def _run_row(
        self, run_id: str, job: str, night: date, state: str, run_print: str, detail: Mapping[str, Any]
    ) -> None:
        text = json.dumps(detail, sort_keys=True, ensure_ascii=False, default=str)
        with self._turn:
            self._append("run", _RUN, [(run_id, job, night, state, run_print, _wall_clock(), text)])
            self.__dict__.pop("_committed", None)

    def _table_rows(self, rows: Sequence[tuple[Any, ...]]) -> None:
        if rows:
            now = _wall_clock()
            with self._turn:  # a table is made by its first row: two writers would both make it
                self._append("run_table", _RUN_TABLE, [(*row, now) for row in rows])

    def _append(self, table: str, names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
        import pyarrow as pa
        from deltalake import write_deltalake

        columns = [pa.array([row[i] for row in rows], type=_arrow_type(name)) for i, name in enumerate(names)]
        write_deltalake(str(self.root / table), pa.table(columns, names=list(names)), mode="append")

    def _rows(self, table: str) -> list[dict[str, Any]]:
        path = self.root / table
        if not (path / "_delta_log").is_dir():
            return []
        return query_rows(path, table, f"SELECT * FROM {table}")


def _wall_clock() -> datetime:
    """When a ledger row was written: for people and for order; no result depends on it."""
    return datetime.now(UTC)  # noqa: TID251 (the ledger alone may ask the clock)


def _arrow_type(name: str) -> Any:
    import pyarrow as pa

    kinds = {
        "business_date": pa.date32(),
        "at": pa.timestamp("us", tz="UTC"),
        "version": pa.int64(),
        "rows": pa.int64(),
    }
    return kinds.get(name, pa.string())
