"""Tips (举报) and what other bureaus hand over: what somebody outside says of an institution joins hits and scores."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

TIP_KIND = "tip"


def tips_in_period(tips: DataFrame, start: date, end: date) -> DataFrame:
    """Grain: institution of which there was a tip in the period, as a subject. A tip of no institution, or without a
    date, is about nobody that a lead could name."""
    received = tips.where(F.col("institution_id").isNotNull() & F.col("received_on").between(F.lit(start), F.lit(end)))
    return received.groupBy(
        F.lit("institution").alias("subject_type"), F.col("institution_id").alias("subject_id")
    ).agg(F.count(F.lit(1)).alias("tip_count"), F.max("received_on").alias("tip_newest"))
