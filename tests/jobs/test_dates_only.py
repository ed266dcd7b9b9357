"""Of which times a night's source knows the day alone: as the intake wrote it down, or nothing where it did not."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from fundwatch.settings import load_settings
from jobs.job import Night
from jobs.scan_rules import JOB
from jobs.workplace import Workplace

NIGHT = date(2026, 3, 31)
SAID = [("claim_line", "charged_at", False), ("encounter", "started_at", True), ("claim_line", "amount", None)]


def _night(folder: Path, columns: list[str]) -> Night:
    """A night over a lake whose only table is `supplied_column` with these columns."""
    place = Workplace(load_settings({"var": folder}, environment={}).settings)
    rows = [dict(zip(("table_name", "column_name", "has_time"), said, strict=True)) for said in SAID]
    given = [{"business_date": NIGHT, "source": "s", **row} for row in rows]
    schema = pa.schema([(name, _KINDS.get(name, pa.string())) for name in columns])
    content = pa.Table.from_pylist([{name: row[name] for name in columns} for row in given], schema)
    write_deltalake(str(place.lake.table_address("supplied_column")), content)
    return Night(JOB, place, NIGHT, "run", own_fingerprint="x")


_KINDS = {"business_date": pa.date32(), "has_time": pa.bool_()}
_COLUMNS = ["business_date", "source", "table_name", "column_name"]


@pytest.mark.parametrize(("more", "wanted"), [(["has_time"], {"claim_line.charged_at"}), ([], set())])
def test_only_what_is_said_to_be_no_time_is_a_day_and_a_lake_that_does_not_say_has_times(
    tmp_path: Path, more: list[str], wanted: set[str]
) -> None:
    night = _night(tmp_path, _COLUMNS + more)
    assert night.dates_only() == wanted
    assert night.supplied() == {
        "claim_line": frozenset({"charged_at", "amount"}),
        "encounter": frozenset({"started_at"}),
    }
