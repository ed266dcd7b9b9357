"""The frame of procedures: what knowledge speaks of, of all the years that are known."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from rules.frames.procedures import PROCEDURES
from tests.rules.frames import inputs_of, rows_of


def _procedures(spark: Any, *procedures: dict[str, Any]) -> list[Any]:
    stays: list[dict[str, Any]] = [
        {"encounter_id": "A", "patient_id": "P", "started_at": datetime(2022, 5, 1, 9)},
        {"encounter_id": "B", "patient_id": "P", "started_at": None},
        {"encounter_id": "C", "patient_id": None, "started_at": datetime(2026, 3, 2, 9)},
        {"encounter_id": "D", "patient_id": "P", "started_at": datetime(2026, 4, 2, 9)},
    ]
    return rows_of(PROCEDURES, inputs_of(spark, encounter=stays, procedure=[*procedures]))


def test_an_organ_removed_years_ago_is_known_still(spark):
    (row,) = _procedures(spark, {"encounter_id": "A", "procedure_code": "51.2300x001"})
    assert (row.removed_organ, row.service_date, row.row_id) == ("gall bladder", date(2022, 5, 1), "A|51.2300x001")


def test_one_listed_twice_is_one_and_those_that_nothing_speaks_of_are_left_out(spark):
    twice = [{"encounter_id": "A", "procedure_code": "47.0100", "performed_on": date(2022, 5, day)} for day in (2, 3)]
    rows = _procedures(spark, *twice, {"encounter_id": "A", "procedure_code": "13.4100"}, {"encounter_id": "A"})
    assert [row.removed_organ for row in rows] == ["appendix"]


def test_a_stay_of_no_known_day_or_after_the_window_is_left_out_and_one_of_nobody_stays_nobodys(spark):
    rows = _procedures(spark, *({"encounter_id": name, "procedure_code": "41.5x00"} for name in "BCD"))
    assert [(row.encounter_id, row.patient_id) for row in rows] == [("C", None)]
