"""The priority of a lead: what its place in the list is made of.

priority = (severity × money × outlier) ^ ⅓ × tips × learned, each of the first three between 0 and 1: a geometric mean,
so that a lead must have something of all three. Ranking only: it raises no tier and proves nothing.

- severity: by tier, `SEVERITY`;
- money: ln(1 + amount at risk + half the estimate) / ln(1 + 1,000,000), at most 1; where no rule hit that says
  something of money, it is unknown and counts 0.4, as 250 yuan would;
- outlier: 0.5 + 0.5 × position × reach; 0.75 without a score. The position says how rare: (members below + ½) / n,
  the best of its scores. The first of 20 stands at 0.975 and the first of 200 at 0.9975: a small group can say no
  more. The reach says how far: strength / (strength + 8), the strength being what its strongest indicators exceed
  two robust deviations by, each at most 8 (the limits of the robust_peer model). One indicator at its limit gives ½;
- tips: 1 + 0.1 for each tip of the period about the subject, of three at most: article 25 lets reports decide what
  inspections look at first;
- learned: the weight of its kind of finding by what came of earlier ones (`leads.ledger.weights`); of several rules
  the greatest. 1 where nothing was learned.

What is unknown gets a middling value, never zero: not knowing is not innocence. Priorities are rounded to six
decimals before they order anything. Equal ones are ordered by strength, then by money; what is still equal shares
its place (1, 2, 2, 4). A lead whose hits come to less than what is worth a letter comes after all others, whatever its
priority: it is listed, and sends nobody anywhere. No id orders anything: it may be a token, which another key turns
into another.
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
HALF_REACH = 8.0
TIP_STEP, MOST_TIPS = 0.1, 3
FACTORS = ("severity_factor", "money_factor", "outlier_factor", "tip_factor", "learned_factor")
_ROUNDED = 6


def with_places(leads: DataFrame, letter_amount: float = 0) -> DataFrame:
    """Grain: lead. Adds `priority`, what it is made of (FACTORS), `is_minor` and `place` (1 is the first to look at;
    equal leads share theirs).

    `leads` has tier, is_priced, both amounts, position and strength (see `leads.ranking.outliers`), tip_count, and
    learned_factor.
    """
    by_worth = ("is_minor", F.desc("priority"), F.desc("strength"), _weighed().desc())
    order = Window.partitionBy(F.lit(0)).orderBy(*by_worth)
    severity, money, outlier = _parts()
    tips = 1 + TIP_STEP * F.least(F.col("tip_count"), F.lit(MOST_TIPS))
    priority = F.pow(severity * money * outlier, F.lit(1 / 3)) * tips * F.col("learned_factor")
    made = dict(zip(FACTORS, (severity, money, outlier, tips, F.col("learned_factor")), strict=True))
    made = {"priority": priority, **made}
    rounded = {name: F.round(part, _ROUNDED) for name, part in made.items()}
    return leads.withColumns({**rounded, "is_minor": _is_minor(letter_amount)}).withColumn(
        "place", F.rank().over(order)
    )


def _is_minor(letter_amount: float) -> Column:
    """Whether its money is known and below what is worth a letter. A finding without money is not about money, one that
    stands out by its scores is not about these lines alone, and one that was tipped off is somebody's report: none of
    these is minor."""
    money = F.col("amount_at_risk") + F.col("estimated_amount")
    is_more = F.col("is_standout") | (F.col("tip_count") > 0)
    return (money > 0) & (money < F.lit(letter_amount)) & ~is_more


def learned_factor(weights: Mapping[str, float]) -> Column:
    """The greatest weight of the lead's rules; of a lead that only its scores make, that of scores; of a mere tip 1."""
    alone = F.when(F.col("is_standout"), F.lit(weights.get("score", 1.0))).otherwise(F.lit(1.0))
    if not weights:
        return F.lit(1.0)

    def weight(rule: Column) -> Column:
        found = F.lit(1.0)
        for rule_id, of_rule in sorted(weights.items()):
            found = F.when(rule["rule_id"] == rule_id, F.lit(of_rule)).otherwise(found)
        return found

    return F.when(F.col("hit_count") > 0, F.array_max(F.transform("rules", weight))).otherwise(alone)


def _parts() -> tuple[Column, Column, Column]:
    """Severity, money, and how far out."""
    severity = F.lit(SEVERITY[WEAKEST_TIER])
    for tier, weight in SEVERITY.items():
        severity = F.when(F.col("tier") == tier, F.lit(weight)).otherwise(severity)
    money = F.least(F.log1p(_weighed()) / math.log1p(FULL_MONEY), F.lit(1.0))
    known_money = F.when(F.col("is_priced"), money).otherwise(F.lit(UNKNOWN_MONEY))
    reach = F.col("strength") / (F.col("strength") + HALF_REACH)
    outlier = F.coalesce(0.5 + 0.5 * F.col("position") * reach, F.lit(UNKNOWN_OUTLIER))
    return severity, known_money, outlier


def _weighed() -> Column:
    return F.col("amount_at_risk").cast("double") + F.col("estimated_amount").cast("double") * ESTIMATE_WEIGHT
