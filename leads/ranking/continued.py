"""The cases of earlier lists under the ids that hold tonight, so that a finding goes on where its subject does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from fundwatch.contracts.entities import ENTITIES
from leads.ranking.cases import FINDING, MONEY, CaseState

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from fundwatch.engine.successors import Successors

# of cases that become one, the liveliest state is its state
_LIVELIEST = (
    CaseState.GROWN, CaseState.SAME, CaseState.NEW, CaseState.UNJUDGED, CaseState.RECOVERED, CaseState.FADED,
)  # fmt: skip
_FIGURES = ("hit_count", "amount")


def under_current_ids(earlier: DataFrame, successors: Successors) -> DataFrame:
    """The table case of an earlier list (without business_date), one row per finding of tonight's ids.

    Where the cases of several ids are one finding now, the one seen first goes on, and its figures are their sums.
    """
    kinds = {entity.name: entity.id_kind for entity in ENTITIES.values() if entity.id_kind in successors.current}
    if not kinds:
        return earlier
    renamed = earlier
    for subject, kind in kinds.items():
        renamed = successors.renamed(renamed, {"subject_id": kind}, only=F.col("subject_type") == subject)
    is_unjudged = F.col("state") == CaseState.UNJUDGED
    # what was not looked for stands there with the figures of when it was
    last = {name: F.when(is_unjudged, F.col(f"earlier_{name}")).otherwise(F.col(name)) for name in _FIGURES}
    place = F.array_position(F.array(*(F.lit(state.value) for state in _LIVELIEST)), F.col("state"))
    first = F.struct("first_seen", "case_id")
    grouped = renamed.groupBy(*FINDING).agg(
        F.min_by("case_id", first).alias("case_id"),
        F.min_by("subject_name", first).alias("subject_name"),
        F.min_by("state", F.struct(place, "case_id")).alias("state"),
        F.min("first_seen").alias("first_seen"),
        F.max("last_seen").alias("last_seen"),
        F.when(F.count("faded_since") == F.count(F.lit(1)), F.max("faded_since")).alias("faded_since"),
        *(F.sum(last[name]).alias(name) for name in _FIGURES),
        F.bool_or("is_estimate").alias("is_estimate"),
        *(F.sum(f"earlier_{name}").alias(f"earlier_{name}") for name in _FIGURES),
    )
    money = {name: F.col(name).cast(MONEY) for name in ("amount", "earlier_amount")}
    return grouped.withColumns(money).select(*earlier.columns)
