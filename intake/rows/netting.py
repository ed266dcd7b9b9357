"""Reversals (冲正) netted, and histories: pure functions of all entries, so that order and batching do not matter.

The sign of an entry decides what it is: one whose sums are negative is a reversal, any other an original, whatever its
pointer says. An original and the reversals that lead to it form a group, named by the original's key. A reversal takes
effect on the night when the last of its pointers, and the original at their end, are there; until then it waits, and it
waits for ever where they lead to nothing, to itself or in a circle. A group's state after a night is its original and
the running sum of its reversals up to that night; a version holds from the night its state changed until the next
change. A group that is netted to zero has no version. Where a later entry replaces an earlier one of its key, the
group's original is the latest that was there; where that one removes, the group has no version either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from fundwatch.contracts import TABLES
from fundwatch.contracts.versions import KNOWN_COLUMNS
from fundwatch.expressions.declared import written
from intake.rows.completing import with_completion
from intake.source.mapping import POINTER_OF, REMOVAL, Reversal, mapped_columns

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

ROOT = "_root"
SINCE = "_since"  # the night on which the last pointer that leads to the root was there
BORN = "_born"  # the night on which the root's original was there
DOUBLINGS = 3  # a chain of up to eight reversals of reversals finds its original; longer ones wait
# what must come to zero for a group to be gone: money left over stays in the clean table
ZERO = {"claim_line": ("quantity", "amount"), "settlement": ("total_amount",)}
MONEY = {"claim_line": "amount", "settlement": "total_amount"}


def is_reversal(table: str) -> Column:
    """Whether an entry takes back: the first of its sums that is not zero is negative, and it is no removal."""
    first = F.coalesce(*(F.nullif(F.col(c), F.lit(0)) for c in TABLES[table].sums))
    return F.coalesce(first < 0, F.lit(False)) & ~is_removal()


def is_removal() -> Column:
    """Whether an entry takes away what stands under its key."""
    return F.coalesce(F.col(REMOVAL), F.lit(False))


def reversals_of(entries: DataFrame, table: str) -> DataFrame:
    """Reversals: their key, what they say they reverse (`_to`, null for nothing but themselves), `_night`, `_money`.

    Small: a reversal in twenty lines is usual.
    """
    key, pointer = TABLES[table].key[0], POINTER_OF[table]
    return entries.filter(is_reversal(table)).select(
        key,
        F.nullif(F.col(pointer), F.col(key)).alias("_to"),
        F.col("business_date").alias("_night"),
        F.coalesce(F.col(MONEY[table]), F.lit(0)).alias("_money"),
    )


def roots_of(reversals: DataFrame, table: str) -> DataFrame:
    """Reversals (see `reversals_of`) with the key at the end of their pointers, their own without one; and `_since`."""
    key = TABLES[table].key[0]
    ends = reversals.select(F.col(key).alias("_from"), "_to", F.col("_night").alias(SINCE))
    for _ in range(DOUBLINGS):
        further = ends.select(F.col("_from").alias("_to"), F.col("_to").alias("_next"), F.col(SINCE).alias("_later"))
        ends = ends.join(further, "_to", how="left").select(
            "_from", F.coalesce("_next", "_to").alias("_to"), F.greatest(SINCE, "_later").alias(SINCE)
        )
    found = ends.select(F.col("_from").alias(key), F.col("_to").alias(ROOT), SINCE)
    return reversals.join(found, key, how="inner").select(
        key, F.coalesce(ROOT, key).alias(ROOT), SINCE, "_night", "_money"
    )


def with_births(roots: DataFrame, entries: DataFrame, table: str) -> DataFrame:
    """Rooted reversals (see `roots_of`) with `_born`: null where no original is at the end of their pointers.

    Of the entries, which are many, only keys and nights are read.
    """
    key = TABLES[table].key[0]
    named = roots.select(F.col(ROOT).alias(key)).distinct().join(roots.select(key), key, how="left_anti")
    births = entries.select(key, "business_date").join(named, key, how="left_semi")
    births = births.groupBy(F.col(key).alias(ROOT)).agg(F.min("business_date").alias(BORN))
    return roots.join(births, ROOT, how="left")


def waiting_on(born: DataFrame, night: Column) -> DataFrame:
    """The reversals (see `with_births`) that had come by a night and found no original by then."""
    is_found = F.coalesce(F.greatest(F.col(SINCE), F.col(BORN)) <= night, F.lit(False)) & F.col(BORN).isNotNull()
    return born.filter((F.col("_night") <= night) & ~is_found)


def keys_of_both(others: DataFrame, tonight: DataFrame, table: str) -> DataFrame:
    """Originals of tonight's keys that other nights delivered too, each the root of its own group: one night's entry
    replaces another's.
    """
    key = TABLES[table].key[0]
    again = others.select(key).join(tonight.select(key), key, how="left_semi").distinct()
    return again.select(key, F.col(key).alias(ROOT), F.lit(None).cast("date").alias(SINCE))


def touched_members(tonight: DataFrame, roots: DataFrame, table: str) -> DataFrame:
    """Entry × root, with `_since` of reversals, of all groups that hold one and to which an entry of tonight belongs.

    Tonight's keys are passed through once, whether they are many or few.
    """
    key, members = TABLES[table].key[0], F.col("_members")
    root = F.struct(F.col(ROOT).alias(key), F.lit(None).cast("date").alias(SINCE))
    member = F.when(F.col(ROOT) != F.col(key), F.struct(key, SINCE))
    groups = roots.groupBy(ROOT).agg(F.concat(F.array(root), F.collect_list(member)).alias("_members"))
    named = groups.select(ROOT, "_members", F.explode(members).alias("_member")).select(
        ROOT, "_members", F.col(f"_member.{key}").alias(key)
    )
    touched = tonight.select(key).join(named, key, how="inner").groupBy(ROOT).agg(F.first("_members").alias("_members"))
    return touched.select(ROOT, F.inline(members))


def versions_of(entries: DataFrame, grouped: tuple[DataFrame, DataFrame] | None, table: str) -> DataFrame:
    """Versions of the netted table that follow from tonight's `entries`.

    `grouped` are the members of touched groups (see `touched_members`) and a history with at least the entries of all
    nights that are in them; None if no group is touched. An entry in no group with a reversal is its own version,
    which spares nearly all of a night the netting.
    """
    key = TABLES[table].key[0]
    alone = entries.filter(~is_reversal(table) & ~is_removal())
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
    """Versions of a netted table over the nights, from whole groups of entries, each with the root of its group."""
    contract = TABLES[table]
    sums, is_original = contract.sums, ~is_reversal(table)
    group = Window.partitionBy(ROOT)
    born = F.min(F.when(is_original, F.col("business_date"))).over(group).alias(BORN)
    counted_on = F.when(is_original, F.col("business_date")).otherwise(F.greatest(SINCE, BORN)).alias("known_from")
    content = F.struct(*contract.names_without(*KNOWN_COLUMNS))
    changes = rooted.select("*", born).filter(F.col(BORN).isNotNull()).groupBy(ROOT, counted_on).agg(
        F.max(F.when(is_original, content)).alias("_original"),
        F.bool_or(F.when(is_original, is_removal())).alias("_is_removed"),
        *(F.sum(F.when(~is_original, F.col(c))).alias(c) for c in sums),
        F.count_if(~is_original).alias("_reversals"),
    )  # fmt: skip
    in_order = Window.partitionBy(ROOT).orderBy("known_from")
    so_far = in_order.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    running = changes.select(
        F.last("_original", ignorenulls=True).over(so_far).alias("_original"),
        F.last("_is_removed", ignorenulls=True).over(so_far).alias("_is_removed"),
        "known_from",
        *(F.sum(c).over(so_far).alias(c) for c in sums),
        F.sum("_reversals").over(so_far).alias("_reversals"),
        F.lead("known_from").over(in_order).alias("known_to"),
    )
    left = {c: _left(F.col(f"_original.{c}"), F.col(c)).cast(contract.spark_type(c)) for c in sums}
    netted = running.select(
        *(left.get(c, F.col(f"_original.{c}")).alias(c) for c in contract.names_without(*KNOWN_COLUMNS)),
        "known_from",
        "known_to",
        "_reversals",
        "_is_removed",
    )
    is_zero = F.lit(True)
    for name in ZERO[table]:
        is_zero = is_zero & (F.coalesce(F.col(name), F.lit(0)) == 0)
    is_gone = F.col("_is_removed") | ((F.col("_reversals") > 0) & is_zero)
    return netted.filter(~is_gone).select(*contract.column_names)


def _left(original: Column, taken_back: Column) -> Column:
    """What is left of a sum; unknown where neither the original nor a reversal says anything."""
    return F.coalesce(original + taken_back, original, taken_back)


def with_matched_pointers(entries: DataFrame, table: str, reversal: Reversal) -> DataFrame:
    """Entries with pointers found by content for reversals whose own pointer names no entry.

    Among entries alike in `matches`, the n-th such reversal (in the order of keys) takes back the n-th original that no
    pointer names. A reversal without a partner keeps what it said.
    """
    key, pointer = TABLES[table].key[0], POINTER_OF[table]
    named = entries.filter(is_reversal(table)).select(F.col(pointer).alias(key)).distinct()
    found = entries.select(key).join(named, key, how="left_semi").distinct().withColumn("_is_named", F.lit(True))
    own = entries.join(found, key, how="left").withColumn("_is_named", F.coalesce("_is_named", F.lit(False)))
    there = found.select(F.col(key).alias(pointer), F.lit(True).alias("_is_there"))
    alike = F.to_json(F.struct(*(F.expr(written(sql)).alias(f"m{n}") for n, sql in enumerate(reversal.matches))))
    marked = own.join(there, pointer, how="left").select(
        *entries.columns,
        alike.alias("_alike"),
        F.when(is_reversal(table), F.when(F.col("_is_there"), F.lit("pointed")).otherwise(F.lit("seeks")))
        .otherwise(F.when(F.col("_is_named"), F.lit("named")).otherwise(F.lit("free")))
        .alias("_kind"),
    )
    order = Window.partitionBy("_alike", "_kind").orderBy(key)
    numbered = marked.withColumn("_number", F.row_number().over(order))
    free = numbered.filter(F.col("_kind") == "free").select("_alike", "_number", F.col(key).alias("_original"))
    paired = numbered.join(free, ["_alike", "_number"], how="left")
    taken_back = F.when(F.col("_kind") == "seeks", F.coalesce("_original", pointer)).otherwise(F.col(pointer))
    return paired.withColumn(pointer, taken_back).select(*entries.columns)


def to_history(existing: DataFrame | None, tonight: DataFrame, table: str, night: Column) -> DataFrame:
    """All versions of tonight's keys, each of which `tonight` has once: a new one only where the content changed.

    `existing` are the versions so far of all keys that are the same in the parts that must be known; None before the
    table is made. What an earlier run of this night wrote is replaced; nights may be given in any order.
    """
    contract = TABLES[table]
    content = mapped_columns(table)
    versions = tonight.select(*content, "key_id", night.alias("known_from"))
    if existing is None:
        first = versions.select("*", F.lit(None).cast("date").alias("known_to"))
        return with_completion(first, table).select(*contract.column_names)
    others = existing.filter(F.col("known_from") != night)
    versions = others.select(*content, "key_id", "known_from").unionByName(versions)
    in_order = Window.partitionBy(*contract.key).orderBy("known_from")
    fingerprints = versions.withColumn("_print", F.xxhash64(*content))
    before = F.lag("_print").over(in_order)
    changed = fingerprints.withColumn("_before", before).filter(~F.col("_before").eqNullSafe(F.col("_print")))
    spans = changed.withColumn("known_to", F.lead("known_from").over(in_order))
    return with_completion(spans, table).select(*contract.column_names)
