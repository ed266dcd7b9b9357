"""Reversals (冲正) netted, and histories: pure functions of all entries, so that order and batching do not matter.

An entry and its reversals form a group, named by the original's key. A group's state after a night is the running sum
of its entries up to that night; a version holds from the night its state changed until the next change. A group whose
original has not come yet, or whose quantity is netted to zero, has no version.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from fundwatch.contracts import TABLES
from fundwatch.contracts.versions import KNOWN_COLUMNS
from fundwatch.expressions.declared import written
from intake.source.mapping import POINTER_OF, Reversal, mapped_columns

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

ROOT = "_root"
_DOUBLINGS = 3  # a chain of up to eight reversals of reversals finds its original; longer ones wait
_ZERO = {"claim_line": "quantity", "settlement": "total_amount"}


def pointers_of(entries: DataFrame, table: str) -> DataFrame:
    """Reversal × the key of what it says it reverses, `_from` and `_to`. Small: a reversal in twenty lines is usual."""
    key, pointer = TABLES[table].key[0], POINTER_OF[table]
    return entries.filter(F.col(pointer).isNotNull()).select(F.col(key).alias("_from"), F.col(pointer).alias("_to"))


def roots_of_reversals(pointers: DataFrame, table: str) -> DataFrame:
    """Reversal × the key at the end of its pointers (see `pointers_of`)."""
    ends = pointers
    for _ in range(_DOUBLINGS):
        further = ends.select(F.col("_from").alias("_to"), F.col("_to").alias("_next"))
        ends = ends.join(further, "_to", how="left").select("_from", F.coalesce("_next", "_to").alias("_to"))
    return ends.select(F.col("_from").alias(TABLES[table].key[0]), F.col("_to").alias(ROOT))


def touched_members(tonight: DataFrame, roots: DataFrame, table: str) -> DataFrame:
    """Entry × root, of all groups that hold a reversal and to which an entry of tonight belongs.

    Tonight's keys are passed through once, whether they are many or few.
    """
    key, members = TABLES[table].key[0], F.col("_members")
    groups = roots.groupBy(ROOT).agg(F.concat(F.array(F.col(ROOT)), F.collect_list(key)).alias("_members"))
    named = groups.select(ROOT, "_members", F.explode(members).alias(key))
    touched = tonight.select(key).join(named, key, how="inner").groupBy(ROOT).agg(F.first("_members").alias("_members"))
    return touched.select(F.explode(members).alias(key), ROOT)


def versions_of(entries: DataFrame, grouped: tuple[DataFrame, DataFrame] | None, table: str) -> DataFrame:
    """Versions of the netted table that follow from tonight's `entries`.

    `grouped` are the members of touched groups (see `touched_members`) and a history with at least the entries of all
    nights that are in them; None if no group is touched. An entry in no group with a reversal is its own version,
    which spares nearly all of a night the netting.
    """
    key = TABLES[table].key[0]
    alone = entries.filter(F.col(POINTER_OF[table]).isNull() & ~_is_negative(table))
    if grouped is not None:
        alone = alone.join(grouped[0].select(key), key, how="left_anti")
    open_end = F.lit(None).cast("date").alias("known_to")
    kept = TABLES[table].names_without(*KNOWN_COLUMNS)
    plain = alone.select(*kept, F.col("business_date").alias("known_from"), open_end)
    if grouped is not None:
        members, history = grouped
        plain = plain.unionByName(net(history.join(members, key, how="inner"), table))
    return plain.select(*TABLES[table].column_names)


def net(rooted: DataFrame, table: str) -> DataFrame:
    """Versions of a netted table over the nights, from whole groups of entries, each with the root of its group.

    An entry without a pointer is an original unless its sums are negative: that is a reversal whose original nobody
    named, and it nets nothing.
    """
    contract, pointer, zero = TABLES[table], POINTER_OF[table], _ZERO[table]
    key, sums = contract.key[0], contract.sums
    is_original = F.col(pointer).isNull() & F.col(ROOT).eqNullSafe(F.col(key)) & ~_is_negative(table)
    group = Window.partitionBy(ROOT)
    born = rooted.select(
        "*",
        is_original.alias("_is_original"),
        F.max(F.when(is_original, F.col("business_date"))).over(group).alias("_born"),
    )
    kept = contract.names_without(*sums, *KNOWN_COLUMNS)
    first = [F.max(F.when(F.col("_is_original"), F.struct(*kept))).alias("_original")]
    night = F.greatest("_born", "business_date").alias("known_from")
    changes = born.filter(F.col("_born").isNotNull()).groupBy(ROOT, night).agg(
        *first, *(F.sum(c).alias(c) for c in sums), F.count_if(~F.col("_is_original")).alias("_reversals")
    )  # fmt: skip
    in_order = Window.partitionBy(ROOT).orderBy("known_from")
    so_far = in_order.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    running = changes.select(
        F.max("_original").over(so_far).alias("_original"),
        "known_from",
        *(F.sum(c).over(so_far).cast(contract.spark_type(c)).alias(c) for c in sums),
        F.sum("_reversals").over(so_far).alias("_reversals"),
        F.lead("known_from").over(in_order).alias("known_to"),
    )
    is_netted = (F.col("_reversals") > 0) & (F.coalesce(F.col(zero), F.lit(0)) == 0)
    alive = running.filter(~is_netted).select("_original.*", *sums, "known_from", "known_to")
    return alive.select(*contract.column_names)


def waiting_reversals(tonight: DataFrame, table: str) -> DataFrame:
    """Tonight's reversals by the key of what they reverse; null where nobody named it."""
    key, pointer = TABLES[table].key[0], POINTER_OF[table]
    return tonight.filter(F.col(pointer).isNotNull() | _is_negative(table)).select(F.col(pointer).alias(key))


