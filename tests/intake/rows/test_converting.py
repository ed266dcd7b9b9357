"""Golden rows of units, defaults, formats and lookups: small, exact, no row lost or doubled."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from fundwatch.errors import MappingError
from intake.rows.canonical import CODES, columns_of, supplied_columns, to_canonical
from intake.rows.joining import LOOKUP_PROBLEM, with_lookups
from intake.rows.privacy import PrivacyFunctions
from intake.rows.reading import FILE_NAME, LINE_NUMBER, UNREADABLE
from intake.rows.values import converted, trimmed
from intake.source.checks import TableChecks
from intake.source.columns import Value
from intake.source.load import parse_mapping
from privacy.vault.columns import REPORTED_TYPE
from tests.intake.source.test_mapping import LINES

NIGHT = date(2026, 3, 31)
MONEY, WHOLE, SHARE = "decimal(16,2)", "int", "decimal(16,6)"


def _cast(value, kind: str):
    """As every mapped column is cast: whole numbers by way of decimals."""
    return (value.try_cast("decimal(20,4)") if kind == WHOLE else value).try_cast(kind)


def test_each_text_becomes_the_exact_value_its_unit_default_and_format_say(spark):
    golden: list[tuple[Value, str, str | None, Any]] = [
        (Value(of="x", unit="fen"), MONEY, "12345", Decimal("123.45")),
        (Value(of="x", unit="fen"), MONEY, "-1", Decimal("-0.01")),
        (Value(of="x", unit="fen"), MONEY, "9999999999999999", Decimal("99999999999999.99")),
        (Value(of="x", unit="fen"), MONEY, "0.4999999999999999999", Decimal("0.00")),  # rounded once
        (Value(of="x", unit="fen"), MONEY, "12e", None),
        (Value(of="x", unit="ten_thousand"), MONEY, "1.5", Decimal("15000.00")),
        (Value(of="x", unit="percent"), SHARE, "12.5", Decimal("0.125000")),
        (Value(of="x", unit="percent", trim="%"), SHARE, "12.5 %", Decimal("0.125000")),
        (Value(of="x", unit="thousand"), WHOLE, "2", 2000),
        (Value(of="x", trim="¥"), MONEY, "¥ 30", Decimal("30.00")),
        (Value(of="x", default="1"), WHOLE, None, 1),
        (Value(of="x", default="1"), WHOLE, "abc", None),  # malformed is reported, not defaulted
        (Value(of="x", unit="fen", default="0"), MONEY, None, Decimal("0.00")),
        (Value(of="x", trim="'", default="5"), WHOLE, "''", 5),
        (Value(of="x", format=("yyyyMMdd",)), "date", "20260331", date(2026, 3, 31)),
        (Value(of="x", format=("yyyyMMdd",)), "date", "20260230", None),
        (Value(of="x", format=("yyyyMMdd",)), "date", "2026-03-31", None),
        (Value(of="x", format=("yyyyMMdd", "iso")), "date", "2026-03-31", date(2026, 3, 31)),
        (Value(of="x", format=("yyyy/M/d H:mm",)), "timestamp", "2026/3/31 14:05", datetime(2026, 3, 31, 14, 5)),
        (Value(of="x", format=("yyyy年M月d日",)), "date", "2026年3月1日", date(2026, 3, 1)),
        *(
            (Value(of="x", format=("d-MMM-yyyy", "d MMMM yyyy")), "date", text, expected)
            for text, expected in {
                "19-Mar-2017": date(2017, 3, 19),
                "09-SEP-2017": date(2017, 9, 9),
                "1-may-2017": date(2017, 5, 1),
                "19 march 2017": date(2017, 3, 19),
                "30-Feb-2017": None,
                "19-Mär-2017": None,
                "19-March-2017": None,
                "19-03-2017": None,
            }.items()
        ),
        (Value(of="x", format=("d-MMM-yy H:mm",)), "timestamp", "19-MAR-17 7:05", datetime(2017, 3, 19, 7, 5)),
        (Value(of="x", format=("yyyyMMdd",), default="1900-01-01"), "date", None, date(1900, 1, 1)),
        (Value(of="x", format=("yyyyMMdd",), default="1900-01-01"), "date", "soon", None),
    ]
    texts = spark.createDataFrame([{str(n): row[2] for n, row in enumerate(golden)}], ", ".join(
        f"`{n}` string" for n in range(len(golden))
    ))  # fmt: skip
    made = [
        _cast(converted(value, kind, trimmed(value.model_copy(update={"of": f"`{n}`"})), "UTC"), kind).alias(str(n))
        for n, (value, kind, _, _) in enumerate(golden)
    ]
    row = texts.select(*made).first()
    found = [row[str(n)] for n in range(len(golden))]
    assert found == [expected for *_, expected in golden]


def _strings(spark, name: str, columns: str, rows: list[tuple[Any, ...]]):
    strings = spark.createDataFrame(rows, ", ".join(f"{c} string" for c in columns.split()))
    numbers = F.row_number().over(Window.orderBy(F.monotonically_increasing_id())) + 1
    return strings.select(
        F.lit(name).alias(FILE_NAME), numbers.cast("bigint").alias(LINE_NUMBER), F.lit(False).alias(UNREADABLE), "*"
    )


CLEAR = PrivacyFunctions(
    token=lambda _domain: lambda c: c,
    scrubbed=lambda text, _names: text,
    sealed=lambda _domain, _of, _fields: F.lit(None).cast(REPORTED_TYPE),
)
HEADS = [
    ("C1", "P1", "20260301"),
    ("C2", "P2", "20260302"),
    ("C2", "P3", "20260302"),
    ("C3", "P4", None),
    ("C3", "P4", None),
]
DETAILS = [
    ("C1", "1", "1250", None), ("C1", "2", "x", "2"), ("C2", "1", "1", None), ("C3", "1", "1", None),
    ("C9", "1", "1", None), (None, "1", "1", None),
]  # fmt: skip


@pytest.fixture
def mapping(tmp_path: Path):
    file = tmp_path / "two_files.yaml"
    file.write_text(LINES, encoding="utf-8")
    return parse_mapping(file)


def test_a_detail_takes_its_headers_columns_and_none_is_lost_or_doubled(spark, mapping):
    headers = {
        "heads": frozenset({"claim_id", "person", "day"}),
        "details": frozenset({"claim_id", "number", "fen", "count"}),
    }
    rows = mapping.tables["claim_line"].rows[0]
    columns = columns_of(mapping, rows, headers)
    assert columns.to_read(rows) == ("claim_id", "count", "fen", "number")
    details = _strings(spark, "details.csv", "claim_id number fen count", DETAILS)
    heads = _strings(spark, "heads.csv", "claim_id person day", HEADS)
    joined = with_lookups(details, mapping, rows, headers, lambda _kind, _columns: [heads])
    made = to_canonical(joined, "claim_line", rows, TableChecks(), CLEAR, columns, NIGHT)
    found = {
        row[LINE_NUMBER]: (
            row.patient_id,
            row.charged_at and row.charged_at.date(),
            row.quantity,
            row.amount,
            row[CODES],
        )
        for row in made.collect()
    }
    assert found == {
        2: ("P1", date(2026, 3, 1), 1, Decimal("12.50"), ""),
        3: ("P1", date(2026, 3, 1), 2, None, "MALFORMED:amount"),
        4: (None, None, 1, Decimal("0.01"), "LOOKUP_TWICE"),
        5: ("P4", None, 1, Decimal("0.01"), ""),  # two header rows that say the same are one
        6: (None, None, 1, Decimal("0.01"), "LOOKUP_MISSING"),
        7: (None, None, 1, Decimal("0.01"), "LOOKUP_MISSING"),
    }


CHAIN = """
source: chained
delivery: {folder: "."}
files:
  costs: {name: costs.csv, columns: [cost, procedure, fee]}
  procedures: {name: procedures.csv, columns: [procedure, visit]}
  visits: {name: visits.csv, columns: [visit, person], identifying: [person]}
