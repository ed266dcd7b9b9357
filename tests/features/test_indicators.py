"""Indicators: sums and distinct things of two windows, null where there is no base."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

import pytest

from features.catalogue import Catalogue, load_catalogues
from features.catalogue.running import narrowed
from features.periods import kept_by_day
from fundwatch.engine.successors import Successors

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

MakeTable = Callable[..., "DataFrame"]
AS_OF = date(2026, 3, 31)
RECENT, OLDER = date(2026, 3, 30), date(2026, 1, 10)


def learned(entity: str) -> Catalogue:
    """What models read of the entity, and no more."""
    whole = load_catalogues()[entity]
    return narrowed(whole, whole.learned_indicators)


def doctor_days(spark: SparkSession, rows: list[dict[str, object]]) -> DataFrame:
    catalogue = learned("doctor")
    columns = kept_by_day(catalogue).measure_columns.values()
    values = [
        (
            row["doctor_id"],
            row["day"],
            1.0,
            *(float(row.get(c, 0)) for c in columns),  # type: ignore[arg-type]
        )
        for row in rows
    ]
    measures = ", ".join(f"{column} double" for column in columns)
    schema = f"doctor_id string, day date, row_count double, {measures}"
    return spark.createDataFrame(values, schema)


def patients_of(table: MakeTable, doctor: str, seen: dict[date, list[str]]) -> dict[str, DataFrame]:
    """A line for each person whom the doctor saw on a day."""
    rows = [
        {"line_id": f"{doctor}{day}{person}", "ordering_doctor_id": doctor, "patient_id": person, "known_from": OLDER}
        | {"charged_at": f"{day}T09:00:00"}
        for day, people in seen.items()
        for person in people
    ]
    return {"claim_line": table("claim_line", rows)}


def test_windows_sum_days_and_count_distinct_things_once(spark: SparkSession, table: MakeTable, measured: MakeTable):
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
            day | {"day": RECENT},
            day | {"day": OLDER, "drug_amount_fen": 7_500},
        ],
    )
    lines = patients_of(table, "D1", {RECENT: people, OLDER: ["P0", "P9"]})
    (row,) = measured(learned("doctor"), lines, AS_OF, days).collect()
    assert (row.doctor_patient_count_30d, row.doctor_patient_count_90d) == (6, 7)
    assert (row.doctor_drug_share_30d, row.doctor_drug_share_90d) == (0.25, 0.5)
    assert (row.doctor_visits_per_day_30d, row.doctor_visits_per_patient_90d) == (4, 24 / 7)
    assert (row.doctor_amount_per_visit_30d, row.doctor_amount_per_visit_90d) == (100 / 12, 200 / 24)


def test_a_share_of_nothing_and_a_base_too_small_are_null_and_counts_of_nothing_are_zero(
    spark: SparkSession, table: MakeTable, measured: MakeTable
):
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
            },
        ],
    )
    lines = patients_of(table, "gone", {OLDER: ["P1"]})
    rows = {row.doctor_id: row for row in measured(learned("doctor"), lines, AS_OF, days).collect()}
    assert rows["free"].doctor_drug_share_30d is None
    assert rows["once"].doctor_drug_share_30d is None
    assert (rows["gone"].doctor_drug_share_30d, rows["gone"].doctor_drug_share_90d) == (None, 0)
    assert (rows["gone"].doctor_patient_count_30d, rows["gone"].doctor_patient_count_90d) == (0, 1)


def test_an_institutions_past_is_that_of_those_merged_into_it_and_a_person_of_two_ids_counts_once(
    spark: SparkSession, table: MakeTable, measured: MakeTable
):
    catalogue = learned("institution")
    columns = kept_by_day(catalogue).measure_columns.values()
    schema = f"institution_id string, day date, row_count double, {', '.join(f'{c} double' for c in columns)}"

    def day(institution: str, **values: float) -> tuple[object, ...]:
        return (institution, RECENT, 1.0, *(values.get(c, 0.0) for c in columns))

    rows = [
        day("A", visits=10.0, fund_fen=100.0), day("B", visits=4.0, fund_fen=30.0),
        day("C", visits=6.0, fund_fen=7.0), day("D", visits=1.0, fund_fen=1.0),
    ]  # fmt: skip
    people = {"A": ["P1", "P3"], "B": ["P2"], "C": ["P2", "P4", *(f"Q{n}" for n in range(8))], "D": ["P1", "P2"]}
    visits = [
        {"encounter_id": f"{place}{one}", "institution_id": place, "patient_id": one, "known_from": OLDER}
        | {"started_at": f"{RECENT}T09:00:00"}
        for place, seen in people.items()
        for one in seen
    ]
    days, tables = spark.createDataFrame(rows, schema), {"encounter": table("encounter", visits)}
    links = Successors({"institution": {"A": "C", "B": "C"}, "person": {"P1": "P2"}})
    shown = "institution_id", "institution_fund_amount_30d", "institution_visits_per_patient_90d"
    made = measured(catalogue, tables, AS_OF, days, links).select(*shown).orderBy("institution_id").collect()
    # P1 is P2: eleven persons of the three
    assert [tuple(row) for row in made] == [("C", 1.37, 20 / 11), ("D", 0.01, None)]


@pytest.mark.long
def test_every_declared_formula_is_a_number_of_its_entity(table: MakeTable, measured: MakeTable, spark: SparkSession):
    """Analysed and not run: that each runs is what the made-up city is for."""
    for catalogue in load_catalogues().values():
        days = None
        if catalogue.of.is_watched:
            held = ", ".join(f"{column} double" for column in kept_by_day(catalogue).measure_columns.values())
            days = spark.createDataFrame([], f"{catalogue.id_column} string, day date, row_count double, {held}")
        kinds = dict(measured(catalogue, {}, AS_OF, days).dtypes)
        assert kinds.pop(catalogue.id_column) == "string"
        of_itself = [named.column for named in catalogue.named if not named.definition.is_of_peers]
        assert kinds == dict.fromkeys(of_itself, "double")
