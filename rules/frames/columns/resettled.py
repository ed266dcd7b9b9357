"""What settlements should have paid by the benefit policy: columns that rules on benefits rest on."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from rules.benefits.resettling import PAID, resettled
from rules.frames.declaration import POLICY, Sources, each_of
from rules.frames.inputs import ScanInputs

_NAMES = {
    "benefit_kind": "kind",
    "first_difference": "first_difference",
    "due_covered_amount": "due_covered",
    "due_over_limit_amount": "line_over_limit",
    "due_deductible_amount": "step_deductible",
    "deductible_taken_later_amount": "later_kind_deductible",
    "due_pooled_amount": "step_pooled",
    "due_fund_amount": "due_fund",
    "year_ceiling_amount": "year_ceiling",
    "pooled_before_amount": "used_year_pooled",
}
_WORDS = ("benefit_kind", "first_difference")
_SOURCES = each_of(
    POLICY, *(f"settlement.{name}" for name in PAID), "settlement.settled_at", "settlement.insurance_type",
    "encounter.region_code", "encounter.person_type", "encounter.visit_type", "encounter.is_inpatient",
    "institution.institution_level", "claim_line.settlement_id", "claim_line.coverage_class", "claim_line.amount",
    "claim_line.unit_price", "claim_line.quantity",
)  # fmt: skip
RESETTLED_COLUMNS: dict[str, Sources] = dict.fromkeys(_NAMES, _SOURCES)


def with_resettled(settled: DataFrame, inputs: ScanInputs, first: date) -> DataFrame:
    """Settlements with the amounts that were due; null where policy or data leave them unknown."""
    if not inputs.policies:  # nothing is due by no policy, and nothing is computed to say so
        unknown = {name: "string" if name in _WORDS else "decimal(16,2)" for name in _NAMES}
        return settled.select("*", *(F.lit(None).cast(kind).alias(name) for name, kind in unknown.items()))
    made = resettled(inputs, first).filter(F.col("unknown").isNull())
    columns = (F.col(column).alias(name) for name, column in _NAMES.items())
    return settled.join(made.select("settlement_id", *columns), on="settlement_id", how="left")
