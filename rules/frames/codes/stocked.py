"""Goods on stock: the fee lines of drugs and consumables at institutions that upload their stock movements."""

from __future__ import annotations

from datetime import timedelta

from pyspark.sql import DataFrame
from pyspark.sql import Window as Over
from pyspark.sql import functions as F

from rules.frames.codes.stock import (
    KIND,
    MOVED,
    PRICED,
    balances,
    first_entries,
    places,
    prices_of_kinds,
    purchase_prices,
)
from rules.frames.declaration import Grain, each_of
from rules.frames.inputs import ScanInputs
from rules.frames.lines import LineBase, lines_frame
from rules.knowledge.classes import CLASSES

_KEPT = ("101", "102", "301")  # list_type: drugs, herb pieces, consumables
_MEMORY_DAYS = 366
_OF_ITEM = ["institution_id", "item_code"]
_BILLED = each_of("claim_line.quantity", "claim_line.charged_at", "claim_line.item_code", "claim_line.institution_id")


def _rows(lines: DataFrame, inputs: ScanInputs) -> DataFrame:
    """Lines of what is kept on shelves, with what the institution's movements say of the article.

    `billed`: what was billed of it from its first count to the institution's last movement, of the last year; unknown
    where the quantity of a line is.
    """
    since = inputs.window.start - timedelta(days=_MEMORY_DAYS)
    kept = lines.filter(F.col("item_type").isin(*_KEPT) & (F.col("service_date") >= since))
    first = first_entries(inputs, "item_code", "item_first_on").withColumnRenamed("_key", "item_code")
    found = kept.select("*", F.expr(KIND).alias("_kind")).join(places(inputs), on="institution_id", how="inner")
    for of_item in (first, balances(inputs), purchase_prices(inputs)):
        found = found.join(of_item, on=_OF_ITEM, how="left")
    found = found.join(prices_of_kinds(inputs), on=["institution_id", "_kind"], how="left")
    counted = F.col("service_date").between(F.col("opened_on"), F.col("place_stock_until"))
    of_article = Over.partitionBy(*_OF_ITEM)
    all_known = F.count_if(counted & F.col("quantity").isNull()).over(of_article) == 0
    billed = F.sum(F.when(counted, F.col("quantity"))).over(of_article)
    cheaper = F.filter("_prices", lambda price: price < F.col("unit_price"))
    return found.select(
        *lines.columns,
        *("place_stock_since", "place_counted_on", "item_first_on", "opened_on", "available", "purchase_price"),
        F.when(all_known, billed).alias("billed"),
        F.array_max(cheaper).alias("cheaper_bought_price"),
    )


STOCKED = lines_frame(
    CLASSES.values(),
    "stocked",
    LineBase(
        _rows,
        {
            **dict.fromkeys(
                ("place_stock_since", "place_counted_on", "item_first_on", "opened_on", "available"), MOVED
            ),
            "purchase_price": PRICED,
            "billed": MOVED | _BILLED,
            "cheaper_bought_price": PRICED | each_of("claim_line.unit_price", "claim_line.item_code"),
        },
    ),
)
_NEEDS = MOVED | each_of("claim_line.item_type", "claim_line.item_code")
GRAINS = (
    Grain("stock_item", STOCKED, ("institution_id", "item_code"), ("institution_id",), needs=_NEEDS),
    Grain("stocked_line", STOCKED, ("line_id",), ("patient_id", "institution_id", "encounter_id"), needs=_NEEDS),
)
