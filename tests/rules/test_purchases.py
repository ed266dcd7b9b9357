"""The frame of purchases: what one person got at one place on one day, outside of stays."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from rules.frames.persons.purchases import PURCHASES
from tests.rules.frames import inputs_of, rows_of


def _line(name: str, **more: Any) -> dict[str, Any]:
    usual = {
        "line_id": name,
        "encounter_id": "A",
        "settlement_id": "S",
        "patient_id": "P",
        "institution_id": "H",
        "visit_type": "41",
        "charged_at": datetime(2026, 3, 2, 9),
        "charge_class": "09",
        "amount": Decimal(10),
    }
    return usual | more


def _purchases(spark: Any, *lines: dict[str, Any]) -> list[Any]:
    visits = [{"encounter_id": "A", "is_inpatient": False}, {"encounter_id": "W", "is_inpatient": True}]
    return rows_of(PURCHASES, inputs_of(spark, claim_line=[*lines], encounter=visits))


def test_drugs_are_summed_and_what_may_be_a_test_is_counted(spark):
    lines = (_line("1"), _line("2"), _line("3", charge_class="04"), _line("4", charge_class=None))
    (row,) = _purchases(spark, *lines)
    assert (row.drug_amount, row.test_count, row.proof_encounters) == (20, 2, ["A"])


def test_the_ward_the_unsettled_and_what_has_no_day_are_not_there(spark):
    lines = (_line("1", encounter_id="W"), _line("2", settlement_id=None), _line("3", charged_at=None))
    assert _purchases(spark, *lines) == []


def test_a_person_or_a_place_that_nobody_knows_makes_a_row_of_its_own(spark):
    rows = _purchases(spark, _line("1"), _line("2", patient_id=None), _line("3", institution_id=None))
    assert sorted((row.patient_id or "", row.institution_id or "") for row in rows) == [
        ("", "H"),
        ("P", ""),
        ("P", "H"),
    ]