def orphans(reversals: DataFrame, entries: DataFrame, table: str) -> DataFrame:
    """One row: how many of tonight's reversals (see `waiting_reversals`) wait for what they reverse.

    `entries` are those of all nights.
    """
    key = TABLES[table].key[0]
    found = entries.select(key).join(reversals, key, how="left_semi")
    waiting = reversals.join(found, key, how="left_anti")
    return waiting.agg(F.lit(table).alias("table_name"), F.count(F.lit(1)).alias("orphans"))


def _is_negative(table: str) -> Column:
    amounts = [F.coalesce(F.col(c), F.lit(0)) for c in TABLES[table].sums]
    return F.least(*(a.cast("double") for a in amounts)) < 0


def with_matched_pointers(entries: DataFrame, table: str, reversal: Reversal) -> DataFrame:
    """Entries whose source names no originals, with pointers found by content.

    Among entries alike in `matches`, the n-th reversal (in the order of keys) takes back the n-th original. A reversal
    without a partner keeps no pointer.
    """
    key, pointer = TABLES[table].key[0], POINTER_OF[table]
    is_reversal = F.coalesce(F.expr(written(reversal.when)), F.lit(False))
    alike = F.to_json(F.struct(*(F.expr(written(sql)).alias(f"m{n}") for n, sql in enumerate(reversal.matches))))
    marked = entries.select("*", is_reversal.alias("_is_reversal"), alike.alias("_alike"))
    order = Window.partitionBy("_alike", "_is_reversal").orderBy(key)
    numbered = marked.withColumn("_number", F.row_number().over(order))
    originals = numbered.filter(~F.col("_is_reversal")).select("_alike", "_number", F.col(key).alias("_original"))
    paired = numbered.join(originals, ["_alike", "_number"], how="left")
    found = F.when(F.col("_is_reversal"), F.col("_original"))
    return paired.withColumn(pointer, F.coalesce(F.col(pointer), found)).select(*entries.columns)


def to_history(existing: DataFrame | None, tonight: DataFrame, table: str, night: Column) -> DataFrame:
    """All versions of tonight's keys, each of which `tonight` has once: a new one only where the content changed.

    `existing` are the versions of these keys so far; None before the table is made. What an earlier run of this night
    wrote is replaced; nights may be given in any order.
    """
    contract = TABLES[table]
    content = mapped_columns(table)
    versions = tonight.select(*content, "key_id", night.alias("known_from"))
    if existing is None:
        return versions.select("*", F.lit(None).cast("date").alias("known_to")).select(*contract.column_names)
    others = existing.filter(F.col("known_from") != night)
    versions = others.select(*content, "key_id", "known_from").unionByName(versions)
    in_order = Window.partitionBy(*contract.key).orderBy("known_from")
    fingerprints = versions.withColumn("_print", F.xxhash64(*content))
    before = F.lag("_print").over(in_order)
    changed = fingerprints.withColumn("_before", before).filter(~F.col("_before").eqNullSafe(F.col("_print")))
    return changed.withColumn("known_to", F.lead("known_from").over(in_order)).select(*contract.column_names)
