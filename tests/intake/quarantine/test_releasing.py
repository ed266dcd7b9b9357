"""Rows out of the quarantine: exactly what was quarantined, corrected where a person corrected it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from pyspark.sql import functions as F

from fundwatch.contracts import TABLES
from fundwatch.lake.decisions import Action, Decision, RowPlace
from intake.quarantine.releasing import released_rows
from intake.rows.canonical import CODES
from intake.rows.reading import FILE_NAME, LINE_NUMBER
from intake.rows.status import repeated_keys, to_quarantine, with_fingerprints, with_status
from intake.source.checks import read_quality
from intake.source.mapping import mapped_columns

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

NIGHT, INTO = date(2026, 3, 24), date(2026, 3, 31)
FILE = "fee_list.csv.gz"
CHECKS = read_quality("default").of("claim_line")
COLUMNS = mapped_columns("claim_line")
LINE: dict[str, Any] = {
    "line_id": "L1", "encounter_id": "E1", "patient_id": "T1", "institution_id": "H1", "item_code": "X",
    "charged_at": datetime(2026, 3, 2, 9, 0, 1), "quantity": Decimal("3.0000"), "unit_price": Decimal("30.123456"),
    "amount": Decimal("99999999999999.99"), "coverage_class": "1", "days_supplied": 7, "note": "甲\"乙'",
}  # fmt: skip


def quarantined(spark: SparkSession, *lines: tuple[int, str, dict[str, Any]], key_id: str = "k1") -> DataFrame:
    """Rows that failed with a code each, put into quarantine the way the intake does it."""
    contract = TABLES["claim_line_entry"]
    schema = ", ".join(f"{c} {contract.spark_type(c)}" for c in COLUMNS)
    schema += f", {FILE_NAME} string, {LINE_NUMBER} bigint, {CODES} string"
    rows = [(*({**LINE, **other}.get(c) for c in COLUMNS), FILE, number, code) for number, code, other in lines]
    delivered = with_fingerprints(spark.createDataFrame(rows, schema), "claim_line")
    judged = with_status(delivered, "claim_line", None, None)
    return to_quarantine(judged, "claim_line", "national", key_id).withColumn("business_date", F.lit(NIGHT))


def decide(number: int, **changes: str) -> Decision:
    action = Action.RESUBMIT if changes else Action.RELEASE
    return Decision(RowPlace(NIGHT, "national", "claim_line", FILE, number), action, INTO, "a", "b", changes)


def taken(rows: DataFrame, *decisions: Decision, key_id: str = "k1") -> list[Any]:
    frame = released_rows(rows, decisions, "claim_line", CHECKS, COLUMNS, INTO, key_id)
    return [] if frame is None else sorted(frame.collect(), key=lambda row: row[LINE_NUMBER])


def test_a_released_row_is_what_was_quarantined_to_the_last_digit(spark):
    rows = quarantined(spark, (5, "AMOUNT_MISMATCH", {}), (6, "AMOUNT_MISMATCH", {"line_id": "L2"}))
    [row] = taken(rows, decide(5))
    assert {c: row[c] for c in COLUMNS if row[c] is not None} == LINE
    assert (row[FILE_NAME], row[LINE_NUMBER], row[CODES]) == ("quarantine 2026-03-24 fee_list.csv.gz", 5, "")


def test_a_resubmitted_row_has_its_corrections_and_is_checked_again(spark):
    rows = quarantined(spark, (5, "AMOUNT_MISMATCH", {}), (6, "AMOUNT_MISMATCH", {"line_id": "L2"}))
    right, wrong = taken(rows, decide(5, amount="90.37"), decide(6, amount="1.00"))
    assert (right["amount"], right[CODES]) == (Decimal("90.37"), "")
    assert wrong[CODES] == "AMOUNT_MISMATCH"


def test_a_required_value_that_nobody_corrected_is_missing(spark):
    rows = quarantined(spark, (5, "MALFORMED:quantity", {"quantity": None}))
    [row] = taken(rows, decide(5, note="x"))
    assert row[CODES] == "MISSING:quantity"


def test_rows_of_another_key_and_rows_that_kept_nothing_are_not_taken_for_good(spark):
    [row] = taken(quarantined(spark, (5, "X", {})), decide(5), key_id="k2")
    assert row[CODES] == "OTHER_KEY"
    [row] = taken(quarantined(spark, (5, "UNREADABLE", {})), decide(5))
    assert row[CODES] == "UNREADABLE"


def test_rows_nobody_decided_on_stay_where_they_are(spark):
    assert taken(quarantined(spark, (5, "X", {}))) == []
    assert taken(quarantined(spark, (5, "X", {})), decide(6)) == []


@pytest.mark.parametrize("other", [{}, {"note": "other"}])
def test_a_released_row_stacks_with_tonights_rows_and_gets_a_status(spark, other):
    rows = quarantined(spark, (5, "AMOUNT_MISMATCH", {}), (6, "AMOUNT_MISMATCH", other))
    frame = released_rows(rows, [decide(5), decide(6)], "claim_line", CHECKS, COLUMNS, INTO, "k1")
    assert frame is not None
    printed = with_fingerprints(frame, "claim_line")
    judged = with_status(printed, "claim_line", repeated_keys(printed, "claim_line"), None)
    statuses = [r["_status"] for r in judged.orderBy(LINE_NUMBER).collect()]
    assert statuses == (["quarantined"] * 2 if other else ["accepted", "duplicate"])
