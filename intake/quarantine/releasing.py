"""Quarantined rows that a person released or corrected, as canonical rows for the night that takes them in."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from functools import reduce
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from fundwatch.lake.decisions import Action, Decision
from intake.quarantine.vouching import contract_of
from intake.rows.canonical import CODES
from intake.rows.reading import FILE_NAME, LINE_NUMBER
from intake.source.checks import MALFORMED, TableChecks, check_codes
from intake.source.mapping import mapped_columns

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

_HELD = "quarantine "
_DECIDED = (
    "business_date date, source string, table_name string, file_name string, line_number bigint, "
    "_is_released boolean, _changes map<string,string>"
)
_PLACE = ("business_date", "source", "table_name", "file_name", "line_number")


def released_rows(
    quarantine: DataFrame,
    decisions: Sequence[Decision],
    table: str,
    checks: TableChecks,
    supplied: Collection[str],
    night: date,
    key_id: str,
) -> DataFrame | None:
    """One row per decided row of the table: its columns, its place and its error codes; None when none was decided.

    `quarantine` are all rows of the table of that name, `decisions` those into the night, `supplied` the canonical
    columns that the source fills (a required one outside it is unknown, not missing). A released row has no codes; a
    resubmitted one is checked again, as of the night. A row whose tokens another key made has the code OTHER_KEY, one
    whose key cannot be read back UNREADABLE.
    """
    ours = [d for d in decisions if d.place.table_name == table]
    if not ours:
        return None
    rows = _decided(quarantine, ours).withColumn("_row", F.from_json("row_json", _schema(table)))
    typed = rows.select(
        F.concat(F.lit(_HELD), F.col("business_date").cast("string"), F.lit(" "), F.col("file_name")).alias(FILE_NAME),
        F.col("line_number").alias(LINE_NUMBER),
        *(_value(table, name).alias(name) for name in mapped_columns(table)),
        F.lit("").alias(MALFORMED),
        "_is_released",
        F.coalesce(F.col("key_id") == F.lit(key_id), F.lit(True)).alias("_is_our_key"),
    )
    filled = dict.fromkeys(name for name in mapped_columns(table) if name in supplied)
    has_key = reduce(lambda a, b: a & b, (F.col(name).isNotNull() for name in _key(table)))
    again = F.concat_ws(",", *check_codes(checks, filled, night))
    codes = (
        F.when(~F.col("_is_our_key"), F.lit("OTHER_KEY"))
        .when(~has_key, F.lit("UNREADABLE"))
        .when(F.col("_is_released"), F.lit(""))
        .otherwise(again)
    )
    return typed.withColumn(CODES, codes).drop(MALFORMED, "_is_released", "_is_our_key")


def _decided(quarantine: DataFrame, decisions: Sequence[Decision]) -> DataFrame:
    """The quarantined rows that were decided on, with what was decided."""
    reported = [
        (
            *(getattr(d.place, name) for name in _PLACE),
            d.action is Action.RELEASE,
            dict(d.changes),
        )
        for d in decisions
    ]
    nights = sorted({d.place.business_date for d in decisions})
    chosen = quarantine.sparkSession.createDataFrame(reported, _DECIDED)
    return quarantine.filter(F.col("business_date").isin(nights)).join(F.broadcast(chosen), [*_PLACE], how="inner")


def _schema(table: str) -> str:
    """The row's columns in their own types: through any other, digits of money could be lost."""
    contract = contract_of(table)
    return ", ".join(f"`{name}` {contract.spark_type(name)}" for name in mapped_columns(table))


def _value(table: str, name: str) -> Column:
    kind = contract_of(table).spark_type(name)
    corrected = F.element_at(F.col("_changes"), F.lit(name)).try_cast(kind)
    return F.coalesce(corrected, F.col("_row").getField(name))


def _key(table: str) -> tuple[str, ...]:
    return tuple(name for name in contract_of(table).required_key if name in mapped_columns(table))
