"""Every delivered row gets one status: accepted, quarantined or duplicate."""

from __future__ import annotations

from functools import reduce
from operator import and_
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from fundwatch.contracts import TABLES
from fundwatch.expressions.declared import names_in, written
from intake.rows.canonical import CODES
from intake.rows.netting import is_removal, is_reversal
from intake.rows.reading import FILE_NAME, LINE_NUMBER, POSITION, place_of
from intake.source.mapping import ENTRY_OF, REMOVAL, LaterReplaces, mapped_columns

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

STATUS = "_status"
ACCEPTED, QUARANTINED, DUPLICATE = "accepted", "quarantined", "duplicate"
CONFLICT = "CONFLICT"
FINGERPRINT = "_print"
EARLIER = "_earlier"
EARLIER_ORDER, EARLIER_TAKES_BACK = "_earlier_order", "_earlier_takes_back"
_KEY_FINGERPRINT = "_key_fingerprint"
FINGERPRINT_COLUMN = "content_fingerprint"  # of the tables that keep it


def with_key_in(rows: DataFrame, others: DataFrame, table: str, how: str) -> DataFrame:
    """The rows joined with others by the table's key, two unknown parts of which are equal; its columns stand once."""
    contract = TABLES[table]
    if not contract.unknown_in_key:
        return rows.join(others, [*contract.key], how=how)
    named = others.select(*(F.col(n).alias(f"_key_{n}" if n in contract.key else n) for n in others.columns))
    pairs = {name: (F.col(name), F.col(f"_key_{name}")) for name in contract.key}
    same = [a.eqNullSafe(b) if name in contract.unknown_in_key else a == b for name, (a, b) in pairs.items()]
    return rows.join(named, reduce(and_, same), how=how).drop(*(f"_key_{name}" for name in contract.key))


def content_fingerprint(table: str) -> Column:
    """A fingerprint of all that the source says in a row: equal rows have equal fingerprints."""
    return F.xxhash64(*mapped_columns(table))


def with_fingerprints(rows: DataFrame, table: str) -> DataFrame:
    """Canonical rows with the fingerprint of their content."""
    return rows.withColumn(FINGERPRINT, content_fingerprint(table))


def earlier_fingerprints(entries: DataFrame, table: str) -> DataFrame:
    """Key × fingerprint of rows accepted on earlier nights. Entries taken in before fingerprints were kept have
    theirs computed.
    """
    if FINGERPRINT_COLUMN not in entries.columns:
        return entries.select(*TABLES[table].key, content_fingerprint(table).alias(EARLIER))
    kept = F.col(FINGERPRINT_COLUMN).isNotNull()
    reported = entries.filter(kept).select(*TABLES[table].key, F.col(FINGERPRINT_COLUMN).alias(EARLIER))
    # a filter of its own, so that files without such rows are passed over by their statistics
    return reported.unionByName(
        entries.filter(~kept).select(*TABLES[table].key, content_fingerprint(table).alias(EARLIER))
    )


def latest_fingerprints(entries: DataFrame, table: str, replaces: LaterReplaces) -> DataFrame:
    """The same of a table in which later rows replace earlier ones: of each key that of the latest night, with its
    order, and whether it is a reversal.
    """
    latest = F.max_by(F.struct(*entries.columns), "business_date").alias("_latest")
    held = entries.groupBy(*TABLES[table].key).agg(latest).select("_latest.*")
    kept = F.col(FINGERPRINT_COLUMN) if FINGERPRINT_COLUMN in entries.columns else F.lit(None)
    return held.select(
        *TABLES[table].key,
        F.coalesce(kept, content_fingerprint(table)).alias(EARLIER),
        F.when(~is_removal(), _order(replaces)).alias(EARLIER_ORDER),
        is_reversal(table).alias(EARLIER_TAKES_BACK),
    )


def _order(replaces: LaterReplaces | None) -> Column:
    """What weighs of rows with one key; of two that weigh the same nobody can say which is right."""
    given = () if replaces is None else replaces.order
    return F.struct(F.lit(0).alias("_0"), *(F.expr(written(sql)).alias(f"_{n}") for n, sql in enumerate(given, 1)))


def _orders_removals(replaces: LaterReplaces | None) -> bool:
    return replaces is not None and any(names_in(sql, frozenset({REMOVAL})) for sql in replaces.order)


def shared_fingerprints(rows: DataFrame, table: str) -> DataFrame:
    """8-byte fingerprints of keys, `_key_fingerprint`, that several good rows of tonight share: the same key, or by
    rare chance.
    """
    fingerprints = rows.filter(F.col(CODES) == "").select(F.xxhash64(*TABLES[table].key).alias(_KEY_FINGERPRINT))
    counted = fingerprints.groupBy(_KEY_FINGERPRINT).agg(F.count(F.lit(1)).alias("_many"))
    return counted.filter(F.col("_many") > 1).select(_KEY_FINGERPRINT)


