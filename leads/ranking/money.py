"""Money of a lead, each yuan once.

Three steps: a line counts with the largest amount any rule gave it, and for that rule; the lines of a settlement,
dearest first, count until what the fund and the personal account paid for it is used up; estimates are kept apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F
from pyspark.sql.window import Window

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

MONEY = "decimal(16,2)"
NO_MONEY = "A11"  # the method of rules that say nothing of money
_SUM = "decimal(28,2)"


def once_per_line(claims: DataFrame, settlements: DataFrame) -> DataFrame:
    """Grain: lead × is_estimate × line, from one row per lead, hit and line.

    `claims` has lead_id, rule_id, line_id, settlement_id, is_estimate, amount_at_risk, amount_in_question. The result
    has `rule_ids`, `amount_at_risk` counted once, `counted_rule_id`, the rule it counts for: the one that gave the
    most, and what that rule says is wrong of the charge. A line nobody settled was not paid for: evidence that counts
    zero.
    """
    paid = F.coalesce("fund_amount", F.lit(0)) + F.coalesce("account_amount", F.lit(0))
    caps = settlements.select("settlement_id", F.greatest(paid, F.lit(0)).cast(_SUM).alias("paid_amount"))
    # one exchange by lead serves the grouping, the window and the lead's sums
    by_lead = claims.join(caps, on="settlement_id", how="left").repartition("lead_id")
    given = F.coalesce("amount_at_risk", F.lit(0))
    first = F.min(F.struct((-given).alias("order"), "rule_id", "amount_in_question"))
    lines = by_lead.groupBy("lead_id", "is_estimate", "line_id").agg(
        F.max("settlement_id").alias("settlement_id"),
        F.max("paid_amount").alias("paid_amount"),
        F.sort_array(F.collect_set("rule_id")).alias("rule_ids"),
        first["rule_id"].alias("counted_rule_id"),
        first["amount_in_question"].alias("amount_in_question"),
        F.greatest(F.max(given), F.lit(0)).cast(_SUM).alias("claimed"),
    )
    return lines.withColumn("amount_at_risk", _within_cap().cast(MONEY)).drop("claimed", "paid_amount")


def _within_cap() -> Column:
    """What of a line's claim still fits under its settlement's cap, the dearest lines being served first."""
    settlement = Window.partitionBy("lead_id", "is_estimate", "settlement_id")
    served = settlement.orderBy(F.desc("claimed"), "line_id")
    until_here = F.sum("claimed").over(served.rowsBetween(Window.unboundedPreceding, Window.currentRow))
    left = F.coalesce("paid_amount", F.lit(0).cast(_SUM)) - (until_here - F.col("claimed"))
    return F.greatest(F.least(F.col("claimed"), left), F.lit(0).cast(_SUM))
