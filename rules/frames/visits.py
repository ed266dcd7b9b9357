"""Out-patient visits: one row per patient, institution and day with one."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
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
    return visits.select(
        "*",
        F.concat_ws("|", "service_date", "institution_id").alias("row_id"),
        F.trunc("service_date", "month").alias("month"),
        F.lit(None).cast("date").alias("proof_day"),
    )


VISITS = RowFrame(
    "visits",
    _rows,
    {
        **from_table("encounter", "patient_id", "institution_id", "visit_type", "main_diagnosis_code"),
        **from_table("encounter", service_date="started_at", month="started_at"),
        **FIRST_ENROLMENT,
    },
)
GRAINS = (
    Grain(
        "patient_window",
        VISITS,
        ("patient_id", "month"),
        ("patient_id",),
        needs=each_of(
            "encounter.is_inpatient", "encounter.encounter_id", "encounter.patient_id", "encounter.institution_id",
            "encounter.started_at", "encounter.visit_type",
        ),
    ),
)  # fmt: skip