def repeated_keys(
    rows: DataFrame, table: str, among: DataFrame | None = None, replaces: LaterReplaces | None = None
) -> DataFrame:
    """Keys that several good rows of tonight claim, whether these differ, and the place of the first. Usually few.

    `among` are `shared_fingerprints`, if they were made: of many rows only those that share one are looked at then.
    Where later rows replace earlier ones, only those of the greatest order may differ or be the first; and those that
    remove, unless the order says when they came.
    """
    key = TABLES[table].key
    removes = is_removal() if REMOVAL in rows.columns and not _orders_removals(replaces) else F.lit(False)
    good = rows.filter(F.col(CODES) == "").select(
        *key,
        removes.alias("_removes"),
        FINGERPRINT,
        F.struct(*place_of(rows)).alias("_place"),
        _order(replaces).alias("_order"),
    )
    if among is not None:
        printed = good.withColumn(_KEY_FINGERPRINT, F.xxhash64(*key))
        good = printed.join(among, _KEY_FINGERPRINT, how="left_semi").drop(_KEY_FINGERPRINT)
    many = good.groupBy(*key).agg(F.count(F.lit(1)).alias("_many"), F.max("_order").alias("_greatest"))
    many = many.filter(F.col("_many") > 1).drop("_many")
    return (
        with_key_in(good, many, table, "inner")
        .filter((F.col("_order") == F.col("_greatest")) | F.col("_removes"))
        .groupBy(*key)
        .agg(
            (F.min(FINGERPRINT) != F.max(FINGERPRINT)).alias("_differs"),
            F.min("_place").alias("_first"),
        )
    )


def with_status(
    rows: DataFrame,
    table: str,
    repeated: DataFrame | None,
    earlier: DataFrame | None,
    replaces: LaterReplaces | None = None,
) -> DataFrame:
    """Canonical rows (see `with_fingerprints`) with their status and final error codes.

    The same key with the same content, tonight (`repeated`) or on an earlier night (`earlier`: one row per key), is a
    duplicate: one is accepted. With other content nobody can say which is right: all of tonight's are quarantined as
    CONFLICT, and so is a line or settlement that an earlier night delivered otherwise: corrections come as a reversal
    and a new line. Where the mapping says that later rows replace earlier ones, such a line is accepted (see
    `LaterReplaces`). A register's row may change from night to night. Rows that fail a check take no part.
    """
    is_good = F.col(CODES) == ""
    differs = is_later_copy = is_same = was_other = F.lit(False)
    if repeated is not None:
        rows = with_key_in(rows, repeated, table, "left")
        differs = is_good & F.coalesce(F.col("_differs"), F.lit(False))
        is_later_copy = is_good & F.coalesce(F.struct(*place_of(rows)) != F.col("_first"), F.lit(False))
    if earlier is not None:
        rows = with_key_in(rows, earlier, table, "left")
        is_same = is_good & F.coalesce(F.col(EARLIER) == F.col(FINGERPRINT), F.lit(False))
        if table in ENTRY_OF:
            was_other = is_good & F.coalesce(F.col(EARLIER) != F.col(FINGERPRINT), F.lit(False))
        if replaces is not None:
            is_same = is_same | (
                was_other & F.coalesce(_order(replaces) < F.col(EARLIER_ORDER), F.lit(False)) & ~is_removal()
            )
            was_other = was_other & (is_reversal(table) | F.col(EARLIER_TAKES_BACK))
    codes = F.when(differs | was_other, F.lit(CONFLICT)).otherwise(F.col(CODES))
    is_copy = is_later_copy | is_same
    status = F.when(codes != "", F.lit(QUARANTINED)).when(is_copy, F.lit(DUPLICATE)).otherwise(F.lit(ACCEPTED))
    beside = {CODES, EARLIER, EARLIER_ORDER, EARLIER_TAKES_BACK, "_differs", "_first"}
    kept = [c for c in rows.columns if c not in beside]
    return rows.select(*kept, codes.alias(CODES), status.alias(STATUS))


def accepted_rows(rows: DataFrame) -> DataFrame:
    """The accepted rows, with the columns carried for grouping."""
    return rows.filter(F.col(STATUS) == ACCEPTED)


def standing_rows(rows: DataFrame) -> DataFrame:
    """The accepted rows but for those that remove others."""
    accepted = accepted_rows(rows)
    return accepted.filter(~is_removal()) if REMOVAL in rows.columns else accepted


def to_clean(rows: DataFrame, table: str) -> DataFrame:
    """The accepted rows, with the table's columns only, and the fingerprint of their content where the table keeps
    it.
    """
    kept = [F.col(FINGERPRINT).alias(FINGERPRINT_COLUMN)] if table in ENTRY_OF else []
    return accepted_rows(rows).select(*mapped_columns(table), *kept)


def to_quarantine(rows: DataFrame, table: str, source: str, key_id: str) -> DataFrame:
    """One row per rejected row. Of a row that does not fit its header no column is kept: a name may stand anywhere.

    Of several rows that were made of one line the file's name says which is meant: `fees.csv [2026-02]`.
    """
    position = F.col(POSITION) if POSITION in rows.columns else F.lit(None).cast("string")
    file = F.concat(F.col(FILE_NAME), F.coalesce(F.concat(F.lit(" ["), position, F.lit("]")), F.lit("")))
    content = F.to_json(F.struct(*mapped_columns(table)))
    return rows.filter(F.col(STATUS) == QUARANTINED).select(
        F.lit(source).alias("source"),
        file.alias("file_name"),
        F.lit(table).alias("table_name"),
        F.col(LINE_NUMBER).alias("line_number"),
        F.split(F.col(CODES), ",").alias("error_codes"),
        F.when(F.col(CODES) != "UNREADABLE", content).alias("row_json"),
        F.lit(key_id).alias("key_id"),
    )
