"""The run ledger: what ran for which night, on what, and which table versions it made. Written without Spark.

A run that is `started` and never `committed` was killed, and is to be run again. A run's fingerprint names all
that determines its result; a committed run with the same fingerprint need not run again.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from threading import RLock
from typing import Any

from fundwatch.lake.journal import Journal
from fundwatch.lake.store import Written
from fundwatch.places import LakeAddress

_HEAD = {"run_id": "string", "job": "string", "business_date": "date"}
_RUN = {**_HEAD, "state": "string", "fingerprint": "string", "detail": "string"}
_RUN_TABLE = {**_HEAD, "table_name": "string", "state": "string", "version": "bigint", "rows": "bigint"}


@dataclass(frozen=True)
class Run:
    """A committed run: its fingerprint and what it reported."""

    run_id: str
    job: str
    business_date: date
    fingerprint: str
    detail: Mapping[str, Any]


@dataclass
class Ledger:
    """Two journals in the lake: `run` and `run_table`. Threads of one process take turns."""

    lake: LakeAddress
    _turn: RLock = field(default_factory=RLock, repr=False, compare=False)

    def start(self, job: str, night: date, run_fingerprint: str) -> str:
        """Note the intent to run; the run's id."""
        run_id = uuid.uuid4().hex
        self._run_row(run_id, job, night, "started", run_fingerprint, {})
        return run_id

    def commit(self, run_id: str, job: str, night: date, run_fingerprint: str, detail: Mapping[str, Any]) -> None:
        """Note that the run is complete: every table it writes is committed."""
        self._run_row(run_id, job, night, "committed", run_fingerprint, detail)

    def intend(self, run_id: str, job: str, night: date, table: str) -> None:
        """Note that the run is about to write the table."""
        self._table_rows([(run_id, job, night, table, "intent", None, None)])

    def written(self, run_id: str, job: str, night: date, done: Written) -> None:
        """Note the version and the rows that a write made."""
        with self._turn:
            if "_newest" in self.__dict__:
                self._newest[done.table] = max(self._newest.get(done.table, 0), done.version)
        self._table_rows([(run_id, job, night, done.table, "committed", done.version, done.rows)])

    def lost(self, table: str) -> None:
        """Note that the table is lost for good: what was committed to it before is expected no more."""
        with self._turn:
            if "_newest" in self.__dict__:
                self._newest.pop(table, None)
        self._table_rows([("", "", None, table, "lost", None, None)])

    @cached_property
    def _newest(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for row in self._run_table.rows():
            name = row["table_name"]
            if row["state"] == "lost":
                found.pop(name, None)
            elif row["state"] == "committed":
                found[name] = max(found.get(name, 0), row["version"])
        return found

    def newest_versions(self) -> Mapping[str, int]:
        """By table: the newest version that was committed to it since it was last lost."""
        with self._turn:
            return dict(self._newest)

    def read_versions(self, run_id: str, job: str, night: date, versions: Mapping[str, int]) -> None:
        """Note at which versions the run read its tables."""
        self._table_rows([(run_id, job, night, table, "read", v, None) for table, v in sorted(versions.items())])

    @cached_property
    def _committed(self) -> dict[tuple[str, date], Run]:
        found: dict[tuple[str, date], Run] = {}
        for row in self._run.rows():
            night = row["business_date"]
            if row["state"] == "committed":
                found[row["job"], night] = Run(
                    row["run_id"], row["job"], night, row["fingerprint"], json.loads(row["detail"])
                )
            elif row["state"] == "started":
                found.pop((row["job"], night), None)
        return found

    def committed(self, job: str, night: date) -> Run | None:
        """The committed run of the job for the night; None if a later one was started and did not end."""
        with self._turn:
            return self._committed.get((job, night))

    def committed_fingerprints(self) -> dict[tuple[str, date], str]:
        """The fingerprints of all committed runs, by job and night."""
        with self._turn:
            return {key: run.fingerprint for key, run in self._committed.items()}

    def night_before(self, job: str, night: date) -> date | None:
        """The newest night before that one for which the job stands."""
        return max((earlier for earlier in self.nights(job) if earlier < night), default=None)

    def nights(self, job: str) -> list[date]:
        """The business dates for which the job is committed, ascending."""
        with self._turn:
            return sorted(night for name, night in self._committed if name == job)

    def tables_of(self, run_id: str) -> list[dict[str, Any]]:
        """The rows of `run_table` of one run."""
        return [row for row in self._run_table.rows() if row["run_id"] == run_id]

    def gave_up(self, run_id: str) -> bool:
        """Whether a table that the run wrote was noted as lost for good since: then its result is incomplete."""
        made: set[str] = set()
        for row in self.table_rows():
            if row["run_id"] == run_id and row["state"] == "committed":
                made.add(row["table_name"])
            elif row["state"] == "lost" and row["table_name"] in made:
                return True
        return False

    def table_rows(self) -> list[dict[str, Any]]:
        """Every row of `run_table`, the oldest first."""
        return self._run_table.rows()

    def run_rows(self) -> list[dict[str, Any]]:
        """Every row of `run`, the oldest first."""
        return self._run.rows()

    @property
    def _run(self) -> Journal:
        return Journal(self.lake, "run", _RUN)

    @property
    def _run_table(self) -> Journal:
        return Journal(self.lake, "run_table", _RUN_TABLE)

    def _run_row(
        self, run_id: str, job: str, night: date, state: str, run_fingerprint: str, detail: Mapping[str, Any]
    ) -> None:
        text = json.dumps(detail, sort_keys=True, ensure_ascii=False, default=str)
        values = (run_id, job, night, state, run_fingerprint, text)
        with self._turn:
            self._run.append([dict(zip(_RUN, values, strict=True))])
            self.__dict__.pop("_committed", None)

    def _table_rows(self, rows: Sequence[tuple[Any, ...]]) -> None:
        with self._turn:  # a table is made by its first row: two writers would both make it
            self._run_table.append([dict(zip(_RUN_TABLE, row, strict=True)) for row in rows])
