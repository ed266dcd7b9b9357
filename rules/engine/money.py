"""The fund's money in a hit, line by line and exact to the cent.

What a settlement paid is shared once among all its lines. So whatever rules hit and however many, a line never counts
for more than it charged, nor the lines of a settlement for more than it paid.
"""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import Window as Over
from pyspark.sql import functions as F
from pyspark.sql.window import WindowSpec

METHODS: Mapping[str, tuple[str, str]] = {
    "A1": ("整条明细的基金支付", "what the fund paid for the line"),
    "A2": ("明细中超出部分的基金支付", "what the fund paid for the part of the line that is too much"),
    "A3": ("单价超出部分的基金支付", "what the fund paid for the part of the price that is too much"),
    "A6": ("整次就诊或住院的基金支付", "what the fund paid for the whole visit or stay"),
    "A7": ("后一次住院的基金支付(未按合并结算折算)", "what the fund paid for the later stay, not settled as one"),
    "A9": ("估算,不可追回", "an estimate, not recoverable"),
    "A11": ("无金额(指标异常)", "no money: an indicator stands out"),
}
MONEY = "decimal(16,2)"
_SUM = "decimal(20,2)"
_RAW = "decimal(28,10)"


def with_money(lines: DataFrame, settled: DataFrame, settlements: DataFrame) -> DataFrame:
    """Hit × line with `amount_at_risk`: the hit's share of what was paid for the line; and with `amount_in_question`:
    its share of what was charged, whoever paid it.

    `settled` are the settled fee lines, hit or not. Pharmacy and impersonation rules add the personal account's part
    of the line (`with_account`). Of one hit and settlement the amounts add up to the rounded sum of the shares.
    """
    touched = lines.select("settlement_id")
    parts = paid_parts(settled.join(touched, on="settlement_id", how="left_semi"), settlements)
    priced = lines.join(parts, on="line_id", how="left").repartition("hit_id")  # who sums by hit needs no shuffle then
    account = F.when(F.col("with_account"), F.col("account_part")).otherwise(_nothing())
    paid = F.coalesce("fund_part", _nothing()) + F.coalesce(account, _nothing())
    spread = priced.select("*", (paid * F.col("share")).cast(_RAW).alias("_raw"))
    amount = _rounded_step(F.sum("_raw").over(_in_order("hit_id", "settlement_id")), F.col("_raw"))
    charged = F.round(F.col("line_amount") * F.least(F.col("share"), F.lit(1)), 2)
    reported = (amount.cast(MONEY).alias("amount_at_risk"), _at_least_zero(charged).alias("amount_in_question"))
    return spread.select("*", *reported).drop("_raw", "fund_part", "account_part", "line_amount")


def paid_parts(lines: DataFrame, settlements: DataFrame) -> DataFrame:
    """Line with `line_amount`, and with `fund_part` and `account_part`: what its settlement's fund and personal account
    paid for it.

    `lines` are all lines of the settlements. The fund pays covered amounts, in proportion; the personal account pays
    what the fund leaves of the lines, in proportion. Where lines were taken back after the settlement, their part
    is not handed to the others. What is unknown is paid by nobody.
    """
    names = ("fund_amount", "covered_amount", "account_amount", "total_amount")
    paid = settlements.select("settlement_id", *(F.col(name).alias(f"_{name}") for name in names))
    covered = F.when(F.col("covered_amount").isNotNull(), F.least("covered_amount", "amount"))
    own = lines.select("line_id", "settlement_id", "amount", _at_least_zero(covered).alias("_covered"))
    fund = _shared(F.col("_fund_amount"), "_covered", F.col("_covered_amount"))
    with_fund = own.join(paid, on="settlement_id", how="left").select("*", fund.alias("fund_part"))
    with_left = with_fund.select("*", _at_least_zero(F.col("amount") - F.col("fund_part")).alias("_left"))
    left_of_all = F.col("_total_amount") - F.coalesce("_fund_amount", _nothing())
    account = _shared(F.col("_account_amount"), "_left", left_of_all)
    return with_left.select("line_id", F.col("amount").alias("line_amount"), "fund_part", account.alias("account_part"))


def _shared(paid: Column, base: str, whole: Column) -> Column:
    """What of the settlement's payment falls on the line, in proportion to its base and never more than its base.

    The settlement's own word says what the whole is, unless its lines are more than that.
    """
    of_settlement = Over.partitionBy("settlement_id")
    known = paid.isNotNull() & whole.isNotNull()
    whole = F.when(known, F.greatest(whole, F.sum(base).over(of_settlement))).cast(_SUM)
    shared = F.when(known, F.greatest(F.least(paid, whole), _nothing())).cast(MONEY)
    until_here = F.sum(base).over(_in_order("settlement_id")).cast(_SUM)

    def due(until: Column) -> Column:
        return F.round(F.try_divide(until * shared, whole), 2)

    return F.coalesce(due(until_here) - due(until_here - F.col(base)), _nothing()).cast(MONEY)


def _rounded_step(until_here: Column, step: Column) -> Column:
    """The step of a rounded running sum: at most the step rounded up, and all of them add up to the rounded sum."""
    return F.round(until_here, 2) - F.round(until_here - step, 2)


def _in_order(*keys: str) -> WindowSpec:
    """All lines of the same keys up to the current one; line ids are the institutions' own, so the order stands."""
    return Over.partitionBy(*keys).orderBy("line_id").rowsBetween(Over.unboundedPreceding, Over.currentRow)


def _at_least_zero(amount: Column) -> Column:
    return F.greatest(F.coalesce(amount, _nothing()), _nothing()).cast(MONEY)


def _nothing() -> Column:
    return F.lit(0).cast(MONEY)
