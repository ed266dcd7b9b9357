"""Codes handed out: one row per settled fee line and trace code scanned for it, with what else is known of the code."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from rules.frames.codes import prefixes
from rules.frames.codes.history import COLUMNS, handed_out
from rules.frames.codes.stock import DRUG, MOVED, first_entries, goods_returned, places
from rules.frames.declaration import Grain, any_of, each_of
from rules.frames.inputs import ScanInputs
from rules.frames.lines import LineBase, LinePart, lines_frame
from rules.knowledge.classes import CLASSES

# of the days that a sale is compared with, those of which the source says something
_ANY_DAY = any_of("trace_scan.manufactured_on", "trace_scan.expires_on", "stock_movement.moved_on")


def _with_entries(rows: DataFrame, inputs: ScanInputs, _wanted: frozenset[str]) -> DataFrame:
    """Codes with since when the institution's stock is known, and when its item and its drug first came onto the shelf.

    `days_before_bought`: how long before the item's first entry the code was sold, where the shelf had been counted.
    """
    keyed = rows.select("*", F.expr(DRUG).alias("_drug"))
    of_item = first_entries(inputs, "item_code", "_item_first_on").withColumnRenamed("_key", "item_code")
    of_drug = first_entries(inputs, DRUG, "drug_first_on").withColumnRenamed("_key", "_drug")
    joined = keyed.join(places(inputs), on="institution_id", how="left")
    joined = joined.join(of_item, on=["institution_id", "item_code"], how="left")
    joined = joined.join(of_drug, on=["institution_id", "_drug"], how="left")
    sold_on = F.to_date("scanned_at")
    before = F.when(F.col("place_counted_on") <= sold_on, F.datediff("_item_first_on", sold_on))
    names = ("place_stock_since", "place_counted_on", "drug_first_on")
    return joined.select(*rows.columns, *names, before.alias("days_before_bought"))


def _with_sent_back(rows: DataFrame, inputs: ScanInputs, _wanted: frozenset[str]) -> DataFrame:
    """Codes with the last day up to the sale on which whoever first sold the code gave packs of the item back, or took
    some back, since."""
    days = goods_returned(inputs).withColumnsRenamed({"institution_id": "first_sold_place"})
    joined = rows.join(days, on=["first_sold_place", "item_code"], how="left")
    since, until = F.to_date("first_sold_at"), F.to_date("scanned_at")
    between = F.filter("_returned_on", lambda day: day.between(since, until))
    return joined.select(*rows.columns, F.array_max(between).alias("sent_back_on"))


CODES = lines_frame(
    CLASSES.values(),
    "codes",
    LineBase(
        handed_out,
        {**COLUMNS, "manufactured_on": _ANY_DAY, "expires_on": _ANY_DAY},
        row_key="row_id",
        parts=(
            *prefixes.PARTS,
            LinePart(
                # where the source says nothing of stock, nothing is known to have been sent back
                {"sent_back_on": any_of("trace_scan.trace_code", "stock_movement.moved_on")},
                _with_sent_back,
                frozenset({"first_sold_place", "first_sold_at", "scanned_at"}),
            ),
            LinePart(
                {
                    **dict.fromkeys(("place_stock_since", "place_counted_on", "drug_first_on"), MOVED),
                    "days_before_bought": _ANY_DAY,
                },
                _with_entries,
                frozenset({"scanned_at"}),
            ),
        ),
    ),
)
_NEEDS = each_of("trace_scan.line_id", "trace_scan.trace_code", "trace_scan.scanned_at", "trace_scan.quantity")
_OF_LINE = ("patient_id", "institution_id", "encounter_id")
GRAINS = (
    Grain("code_sale", CODES, ("row_id",), _OF_LINE, needs=_NEEDS),
    Grain("code_sold_again", CODES, ("row_id",), ("patient_id",), needs=_NEEDS, judged_on="last_sold_on"),
)
