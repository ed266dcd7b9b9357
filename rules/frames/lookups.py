"""Fee lines with what was in force on their service date: the catalogue's price limit and the knowledge points."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from pyspark.sql import Column, DataFrame
from pyspark.sql import Window as Over
from pyspark.sql import functions as F

from fundwatch.engine.frames import small_frame
from rules.knowledge.declaration import Given, KnowledgeClass
from rules.knowledge.points import Knowledge, KnowledgePoint

_DAY = timedelta(days=1)


def with_item_in_force(lines: DataFrame, items: DataFrame) -> DataFrame:
    """Lines with `price_limit_in_force`: the limit delivered with the line, else the catalogue's on that day.

    Where two entries of an item overlap, the later one replaces the earlier from its first day on; so a line meets
    one entry at most. A limit of zero means none.
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


def with_knowledge(lines: DataFrame, declared: KnowledgeClass, knowledge: Knowledge) -> DataFrame:
    """Lines with the columns that the class gives; null where no point held, or its cell is empty."""
    points = knowledge.get(declared.name, ())
    if declared.says_several:
        found = with_all_points(lines, declared.matched_by, points, declared.cells)
        return found.select(*lines.columns, *(_set_of(given).alias(name) for name, given in declared.gives.items()))
    found = with_points(lines, declared.matched_by, points, declared.cells)
    typed = (
        F.expr(f"try_cast(nullif(_{given.cell}, '') AS {given.type})").alias(name)
        for name, given in declared.gives.items()
    )
    return found.select(*lines.columns, *typed)


def with_restricted_sex(lines: DataFrame) -> DataFrame:
    """Lines with `restricted_sex`, the one sex that item or main diagnosis fits, and what says so."""
    said_by = F.when(F.col("item_sex").isNotNull(), F.coalesce("item_name", "item_code"))
    return lines.select(
        "*",
        F.coalesce("item_sex", "diagnosis_sex").alias("restricted_sex"),
        F.coalesce(said_by, "main_diagnosis_code").alias("restricted_by"),
    )


def _set_of(given: Given) -> Column:
    """What the points say in a cell, each thing once and sorted; null where none says anything."""
    said = f"transform(_{given.cell}, said -> try_cast(nullif(said, '') AS {given.type}))"
    return F.expr(f"nullif(array_sort(array_distinct(array_compact({said}))), array())")


def with_points(rows: DataFrame, code: str, points: Sequence[KnowledgePoint], cells: Sequence[str]) -> DataFrame:
    """Rows with `_<cell>`, the text in each cell of the point that held for the code on the service date: empty where
    the cell is, null where no point held.

    Prefixes of one length are one equality join, and the longest that holds counts: it is the narrower region's
    word. The loader saw to it that no day has two points of one length for a code.
    """
    if not points:
        return rows.select("*", *(F.lit(None).cast("string").alias(f"_{cell}") for cell in cells))
    joined = rows
    lengths = sorted({len(p.stem) if p.is_prefix else 0 for p in points}, reverse=True)
    for length in lengths:
        same = [p for p in points if (len(p.stem) if p.is_prefix else 0) == length]
        # an empty text, not a null, keeps an empty cell of the longest prefix from being filled by a shorter one
        found = [(p.stem, p.valid_from, p.valid_to, *(p.cells.get(cell, "") for cell in cells)) for p in same]
        columns = [f"_{name}_{length}" for name in ("code", "valid_from", "valid_to", *cells)]
        kinds = ("string", "date", "date", *("string" for _ in cells))
        schema = ", ".join(f"{name} {kind}" for name, kind in zip(columns, kinds, strict=True))
        key: Column = F.substring(code, 1, length) if length else F.col(code)
        stem, first, last = map(F.col, columns[:3])
        in_force = (F.col("service_date") >= first) & (last.isNull() | (F.col("service_date") <= last))
        joined = joined.join(small_frame(rows.sparkSession, schema, found), on=(key == stem) & in_force, how="left")
    reported = (F.coalesce(*(f"_{cell}_{length}" for length in lengths)).alias(f"_{cell}") for cell in cells)
    return joined.select(*rows.columns, *reported)


def with_all_points(rows: DataFrame, code: str, points: Sequence[KnowledgePoint], cells: Sequence[str]) -> DataFrame:
    """Rows with `_<cell>`, an array of the texts in each cell of all points that held for the code on the service date;
    at one place of all arrays stands one point. Null where no point held.

    As with single points, prefixes of one length are one equality join: a code's points of one day are one row of it.
    """
    if not points:
        return rows.select("*", *(F.lit(None).cast("array<string>").alias(f"_{cell}") for cell in cells))
    joined = rows
    lengths = sorted({len(p.stem) if p.is_prefix else 0 for p in points})
    for length in lengths:
        of_length = [p for p in points if (len(p.stem) if p.is_prefix else 0) == length]
        found = [
            (stem, first, last, *([p.cells.get(cell, "") for p in holding] for cell in cells))
            for stem, first, last, holding in _by_span(of_length)
        ]
        columns = [f"_{name}_{length}" for name in ("code", "valid_from", "valid_to", *cells)]
        kinds = ("string", "date", "date", *("array<string>" for _ in cells))
        schema = ", ".join(f"{name} {kind}" for name, kind in zip(columns, kinds, strict=True))
        key: Column = F.substring(code, 1, length) if length else F.col(code)
        stem, first, last = map(F.col, columns[:3])
        in_force = (F.col("service_date") >= first) & (last.isNull() | (F.col("service_date") <= last))
        joined = joined.join(small_frame(rows.sparkSession, schema, found), on=(key == stem) & in_force, how="left")
    return joined.select(*rows.columns, *(_gathered(cell, lengths).alias(f"_{cell}") for cell in cells))


def _gathered(cell: str, lengths: Sequence[int]) -> Column:
    held = [F.col(f"_{cell}_{length}") for length in lengths]
    nothing = F.array().cast("array<string>")
    return F.when(F.coalesce(*held).isNotNull(), F.concat(*(F.coalesce(part, nothing) for part in held)))


Span = tuple[str, date, date | None, list[KnowledgePoint]]


def _by_span(points: Sequence[KnowledgePoint]) -> Iterator[Span]:
    """By code the spans of days on which the same points hold: code, first day, last day, points."""
    by_code: dict[str, list[KnowledgePoint]] = defaultdict(list)
    for point in points:
        by_code[point.stem].append(point)
    for stem, of_code in by_code.items():
        changes = {p.valid_from for p in of_code}
        changes |= {p.valid_to + _DAY for p in of_code if p.valid_to is not None and p.valid_to < date.max}
        days = sorted(changes)
        for first, following in zip(days, [*days[1:], None], strict=True):
            holding = [p for p in of_code if p.valid_from <= first and (p.valid_to is None or first <= p.valid_to)]
            if holding:
                yield stem, first, None if following is None else following - _DAY, holding
