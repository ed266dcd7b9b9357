"""What bills know of checks at the bed, payment groups and faults of lists; what fee lines know of reports."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from rules.frames.bills import BILLS
from rules.frames.lines import LINES
from tests.rules.frames import inputs_of

if TYPE_CHECKING:
    from pyspark.sql import Row, SparkSession

_WANTED = frozenset({"due_days", "unseen_days", "group_amount", "list_faults", "ventilation_hours"})


def _stay(name: str, **more: Any) -> dict[str, Any]:
    return {
        "encounter_id": name, "patient_id": "P", "institution_id": "H", "is_inpatient": True,
        "admission_department": "内科", "main_diagnosis_code": "J18.900", "discharge_way": "1",
        "started_at": datetime(2026, 3, 2, 9), "ended_at": datetime(2026, 3, 7, 9), **more,
    }  # fmt: skip


def _line(name: str, stay: str, day: int = 3, **more: Any) -> dict[str, Any]:
    return {
        "line_id": name, "encounter_id": stay, "settlement_id": f"of {stay}", "patient_id": "P", "institution_id": "H",
        "item_code": "X", "item_name": "项目", "charge_class": "05", "quantity": Decimal(1), "amount": Decimal(10),
        "covered_amount": Decimal(10), "charged_at": datetime(2026, 3, day, 10), **more,
    }  # fmt: skip


def _check(stay: str, day: int, is_present: bool | None = True) -> dict[str, Any]:
    return {"encounter_id": stay, "checked_at": datetime(2026, 3, day, 8), "is_present": is_present}


_AIR = {"item_code": "003106030010000", "item_name": "呼吸机辅助呼吸"}


@pytest.fixture(scope="module")
def bills(spark: SparkSession) -> dict[str, Row]:
    """Bills by the name of their stay: the ward was checked on four days, the third of March to the sixth."""
    inputs = inputs_of(
        spark,
        encounter=[
            *(_stay(name) for name in ("found", "gone", "cared for", "unclear")),
            _stay("elsewhere", admission_department=None),
            _stay("odd", discharge_way=None, main_diagnosis_code="待查"),
        ],
        claim_line=[
            *(_line(f"1 {name}", name) for name in ("found", "gone", "elsewhere", "odd")),
            _line("2", "cared for", 4, item_code="001201000010000", item_name="重症监护"),
            _line("3", "unclear", item_name=None),
            _line("4", "found", 4, quantity=Decimal(20), **_AIR),
            _line("5", "found", 5, quantity=Decimal(24), **_AIR),
            _line("6", "gone", 4, **_AIR),
        ],
        settlement=[
            *({"settlement_id": f"of {name}", "encounter_id": name} for name in ("found", "gone")),
            {"settlement_id": "again of gone", "encounter_id": "gone"},
        ],
        case_group=[
            {"settlement_id": "of found", "group_code": "A", "standard_amount": Decimal(900)},
            {"settlement_id": "of gone", "group_code": "A", "standard_amount": Decimal(900)},
            {"settlement_id": "again of gone", "group_code": "B", "standard_amount": Decimal(100)},
        ],
        presence_check=[
            *(_check("found", day) for day in (3, 4, 6)),
            _check("found", 5, is_present=None),
            _check("gone", 4, is_present=False),
            _check("gone", 2),
            _check("unclear", 5),
        ],
    )
    return {row.encounter_id: row for row in BILLS.build(inputs, _WANTED, 0).collect()}


def test_a_check_without_a_result_may_have_found_the_person(bills: dict[str, Row]) -> None:
    assert (bills["found"].due_days, bills["found"].unseen_days) == (4, 0)


def test_whoever_was_looked_for_in_vain_or_not_found_where_others_were_is_unseen(bills: dict[str, Row]) -> None:
    assert (bills["gone"].due_days, bills["gone"].unseen_days) == (4, 4)


def test_nobody_is_due_in_the_ward_while_in_intensive_care(bills: dict[str, Row]) -> None:
    assert (bills["cared for"].due_days, bills["cared for"].unseen_days) == (3, 3)


def test_of_an_unknown_ward_or_unknown_care_nobody_is_due(bills: dict[str, Row]) -> None:
    assert (bills["elsewhere"].due_days, bills["unclear"].due_days) == (None, None)


def test_a_stay_that_was_settled_in_two_groups_is_of_none(bills: dict[str, Row]) -> None:
    assert (bills["found"].group_amount, bills["gone"].group_amount) == (900, None)


def test_one_ventilation_a_day_may_be_a_day_of_it(bills: dict[str, Row]) -> None:
    assert (bills["found"].ventilation_hours, bills["gone"].ventilation_hours) == (44, None)


def test_a_field_that_no_list_of_the_place_has_is_not_delivered(bills: dict[str, Row]) -> None:
    assert bills["odd"].list_faults == ["离院方式缺失", "主要诊断编码非法"]  # nothing of doctors, whom no list names
    assert bills["found"].list_faults == []
    assert bills["elsewhere"].list_faults == ["入院科别缺失"]


def test_a_report_of_nobody_known_may_be_of_the_line(spark: SparkSession) -> None:
    def report(name: str, day: int, **more: Any) -> dict[str, Any]:
        return {"result_id": name, "institution_id": "H", "reported_on": date(2026, 3, day), **more}

    inputs = inputs_of(
        spark,
        claim_line=[
            _line("own", "A", item_code="X"),
            _line("nobody's", "A", item_code="Y"),
            _line("none", "A", item_code="Z"),
            _line("unknown", "A", item_code="Z", patient_id=None),
        ],
        encounter=[_stay("A")],
        exam_result=[
            report("1", 5, patient_id="P", item_code="X"),
            report("2", 4, item_code="Y"),
            report("3", 9, patient_id="Q", item_code="Z"),
        ],
    )
    lines = LINES.build(inputs, frozenset({"days_to_result", "result_count"}), 0).collect()
    assert {line.line_id: (line.days_to_result, line.result_count) for line in lines} == {
        "own": (2, 1), "nobody's": (1, 1), "none": (3_650, 1), "unknown": (None, 1),
    }  # fmt: skip
