"""Indicators of every kind and entity counted by DuckDB on a lake's own files, and compared with what the lake holds.

    .venv/bin/python -m benchmarks.indicators_in_duckdb VAR NIGHT

The SQL is benchmarks/indicators.sql, written by hand from the descriptions, so that it is a second opinion. Prints a
line of JSON: seconds, and by indicator how many entities have a value, and how many another one in the lake.
"""

from __future__ import annotations

import json
import re
import sys
import time
from datetime import date
from math import isclose
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from fundwatch.contracts import TABLES
from fundwatch.contracts.versions import known_on
from fundwatch.lake.store import Lake
from fundwatch.settings import Settings

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_TABLES = (
    "claim_line", "encounter", "settlement", "patient", "institution", "item", "trace_scan", "stock_movement",
    "case_group", "chronic_registration",
)  # fmt: skip
# public holidays by the State Council's notices for 2025 and 2026: month and day, first and last
_HOLIDAYS = {
    2025: ["0101-0101", "0128-0204", "0404-0406", "0501-0505", "0531-0602", "1001-1008"],
    2026: ["0101-0103", "0215-0223", "0404-0406", "0501-0505", "0619-0621", "0925-0927", "1001-1007"],
}


class SqlBlock(NamedTuple):
    """One heading of the file, and the SQL below it: ids and values."""

    entity: str
    indicator: str
    days: int
    sql: str

    @property
    def column(self) -> str:
        return f"{self.entity}_{self.indicator}_{self.days}d"


def counted_again() -> list[SqlBlock]:
    """All that the file counts."""
    text = (Path(__file__).parent / "indicators.sql").read_text(encoding="utf-8")
    found = re.findall(r"^-- (\w+) (\w+) (\d+): [^\n]+\n(.+?);$", text, re.MULTILINE | re.DOTALL)
    return [SqlBlock(entity, indicator, int(days), sql) for entity, indicator, days, sql in found]


def prepare(database: DuckDBPyConnection, night: date) -> None:
    """The as-of date, the holidays and the windows that the file's SQL names."""
    database.execute(f"CREATE TABLE night AS SELECT DATE '{night}' AS day")
    spans = [
        f"DATE '{year}-{span[:2]}-{span[2:4]}', DATE '{year}-{span[5:7]}-{span[7:]}'"
        for year, of_year in _HOLIDAYS.items()
        for span in of_year
    ]
    days = (f"SELECT unnest(generate_series({span}, INTERVAL 1 DAY))::DATE AS day" for span in spans)
    database.execute(f"CREATE TABLE holiday AS {' UNION ALL '.join(days)}")
    earlier = f"CAST(t AS DATE) BETWEEN DATE '{night}' - back - (days - 1) AND DATE '{night}' - back"
    database.execute(f"CREATE MACRO in_earlier(t, days, back) AS {earlier}")
    database.execute("CREATE MACRO in_window(t, days) AS in_earlier(t, days, 0)")


def main(var: str, night: date) -> None:
    """Count, compare, print."""
    import duckdb

    lake = Lake(Settings(var=Path(var)).lake_address)
    database = duckdb.connect()
    prepare(database, night)
    for table in _TABLES:
        _view(database, lake, table, night)
    values, begun = {}, time.monotonic()
    for one in counted_again():
        values[one] = {key: float(value) for key, value in database.sql(one.sql).fetchall() if value is not None}
    seconds = time.monotonic() - begun
    compared = {one.column: _compared(lake, one, counted, night) for one, counted in values.items()}
    print(json.dumps({"seconds": round(seconds, 2), "indicators": compared}))


def _view(database: DuckDBPyConnection, lake: Lake, table: str, night: date) -> None:
    """The rows as known on the night; none where the lake has no such table."""
    if lake.exists(table):
        # the lake's own reader looks at deletion vectors, which others leave out
        rows = lake.query(f"SELECT * FROM {table} WHERE {known_on(night)}", table)  # noqa: F841 DuckDB reads it by name
        database.execute(f"CREATE TABLE {table} AS SELECT * FROM rows")
    else:
        columns = ", ".join(f"{column.name} {_KINDS.get(column.type, column.type)}" for column in TABLES[table].columns)
        database.execute(f"CREATE TABLE {table} ({columns})")


_KINDS = {"string": "VARCHAR", "int": "INTEGER"}


def _compared(lake: Lake, one: SqlBlock, counted: dict[str, float], night: date) -> dict[str, int | str]:
    """How many entities have a value, and how many another one in the lake."""
    table = f"indicator_{one.entity}"
    if not lake.exists(table) or one.column not in lake.columns(table):
        return {"counted": len(counted), "not_run": "the lake does not hold it"}
    query = f"SELECT {one.entity}_id AS id, {one.column} AS value FROM {table} WHERE business_date = DATE '{night}'"
    own = {row["id"]: row["value"] for row in lake.rows(table, query) if row["value"] is not None}
    other = [key for key in own.keys() | counted.keys() if not _is_same(own.get(key), counted.get(key))]
    return {"counted": len(counted), "other": len(other)}


def _is_same(one: float | None, other: float | None) -> bool:
    return one is not None and other is not None and isclose(one, other, rel_tol=1e-6, abs_tol=1e-9)


if __name__ == "__main__":
    main(sys.argv[1], date.fromisoformat(sys.argv[2]))
