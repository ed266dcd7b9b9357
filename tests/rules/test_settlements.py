"""The frame of settlements: dated by the visit, not by the settlement."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from rules.frames.settlements import SETTLEMENTS
from tests.rules.frames import inputs_of, rows_of


def _visit(name: str, started_at: datetime | None, **more: Any) -> dict[str, Any]:
    return {"encounter_id": name, "patient_id": "P", "institution_id": "H", "started_at": started_at, **more}


def _settled(name: str, visit: str | None) -> dict[str, Any]:
    return {
        "settlement_id": name,
        "encounter_id": visit,
        "patient_id": "P",
        "institution_id": "H",
        "settled_at": datetime(2026, 3, 20, 9),
    }


def test_a_settlement_bears_the_day_of_its_visit_and_one_without_a_known_day_is_not_there(spark):
    inputs = inputs_of(
        spark,
        encounter=[_visit("A", datetime(2026, 3, 2, 9)), _visit("B", None), _visit("C", datetime(2026, 1, 5, 9))],
        settlement=[
            _settled("1", "A"),
            _settled("2", "B"),
            _settled("3", "C"),
            _settled("4", None),
            _settled("5", "X"),
        ],
        institution=[{"institution_id": "H", "region_code": "330102"}],
    )
    rows = rows_of(SETTLEMENTS, inputs)
    assert [(row.settlement_id, row.service_date, row.place_region) for row in rows] == [
        ("1", date(2026, 3, 2), "330102"),
        ("3", date(2026, 1, 5), "330102"),  # the year's months before lend their past
    ]


def test_a_settlement_at_a_place_that_no_register_knows_stays(spark):
    inputs = inputs_of(spark, encounter=[_visit("A", datetime(2026, 3, 2, 9))], settlement=[_settled("1", "A")])
    (row,) = rows_of(SETTLEMENTS, inputs)
    assert (row.settlement_id, row.place_region, row.month) == ("1", None, date(2026, 3, 1))
