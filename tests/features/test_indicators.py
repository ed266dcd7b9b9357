"""Indicators: sums and distinct things of two windows, null where there is no base."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from features.catalogue import load_catalogues
from features.indicators import to_indicators
from fundwatch.engine.successors import Successors

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

AS_OF = date(2026, 3, 31)
RECENT, OLDER = date(2026, 3, 30), date(2026, 1, 10)


def doctor_days(spark: SparkSession, rows: list[dict[str, object]]) -> DataFrame:
    catalogue = load_catalogues()["doctor"]
    columns = catalogue.measure_columns.values()
    values = [
        (
            row["doctor_id"],
            row["day"],
            1.0,
            {"patients": row.get("patients", [])},
            *(float(row.get(c, 0)) for c in columns),  # type: ignore[arg-type]
        )
        for row in rows
    ]
    measures = ", ".join(f"{column} double" for column in columns)
    schema = f"doctor_id string, day date, row_count double, sets map<string,array<string>>, {measures}"
    return spark.createDataFrame(values, schema)


def test_windows_sum_days_and_count_distinct_things_once(spark: SparkSession):
    day = {
        "doctor_id": "D1",
        "visits": 12,
        "active_days": 3,
        "amount_fen": 10_000,
        "classed_amount_fen": 10_000,
        "drug_amount_fen": 2_500,
    }
    people = [f"P{n}" for n in range(6)]
    days = doctor_days(
        spark,
        [
            day | {"day": RECENT, "patients": people},
            day | {"day": OLDER, "patients": ["P0", "P9"], "drug_amount_fen": 7_500},
        ],
    )
    (row,) = to_indicators(load_catalogues()["doctor"], days, AS_OF).collect()
    assert (row.doctor_patient_count_30d, row.doctor_patient_count_90d) == (6, 7)
    assert (row.doctor_drug_share_30d, row.doctor_drug_share_90d) == (0.25, 0.5)
    assert (row.doctor_visits_per_day_30d, row.doctor_visits_per_patient_90d) == (4, 24 / 7)
    assert (row.doctor_amount_per_visit_30d, row.doctor_amount_per_visit_90d) == (100 / 12, 200 / 24)


def test_a_share_of_nothing_and_a_base_too_small_are_null_and_counts_of_nothing_are_zero(spark: SparkSession):
    days = doctor_days(
        spark,
        [
            {"doctor_id": "free", "day": RECENT, "visits": 50, "active_days": 9},
            {
                "doctor_id": "once",
                "day": RECENT,
                "visits": 1,
                "amount_fen": 100,
                "classed_amount_fen": 100,
                "drug_amount_fen": 100,
            },
            {
                "doctor_id": "gone",
                "day": OLDER,
                "visits": 50,
                "amount_fen": 100,
                "classed_amount_fen": 100,
                "patients": ["P1"],
            },
        ],
    )
    rows = {row.doctor_id: row for row in to_indicators(load_catalogues()["doctor"], days, AS_OF).collect()}
    assert rows["free"].doctor_drug_share_30d is None
    assert rows["once"].doctor_drug_share_30d is None
    assert (rows["gone"].doctor_drug_share_30d, rows["gone"].doctor_drug_share_90d) == (None, 0)
    assert (rows["gone"].doctor_patient_count_30d, rows["gone"].doctor_patient_count_90d) == (0, 1)


def test_sets_are_counted_beside_the_sums_without_a_join_however_many_there_are(spark: SparkSession):
    doctor, plans = load_catalogues()["doctor"], []
    for number in (1, 5):
        sets = {f"patients{n}": doctor.sets["patients"] for n in range(number)} | dict(doctor.sets)
        days = doctor_days(spark, [{"doctor_id": "D1", "day": RECENT, "patients": ["P1", "P2"]}])
        found = to_indicators(doctor.model_copy(update={"sets": sets}), days, AS_OF)
        plans.append(str(found._jdf.queryExecution().executedPlan().toString()))
        assert [row.doctor_patient_count_30d for row in found.collect()] == [2]
    assert [(plan.count("Exchange hashpartitioning"), plan.count("Join")) for plan in plans] == [(2, 0), (2, 0)]


def test_every_declared_formula_runs(spark: SparkSession):
    for catalogue in load_catalogues().values():
        measures = ", ".join(f"{column} double" for column in catalogue.measure_columns.values())
        keys = f"{catalogue.id_column} string, day date, row_count double"
        schema = f"{keys}, sets map<string,array<string>>, {measures}"
        indicators = to_indicators(catalogue, spark.createDataFrame([], schema), AS_OF)
        kinds = dict(indicators.dtypes)
        assert kinds.pop(catalogue.id_column) == "string"
        assert kinds == dict.fromkeys(catalogue.directions, "double")


def test_an_institutions_past_is_that_of_those_merged_into_it_and_a_person_of_two_ids_counts_once(spark: SparkSession):
    catalogue = load_catalogues()["institution"]
    columns = catalogue.measure_columns.values()
    measured = ", ".join(f"{column} double" for column in columns)

    def day(institution: str, patients: list[str], **values: float) -> tuple[object, ...]:
        return (institution, RECENT, 1.0, {"patients": patients}, *(values.get(c, 0.0) for c in columns))

    rows = [
        day("A", ["P1", "P3"], visits=10.0, fund_fen=100.0),
        day("B", ["P2"], visits=4.0, fund_fen=30.0),
        day("C", ["P2", "P4"], visits=6.0, fund_fen=7.0),
        day("D", ["P1", "P2"], visits=1.0, fund_fen=1.0),
    ]
    schema = f"institution_id string, day date, row_count double, sets map<string,array<string>>, {measured}"
    days = spark.createDataFrame(rows, schema)
    links = Successors({"institution": {"A": "C", "B": "C"}, "person": {"P1": "P2"}})
    shown = "institution_id", "institution_fund_amount_30d", "institution_visits_per_patient_90d"
    made = to_indicators(catalogue, days, AS_OF, links).select(*shown).orderBy("institution_id").collect()
    assert [(row[0], row[1]) for row in made] == [("C", 1.37), ("D", 0.01)]
    apart = to_indicators(catalogue, days, AS_OF).select(*shown).orderBy("institution_id").collect()
    assert [(row[0], row[1]) for row in apart] == [("A", 1.0), ("B", 0.3), ("C", 0.07), ("D", 0.01)]


def test_distinct_persons_of_a_doctor_are_counted_by_their_current_ids(spark: SparkSession):
    days = doctor_days(spark, [{"doctor_id": "D1", "day": RECENT, "patients": ["P1", "P2", "P3"]}])
    doctor, links = load_catalogues()["doctor"], Successors({"person": {"P1": "P2"}, "institution": {"P3": "P2"}})
    assert to_indicators(doctor, days, AS_OF, links).collect()[0].doctor_patient_count_30d == 2
