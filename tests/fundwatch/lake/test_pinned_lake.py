"""A pinned lake is the lake as it was: what a night writes meanwhile is not seen."""

from __future__ import annotations

from pathlib import Path

from fundwatch.lake.store import Lake
from tests.lakes import ANNA, SECOND, line, make_lake, put

_COUNT = "SELECT count(*) AS n FROM claim_line_entry"


def test_rows_that_come_later_and_tables_that_are_made_later_are_not_there(tmp_path: Path) -> None:
    lake = Lake(make_lake(tmp_path).lake_address)
    pinned = lake.pinned()
    before = pinned.rows("claim_line_entry", _COUNT)
    put(lake, "claim_line_entry", [line("L7", ANNA, "7.00", business_date=SECOND)])
    put(lake, "tip", [{"known_from": SECOND}])
    assert pinned.rows("claim_line_entry", _COUNT) == before == [{"n": 4}]
    assert lake.rows("claim_line_entry", _COUNT) == [{"n": 5}]
    assert pinned.version("claim_line_entry") == lake.version("claim_line_entry") - 1
    assert (lake.exists("tip"), pinned.exists("tip")) == (True, False)
