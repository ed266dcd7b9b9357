"""Person-years: one row per person, insurance and calendar year, with what the funds paid of its visits and stays."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from rules.frames.declaration import Grain, RowFrame, each_of, from_table
from rules.frames.inputs import ScanInputs

_BENEFIT = "14%"  # visits of the chronic and serious-illness benefits
_DECADE = 10


def _rows(inputs: ScanInputs, _wanted: frozenset[str], _first: date) -> DataFrame:
    """What began since the window's first of January: sums are unknown where a settlement leaves them open.

    The service date is the day of the year's last visit: a year is judged as it stands while there are visits.
    """
    since, last = inputs.window.start.replace(month=1, day=1), inputs.window.end
    day = F.to_date("started_at")
    begun = inputs.table("encounter").filter(day.between(since, last) & F.col("patient_id").isNotNull())
    begun = begun.select(
        "encounter_id", "patient_id", "insurance_type", "visit_type", "main_diagnosis_code", "started_at",
        F.trunc(day, "year").alias("year"),
    )  # fmt: skip
    settlements = inputs.table("settlement").filter(F.col("encounter_id").isNotNull()).groupBy("encounter_id")
    known = F.count_if(F.col("fund_amount").isNull()) == 0
    paid = settlements.agg(F.when(known, F.sum("fund_amount")).alias("_fund"), F.lit(True).alias("_settled"))
    settled = begun.join(paid, on="encounter_id", how="inner")
    years = settled.groupBy("patient_id", "insurance_type", "year").agg(
        F.when(F.count_if(F.col("_fund").isNull()) == 0, F.sum("_fund"))
        .cast("decimal(16,2)")
        .alias("year_fund_amount"),
        F.count(F.lit(1)).alias("settled_visits"),
        F.max(F.col("visit_type").like(_BENEFIT)).alias("has_benefit"),
        # of one person's year: some dozens, at most some hundreds
        F.array_sort(F.collect_set(F.substring("main_diagnosis_code", 1, 3))).alias("diagnosis_stems"),
        F.collect_set("encounter_id").alias("proof_encounters"),
        F.to_date(F.max("started_at")).alias("service_date"),
    )
    persons = inputs.table("patient").select("patient_id", "sex", "birth_year")
    decade = F.floor((F.year("service_date") - F.col("birth_year")) / _DECADE) * _DECADE
    return years.join(persons, on="patient_id", how="left").select(
        "*",
        decade.cast("int").alias("age_decade"),
        F.concat_ws("|", "patient_id", "insurance_type", F.year("year")).alias("row_id"),
        F.lit(None).cast("string").alias("institution_id"),
        F.lit(None).cast("date").alias("proof_day"),
    )


YEARS = RowFrame(
    "years",
    _rows,
    {
        **from_table("encounter", "patient_id", "insurance_type", has_benefit="visit_type"),
        **from_table("encounter", service_date="started_at", year="started_at", diagnosis_stems="main_diagnosis_code"),
        "year_fund_amount": each_of("settlement.fund_amount", "settlement.encounter_id"),
        "settled_visits": each_of("settlement.encounter_id"),
        **from_table("patient", "sex", age_decade="birth_year"),
    },
)
GRAINS = (
    Grain(
        "patient_year",
        YEARS,
        ("patient_id", "insurance_type", "year"),
        ("patient_id",),
        needs=each_of(
            "encounter.encounter_id", "encounter.patient_id", "encounter.started_at", "settlement.encounter_id"
        ),
    ),
)
