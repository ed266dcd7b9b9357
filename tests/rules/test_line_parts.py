"""What lines are joined with: the stay beside a visit, the doctor's register, the first enrolment."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from pyspark.sql import functions as F

from rules.frames.inputs import ScanInputs
from rules.frames.line_parts import with_first_enrolment, with_registrations, with_stay_beside
from tests.rules.frames import inputs_of


def _stay(name: str, first: int | None, last: int | None, place: str | None = "H", **more: Any) -> dict[str, Any]:
    times = [None if day is None else datetime(2026, 3, day, 9) for day in (first, last)]
    usual = {"encounter_id": name, "patient_id": "P", "institution_id": place, "is_inpatient": True}
    return usual | {"started_at": times[0], "ended_at": times[1]} | more


def _beside(spark: Any, day: int, *stays: dict[str, Any], place: str | None = "H") -> tuple[Any, Any]:
    """The stay elsewhere and the one here that lie beside a line of the day."""
    line = {
        "line_id": "1",
        "encounter_id": "V",
        "patient_id": "P",
        "institution_id": place,
        "charged_at": datetime(2026, 3, day, 9),
        "settlement_id": "S",
    }
    inputs = inputs_of(spark, claim_line=[line], encounter=[*stays])
    lines = inputs.table("claim_line").withColumn("service_date", F.to_date("charged_at"))
    (row,) = with_stay_beside(lines, inputs, frozenset()).collect()
    return row.elsewhere_encounter_id, row.here_encounter_id


def test_a_stay_elsewhere_lies_beside_the_days_between_its_first_and_its_last(spark):
    stays = [_stay("A", 5, 9, "H2")]
    assert [_beside(spark, day, *stays)[0] for day in (5, 6, 8, 9)] == [None, "A", "A", None]


def test_of_the_stays_here_the_first_that_was_not_over_counts(spark):
    stays = [_stay("A", 2, 4), _stay("B", 8, 12), _stay("C", 20, None)]
    assert [_beside(spark, day, *stays)[1] for day in (3, 6, 12, 13, 21)] == ["A", "B", "B", "C", None]


def test_what_is_not_known_lies_beside_nothing(spark):
    unknown = [_stay("A", None, 9, "H2"), _stay("B", 5, None, "H2"), _stay("C", 5, 9, None), _stay("D", 5, 9, "H2")]
    unknown[3]["patient_id"] = None
    assert _beside(spark, 7, *unknown) == (None, None)
    assert _beside(spark, 7, _stay("A", 5, 9, "H2"), place=None) == (None, None)
    assert _beside(spark, 7, _stay("A", 5, 9, "H2", is_inpatient=None)) == (None, None)


def _one(inputs: ScanInputs, spark: Any, join: Any, column: str, value: str) -> Any:
    rows = spark.createDataFrame([(value,)], f"{column} string")
    (row,) = join(rows, inputs, frozenset()).collect()
    return row


def test_a_doctor_is_registered_at_so_many_places_and_a_placeholder_nowhere(spark):
    places = [{"doctor_id": "D", "institution_id": place} for place in ("H1", "H2")]
    inputs = inputs_of(spark, doctor=places)
    found = [_one(inputs, spark, with_registrations, "ordering_doctor_id", doctor) for doctor in ("D", "X")]
    assert [row.ordering_registrations for row in found] == [2, None]


def test_the_first_enrolment_counts_in_whatever_way_one_was_insured(spark):
    spans: list[dict[str, Any]] = [
        {"patient_id": "P", "insurance_type": "310", "started_on": date(2026, 1, 1), "employer_id": "W"},
        {"patient_id": "P", "insurance_type": "390", "started_on": date(2019, 1, 1)},
        {"patient_id": "Q", "insurance_type": "310", "started_on": date(2026, 1, 1), "employer_id": "W"},
        {"patient_id": "R", "insurance_type": "310", "started_on": date(2026, 1, 1), "employer_id": "W"},
        {"patient_id": "R", "insurance_type": "390", "started_on": None},
    ]
    inputs = inputs_of(spark, enrolment=spans)
    found = [_one(inputs, spark, with_first_enrolment, "patient_id", person) for person in "PQR"]
    assert [(row.first_enrolled_on, row.first_employer_id) for row in found] == [
        (date(2019, 1, 1), None), (date(2026, 1, 1), "W"), (None, None),
    ]  # fmt: skip
