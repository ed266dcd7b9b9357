"""Files of other shapes than a table each, through real nights of a source of its own to a lake that balances."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import TYPE_CHECKING

import pytest

from fundwatch.resources import conf_file
from fundwatch.settings import Settings
from jobs.declared_stages import INTAKE
from jobs.job import Workplace
from jobs.operate.check_lake import check_lake
from jobs.operate.handle_quarantine import groups_of
from jobs.protect.manage_keys import make_missing_keys
from jobs.stages import run_stage
from tests.lake_content import known_in, rows_in

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import SparkSession

    from jobs.job import Report

FIRST, SECOND = date(2026, 3, 24), date(2026, 3, 31)
DEFAULT = conf_file("quality", "default", None)
MAPPING = """
source: shapes
delivery: {folder: "{date}", manifest: measured}
files:
  visits:
    name: visits.txt
    required: false
    fixed_width: {count: characters, columns: {visit: 1-3, person: 4-7, hospital: 8-9, day: 10-17, kind: 18-}}
    columns: [visit, person, hospital, day, kind]
  lines:
    name: lines.ndjson
    required: false
    columns: [[line, id], [visit, visit.id], [person, visit.person], [item, what.code], [fee, what.fee], day]
  monthly:
    name: monthly.csv
    required: false
    columns: [visit, person, care_jan, care_feb, care_mar, days_jan, days_feb, days_mar]
tables:
  encounter:
    rows:
      - from: visits
        columns:
          encounter_id: visit
          patient_id: {token: person, of: person}
          institution_id: hospital
          visit_type: kind
          started_at: {of: day, format: yyyyMMdd}
  claim_line:
    rows:
      - from: lines
        columns:
          line_id: line
          encounter_id: visit
          patient_id: {token: person, of: person}
          institution_id: {constant: H1}
          charged_at: day
          item_code: item
          quantity: {constant: "1"}
          amount: fee
      - from: monthly
        unpivot:
          label: month
          rows:
            "2026-01": {fee: care_jan, days: days_jan}
            "2026-02": {fee: care_feb, days: days_feb}
            "2026-03": {fee: care_mar, days: days_mar}
        columns:
          line_id: {expr: "visit || '-' || month"}
          encounter_id: visit
          patient_id: {token: person, of: person}
          institution_id: {constant: H1}
          charged_at: {expr: "month || '-01'"}
          item_code: {constant: CARE}
          quantity: days
          amount: fee
"""


def line(line_id: str, fee: float, visit: str = "V01", person: str = "P001") -> dict[str, object]:
    """A fee line as an object."""
    of = {"id": visit, "person": person}
    return {"id": line_id, "visit": of, "what": {"code": "X1", "fee": fee}, "day": "2026-03-02"}


FILES = {
    FIRST: {
        # a line of another width is unreadable, and the rest stands
        "visits.txt": "V01P001H12026030211\nV02P002H12026030321\nV0\n",
        "lines.ndjson": [
            line("L1", 12.5),
            line("L2", 7.25, "V02", "P002"),
        ],
        # nothing said: blank, or a text that says nothing
        "monthly.csv": "visit,person,care_jan,care_feb,care_mar,days_jan,days_feb,days_mar\n"
        "V01,P001,30.00,,40.00,3,,4\n"
        "V02,P002,-,x,8.00,,2,1\n"
        "V03,P003,,,无,,,\n",
    },
}  # fmt: skip


def delivered(root: Path, night: date, files: dict[str, object]) -> None:
    folder = root / "landing" / night.isoformat()
    folder.mkdir(parents=True)
    for name, content in files.items():
        text = content if isinstance(content, str) else "".join(f"{json.dumps(one)}\n" for one in content)  # type: ignore[attr-defined]
        (folder / name).write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def place(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    root = tmp_path_factory.mktemp("shapes")
    # of so few rows one faulty line is many
    lenient = re.sub(
        "^quarantine_share: [0-9.]+", "quarantine_share: 1", DEFAULT.read_text("utf-8"), flags=re.MULTILINE
    )
    for name, text in {"sources/shapes.yaml": MAPPING, "quality/lenient.yaml": lenient}.items():
        (root / "conf" / name).parent.mkdir(parents=True)
        (root / "conf" / name).write_text(text, encoding="utf-8")
    place = Workplace(Settings(var=root, conf=root / "conf", source="shapes", quality="lenient"))
    place._spark = spark
    make_missing_keys(place.settings)
    return place


@pytest.fixture(scope="module")
def first(place: Workplace) -> Report:
    delivered(place.settings.var, FIRST, FILES[FIRST])
    return run_stage(INTAKE, place, FIRST)


def totals(place: Workplace, night: date) -> dict[tuple[str, str], tuple[object, ...]]:
    """By file and table: lines of the file, rows delivered, accepted, quarantined, duplicates, money delivered."""
    return {
        (row["file_name"], row["table_name"]): (
            row["file_lines"], row["delivered_lines"], row["accepted_lines"], row["quarantined_lines"],
            row["duplicate_lines"], None if row["delivered_amount"] is None else str(row["delivered_amount"]),
        )
        for row in rows_in(place.lake, "control_total", f"business_date = DATE '{night}'")
    }  # fmt: skip


def amounts(place: Workplace, night: date) -> dict[str, str]:
    return {row["line_id"]: str(row["amount"]) for row in known_in(place.lake, "claim_line", night)}


def test_json_objects_fixed_width_and_columns_side_by_side_are_rows_of_the_clean_tables(place, first):
    assert {row["encounter_id"]: row["visit_type"] for row in known_in(place.lake, "encounter", FIRST)} == {
        "V01": "11", "V02": "21",
    }  # fmt: skip
    assert amounts(place, FIRST) == {
        "L1": "12.50", "L2": "7.25", "V01-2026-01": "30.00", "V01-2026-03": "40.00", "V02-2026-03": "8.00",
    }  # fmt: skip
    assert [str(row["quantity"]) for row in rows_in(place.lake, "claim_line", "line_id = 'V01-2026-03'")] == ["4.0000"]


def test_every_line_is_counted_once_and_one_that_makes_no_row_is_not_gone_in_silence(place, first):
    found = totals(place, FIRST)
    assert found["monthly.csv", "claim_line"] == (3, 5, 3, 2, 0, "78.00")
    assert found["visits.txt", "encounter"] == (None, 3, 2, 1, 0, None)
    rejected = {(r["file_name"], r["line_number"]): r["error_codes"] for r in rows_in(place.lake, "quarantine")}
    assert rejected == {
        ("monthly.csv [2026-02]", 3): ["MALFORMED:amount"],
        ("monthly.csv", 4): ["NO_VALUES"],
        ("visits.txt", 4): ["UNREADABLE"],
    }
    groups = {(g["file_name"], g["code"]): g["share"] for g in groups_of(place.settings, FIRST).groups}
    assert groups["monthly.csv [2026-02]", "MALFORMED:amount"] == 0.2
    assert check_lake(place.settings).problem is None
