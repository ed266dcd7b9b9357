"""Who stands out by score, and by which indicators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from leads.ranking.percentiles import said_percentile

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

# An indicator this many robust deviations away is worth naming beside a rule's hits (3.5 is the customary
# outlier cut of Iglewicz and Hoaglin; 3 also names what is near it).
NOTEWORTHY_Z = 3.0
# Within two robust deviations lie 95 of 100 normal peers; beyond ten a value is as strange as it gets, else one
# indicator with a tiny spread would drown all others. The robust_peer model judges by the same two.
USUAL_Z, EXTREME_Z = 2.0, 10.0
SUBJECT = ("subject_type", "subject_id")
_ENTITY_AS_SUBJECT = {"entity_type": "subject_type", "entity_id": "subject_id"}


def percentiles(scores: DataFrame) -> DataFrame:
    """Grain: subject × model that scored it. `score`: its percentile, among `score_peers`; `position`: its middle rank,
    (below + ½) / n.

    The percentile of a group's first is 1 however small the group; the position says how much a group of n can tell.
    """
    below = F.col("percentile") * (F.col("peer_count") - 1)
    position = (below + 0.5) / F.col("peer_count")
    return _scored(scores).select(
        *SUBJECT,
        F.round("percentile", 6).alias("score"),
        F.col("peer_count").alias("score_peers"),
        F.round(position, 6).alias("position"),
    )


def strength(reasons: Column) -> Column:
    """How far a subject lies from its peers: the sum of what its reasons exceed USUAL_Z by, each up to EXTREME_Z."""

    def excess(reason: Column) -> Column:
        return F.greatest(F.least(reason["strength"], F.lit(EXTREME_Z)) - USUAL_Z, F.lit(0.0))

    return F.round(F.aggregate(reasons, F.lit(0.0), lambda so_far, reason: so_far + excess(reason)), 6)


def outliers(scores: DataFrame, score_share: float) -> DataFrame:
    """Grain: subject × model by which it stands out, so that the score alone makes a lead.

    It stands out within its peers' top `score_share` (of a small group that is its first), and within that share of
    all entities the model scored, so that many small peer groups do not flood the list with their first members. Who
    scores as high as the last of that share stands out too. What is gathered per model is bounded by the share.
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
    last = F.get("high", F.least("budget", F.size("high")) - 1)["order"]
    ahead = models.select("subject_type", "high", last.alias("last")).withColumn(
        "ahead", F.filter("high", lambda one: one["order"] <= F.col("last"))
    )
    first = ahead.select("subject_type", F.explode("ahead").alias("one"))
    return first.select("subject_type", F.col("one.subject_id").alias("subject_id"), F.lit(True).alias("is_standout"))


def strongest_reasons(score_reasons: DataFrame) -> DataFrame:
    """Grain: subject × indicator. Two models that name the same one name it once; `strength` orders them."""
    shown = said_percentile("percentile", "peer_count").alias("percentile")
    reported = F.struct("value", "peer_median", shown, "peer_count")
    rows = score_reasons.withColumnsRenamed(_ENTITY_AS_SUBJECT).withColumn(
        "strength", F.round(F.abs(F.coalesce("robust_z", F.lit(0.0))), 6)
    )
    strongest = rows.groupBy(*SUBJECT, "indicator").agg(
        F.max("strength").alias("strength"), F.max_by(reported, F.struct("strength", "model")).alias("reported")
    )
    order = (-F.col("strength")).alias("order")
    return strongest.select(*SUBJECT, F.struct(order, "indicator", "strength", "reported.*").alias("reason"))


def _scored(scores: DataFrame) -> DataFrame:
    is_scored = (F.col("state") == "scored") & F.col("percentile").isNotNull()
    return scores.where(is_scored).withColumnsRenamed(_ENTITY_AS_SUBJECT)
