"""Settlements: one row each, with the visit or stay that it paid and the place it was at."""

from __future__ import annotations

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from rules.frames.columns.resettled import RESETTLED_COLUMNS, with_resettled
from rules.frames.declaration import Grain, RowFrame, each_of, from_table
from rules.frames.inputs import ScanInputs

_OWN = (
    "settlement_id", "encounter_id", "patient_id", "institution_id", "settled_at", "total_amount", "fund_amount",
    "covered_amount", "over_limit_amount", "deductible_amount", "pooled_fund_amount", "is_interim",
    "invoice_id", "offsite_kind", "family_account_amount",
)  # fmt: skip
_OF_VISIT = ("started_at", "is_inpatient", "visit_type", "insurance_type", "certificate_kind", "main_diagnosis_code")
_OF_PLACE = ("institution_type", "institution_name")


def _rows(inputs: ScanInputs, wanted: frozenset[str], first: date) -> DataFrame:
    """Settlements of visits and stays that began since the window's first of January, or the earlier day asked for.

    The service date is the day on which the visit or stay began: a settlement may be made days later.
    """
    since = min(first, inputs.window.start.replace(month=1, day=1))
    visits = inputs.table("encounter").select(
        "encounter_id",
        *_OF_VISIT,
        F.col("region_code").alias("insured_region"),
        F.to_date("started_at").alias("service_date"),
    )
    visits = visits.filter(F.col("service_date").between(since, inputs.window.end))
    settled = inputs.table("settlement").select(*_OWN).join(visits, on="encounter_id", how="inner")
    if wanted & {*_OF_PLACE, "place_region"}:
        places = inputs.table("institution").select(
            "institution_id", *_OF_PLACE, F.col("region_code").alias("place_region")
        )
        settled = settled.join(places, on="institution_id", how="left")
    if "is_filed" in wanted:
        settled = _with_filing(settled, inputs)
    if "seen_here_since" in wanted:
        settled = _with_first_visit(settled, inputs)
    if wanted & RESETTLED_COLUMNS.keys():
        settled = with_resettled(settled, inputs, since)
    return settled.select(
        "*",
        F.trunc("service_date", "month").alias("month"),
        F.trunc("service_date", "year").alias("year"),
        F.lit(None).cast("date").alias("proof_day"),
    )


def _with_filing(settled: DataFrame, inputs: ScanInputs) -> DataFrame:
    """Settlements with `is_filed`: whether a referral or filing of the person was in force on the service date; what
    has no beginning or no end counts as in force."""
    span = F.struct(F.col("started_on").alias("a"), F.col("ended_on").alias("z"))
    of_person = inputs.table("referral").groupBy("patient_id").agg(F.collect_set(span).alias("_filed"))  # a handful
    day, yes = F.col("service_date"), F.lit(True)

    def holds(one: Column) -> Column:
        return F.coalesce(one["a"] <= day, yes) & F.coalesce(one["z"] >= day, yes)

    joined = settled.join(of_person, on="patient_id", how="left")
    return joined.select(*settled.columns, F.coalesce(F.exists("_filed", holds), F.lit(False)).alias("is_filed"))


def _with_first_visit(settled: DataFrame, inputs: ScanInputs) -> DataFrame:
    """Settlements with the day since which the place knows the person; unknown where one visit there bears no day."""
    known = F.count_if(F.col("started_at").isNull()) == 0
    first = F.when(known, F.to_date(F.min("started_at"))).alias("seen_here_since")
    of_place = inputs.table("encounter").groupBy("patient_id", "institution_id").agg(first)
    return settled.join(of_place, on=["patient_id", "institution_id"], how="left")


SETTLEMENTS = RowFrame(
    "settlements",
    _rows,
    {
        **from_table("settlement", *_OWN),
        **from_table("encounter", *_OF_VISIT, insured_region="region_code"),
        **from_table("encounter", **dict.fromkeys(("service_date", "month", "year"), "started_at")),
        **from_table("institution", *_OF_PLACE, place_region="region_code"),
        "is_filed": each_of("referral.patient_id", "referral.started_on", "referral.ended_on"),
        "seen_here_since": each_of("encounter.started_at"),
        **RESETTLED_COLUMNS,
    },
    row_key="settlement_id",
    proof="array({of})",
)
_NEEDS = each_of(
    "settlement.settlement_id", "settlement.encounter_id", "settlement.patient_id", "settlement.institution_id",
    "encounter.encounter_id", "encounter.started_at",
)  # fmt: skip
GRAINS = (
    Grain(
        "settlement",
        SETTLEMENTS,
        ("settlement_id",),
        ("patient_id", "institution_id", "encounter_id"),
        needs=_NEEDS,
    ),
    Grain("patient_settlements", SETTLEMENTS, ("patient_id", "month"), ("patient_id",), needs=_NEEDS),
    Grain("institution_month", SETTLEMENTS, ("institution_id", "month"), ("institution_id",), needs=_NEEDS),
)  # fmt: skip
