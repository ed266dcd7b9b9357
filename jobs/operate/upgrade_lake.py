"""`fundwatch lake upgrade`: a lake of an earlier version brought to the columns of this one, recorded in its ledger."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from fundwatch import __version__
from fundwatch.contracts import TABLES
from fundwatch.fingerprint import fingerprint
from fundwatch.lake.journal import wall_clock
from fundwatch.lake.ledger import Ledger
from fundwatch.lake.lock import held_as_it_is
from fundwatch.lake.upgrade import old_tables, rename_columns
from fundwatch.logs import step
from fundwatch.places import LakeAddress
from fundwatch.settings import Settings
from leads.publishing.track import outbox, rename_note_keys

_JOB = "upgrade"


@dataclass(frozen=True)
class UpgradedLake:
    """The rows of each table whose columns were renamed; none of a lake that is of this version already."""

    lake: LakeAddress
    tables: Mapping[str, int]

    def as_json(self) -> dict[str, Any]:
        return {"lake": str(self.lake), "tables": dict(self.tables)}


def upgrade_lake(settings: Settings) -> UpgradedLake:
    """Rename the columns that have an earlier version's names, table by table; before, what waits for MLflow.

    A killed upgrade is completed by the next one; a lake of this version stays as it is. Raises FundwatchError without
    a lake, LakeBusyError while another run is at work in it, DamagedFileError for a file that is not what was written.
    """
    with held_as_it_is(settings.lake_address):
        rename_note_keys(outbox(settings.lists_dir))
        return UpgradedLake(settings.lake_address, _upgraded(settings.lake_address))


def _upgraded(lake: LakeAddress) -> dict[str, int]:
    ledger, run_id = Ledger(lake), uuid.uuid4().hex
    tables = old_tables(lake)
    night = max((row["business_date"] for row in ledger.run_rows()), default=None) if tables else None
    rows: dict[str, int] = {}
    for table in tables:
        with step(f"  {table}"):
            rows[table] = _renamed(lake, ledger, run_id, night, table, rows)
    return rows


def _renamed(
    lake: LakeAddress, ledger: Ledger, run_id: str, night: date | None, table: str, rows_of: Mapping[str, int]
) -> int:
    """Rename the table's columns; its rows. The ledger notes versions of tables that contracts declare; its own table,
    the last one, takes the run that upgraded all in the commit that renames its columns."""
    if night is None or table not in TABLES:
        more = _run_rows(run_id, night, rows_of) if table == "run" and night is not None else []
        return rename_columns(lake, table, more).rows - len(more)
    ledger.intend(run_id, _JOB, night, table)
    done = rename_columns(lake, table)
    ledger.written(run_id, _JOB, night, done)
    return done.rows


def _run_rows(run_id: str, night: date, rows_of: Mapping[str, int]) -> list[dict[str, Any]]:
    detail = json.dumps({"tables": dict(rows_of)}, sort_keys=True)
    own = {"run_id": run_id, "job": _JOB, "business_date": night, "fingerprint": fingerprint(_JOB, __version__)}
    rows = [own | {"state": "started", "detail": "{}", "at": wall_clock()}]
    return [*rows, own | {"state": "committed", "detail": detail, "at": wall_clock()}]
