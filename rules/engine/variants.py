"""Variants of rules, scanned beside them: what each finds, where, and beside the rule itself and other rules.

A variant's hits bear the ids of its rule's with the variant's own end, so that one thing is the same in all of them.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import Window as Over
from pyspark.sql import functions as F

from fundwatch.engine.frames import stacked
from rules.catalogue.rule import VARIANT

FIGURE = ("rule_id", "kind", "key", "hit_count", "amount")
UNKNOWN, OTHERS = "?", "*"  # a key that is not known; all keys together that are not among the first
KEPT, GAINED, LOST = CHANGES = ("kept", "gained", "lost")
_MONEY = "decimal(20,2)"
_MOST_KEYS = 40


def figures(found: DataFrame, others: DataFrame, institutions: DataFrame, numbers: Sequence[int]) -> DataFrame:
    """One row per rule or variant, kind of figure and key: how many, and their money.

    `found` are the hits with their lines, `others` the lines that rules count (`rule_id`, `line_id`), these or others.
    Kinds: `all` hits; hits by `level`, `region` (the institution's, or itself where none is known) and `month`; the
    `lines` counted, those `shared` with other rules, and those shared `with` which; what is kept, gained and lost
    beside the rule itself, by the `numbers` of the variants.
    """
    return stacked([_by_place(found, institutions), _lines(found, others), _changes(_wide(found, numbers), numbers)])


def _by_place(found: DataFrame, institutions: DataFrame) -> DataFrame:
    places = institutions.select("institution_id", "institution_level", "region_code")
    hits = found.join(F.broadcast(places), on="institution_id", how="left")
    month = F.date_format(F.coalesce("period_end", "period_start"), "yyyy-MM")
    keys = {"all": F.lit(""), "level": F.col("institution_level"), "month": month}
    keys |= {"region": F.coalesce("region_code", "institution_id")}
    kinds = F.array(
        *(F.struct(F.lit(k).alias("kind"), F.coalesce(v, F.lit(UNKNOWN)).alias("key")) for k, v in keys.items())
    )
    by_key = hits.select("rule_id", "amount_at_risk", F.inline(kinds)).groupBy("rule_id", "kind", "key")
    summed = by_key.agg(F.count(F.lit(1)).alias("hit_count"), F.sum("amount_at_risk").alias("amount"))
    # the same keys for all variants: the first over all of them, and the rest together
    of_key = summed.select("*", F.sum("hit_count").over(Over.partitionBy("kind", "key")).alias("_total"))
    placed = F.dense_rank().over(Over.partitionBy("kind").orderBy(F.desc("_total"), "key"))
    first = of_key.select("*", placed.alias("_place"))
    shown = F.when((F.col("_place") <= _MOST_KEYS) | (F.col("kind") == "month"), F.col("key")).otherwise(F.lit(OTHERS))
    again = first.withColumn("key", shown).groupBy("rule_id", "kind", "key")
    return _figures(again.agg(F.sum("hit_count").alias("hit_count"), F.sum("amount").alias("amount")))


def _lines(found: DataFrame, others: DataFrame) -> DataFrame:
    of_hits = found.select("rule_id", F.inline("lines")).filter("role = 'counted'")
    own = of_hits.select("rule_id", "line_id").distinct()
    both = own.join(others.withColumnRenamed("rule_id", "other"), on="line_id", how="inner")
    shared = both.filter(F.col("other") != _cut(1))
    with_which = shared.groupBy("rule_id", "other").agg(F.count(F.lit(1)).alias("hit_count"))
    with_any = shared.groupBy("rule_id").agg(F.count_distinct("line_id").alias("hit_count"))
    counted = own.groupBy("rule_id").agg(F.count(F.lit(1)).alias("hit_count"))
    parts = ((counted, "lines", F.lit("")), (with_any, "shared", F.lit("")), (with_which, "with", F.col("other")))
    return stacked(
        _figures(rows.select("rule_id", F.lit(kind).alias("kind"), key.alias("key"), "hit_count"))
        for rows, kind, key in parts
    )


def _wide(found: DataFrame, numbers: Sequence[int]) -> DataFrame:
    """One row per thing that the rule itself or a variant hits: what each has at risk in it, null where it hits not."""
    number = F.coalesce(F.nullif(_cut(2), F.lit("")), F.lit("0"))
    amount = F.coalesce("amount_at_risk", F.lit(0)).cast(_MONEY)
    things = found.select("*", F.substring("hit_id", 1, 32).alias("thing"), number.alias("number"))
    return things.groupBy(_cut(1).alias("base"), "thing").agg(
        *(F.max(F.when(F.col("number") == str(n), amount)).alias(_of(n)) for n in (0, *numbers)),
        *(F.max(name).alias(name) for name in ("subject_type", "subject_id", "institution_id", "period_end")),
        F.max_by("reason_zh", "number").alias("reason_zh"),
        F.max_by("reason_en", "number").alias("reason_en"),
    )


def _cut(part: int) -> Column:
    """The rule that a variant is one of, and its number; the number is empty of the rule itself."""
    return F.split_part("rule_id", F.lit(VARIANT), F.lit(part))


def _of(number: int) -> str:
    return f"amount_{number}"


def _change(number: int) -> Column:
    """Whether the variant keeps the rule's hit of the thing, gains one, or loses it; null where neither hits."""
    was, is_ = F.col(_of(0)).isNotNull(), F.col(_of(number)).isNotNull()
    return F.when(was & is_, F.lit(KEPT)).when(is_, F.lit(GAINED)).when(was, F.lit(LOST))


def _by_variant(wide: DataFrame, numbers: Sequence[int]) -> DataFrame:
    """One row per thing and variant, of those that the variant or its rule hits."""
    changes = F.array(
        *(
            F.struct(
                F.concat("base", F.lit(f"{VARIANT}{n}")).alias("rule_id"),
                _change(n).alias("kind"),
                F.coalesce(_of(n), _of(0)).alias("amount"),
            )
            for n in numbers
        )
    )
    kept = [name for name in wide.columns if not name.startswith("amount_")]
    return wide.select(*kept, F.inline(changes)).filter(F.col("kind").isNotNull())


def _changes(wide: DataFrame, numbers: Sequence[int]) -> DataFrame:
    counted = _by_variant(wide, numbers).groupBy("rule_id", "kind")
    summed = counted.agg(F.count(F.lit(1)).alias("hit_count"), F.sum("amount").alias("amount"))
    return _figures(summed.select("*", F.lit("").alias("key")))


def changed_hits(found: DataFrame, numbers: Sequence[int], each: int) -> DataFrame:
    """The dearest hits that each variant gains and loses, `each` of a kind at most, as examples."""
    changed = _by_variant(_wide(found, numbers), numbers).filter(F.col("kind") != KEPT)
    placed = F.row_number().over(Over.partitionBy("rule_id", "kind").orderBy(F.desc("amount"), "thing"))
    first = changed.select("*", placed.alias("_place")).filter(F.col("_place") <= each)
    return first.orderBy("rule_id", "kind", "_place").drop("_place", "base").withColumnRenamed("thing", "hit_id")


def _figures(rows: DataFrame) -> DataFrame:
    amount = (F.col("amount") if "amount" in rows.columns else F.lit(None)).cast(_MONEY)
    return rows.select(
        *FIGURE[:3], F.col("hit_count").cast("bigint").alias("hit_count"), amount.cast(_MONEY).alias("amount")
    )
