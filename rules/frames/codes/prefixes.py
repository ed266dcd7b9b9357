"""Of which drug a trace code is, by what most institutions scan under its first digits; and what the drugs cost."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from rules.frames.codes.history import scans_known
from rules.frames.declaration import each_of
from rules.frames.inputs import ScanInputs, settled_lines
from rules.frames.lines import LinePart

_DIGITS, _LENGTH = 7, 20  # of the one kind of code whose first digits name the drug
_IS_WHOLE = f"trace_code RLIKE '^[0-9]{{{_LENGTH}}}$'"
_PREFIX = f"substring(trace_code, 1, {_DIGITS})"
_SCANNED = each_of("trace_scan.trace_code", "trace_scan.item_code", "trace_scan.institution_id")
_PRICED = each_of("claim_line.unit_price", "claim_line.item_code")
_OF_PREFIX = ("prefix_item", "prefix_scans", "prefix_share", "prefix_places")


def _pairs(inputs: ScanInputs) -> DataFrame:
    """First digits of whole codes × item under which they are scanned: how often, at how many institutions."""
    scans = scans_known(inputs).filter((F.col("quantity") > 0) & F.col("item_code").isNotNull() & F.expr(_IS_WHOLE))
    of_place = scans.select("item_code", "institution_id", F.expr(_PREFIX).alias("prefix")).groupBy(
        "prefix", "item_code", "institution_id"
    )
    at_places = of_place.agg(F.count(F.lit(1)).alias("scans")).groupBy("prefix", "item_code")
    return at_places.agg(F.sum("scans").alias("scans"), F.count("institution_id").cast("int").alias("places"))


def _with_prefixes(rows: DataFrame, inputs: ScanInputs, _wanted: frozenset[str]) -> DataFrame:
    """Codes with the item that most scans of their first digits name, and at how many places their own pair stands."""
    pairs = _pairs(inputs)
    most = F.max_by(F.struct("item_code", "scans", "places"), F.struct("scans", "item_code"))
    by_prefix = pairs.groupBy("prefix").agg(most.alias("_most"), F.sum("scans").alias("prefix_scans"))
    named = by_prefix.select(
        F.col("prefix").alias("_prefix"), F.col("_most.item_code").alias("prefix_item"), "prefix_scans",
        F.try_divide("_most.scans", "prefix_scans").alias("prefix_share"),
        F.col("_most.places").alias("prefix_places"),
    )  # fmt: skip
    own = pairs.select(F.col("prefix").alias("_prefix"), "item_code", F.col("places").alias("pair_places"))
    prefixed = rows.select("*", F.expr(_PREFIX).alias("_prefix"))
    joined = prefixed.join(F.broadcast(named), on="_prefix", how="left")
    return joined.join(F.broadcast(own), on=["_prefix", "item_code"], how="left").drop("_prefix")


def _prices(inputs: ScanInputs) -> DataFrame:
    """Item: the median and the highest price of a unit in the window."""
    inside = F.col("service_date").between(inputs.window.start, inputs.window.end)
    priced = settled_lines(inputs).filter(inside & (F.col("unit_price") > 0) & F.col("item_code").isNotNull())
    return priced.groupBy("item_code").agg(
        F.percentile("unit_price", F.lit(0.5)).alias("median"), F.max("unit_price").alias("highest")
    )


def _with_item_price(rows: DataFrame, inputs: ScanInputs, _wanted: frozenset[str]) -> DataFrame:
    own = _prices(inputs).select("item_code", F.col("highest").alias("item_highest_price"))
    return rows.join(F.broadcast(own), on="item_code", how="left")


def _with_prefix_price(rows: DataFrame, inputs: ScanInputs, _wanted: frozenset[str]) -> DataFrame:
    other = _prices(inputs).select(F.col("item_code").alias("prefix_item"), F.col("median").alias("prefix_item_price"))
    return rows.join(F.broadcast(other), on="prefix_item", how="left")


PARTS = (
    LinePart(
        {**dict.fromkeys(_OF_PREFIX, _SCANNED), "pair_places": _SCANNED | each_of("claim_line.item_code")},
        _with_prefixes,
        frozenset({"trace_code"}),
    ),
    LinePart({"item_highest_price": _PRICED}, _with_item_price),
    LinePart({"prefix_item_price": _PRICED | _SCANNED}, _with_prefix_price, frozenset({"prefix_item"})),
)
