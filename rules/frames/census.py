"""The census: one row per institution and night with its in-patients."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from rules.frames.declaration import STAY_NEEDS, Grain, RowFrame, each_of, from_table
from rules.frames.inputs import ScanInputs


def _rows(inputs: ScanInputs, _wanted: frozenset[str], _first: date) -> DataFrame:
    """Institution and night with the in-patients of that night, from the window's first month on.

    The day of discharge does not count, as it does not in bed days; a stay of one day counts once. A stay whose end is
    unknown counts on the night of its beginning alone: longer it is not known to have lasted.
    """
    first, last = F.lit(inputs.window.start.replace(day=1)), F.lit(inputs.window.end)
    started, ended = F.to_date("started_at"), F.to_date("ended_at")
    last_night = F.greatest(F.date_sub(ended, 1), started)
    stays = inputs.table("encounter").filter(F.col("is_inpatient") & started.isNotNull())
    stays = stays.select(
        "encounter_id",
        "institution_id",
        F.greatest(started, first).alias("from_day"),
        F.least(last_night, last).alias("to_day"),
    )
    nights = stays.filter("from_day <= to_day").select(
        "encounter_id", "institution_id", F.explode(F.sequence("from_day", "to_day")).alias("service_date")
    )
    census = nights.groupBy("institution_id", "service_date").agg(
        F.count(F.lit(1)).alias("in_patients"),
        F.collect_list("encounter_id").alias("proof_encounters"),  # of one place and night: as many as its beds
    )
    places = inputs.table("institution").select("institution_id", "bed_count")
    return census.join(places, on="institution_id", how="left").select(
        "*",
        F.col("service_date").cast("string").alias("row_id"),
        F.trunc("service_date", "month").alias("month"),
        F.col("service_date").alias("proof_day"),
    )


CENSUS = RowFrame(
    "census",
    _rows,
    {
        **from_table("encounter", "institution_id"),
        **from_table("encounter", service_date="started_at", month="started_at"),
        "in_patients": each_of("encounter.started_at", "encounter.ended_at"),
        **from_table("institution", "bed_count"),
    },
)
GRAINS = (
    Grain("institution_period", CENSUS, ("institution_id", "month"), ("institution_id",), needs=STAY_NEEDS),
)  # fmt: skip