tables:
  claim_line:
    rows:
      - from: costs
        lookup:
          - {from: visits, on: [visit], columns: [person]}
          - {from: procedures, on: [procedure], columns: [visit]}
        columns: {line_id: cost, encounter_id: visit, patient_id: {token: person, of: person}, amount: fee}
"""


def test_what_a_lookup_is_found_by_may_be_lent_by_another_in_whichever_order(spark, tmp_path):
    file = tmp_path / "chained.yaml"
    file.write_text(CHAIN, encoding="utf-8")
    mapping = parse_mapping(file)
    headers = {kind: frozenset(declared.names()) for kind, declared in mapping.files.items()}
    rows = mapping.tables["claim_line"].rows[0]
    columns = columns_of(mapping, rows, headers)
    assert columns.to_read(rows) == ("cost", "fee", "procedure")
    costs = _strings(spark, "costs.csv", "cost procedure fee", [("1", "A", "5"), ("2", "B", "6"), ("3", "Z", "7")])
    there = {
        "procedures": _strings(spark, "procedures.csv", "procedure visit", [("A", "V1"), ("B", "V9")]),
        "visits": _strings(spark, "visits.csv", "visit person", [("V1", "P1")]),
    }
    joined = with_lookups(costs, mapping, rows, headers, lambda kind, _columns: [there[kind]])
    made = to_canonical(joined, "claim_line", rows, TableChecks(), CLEAR, columns, NIGHT)
    found = {row.line_id: (row.encounter_id, row.patient_id, row[CODES]) for row in made.collect()}
    assert found == {
        "1": ("V1", "P1", ""),
        "2": ("V9", None, "LOOKUP_MISSING"),
        "3": (None, None, "LOOKUP_MISSING"),
    }


SUMMED = """
source: summed
delivery: {folder: "."}
files:
  bills: {name: bills.csv, columns: [bill, day]}
  payments: {name: payments.csv, columns: [bill, kind, part]}
