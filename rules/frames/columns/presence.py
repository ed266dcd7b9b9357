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
    may_be_there = F.coalesce("is_present", F.lit(True))
    checks = inputs.table("presence_check").select("encounter_id", day, "is_present").filter("day IS NOT NULL")
    checked = checks.groupBy("encounter_id", "day").agg(
        F.max(may_be_there).alias("is_seen"), F.max(F.col("is_present").isNotNull()).alias("has_result")
    )
    wards = inputs.table("encounter").select("encounter_id", "institution_id", "admission_department")
    watched = checked.filter("has_result").join(wards, on="encounter_id", how="inner")
    watched = watched.select("institution_id", "admission_department", "day").distinct()
    stays = bills.filter("is_inpatient AND days > 1 AND off_ward_days IS NOT NULL")
    between = F.sequence(F.date_add("started_on", 1), F.date_sub("ended_on", 1))
    in_bed = stays.select(
        "encounter_id",
        "institution_id",
        "admission_department",
        F.explode(F.array_except(between, "off_ward_days")).alias("day"),
    )
    due = in_bed.join(watched, on=["institution_id", "admission_department", "day"], how="inner")
    found = due.join(checked, on=["encounter_id", "day"], how="left").groupBy("encounter_id")
    seen = F.count_if(F.coalesce("is_seen", F.lit(False))).cast("int")
    days = found.agg(F.count(F.lit(1)).cast("int").alias("due_days"), seen.alias("seen_days"))
    unseen = (F.col("due_days") - F.col("seen_days")).alias("unseen_days")
    return bills.join(days.select("*", unseen), on="encounter_id", how="left")
