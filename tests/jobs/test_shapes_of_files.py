"""Files of other shapes than a table each, through real nights of a source of its own to a lake that balances."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from fundwatch.resources import conf_file
from fundwatch.settings import Settings
from jobs.declared_stages import INTAKE
from jobs.operate.check_lake import check_lake
from jobs.operate.handle_quarantine import Chosen, Ruling, groups_of, resubmit
from jobs.protect.manage_keys import make_missing_keys
from jobs.stages import run_stage
from jobs.workplace import Workplace
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
    optional: [op]
  monthly:
    name: monthly.csv
    required: false
    columns: [visit, person, care_jan, care_feb, care_mar, days_jan, days_feb, days_mar]
  bills:
    name: bills.csv
    required: false
    columns: [bill, visit, person, day, total]
  payments:                      # lends sums, and feeds no table
    name: payments.csv
    required: false
    columns: [bill, kind, part]
  operations:
    name: operations.csv
    required: false
    columns: [visit, code, name, day, begun]
  diagnoses:
    name: diagnoses.csv
    required: false
    columns: [visit, code_1, name_1, code_2, name_2]
tables:
  settlement:
    rows:
      - from: bills
        lookup:
          - {from: payments, on: [bill], where: "kind = 'FUND'", sums: {fund: part}}
          - {from: payments, on: [bill], where: "kind = 'CASH'", sums: {cash: part}, none: 0}
        columns:
          settlement_id: bill
          encounter_id: visit
          patient_id: {token: person, of: person}
          institution_id: {constant: H1}
          settled_at: {of: day, format: yyyyMMdd}
          total_amount: total
          fund_amount: fund
          cash_amount: {of: cash, unit: fen}
  procedure:
    rows:
      - from: operations
        columns:
          encounter_id: visit
          procedure_code: code
          procedure_name: name
          performed_on: day
          started_at: begun
  diagnosis:
    rows:
      - from: diagnoses
        unpivot:
          label: place
          rows: {1: {code: code_1, name: name_1}, 2: {code: code_2, name: name_2}}
        columns:
          encounter_id: visit
          diagnosis_code: code
          diagnosis_name: name
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
    later_replaces: {}
    rows:
      - from: lines
        action: {of: op, put: [I, U], remove: [D]}
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


FILES: dict[date, dict[str, Any]] = {
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
        "bills.csv": "bill,visit,person,day,total\n"
        "B1,V01,P001,20260305,100.00\nB2,V02,P002,20260306,50.00\nB3,V02,P002,20260307,9.00\nB4,V02,P002,20260308,1.00\n",
        "payments.csv": "bill,kind,part\n"
        "B1,FUND,40.10\nB1,FUND,19.90\nB1,CASH,4000\nB2,FUND,30.00\nB2,FUND,-\nB3,FUND,8.00\nB3,FUND,x\nB5,FUND,5\n",
        "operations.csv": "visit,code,name,day,begun\n"
        "V02,A,left,2026-03-04,2026-03-04 09:00\nV02,A,right,2026-03-04,2026-03-04 15:00\n"
        "V02,A,no day,,\nV02,A,no day,,\nV02,B,once,,\nV02,B,another,,\nV01,C,day to come,,\nV01,D,no day,,\n",
        "diagnoses.csv": "visit,code_1,name_1,code_2,name_2\nV01,I10.x00,high,I10.x00,high\nV02,A00.100x001,,E11,two\n",
    },
    SECOND: {
        # the payments of the night before lie there again, as a whole: they lend all the same
        "payments.csv": "bill,kind,part\n"
        "B1,FUND,40.10\nB1,FUND,19.90\nB1,CASH,4000\nB2,FUND,30.00\nB2,FUND,-\nB3,FUND,8.00\nB3,FUND,x\nB5,FUND,5\n",
        "bills.csv": "bill,visit,person,day,total\nB5,V02,P002,20260309,5.00\nB1,V01,P001,20260305,100.00\n",
        "lines.ndjson": [
            {"id": "L1", "op": "D"},
            {**line("L2", 8, "V02", "P002"), "op": "U"},
            {**line("L3", 3), "op": "I"},
            {**line("L4", 4), "op": "X"},
            {"id": "L9", "op": "D"},
            {"id": None, "op": "D"},
        ],
        "operations.csv": "visit,code,name,day,begun\n"
        "V02,A,no day known,,\nV02,A,right,2026-03-04,2026-03-04 15:00\nV02,A,right,2026-03-04,2026-03-04 18:00\n"
        "V01,C,day known,2026-03-05,\n",
    },
}  # fmt: skip


def delivered(root: Path, night: date, files: dict[str, Any]) -> None:
    folder = root / "landing" / night.isoformat()
    folder.mkdir(parents=True)
    for name, content in files.items():
        text = content if isinstance(content, str) else "".join(f"{json.dumps(one)}\n" for one in content)
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
        ("visits.txt", 3): ["UNREADABLE"],
        ("bills.csv", 4): ["MALFORMED:fund_amount"],
        ("bills.csv", 5): ["LOOKUP_MISSING"],
        ("operations.csv", 6): ["CONFLICT"],
        ("operations.csv", 7): ["CONFLICT"],
    }
    groups = {(g["file_name"], g["code"]): g["share"] for g in groups_of(place.settings, FIRST).groups}
    assert groups["monthly.csv [2026-02]", "MALFORMED:amount"] == 0.2
    assert check_lake(place.settings).problem is None


@pytest.fixture(scope="module")
def second(place: Workplace, first: Report) -> Report:
    """A night that corrects the first: one quarantined row of a line is taken in with a value of its own."""
    chosen, ruling = Chosen(FIRST, "monthly.csv [2026-02]", (3,)), Ruling("李工", "the ward confirmed it", SECOND)
    resubmit(place.settings, chosen, ruling, ["amount=16.00"])
    delivered(place.settings.var, SECOND, FILES[SECOND])
    return run_stage(INTAKE, place, SECOND)


def test_a_row_of_a_line_comes_back_out_of_the_quarantine_alone(place, second):
    assert amounts(place, SECOND)["V02-2026-02"] == "16.00"
    name = f"quarantine {FIRST} monthly.csv [2026-02]"
    assert totals(place, SECOND)[name, "claim_line"] == (None, 1, 1, 0, 0, "16.00")


def test_a_sum_of_another_files_rows_is_unknown_where_a_part_is_and_needs_no_table_of_its_own(place, second):
    rows = known_in(place.lake, "settlement", SECOND)
    found = {row["settlement_id"]: (str(row["fund_amount"]), str(row["cash_amount"])) for row in rows}
    # the payments of the second night are those of the first, unchanged: they lend all the same
    assert found == {"B1": ("60.00", "40.00"), "B2": ("None", "0.00"), "B5": ("5.00", "0.00")}
    assert ("payments.csv", "settlement") not in totals(place, FIRST)
    assert totals(place, SECOND)["bills.csv", "settlement"] == (None, 2, 1, 0, 1, "105.00")


def test_an_operation_done_twice_in_a_stay_is_two_and_one_without_a_day_until_its_day_is_known(place, second):
    def known(night: date) -> list[tuple[str, str, str]]:
        rows = known_in(place.lake, "procedure", night)
        return sorted((r["procedure_code"], r["procedure_name"], str(r["started_at"] or "")[11:16]) for r in rows)

    first = [("A", "left", "09:00"), ("A", "right", "15:00"), ("C", "day to come", ""), ("D", "no day", "")]
    assert known(FIRST) == first
    assert known(SECOND) == [*first[:2], ("A", "right", "18:00"), ("C", "day known", ""), first[3]]
    assert totals(place, FIRST)["operations.csv", "procedure"] == (None, 8, 5, 2, 1, None)
    assert totals(place, SECOND)["operations.csv", "procedure"] == (None, 4, 3, 0, 1, None)


def test_the_same_said_at_two_places_of_a_line_is_a_duplicate(place, first):
    codes = {(r["encounter_id"], r["diagnosis_code"]) for r in known_in(place.lake, "diagnosis", FIRST)}
    assert codes == {("V01", "I10.x00"), ("V02", "A00.100x001"), ("V02", "E11")}
    assert totals(place, FIRST)["diagnoses.csv", "diagnosis"] == (2, 4, 3, 0, 1, None)


def test_a_row_may_remove_what_stands_under_its_key_and_the_lake_accounts_for_it(place, second):
    known = amounts(place, SECOND)
    assert {name: known.get(name) for name in ("L1", "L2", "L3", "L4")} == {
        "L1": None, "L2": "8.00", "L3": "3.00", "L4": None,
    }  # fmt: skip
    assert amounts(place, FIRST)["L1"] == "12.50"
    assert totals(place, SECOND)["lines.ndjson", "claim_line"] == (None, 6, 4, 2, 0, "15.00")
    codes = rows_in(place.lake, "quarantine", f"file_name = 'lines.ndjson' AND business_date = DATE '{SECOND}'")
    assert sorted((row["line_number"], row["error_codes"]) for row in codes) == [
        (4, ["UNKNOWN_CODE:op"]), (6, ["MISSING:line_id"]),
    ]  # fmt: skip
    checked = check_lake(place.settings)
    assert checked.problem is None
    [account] = [f for f in checked.findings if f.subject == str(SECOND) and "in claim_line +" in f.check]
    assert "2 (19.75) replaced + 2 (0.00) removed + 2 (4.00) quarantined or duplicates" in account.figures
