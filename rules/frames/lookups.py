"""Fee lines with what was in force on their service date: the catalogue's price limit and the knowledge points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import Window as Over
from pyspark.sql import functions as F

from fundwatch.engine.frames import small_frame
from rules.knowledge.points import Knowledge, KnowledgePoint

_FIELDS = ("value", "unit")
_KINDS = ("string", "string", "string", "date", "date")


def with_item_in_force(lines: DataFrame, items: DataFrame) -> DataFrame:
    """Lines with `price_limit_in_force`: the limit delivered with the line, else the catalogue's on that day.

    Where two entries of an item overlap, the later one replaces the earlier from its first day on; so a line meets
    one entry at most. A limit of nought means none.
    """
    following = F.lead("started_on").over(Over.partitionBy("item_code").orderBy("started_on"))
    until = F.least(F.coalesce("ended_on", F.lit("9999-12-31").cast("date")), F.date_sub(following, 1))
    spans = items.select(
        F.col("item_code").alias("_item"),
        F.col("price_limit").alias("_limit"),
        F.col("started_on").alias("_from"),
        until.alias("_until"),
    )
    in_force = (F.col("item_code") == F.col("_item")) & F.col("service_date").between(F.col("_from"), F.col("_until"))
    limit = F.coalesce(F.nullif("price_limit", F.lit(0)), F.nullif("_limit", F.lit(0)))
    return lines.join(spans, on=in_force, how="left").select(*lines.columns, limit.alias("price_limit_in_force"))


def with_item_knowledge(lines: DataFrame, knowledge: Knowledge, wanted: frozenset[str]) -> DataFrame:
    """Lines with `frequency_limit` and `frequency_unit`, and with `item_class`, as wanted."""
    if wanted & {"frequency_limit", "frequency_unit"}:
        names = {"value": "frequency_limit_text", "unit": "frequency_unit"}
        lines = with_points(lines, "item_code", knowledge.get("frequency", ()), names)
        limit = F.expr("try_cast(frequency_limit_text AS decimal(16,4))")
        lines = lines.select("*", limit.alias("frequency_limit")).drop("frequency_limit_text")
    if "item_class" in wanted:
        lines = with_points(lines, "item_code", knowledge.get("item_class", ()), {"value": "item_class"})
    return lines


def with_sex_knowledge(lines: DataFrame, knowledge: Knowledge) -> DataFrame:
    """Lines with `restricted_sex`, the one sex that item or main diagnosis fits, and what says so."""
    lines = with_points(lines, "item_code", knowledge.get("sex_item", ()), {"value": "_item_sex"})
    diagnoses = knowledge.get("sex_diagnosis", ())
    lines = with_points(lines, "main_diagnosis_code", diagnoses, {"value": "_diagnosis_sex"})
    said_by = F.when(F.col("_item_sex").isNotNull(), F.coalesce("item_name", "item_code"))
    return lines.select(
        "*",
        F.coalesce("_item_sex", "_diagnosis_sex").alias("restricted_sex"),
        F.coalesce(said_by, "main_diagnosis_code").alias("restricted_by"),
    ).drop("_item_sex", "_diagnosis_sex")


def with_points(rows: DataFrame, code: str, points: Sequence[KnowledgePoint], names: Mapping[str, str]) -> DataFrame:
    """Rows with the fields of the point that held for the code on the service date; null where none did.

    Prefixes of one length are one equality join, and the longest that holds is told: it is the narrower region's word.
    The loader saw to it that no day has two points of one length for a code.
    """
    if not points:
        return rows.select("*", *(F.lit(None).cast("string").alias(name) for name in names.values()))
    joined = rows
    lengths = sorted({len(p.stem) if p.is_prefix else 0 for p in points}, reverse=True)
    for length in lengths:
        same = [p for p in points if (len(p.stem) if p.is_prefix else 0) == length]
        found = [(p.stem, p.value, p.unit, p.valid_from, p.valid_to) for p in same]
        columns = [f"_{name}_{length}" for name in ("code", *_FIELDS, "from", "to")]
        schema = ", ".join(f"{name} {kind}" for name, kind in zip(columns, _KINDS, strict=True))
        key: Column = F.substring(code, 1, length) if length else F.col(code)
        first, last = F.col(columns[3]), F.col(columns[4])
        in_force = (F.col("service_date") >= first) & (last.isNull() | (F.col("service_date") <= last))
        known = small_frame(rows.sparkSession, schema, found)
        joined = joined.join(known, on=(key == F.col(columns[0])) & in_force, how="left")
    return joined.select(
        *rows.columns,
        *(F.coalesce(*(f"_{field}_{n}" for n in lengths)).alias(name) for field, name in names.items()),
    )
