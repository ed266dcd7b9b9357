"""Settlements: one row each, with the visit or stay that it paid and the place it was at."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from rules.frames.columns.resettled import RESETTLED_COLUMNS, with_resettled
from rules.frames.declaration import Grain, RowFrame, each_of, from_table
from rules.frames.inputs import ScanInputs

_OWN = (
    "settlement_id", "encounter_id", "patient_id", "institution_id", "settled_at", "total_amount", "fund_amount",
    "covered_amount", "over_limit_amount", "deductible_amount", "pooled_fund_amount", "is_interim",
    "invoice_id", "offsite_kind",
)  # fmt: skip
_OF_VISIT = ("started_at", "is_inpatient", "visit_type", "insurance_type")
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
    if wanted & RESETTLED_COLUMNS.keys():
        settled = with_resettled(settled, inputs, since)
    return settled.select(
        "*",
        F.trunc("service_date", "month").alias("month"),
        F.trunc("service_date", "year").alias("year"),
        F.lit(None).cast("date").alias("proof_day"),
    )


SETTLEMENTS = RowFrame(
    "settlements",
    _rows,
    {
        **from_table("settlement", *_OWN),
        **from_table("encounter", *_OF_VISIT, insured_region="region_code"),
        **from_table("encounter", **dict.fromkeys(("service_date", "month", "year"), "started_at")),
        **from_table("institution", *_OF_PLACE, place_region="region_code"),
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
    Grain("institution_month", SETTLEMENTS, ("institution_id", "month"), ("institution_id",), needs=_NEEDS),
)  # fmt: skip
