"""What stock movements say of institutions and their goods: since when they are known, what came in, at what price.

Whatever comes onto a shelf is an entry, by purchase, transfer, gift or return: only counts (opening, closing) are none.
One movement of an unknown item, kind, day or quantity may be the one that is looked for: then nothing is said of the
institution's entries.
"""

from __future__ import annotations

from datetime import timedelta
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from rules.frames.declaration import Sources, each_of
from rules.frames.inputs import ScanInputs
from rules.frames.lines import GENERIC_CODE

MOVED: Sources = each_of(
    "stock_movement.institution_id", "stock_movement.item_code", "stock_movement.movement_type",
    "stock_movement.moved_on", "stock_movement.quantity",
)  # fmt: skip
PRICED: Sources = MOVED | each_of("stock_movement.purchase_price")
OPENING, CLOSING, _PURCHASE, _RETURN = "opening", "closing", "purchase", "return"
_PRICE_DAYS = 366
# the drug, whoever makes it; of other goods the article itself
DRUG = f"coalesce({GENERIC_CODE}, item_code)"
# articles of one kind: of a consumable's code the letter and the nine digits of its class
_KIND_LENGTH = 10
KIND = f"substring(item_code, 1, {_KIND_LENGTH})"


def _movements(inputs: ScanInputs) -> DataFrame:
    moved = inputs.table("stock_movement")
    return moved.filter(F.coalesce(F.col("moved_on") <= F.lit(inputs.window.end), F.lit(True)))


def _own(inputs: ScanInputs) -> DataFrame:
    return _movements(inputs).filter(F.col("institution_id").isNotNull()).withColumn("_is_own", F.lit(True))


def _possible(inputs: ScanInputs) -> DataFrame:
    """Movements of each institution, and beside them those of nobody known, which may be anybody's."""
    own = _own(inputs)
    nobodys = _movements(inputs).filter(F.col("institution_id").isNull()).drop("institution_id")
    everybodys = nobodys.crossJoin(own.select("institution_id").distinct())
    return own.unionByName(everybodys.withColumn("_is_own", F.lit(False)))


def _is_entry() -> Column:
    """Whether the movement brings something onto the shelf."""
    return (F.col("quantity") > 0) & ~F.col("movement_type").isin(OPENING, CLOSING)


def places(inputs: ScanInputs) -> DataFrame:
    """Institution with the first and last day of its movements and the day of its first count of an opening stock; all
    unknown where a movement leaves open what it was."""
    required = ("item_code", "movement_type", "moved_on", "quantity")
    unknown = reduce(lambda one, other: one | other, (F.col(name).isNull() for name in required))
    all_known = F.count_if(unknown) == 0
    opened = F.when(F.col("movement_type") == OPENING, F.col("moved_on"))
    return (
        _own(inputs)
        .groupBy("institution_id")
        .agg(
            F.when(all_known, F.min("moved_on")).alias("place_stock_since"),
            F.when(all_known, F.max("moved_on")).alias("place_stock_until"),
            F.when(all_known, F.min(opened)).alias("place_counted_on"),
        )
    )


def first_entries(inputs: ScanInputs, key: str, name: str) -> DataFrame:
    """Institution × key with the first day on which something of it lay on the shelf."""
    came = _possible(inputs).filter(_is_entry() | ((F.col("movement_type") == OPENING) & (F.col("quantity") > 0)))
    return came.groupBy("institution_id", F.expr(key).alias("_key")).agg(F.min("moved_on").alias(name))


def goods_returned(inputs: ScanInputs) -> DataFrame:
    """Institution × item with the days of its returns, to a supplier or from a buyer."""
    returned = _possible(inputs).filter((F.col("movement_type") == _RETURN) & F.col("moved_on").isNotNull())
    # of one item at one institution: some tens
    return returned.groupBy("institution_id", "item_code").agg(F.collect_set("moved_on").alias("_returned_on"))


def balances(inputs: ScanInputs) -> DataFrame:
    """Institution × item with its first count, and what was there then and has come since."""
    opened = F.when(F.col("_is_own") & (F.col("movement_type") == OPENING), F.col("moved_on"))
    moved = _possible(inputs).filter(F.col("item_code").isNotNull())
    first = moved.groupBy("institution_id", "item_code").agg(F.min(opened).alias("opened_on"))
    dated = moved.join(first.filter("opened_on IS NOT NULL"), on=["institution_id", "item_code"], how="inner")
    counted = (F.col("movement_type") == OPENING) & (F.col("moved_on") == F.col("opened_on"))
    came = _is_entry() & (F.col("moved_on") >= F.col("opened_on"))
    may_have_come = ~F.col("_is_own") & (F.col("quantity") > 0)
    available = F.when(counted | came | may_have_come, F.col("quantity"))
    return dated.groupBy("institution_id", "item_code", "opened_on").agg(F.sum(available).alias("available"))


def purchase_prices(inputs: ScanInputs) -> DataFrame:
    """Institution × item with the highest price of the year's purchases; unknown where that of one of them is."""
    return _prices_in(inputs, _possible(inputs))


def _prices_in(inputs: ScanInputs, movements: DataFrame) -> DataFrame:
    since = inputs.window.start - timedelta(days=_PRICE_DAYS)
    bought = movements.filter((F.col("movement_type") == _PURCHASE) & (F.col("quantity") > 0))
    priced = bought.filter((F.col("moved_on") >= since) & F.col("item_code").isNotNull())
    is_known = F.count_if(F.coalesce(F.col("purchase_price") <= 0, F.lit(True))) == 0
    highest = F.when(is_known & F.bool_or("_is_own"), F.max("purchase_price"))
    return priced.groupBy("institution_id", "item_code").agg(highest.alias("purchase_price"))


def prices_of_kinds(inputs: ScanInputs) -> DataFrame:
    """Institution × kind of article with the prices at which articles of it were bought in the year."""
    known = _prices_in(inputs, _own(inputs)).filter("purchase_price IS NOT NULL")
    # of one kind at one institution: some tens
    return known.groupBy("institution_id", F.expr(KIND).alias("_kind")).agg(
        F.sort_array(F.collect_set("purchase_price")).alias("_prices")
    )
