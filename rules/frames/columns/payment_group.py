"""The payment group (DRG or DIP) of an encounter, as its settlement was grouped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from rules.frames.declaration import Sources, each_of

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from rules.frames.inputs import ScanInputs

_OF_GROUP = {"group_code": "group_code", "group_name": "group_name", "group_amount": "standard_amount"}
_SETTLED = ("case_group.settlement_id", "settlement.settlement_id", "settlement.encounter_id")
PAYMENT_GROUP: dict[str, Sources] = {
    name: each_of(f"case_group.{column}", *_SETTLED) for name, column in _OF_GROUP.items()
}


def payment_groups(inputs: ScanInputs) -> DataFrame:
    """Encounter with its payment group; of one that was settled in several groups nothing is known."""
    settled = inputs.table("settlement").filter(F.col("encounter_id").isNotNull())
    groups = inputs.table("case_group").select("settlement_id", *dict.fromkeys(_OF_GROUP.values()))
    grouped = settled.select("settlement_id", "encounter_id").join(groups, on="settlement_id", how="inner")
    is_only = F.count(F.lit(1)) == 1
    known = (F.when(is_only, F.max(column)).alias(name) for name, column in _OF_GROUP.items())
    return grouped.groupBy("encounter_id").agg(*known)


def with_payment_group(bills: DataFrame, inputs: ScanInputs) -> DataFrame:
    """Bills with their payment group; null where none is known."""
    return bills.join(payment_groups(inputs), on="encounter_id", how="left")
