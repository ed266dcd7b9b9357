"""What became of trace codes: handed out, taken back, handed out again, at whatever institution."""

from __future__ import annotations

from datetime import timedelta

from pyspark.sql import DataFrame
from pyspark.sql import Window as Over
from pyspark.sql import functions as F

from rules.frames.declaration import Sources, each_of, from_table
from rules.frames.inputs import ScanInputs

_MEMORY_DAYS = 366
_OWN = ("scanned_at", "is_split", "manufactured_on", "expires_on")
_SOLD = ("at", "place", "line_id", "patient_id", "is_cash")
_SCANNED = ("trace_scan.trace_code", "trace_scan.scanned_at", "trace_scan.quantity", "trace_scan.line_id")
_SALES_KNOWN = each_of(*_SCANNED, "trace_scan.is_insured", "claim_line.institution_id", "claim_line.quantity")
COLUMNS: dict[str, Sources] = {
    **from_table("trace_scan", "trace_code", "scanned_at", "is_split", is_insured_sale="is_insured"),
    "line_codes": each_of(*_SCANNED),
    "is_first_code": each_of(*_SCANNED),
    "returned": each_of(*_SCANNED, "trace_scan.is_insured"),
    "sale_number": each_of(*_SCANNED, "trace_scan.is_insured", "trace_scan.is_split", "claim_line.institution_id"),
    "first_here_line_id": each_of(*_SCANNED, "claim_line.institution_id"),
    **{f"{which}_sold_{name}": _SALES_KNOWN for which in ("first", "last") for name in _SOLD},
    "last_sold_on": _SALES_KNOWN,
    "split_amount": each_of(*_SCANNED, "trace_scan.is_split", "claim_line.amount", "claim_line.institution_id"),
}


def scans_known(inputs: ScanInputs) -> DataFrame:
    """Scans of the window and of the year before it."""
    since = inputs.window.start - timedelta(days=_MEMORY_DAYS)
    return inputs.table("trace_scan").filter(F.to_date("scanned_at").between(since, inputs.window.end))


def handed_out(lines: DataFrame, inputs: ScanInputs) -> DataFrame:
    """Settled fee line × code handed out for it, once however often it was uploaded.

    A code counts as sold where its line is settled and not taken back, or where it was paid in cash. What came back (a
    scan that may be one counts) was first of what was handed out and not sold; `returned` is what remains. The first
    sale and the last one of a code are those at any institution. On one receipt a code counts once.
    """
    since = inputs.window.start - timedelta(days=_MEMORY_DAYS)
    scans = scans_known(inputs).select(
        "line_id", "trace_code", *_OWN,
        F.col("is_insured").alias("is_insured_sale"),
        F.col("quantity").alias("_handed"),
        F.col("institution_id").alias("_place"),
    )  # fmt: skip
    known = lines.filter(F.coalesce(F.col("service_date") >= since, F.lit(True)))
    uploads = scans.join(known, on="line_id", how="left")
    again = Over.partitionBy("line_id", "trace_code", "_handed").orderBy("scanned_at")
    is_back = F.coalesce(F.col("_handed") <= 0, F.lit(True))
    once = uploads.select("*", F.row_number().over(again).alias("_upload")).filter(is_back | (F.col("_upload") == 1))
    of_line = Over.partitionBy("line_id")
    is_handed = F.col("_handed") > 0
    counted = once.select(
        "*",
        F.count_if(is_handed).over(of_line).cast("int").alias("line_codes"),
        (F.col("trace_code") == F.min(F.when(is_handed, F.col("trace_code"))).over(of_line)).alias("is_first_code"),
    )
    return _with_sales(counted.repartition("trace_code")).filter("_is_settled")


def _with_sales(scans: DataFrame) -> DataFrame:
    """Scans, those of one code together, with what of all of its scans stands beside each."""
    handed = F.coalesce(F.col("_handed") > 0, F.lit(False))
    is_settled = handed & F.col("settlement_id").isNotNull() & F.coalesce(F.col("quantity") > 0, F.lit(False))
    is_cash = handed & F.col("settlement_id").isNull() & F.coalesce(~F.col("is_insured_sale"), F.lit(False))
    of_receipt = Over.partitionBy("trace_code", "settlement_id", is_settled).orderBy("scanned_at", "line_id")
    flagged = scans.select(
        "*", is_settled.alias("_is_settled"), is_cash.alias("_is_cash"), handed.alias("_is_handed"),
        (F.row_number().over(of_receipt) == 1).alias("_is_first"),
    )  # fmt: skip
    of_code = Over.partitionBy("trace_code")
    of_place = Over.partitionBy("trace_code", "institution_id")
    until_here = of_place.orderBy("scanned_at", "line_id").rowsBetween(Over.unboundedPreceding, Over.currentRow)
    sold = F.struct(
        F.col("scanned_at").alias("at"), F.coalesce("institution_id", "_place").alias("place"), F.col("line_id"),
        F.col("patient_id"), F.col("_is_cash").alias("is_cash"),
    )  # fmt: skip
    sale = F.when(F.col("_is_settled") | F.col("_is_cash"), sold)
    is_pack = F.col("_is_settled") & F.col("_is_first") & F.col("is_insured_sale") & ~F.col("is_split")
    is_part = F.col("_is_settled") & F.col("is_split")
    not_sold = F.count_if(F.col("_is_handed") & ~F.col("_is_settled") & ~F.col("_is_cash")).over(of_code)
    came_back = F.count_if(~F.col("_is_handed")).over(of_code)
    here_known = F.col("institution_id").isNotNull()
    beside = flagged.select(
        "*",
        F.greatest(came_back - not_sold, F.lit(0)).cast("int").alias("returned"),
        F.when(here_known & is_pack, F.count_if(is_pack).over(until_here)).cast("int").alias("sale_number"),
        F.min(F.when(is_pack, F.struct("scanned_at", "line_id"))).over(of_place).alias("_first_here"),
        F.min(sale).over(of_code).alias("_first"),
        F.max(sale).over(of_code).alias("_last"),
        F.when(here_known, F.sum(F.when(is_part, F.try_divide("amount", "line_codes"))).over(of_place))
        .cast("decimal(16,2)")
        .alias("split_amount"),
    )
    ends = (F.col(f"_{which}.{name}").alias(f"{which}_sold_{name}") for which in ("first", "last") for name in _SOLD)
    return beside.select(
        *beside.columns,
        F.when(here_known, F.col("_first_here.line_id")).alias("first_here_line_id"),
        *ends,
        F.to_date("_last.at").alias("last_sold_on"),
        F.concat_ws("|", "line_id", "trace_code").alias("row_id"),
    )
