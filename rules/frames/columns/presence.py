"""Whether the checks at the bed found the person on the days of a stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from rules.frames.columns.bill_sums import SUM_COLUMNS
from rules.frames.declaration import Sources, each_of

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from rules.frames.inputs import ScanInputs

_CHECKED = each_of(
    "presence_check.encounter_id", "presence_check.checked_at", "presence_check.is_present",
    "encounter.admission_department",
)  # fmt: skip
_WARD = ("institution_id", "admission_department")
PRESENCE: dict[str, Sources] = dict.fromkeys(
    ("due_days", "seen_days", "unseen_days"), _CHECKED | SUM_COLUMNS["off_ward_days"]
)


def with_presence(bills: DataFrame, inputs: ScanInputs) -> DataFrame:
    """Bills with their `due_days`, on which the ward was to find the person, and how many of these a check did.

    Due are the days between the first and the last on which a check of the ward had a result (where a device fails
    nobody is seen), but for those with intensive care or an operation. A check without one may have found the person.
    Of a stay on an unknown ward, or whose days of intensive care are unknown, nothing is known.
    """
    day = F.to_date("checked_at").alias("day")
    checks = inputs.table("presence_check").select("encounter_id", day, "is_present").filter("day IS NOT NULL")
    found = checks.filter(F.coalesce("is_present", F.lit(True))).groupBy("encounter_id")
    seen = found.agg(F.collect_set("day").alias("_seen"))
    wards = inputs.table("encounter").select("encounter_id", *_WARD)
    with_result = checks.filter(F.col("is_present").isNotNull()).join(wards, on="encounter_id", how="inner")
    watched = with_result.groupBy(*_WARD).agg(F.collect_set("day").alias("_watched"))
    between = F.sequence(F.date_add("started_on", 1), F.date_sub("ended_on", 1))
    in_bed = F.when(F.col("is_inpatient") & (F.col("days") > 1), F.array_except(between, "off_ward_days"))
    joined = bills.join(watched, on=[*_WARD], how="left").join(seen, on="encounter_id", how="left")
    due = F.array_intersect(in_bed, "_watched").alias("_due")
    dues = joined.select(*bills.columns, due, F.coalesce("_seen", F.array().cast("array<date>")).alias("_seen"))
    due_days = F.nullif(F.size("_due"), F.lit(0))
    seen_days = F.when(due_days.isNotNull(), F.size(F.array_intersect("_due", "_seen")))
    days = (due_days.alias("due_days"), seen_days.alias("seen_days"), (due_days - seen_days).alias("unseen_days"))
    return dues.select(*bills.columns, *days)
