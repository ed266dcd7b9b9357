"""Who stands out by score, and by which indicators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from leads.percentiles import said_percentile

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

# An indicator this many robust deviations away is worth naming beside a rule's hits (3.5 is the customary
# outlier cut of Iglewicz and Hoaglin; 3 also names what is near it).
NOTEWORTHY_Z = 3.0
SUBJECT = ("subject_type", "subject_id")
_ENTITY_AS_SUBJECT = {"entity_type": "subject_type", "entity_id": "subject_id"}


def percentiles(scores: DataFrame) -> DataFrame:
    """Grain: subject × model that scored it. `score`: its percentile, among `score_peers`."""
    return _scored(scores).select(
        *SUBJECT, F.round("percentile", 6).alias("score"), F.col("peer_count").alias("score_peers")
    )


def standouts(scores: DataFrame, score_share: float) -> DataFrame:
    """Grain: subject × model by which it stands out, so that the score alone makes a lead.

    It stands out within its peers' top `score_share`, and within that share of all entities the model scored, so
    that many small peer groups do not flood the list with their first members. What is gathered per model is
    bounded by the share.
    """
    is_high = F.col("percentile") > F.lit(1 - score_share)
    candidate = F.struct((-F.round("score", 6)).alias("order"), F.col("subject_id"))
    models = (
        _scored(scores)
        .groupBy("subject_type", "model")
        .agg(
            F.ceil(F.count(F.lit(1)) * F.lit(score_share)).cast("int").alias("budget"),
            # collected rows have no order of their own
            F.array_sort(F.collect_list(F.when(is_high, candidate))).alias("high"),
        )
    )
    first = models.select("subject_type", F.explode(F.slice("high", F.lit(1), F.col("budget"))).alias("one"))
    return first.select("subject_type", F.col("one.subject_id").alias("subject_id"), F.lit(True).alias("is_standout"))


def strongest_reasons(score_reasons: DataFrame) -> DataFrame:
    """Grain: subject × indicator. Two models that name the same one name it once; `strength` orders them."""
    said = said_percentile("percentile", "peer_count").alias("percentile")
    told = F.struct("value", "peer_median", said, "peer_count")
    rows = score_reasons.withColumnsRenamed(_ENTITY_AS_SUBJECT).withColumn(
        "strength", F.round(F.abs(F.coalesce("robust_z", F.lit(0.0))), 6)
    )
    strongest = rows.groupBy(*SUBJECT, "indicator").agg(
        F.max("strength").alias("strength"), F.max_by(told, F.struct("strength", "model")).alias("told")
    )
    order = (-F.col("strength")).alias("order")
    return strongest.select(*SUBJECT, F.struct(order, "indicator", "strength", "told.*").alias("reason"))


def _scored(scores: DataFrame) -> DataFrame:
    is_scored = (F.col("state") == "scored") & F.col("percentile").isNotNull()
    return scores.where(is_scored).withColumnsRenamed(_ENTITY_AS_SUBJECT)
