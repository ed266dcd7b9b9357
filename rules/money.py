"""The fund's money in a hit: by line, exact to the cent, never more than the settlement paid."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import Window as Over
from pyspark.sql import functions as F

_MONEY = "decimal(16,2)"
_RATIO = "decimal(13,12)"
_RAW = "decimal(24,8)"


def with_money(lines: DataFrame, settlements: DataFrame) -> DataFrame:
    """Hit × line with `amount_at_risk`; the lines of one settlement add up to its part of the hit, to the cent.

    A line's fund share is its covered amount × the settlement's fund ratio (fund ÷ covered, at most 1); pharmacy and
    impersonation rules add the personal account's part of the line. The largest line takes the rounding cent.
    """
    paid = settlements.select(
        "settlement_id",
        _ratio("fund_amount", "covered_amount").alias("_fund_ratio"),
        _ratio("account_amount", "total_amount").alias("_account_ratio"),
    )
    lines = lines.join(paid, on="settlement_id", how="left")
    fund = (F.col("covered_amount") * F.col("share")).cast(_RAW) * F.col("_fund_ratio")
    account = (F.col("amount") * F.col("share")).cast(_RAW) * F.col("_account_ratio")
    raw = F.coalesce(fund.cast(_RAW), F.lit(0)) + F.when(
        F.col("with_account"), F.coalesce(account.cast(_RAW), F.lit(0))
    ).otherwise(F.lit(0))
    of_settlement = Over.partitionBy("hit_id", "settlement_id")
    largest_first = of_settlement.orderBy(F.desc("_raw"), "line_id")
    rounded = F.round("_raw", 2)
    rest = F.round(F.sum("_raw").over(of_settlement), 2) - F.sum(rounded).over(of_settlement)
    spread = lines.select("*", F.greatest(raw, F.lit(0)).cast(_RAW).alias("_raw"))
    placed = spread.select("*", rest.alias("_rest"), F.row_number().over(largest_first).alias("_place"))
    amount = rounded + F.when(F.col("_place") == 1, F.col("_rest")).otherwise(F.lit(0))
    return placed.select("*", amount.cast(_MONEY).alias("amount_at_risk")).drop(
        "_raw", "_rest", "_place", "_fund_ratio", "_account_ratio"
    )


def _ratio(part: str, whole: str) -> Column:
    """The part of the whole, at most 1; null where either is unknown (`least` alone would pass null over for the 1)."""
    ratio = F.try_divide(part, whole)
    return F.when(ratio.isNotNull(), F.least(ratio, F.lit(1))).cast(_RATIO)
