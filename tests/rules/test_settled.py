"""What lines know of their settlement's twin, of the person's insurance and of the stay's operations."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from rules.frames.columns.settled import operations, with_enrolment, with_twin
from rules.frames.inputs import ScanInputs
from tests.rules.world import YEAR

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, Row, SparkSession

NONE = frozenset[str]()


def _settlements(spark: SparkSession, *rows: tuple[Any, ...]) -> DataFrame:
    schema = (
        "settlement_id string, patient_id string, institution_id string, settlement_kind string, started_on date, "
        "ended_on date, total_amount decimal(16,2), invoice_id string"
    )
    return spark.createDataFrame([*rows], schema)


def _span(first: int, last: int) -> tuple[date, date]:
    return date(2026, 3, first), date(2026, 3, last)


@pytest.fixture(scope="module")
def twins(spark: SparkSession) -> dict[str, Row]:
    settlements = _settlements(
        spark,
        ("paper", "P1", "H1", "1", *_span(2, 8), Decimal(1000), "F1"),
        ("near", "P1", "H1", "2", *_span(2, 8), Decimal(990), None),
        ("of the invoice", "P1", "H2", "2", *_span(8, 9), Decimal(5), "F1"),
        ("of another", "P2", "H1", "2", *_span(2, 8), Decimal(1000), "F1"),
        ("two near", "P3", "H1", "1", *_span(2, 8), Decimal(1000), None),
        ("far", "P3", "H1", "2", *_span(2, 8), Decimal(100), None),
        ("nearer", "P3", "H1", "2", *_span(7, 8), Decimal(800), None),
        ("of no amount", "P3", "H1", "2", *_span(2, 8), None, None),
        ("later", "P4", "H1", "1", *_span(10, 12), Decimal(10), None),
        ("before it", "P4", "H1", "2", *_span(2, 8), Decimal(10), None),
        ("undated", "P5", "H1", "1", None, None, Decimal(10), None),
        ("dated", "P5", "H1", "2", *_span(2, 8), Decimal(10), None),
        ("nobody's", None, "H1", "1", *_span(2, 8), Decimal(10), None),
        ("nobody's other", None, "H1", "2", *_span(2, 8), Decimal(10), None),
    )
    inputs = ScanInputs({"settlement": settlements}, {}, YEAR)
    rows = with_twin(settlements.select("settlement_id"), inputs, NONE).collect()
    assert len(rows) == 14
    return {row.settlement_id: row for row in rows}


def test_a_paper_claim_finds_the_networked_settlement_of_its_invoice_before_the_nearest_amount(
    twins: dict[str, Row],
) -> None:
    assert (twins["paper"].twin_settlement_id, twins["paper"].has_twin_invoice) == ("of the invoice", True)
    assert (twins["two near"].twin_settlement_id, twins["two near"].has_twin_invoice) == ("nearer", False)


@pytest.mark.parametrize("name", ["near", "later", "undated", "nobody's", "dated"])
def test_other_dates_unknown_dates_and_unknown_persons_have_no_twin(twins: dict[str, Row], name: str) -> None:
    assert twins[name].twin_settlement_id is None


def test_a_person_is_insured_within_a_span_and_what_no_register_knows_is_unknown(spark: SparkSession) -> None:
    enrolment = spark.createDataFrame(
        [
            ("P1", date(2020, 1, 1), date(2025, 6, 30)),
            ("P1", date(2026, 5, 1), None),
            ("P2", None, date(2025, 1, 1)),
            (None, date(2020, 1, 1), None),
        ],
        "patient_id string, started_on date, ended_on date",
    )
    lines = spark.createDataFrame(
        [
            ("1", "P1", date(2025, 6, 30)), ("2", "P1", date(2026, 3, 4)), ("3", "P1", date(2026, 5, 1)),
            ("4", "P2", date(2020, 3, 4)), ("5", "P2", date(2026, 3, 4)), ("6", "P3", date(2026, 3, 4)),
            ("7", None, date(2026, 3, 4)), ("8", "P1", None),
        ],
        "line_id string, patient_id string, service_date date",
    )  # fmt: skip
    found = with_enrolment(lines, ScanInputs({"enrolment": enrolment}, {}, YEAR), NONE).collect()
    assert {row.line_id: (row.is_insured, row.insured_until, row.insured_again_on) for row in found} == {
        "1": (True, None, date(2026, 5, 1)),
        "2": (False, date(2025, 6, 30), date(2026, 5, 1)),
        "3": (True, date(2025, 6, 30), None),
        "4": (True, None, None),
        "5": (False, date(2025, 1, 1), None),
        "6": (None, None, None),
        "7": (None, None, None),
        "8": (None, None, None),
    }


def test_the_last_operation_is_unknown_where_the_day_of_one_is(spark: SparkSession) -> None:
    procedures = spark.createDataFrame(
        [
            ("E1", "06.3900x001", True, date(2026, 3, 5)), ("E1", "86.2200x001", False, date(2026, 3, 7)),
            ("E2", "06.3900x001", None, None), ("E2", "06.3900x001", False, date(2026, 3, 7)),
            (None, "47.0100x001", True, date(2026, 3, 7)),
        ],
        "encounter_id string, procedure_code string, is_main boolean, performed_on date",
    )  # fmt: skip
    found = operations(ScanInputs({"procedure": procedures}, {}, YEAR)).collect()
    assert {
        row.encounter_id: (row.main_procedure_code, row.last_operated_on, row.procedure_count, row.rubrics)
        for row in found
    } == {
        "E1": ("06.3900x001", date(2026, 3, 7), 2, "06.39 86.22"),
        "E2": (None, None, 2, "06.39"),
    }
