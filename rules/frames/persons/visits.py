"""Out-patient visits: one row per patient, institution and day with one."""

from __future__ import annotations

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from rules.frames.columns.line_parts import FIRST_ENROLMENT, with_first_enrolment
from rules.frames.declaration import Grain, RowFrame, each_of, from_table
from rules.frames.inputs import ScanInputs


def _rows(inputs: ScanInputs, wanted: frozenset[str], first: date) -> DataFrame:
    """One row per patient, institution and day with an out-patient visit: dates count, not settlements."""
    day = F.to_date("started_at")
    seen = inputs.table("encounter").filter(~F.col("is_inpatient") & day.between(first, inputs.window.end))
    visits = seen.groupBy("patient_id", "institution_id", day.alias("service_date")).agg(
        F.min("visit_type").alias("visit_type"),
        F.min("main_diagnosis_code").alias("main_diagnosis_code"),
        F.collect_set("encounter_id").alias("proof_encounters"),  # of one person, place and day: a handful
    )
    if wanted & FIRST_ENROLMENT.keys():
        visits = with_first_enrolment(visits, inputs, wanted)
    if "registered_doctors" in wanted:
        visits = _with_doctors(visits, inputs)
    if "is_own_staff" in wanted:
        visits = _with_own_staff(visits, inputs)
    return visits.select(
        "*",
        F.concat_ws("|", "service_date", "institution_id").alias("row_id"),
        F.trunc("service_date", "month").alias("month"),
        F.lit(None).cast("date").alias("proof_day"),
    )


def _with_doctors(visits: DataFrame, inputs: ScanInputs) -> DataFrame:
    """Visits with how many doctors the institution had registered on the day; null where the register knows none."""
    yes = F.lit(True)
    begun = F.coalesce(F.col("service_date") >= F.col("started_on"), yes)
    going_on = F.coalesce(F.col("service_date") <= F.col("ended_on"), yes)
    days = visits.select("institution_id", "service_date").distinct()
    entries = inputs.table("doctor").select("institution_id", "doctor_id", "started_on", "ended_on")
    there = days.join(entries, on="institution_id", how="inner").filter(begun & going_on)
    counted = there.groupBy("institution_id", "service_date").agg(
        F.count_distinct("doctor_id").cast("int").alias("registered_doctors")
    )
    return visits.join(counted, on=["institution_id", "service_date"], how="left")


def _with_own_staff(visits: DataFrame, inputs: ScanInputs) -> DataFrame:
    """Visits with `is_own_staff`: whether the institution insured the person on the day; null where it is not known
    under which employer it insures its staff."""
    places = inputs.table("institution").select("institution_id", F.col("employer_id").alias("_own"))
    span = F.struct(F.col("employer_id").alias("e"), F.col("started_on").alias("a"), F.col("ended_on").alias("z"))
    spans = inputs.table("enrolment").filter(F.col("patient_id").isNotNull()).groupBy("patient_id")
    of_person = spans.agg(F.collect_set(span).alias("_spans"))  # of one person: a handful
    day, own = F.col("service_date"), F.col("_own")

    def holds(one: Column) -> Column:
        return (one["e"] == own) & (one["a"] <= day) & F.coalesce(one["z"] >= day, F.lit(True))

    joined = visits.join(places, on="institution_id", how="left").join(of_person, on="patient_id", how="left")
    found = F.coalesce(F.exists("_spans", holds), F.lit(False))
    return joined.select(*visits.columns, F.when(own.isNotNull(), found).alias("is_own_staff"))


VISITS = RowFrame(
    "visits",
    _rows,
    {
        **from_table("encounter", "patient_id", "institution_id", "visit_type", "main_diagnosis_code"),
        **from_table("encounter", service_date="started_at", month="started_at"),
        **FIRST_ENROLMENT,
        "registered_doctors": each_of("doctor.doctor_id", "doctor.institution_id"),
        "is_own_staff": each_of(
            "institution.employer_id", "enrolment.patient_id", "enrolment.employer_id", "enrolment.started_on"
        ),
    },
)
_NEEDS = each_of(
    "encounter.is_inpatient", "encounter.encounter_id", "encounter.patient_id", "encounter.institution_id",
    "encounter.started_at", "encounter.visit_type",
)  # fmt: skip
GRAINS = (
    Grain("patient_window", VISITS, ("patient_id", "month"), ("patient_id",), needs=_NEEDS),
    Grain(
        "patient_place",
        VISITS,
        ("patient_id", "institution_id", "month"),
        ("patient_id", "institution_id"),
        needs=_NEEDS,
    ),
    Grain("institution_day", VISITS, ("institution_id", "service_date"), ("institution_id",), needs=_NEEDS),
)
