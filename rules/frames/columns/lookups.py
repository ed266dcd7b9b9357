"""Fee lines with what was in force on their service date: the catalogue's price limit and the knowledge points."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

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


def with_knowledge(rows: DataFrame, classes: Sequence[KnowledgeClass], knowledge: Knowledge) -> DataFrame:
    """Rows with the columns that the classes give; null where no point held, or its cell is empty.

    Classes that are found by one column of the rows are looked up together: what a join costs is not paid by class.
    """
    for matched_by in dict.fromkeys(declared.matched_by for declared in classes):
        rows = _of_column(rows, matched_by, [c for c in classes if c.matched_by == matched_by], knowledge)
    return rows


def _of_column(rows: DataFrame, matched_by: str, classes: Sequence[KnowledgeClass], knowledge: Knowledge) -> DataFrame:
    asked = [PointsAsked(knowledge.get(c.name, ()), c.cells, c.says_several) for c in classes]
    found = with_points(rows, matched_by, asked)
    given = ((declared, name, said) for declared in classes for name, said in declared.gives.items())
    return found.select(
        *rows.columns, *(_typed(declared, said, classes.index(declared)).alias(name) for declared, name, said in given)
    )


def _typed(declared: KnowledgeClass, given: Given, number: int) -> Column:
    """What a class says in a cell; of several points each thing once and sorted."""
    cell = said_in(number, given.cell)
    if not declared.says_several:
        return F.expr(f"try_cast(nullif({cell}, '') AS {given.type})")
    said = f"transform({cell}, said -> try_cast(nullif(said, '') AS {given.type}))"
    return F.expr(f"nullif(array_sort(array_distinct(array_compact({said}))), array())")


def with_restricted_sex(lines: DataFrame) -> DataFrame:
    """Lines with `restricted_sex`, the one sex that item or main diagnosis fits, and what says so."""
    said_by = F.when(F.col("item_sex").isNotNull(), F.coalesce("item_name", "item_code"))
    return lines.select(
        "*",
        F.coalesce("item_sex", "diagnosis_sex").alias("restricted_sex"),
        F.coalesce(said_by, "main_diagnosis_code").alias("restricted_by"),
    )


@dataclass(frozen=True)
class PointsAsked:
    """Points to look up, with their cells; of those that `say_several` all that hold count."""

    points: Sequence[KnowledgePoint]
    cells: Sequence[str]
    say_several: bool = False

    @property
    def type(self) -> str:
        return "array<string>" if self.say_several else "string"

    def said(self, holding: Sequence[KnowledgePoint]) -> list[object]:
        """What the holding ones of its points say, by cell: nothing where there is none of them."""
        own = [point for point in holding if id(point) in self._of]
        if not own:
            return [None] * len(self.cells)
        # an empty text, not a null, keeps an empty cell of the longest prefix from being filled by a shorter one
        texts = [[point.cells.get(cell, "") for point in own] for cell in self.cells]
        return [*texts] if self.say_several else [of_cell[0] for of_cell in texts]

    @cached_property
    def _of(self) -> frozenset[int]:
        return frozenset(map(id, self.points))


def said_in(number: int, cell: str) -> str:
    """The column of what the points asked for in that place say in a cell."""
    return f"_{cell}__{number}"


def with_points(rows: DataFrame, code: str, asked: Sequence[PointsAsked]) -> DataFrame:
    """Rows with the text in each cell of the points that held for the code on the service date (see `said_in`): empty
    where the cell is, null where no point held. Of points that say several it is an array: at one place of the arrays
    of all cells stands one point.

    Prefixes of one length are one equality join, for all that is asked; of single points the longest that holds counts:
    it is the narrower region's word. The loader saw to it that no day has two points of one length for a code.
    """
    joined = rows
    lengths = sorted({_length(point) for one in asked for point in one.points}, reverse=True)
    for length in lengths:
        held = [
            (stem, first, last, *(text for one in asked for text in one.said(holding)))
            for stem, first, last, holding in _by_span([p for one in asked for p in one.points if _length(p) == length])
        ]
        cells = [(f"{said_in(n, cell)}__{length}", one.type) for n, one in enumerate(asked) for cell in one.cells]
        spans = [(f"_{name}__{length}", kind) for name, kind in (("code", "string"), ("from", "date"), ("to", "date"))]
        schema = ", ".join(f"{name} {kind}" for name, kind in (*spans, *cells))
        key: Column = F.substring(code, 1, length) if length else F.col(code)
        stem, first, last = (F.col(name) for name, _ in spans)
        in_force = (F.col("service_date") >= first) & (last.isNull() | (F.col("service_date") <= last))
        joined = joined.join(small_frame(rows.sparkSession, schema, held), on=(key == stem) & in_force, how="left")
    reported = (
        _over_lengths(one, said_in(n, cell), lengths).alias(said_in(n, cell))
        for n, one in enumerate(asked)
        for cell in one.cells
    )
    return joined.select(*rows.columns, *reported)


def _length(point: KnowledgePoint) -> int:
    """How many characters of a code a prefix is; 0 of a whole code."""
    return len(point.stem) if point.is_prefix else 0


def _over_lengths(asked: PointsAsked, cell: str, lengths: Sequence[int]) -> Column:
    own = {_length(point) for point in asked.points}
    held = [F.col(f"{cell}__{length}") for length in lengths if length in own]
    if not held:
        return F.lit(None).cast(asked.type)
    if not asked.say_several:
        return F.coalesce(*held)
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
