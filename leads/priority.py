"""The priority of a lead: what its place in the list is made of.

priority = (severity × money × outlier) ^ ⅓, each factor between 0 and 1: a geometric mean, so that a lead must
have something of all three. Ranking only: it raises no tier and proves nothing.

- severity: by tier, `SEVERITY`;
- money: ln(1 + amount at risk + half the estimate) / ln(1 + 1,000,000), at most 1; where no rule hit, the money
  is unknown and counts 0.4, as 250 yuan would;
- outlier: 0.5 + 0.5 × strongest score percentile; 0.75 without a score.

What is unknown gets a middling value, never zero: not knowing is not innocence. Priorities are rounded to six
decimals before they order anything, and equal ones are ordered by lead_id.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pyspark.sql import functions as F
from pyspark.sql.window import Window

from leads.cards import WEAKEST_TIER

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

SEVERITY: Mapping[str, float] = {"明确违规": 1.0, "可疑": 0.6, "线索": 0.3}
FULL_MONEY = 1_000_000
ESTIMATE_WEIGHT = 0.5
UNKNOWN_MONEY = 0.4
UNKNOWN_OUTLIER = 0.75


def with_places(leads: DataFrame) -> DataFrame:
    """Grain: lead. Adds `priority` and `place` (1 is the first to look at)."""
    order = Window.partitionBy(F.lit(0)).orderBy(F.desc("priority"), "lead_id")
    return leads.withColumn("priority", _priority()).withColumn("place", F.row_number().over(order))


def _priority() -> Column:
    severity = F.lit(SEVERITY[WEAKEST_TIER])
    for tier, weight in SEVERITY.items():
        severity = F.when(F.col("tier") == tier, F.lit(weight)).otherwise(severity)
    weighed = F.col("amount_at_risk").cast("double") + F.col("estimated_amount").cast("double") * ESTIMATE_WEIGHT
    money = F.least(F.log1p(weighed) / math.log1p(FULL_MONEY), F.lit(1.0))
    known_money = F.when(F.col("hit_count") > 0, money).otherwise(F.lit(UNKNOWN_MONEY))
    outlier = F.coalesce(0.5 + 0.5 * F.col("score"), F.lit(UNKNOWN_OUTLIER))
    return F.round(F.pow(severity * known_money * outlier, F.lit(1 / 3)), 6)
