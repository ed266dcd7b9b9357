"""Lines beside cash: what the insurance paid for an article, beside what others paid there in cash in the same week."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from rules.frames.declaration import Grain, each_of
from rules.frames.inputs import ScanInputs, settled_lines
from rules.frames.lines import LineBase, lines_frame
from rules.knowledge.classes import CLASSES

_MEMORY_DAYS = 93
_OF_WEEK = ["institution_id", "item_code", "week"]
_PAID = ("settlement.fund_amount", "settlement.account_amount", "settlement.settlement_id")
_PRICES = each_of(*_PAID, "claim_line.unit_price", "claim_line.item_code", "claim_line.charged_at")


def _rows(lines: DataFrame, inputs: ScanInputs) -> DataFrame:
    """Lines whose settlement took money of the fund or of an account, where the article was sold in cash that week.

    In cash is what a settlement paid none of, and a pack that was scanned as sold outside of the insurance.
    """
    since = inputs.window.start - timedelta(days=_MEMORY_DAYS)
    insurance = F.col("fund_amount") + F.col("account_amount")
    paid = inputs.table("settlement").select("settlement_id", insurance.alias("_insurance"))
    week = F.trunc("service_date", "week").alias("week")
    recent = lines.filter(F.col("service_date") >= since).select("*", week).join(paid, on="settlement_id", how="left")
    cash = recent.filter((F.col("_insurance") == 0) & (F.col("quantity") > 0) & (F.col("unit_price") > 0))
    sold_on = F.to_date("scanned_at")
    scans = inputs.table("trace_scan").filter(~F.col("is_insured") & ~F.col("is_split") & (F.col("quantity") > 0))
    scanned = scans.filter(sold_on.between(since, inputs.window.end) & (F.col("sale_price") > 0)).select(
        *_OF_WEEK[:2], F.trunc(sold_on, "week").alias("week"), F.col("sale_price").alias("unit_price"), "line_id"
    )
    # a sale that is both a line and a scan is one
    apart = scanned.join(settled_lines(inputs).select("line_id"), on="line_id", how="left_anti").drop("line_id")
    prices = cash.select(*_OF_WEEK, "unit_price").unionByName(apart)
    of_week = prices.filter(F.col("institution_id").isNotNull() & F.col("item_code").isNotNull()).groupBy(*_OF_WEEK)
    known = of_week.agg(
        # not the median: of two sales, one on a day of lower prices, it would be what nobody paid
        F.expr("percentile_disc(0.75) WITHIN GROUP (ORDER BY unit_price)").cast("decimal(16,6)").alias("cash_price"),
        F.count(F.lit(1)).cast("int").alias("cash_sales"),
    )
    insured = recent.filter(F.col("_insurance") > 0)
    return insured.join(known, on=_OF_WEEK, how="inner").select(*lines.columns, "week", "cash_price", "cash_sales")


_BESIDE_CASH = lines_frame(
    CLASSES.values(),
    "beside_cash",
    LineBase(_rows, {"week": each_of("claim_line.charged_at"), "cash_price": _PRICES, "cash_sales": _PRICES}),
)
# the week tells its things, whether a rule names it or not
BESIDE_CASH = replace(
    _BESIDE_CASH, rows=lambda inputs, wanted, first: _BESIDE_CASH.rows(inputs, wanted | {"week"}, first)
)
GRAINS = (
    Grain(
        "drug_week",
        BESIDE_CASH,
        ("institution_id", "item_code", "week"),
        ("institution_id",),
        needs=each_of("claim_line.item_code", "claim_line.unit_price", *_PAID),
    ),
)