tables:
  claim_line:
    rows:
      - from: bills
        lookup:
          - {from: payments, on: [bill], sums: {all_of: part}}
          - {from: payments, on: [bill], where: "kind = 'FUND'", sums: {fund: part}, none: 0}
        columns: {line_id: bill, amount: all_of, covered_amount: fund}
"""


def test_a_file_whose_rows_are_added_up_is_read_once_for_each_sum_and_its_broken_lines_are_anybodys(spark, tmp_path):
    file = tmp_path / "summed.yaml"
    file.write_text(SUMMED, encoding="utf-8")
    mapping = parse_mapping(file)
    rows = mapping.tables["claim_line"].rows[0]
    headers = {kind: frozenset(declared.names()) for kind, declared in mapping.files.items()}
    bills = _strings(spark, "bills.csv", "bill day", [("A", "1"), ("B", "1"), ("C", "1")])
    kept: list[DataFrame] = []

    def keep(sums: DataFrame) -> DataFrame:
        kept.append(sums)
        return sums.localCheckpoint(eager=False)

    def joined(name: str, text: str) -> DataFrame:
        (tmp_path / name).write_text("bill,kind,part\nA,FUND,1.50\nA,CASH,2\nB,CASH,3\n" + text, encoding="utf-8")
        how = {
            "header": "true",
            "mode": "PERMISSIVE",
            "columnNameOfCorruptRecord": UNREADABLE,
            "columnPruning": "false",
        }
        read = spark.read.options(**how).schema(f"bill string, kind string, part string, {UNREADABLE} string")
        there = read.csv(str(tmp_path / name)).withColumn(UNREADABLE, F.col(UNREADABLE).isNotNull())
        return with_lookups(bills, mapping, rows, headers, lambda _kind, _columns: [there], keep=keep)

    whole, broken = joined("whole.csv", ""), joined("broken.csv", "B\n")
    plans = [str(one._jdf.queryExecution().executedPlan().toString()) for one in (*kept, whole, broken)]
    assert [plan.count("FileScan csv") for plan in plans] == [1, 1, 1, 1, 0, 0]
    both = whole.withColumn("file", F.lit("whole")).unionByName(broken.withColumn("file", F.lit("broken")))
    assert {(r.file, r.bill): (r.all_of, r.fund, r[LOOKUP_PROBLEM]) for r in both.collect()} == {
        ("whole", "A"): ("3.500000", "1.500000", None),
        ("whole", "B"): ("3.000000", "0", None),
        ("whole", "C"): (None, "0", "LOOKUP_MISSING"),
        ("broken", "A"): (None, None, None),
        ("broken", "B"): (None, None, None),
        ("broken", "C"): (None, None, "LOOKUP_MISSING"),
    }


def test_without_the_file_between_what_lies_behind_it_is_unknown_and_a_circle_is_refused(tmp_path):
    file = tmp_path / "chained.yaml"
    file.write_text(CHAIN, encoding="utf-8")
    mapping = parse_mapping(file)
    headers = {kind: frozenset(declared.names()) for kind, declared in mapping.files.items()}
    assert {*supplied_columns(mapping, headers)["claim_line"]} >= {"encounter_id", "patient_id"}
    without = {kind: names for kind, names in headers.items() if kind != "procedures"}
    assert not {*supplied_columns(mapping, without)["claim_line"]} & {"encounter_id", "patient_id"}
    circle = CHAIN.replace("on: [procedure], columns: [visit]", "on: {person: procedure}, columns: [visit]")
    file.write_text(circle, encoding="utf-8")
    with pytest.raises(MappingError, match=r"lookup: a circle: .* \(visits by visit; procedures by person\)"):
        parse_mapping(file)


def test_without_the_other_file_what_it_lends_is_unknown(mapping):
    own = {"details": frozenset({"claim_id", "number", "fen", "count"})}
    assert "patient_id" not in supplied_columns(mapping, own)["claim_line"]
    both = own | {"heads": frozenset({"claim_id", "person"})}
    lines = supplied_columns(mapping, both)["claim_line"]
    assert "patient_id" in lines
    assert "charged_at" not in lines


def test_what_is_grouped_from_an_unknown_column_is_unknown_too(tmp_path):
    file = tmp_path / "two_files.yaml"
    derived = (
        "  institution: {grouped: [{from: claim_line, by: {institution_id: institution_id}, columns: {}}]}\n"
        "  encounter:\n    grouped:\n      - from: claim_line\n        by: {encounter_id: line_id}\n"
        '        columns: {patient_id: "min(patient_id)", started_at: "min(charged_at)"}\n'
    )
    file.write_text(LINES + derived, encoding="utf-8")
    headers = {"heads": frozenset({"claim_id", "person"}), "details": frozenset({"claim_id", "number", "fen"})}
    supplied = supplied_columns(parse_mapping(file), headers)
    assert set(supplied["encounter"]) == {"encounter_id", "patient_id"}
    assert "institution" not in supplied
