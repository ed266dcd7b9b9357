"""Purchases: one row per patient, institution and day with drugs or tests."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from rules.frames.declaration import Grain, RowFrame, each_of, from_table
from rules.frames.inputs import ScanInputs, settled_lines

_DRUGS, _TESTS = ("09", "10", "11"), ("03", "04")  # med_chrgitm_type: western drugs, herb pieces, patent drugs; tests


def _rows(inputs: ScanInputs, wanted: frozenset[str], first: date) -> DataFrame:
    """What a person got outside of stays, by place and day: the drugs' amount, and how many lines may be tests.

    A line of an unknown class may be a test, and is no drug.
    """
    stays = inputs.table("encounter").select("encounter_id", "is_inpatient")
    lines = settled_lines(inputs).filter(F.col("service_date").between(first, inputs.window.end))
    outside = lines.join(stays, on="encounter_id", how="inner").filter(~F.col("is_inpatient"))
    is_drug, may_be_test = F.col("charge_class").isin(*_DRUGS), F.col("charge_class").isin(*_TESTS)
    bought = outside.groupBy("patient_id", "institution_id", "service_date").agg(
        F.sum(F.when(is_drug, F.col("amount"))).alias("drug_amount"),
        F.count_if(F.coalesce(may_be_test, F.lit(True))).alias("test_count"),
        F.min("visit_type").alias("visit_type"),
        F.collect_set("encounter_id").alias("proof_encounters"),  # of one person, place and day: a handful
    )
    if "place_region" in wanted:
        places = inputs.table("institution").select("institution_id", F.col("region_code").alias("place_region"))
        bought = bought.join(places, on="institution_id", how="left")
    return bought.select(
        "*",
        F.concat_ws("|", "service_date", "patient_id", "institution_id").alias("row_id"),
        F.trunc("service_date", "month").alias("month"),
        F.col("service_date").alias("proof_day"),
    )


PURCHASES = RowFrame(
    "purchases",
    _rows,
    {
        **from_table("claim_line", "patient_id", "institution_id", "visit_type"),
        **from_table("claim_line", **dict.fromkeys(("service_date", "month"), "charged_at")),
        "drug_amount": each_of("claim_line.charge_class", "claim_line.amount"),
        "test_count": each_of("claim_line.charge_class"),
        **from_table("institution", place_region="region_code"),
    },
)
GRAINS = (
    Grain(
        "patient_purchases",
        PURCHASES,
        ("patient_id", "month"),
        ("patient_id",),
        needs=each_of("encounter.encounter_id", "encounter.is_inpatient", "claim_line.charge_class"),
    ),
)
