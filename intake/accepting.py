"""Every delivered row gets one status: accepted, quarantined or duplicate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from fundwatch.contracts import TABLES
from intake.canonical import CODES
from intake.mapping import mapped_columns
from intake.reading import FILE_NAME, LINE_NUMBER

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

STATUS = "_status"
ACCEPTED, QUARANTINED, DUPLICATE = "accepted", "quarantined", "duplicate"
CONFLICT = "CONFLICT"
PRINT = "_print"


def content_print(table: str) -> Column:
    """A print of all that the source says in a row: equal rows have equal prints."""
    return F.xxhash64(*mapped_columns(table))


def prints_of(entries: DataFrame, table: str) -> DataFrame:
    """Key × print of rows accepted on earlier nights."""
    return entries.select(*TABLES[table].key, content_print(table).alias("_earlier"))


def with_status(rows: DataFrame, table: str, earlier: DataFrame | None) -> DataFrame:
    """Canonical rows with their status and final error codes.

    The same key with the same content, tonight or on an earlier night (`earlier`: key and print, one row per key), is a
    duplicate: one is accepted. With other content nobody can say which is right: all of them are quarantined as
    CONFLICT; corrections come as a reversal and a new line. Rows that fail a check take no part.
    """
    key = TABLES[table].key
    rows = rows.withColumn(PRINT, content_print(table))
    rows = (
        rows.withColumn("_earlier", F.lit(None).cast("bigint"))
        if earlier is None
        else rows.join(earlier, [*key], how="left")
    )
    is_good = F.col(CODES) == ""
    same_key = Window.partitionBy(*key, is_good)
    in_order = same_key.orderBy(FILE_NAME, LINE_NUMBER)
    judged = rows.select(
        "*",
        (is_good & (F.min(PRINT).over(same_key) != F.max(PRINT).over(same_key))).alias("_differs"),
        F.row_number().over(in_order).alias("_copy"),
    )
    in_conflict = is_good & (F.col("_differs") | F.coalesce(F.col("_earlier") != F.col(PRINT), F.lit(False)))
    codes = F.when(in_conflict, F.lit(CONFLICT)).otherwise(F.col(CODES))
    is_copy = (F.col("_copy") > 1) | F.col("_earlier").isNotNull()
    status = F.when(codes != "", F.lit(QUARANTINED)).when(is_copy, F.lit(DUPLICATE)).otherwise(F.lit(ACCEPTED))
    kept = [c for c in rows.columns if c not in (CODES, "_earlier", PRINT)]
    return judged.select(*kept, codes.alias(CODES), status.alias(STATUS))


def accepted_rows(rows: DataFrame) -> DataFrame:
    """The accepted rows, with the columns carried for grouping."""
    return rows.filter(F.col(STATUS) == ACCEPTED)


def to_clean(rows: DataFrame, table: str) -> DataFrame:
    """The accepted rows, with the table's columns only."""
    return accepted_rows(rows).select(*mapped_columns(table))


def to_quarantine(rows: DataFrame, table: str, source: str, key_id: str) -> DataFrame:
    """One row per rejected row. Of a row that does not fit its header no column is kept: a name may stand anywhere."""
    content = F.to_json(F.struct(*mapped_columns(table)))
    return rows.filter(F.col(STATUS) == QUARANTINED).select(
        F.lit(source).alias("source"),
        F.col(FILE_NAME).alias("file_name"),
        F.lit(table).alias("table_name"),
        F.col(LINE_NUMBER).alias("line_number"),
        F.split(F.col(CODES), ",").alias("error_codes"),
        F.when(F.col(CODES) != "UNREADABLE", content).alias("row_json"),
        F.lit(key_id).alias("key_id"),
    )
