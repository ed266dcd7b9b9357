"""Fee lines with what was in force on their service date: the catalogue's price limit and the knowledge points."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import Window as Over
from pyspark.sql import functions as F

from fundwatch.engine.frames import small_frame
from rules.knowledge.classes import CLASSES
from rules.knowledge.declaration import Given, KnowledgeClass
from rules.knowledge.framed import FramedPoints, Points, PointsByClass, counted, prefix_length
from rules.knowledge.points import KnowledgePoint

_DAY = timedelta(days=1)
_OTHERS = "_others"


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


def with_knowledge(rows: DataFrame, classes: Sequence[KnowledgeClass], knowledge: PointsByClass) -> DataFrame:
    """Rows with the columns that the classes give; null where no point held, or its cell is empty.

    Classes that are found by one column of the rows are looked up together: what a join costs is not paid by class.
    """
    for matched_by in dict.fromkeys(declared.matched_by for declared in classes):
        rows = _of_column(rows, matched_by, [c for c in classes if c.matched_by == matched_by], knowledge)
    return rows


def _of_column(
    rows: DataFrame, matched_by: str, classes: Sequence[KnowledgeClass], knowledge: PointsByClass
) -> DataFrame:
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

    points: Points
    cells: Sequence[str]
    say_several: bool = False

    @property
    def type(self) -> str:
        return "array<string>" if self.say_several else "string"

    @cached_property
    def listed(self) -> Sequence[KnowledgePoint]:
        """Those that are listed one by one, of files."""
        return () if isinstance(self.points, FramedPoints) else self.points

    @cached_property
    def lengths(self) -> frozenset[int]:
        """Of how many characters its prefixes are; 0 of whole codes."""
        framed = (
            self.points.by_length if isinstance(self.points, FramedPoints) else counted(map(prefix_length, self.listed))
        )
        return frozenset(framed)

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
        return frozenset(map(id, self.listed))


def said_in(number: int, cell: str) -> str:
    """The column of what the points asked for in that place say in a cell."""
    return f"_{cell}__{number}"


def with_points(rows: DataFrame, code: str, asked: Sequence[PointsAsked]) -> DataFrame:
    """Rows with the text in each cell of the points that held for the code on the service date (see `said_in`): empty
    where the cell is, null where no point held. Of points that say several it is an array: at one place of the arrays
    of all cells stands one point.

    Prefixes of one length are one equality join, for all that is asked; of single points that of a whole code counts,
    then the longest prefix: it is the narrower region's word. Whoever made the points saw to it that no day has two of
    one length for a code. All that is asked together is found by one column.
    """
    others = [name for name in rows.columns if name not in (code, "service_date")]
    # each join copies the row: what it does not read is one column meanwhile, and so is what it finds
    joined = rows.select(code, "service_date", F.struct(*others).alias(_OTHERS))
    lengths = sorted(frozenset[int]().union(*(one.lengths for one in asked)), key=_most_specific_first)
    for length in lengths:
        code_, first, last = (F.col(f"_{name}__{length}") for name in ("code", "from", "to"))
        key: Column = F.substring(code, 1, length) if length else F.col(code)
        in_force = (F.col("service_date") >= first) & (last.isNull() | (F.col("service_date") <= last))
        joined = joined.join(_held(rows.sparkSession, asked, length), on=(key == code_) & in_force, how="left")
    reported = (
        _over_lengths(one, said_in(n, cell), lengths).alias(said_in(n, cell))
        for n, one in enumerate(asked)
        for cell in one.cells
    )
    found = joined.select(code, "service_date", f"{_OTHERS}.*", *reported)
    return found.select(*rows.columns, *(name for name in found.columns if name not in rows.columns))


def _most_specific_first(length: int) -> tuple[bool, int]:
    return (length != 0, -length)


def _held(session: SparkSession, asked: Sequence[PointsAsked], length: int) -> DataFrame:
    """Code and span of days with what is said there in each cell, of points of one length."""
    framed = [one.points for one in asked if isinstance(one.points, FramedPoints)]
    return _held_of_frame(framed[0], asked, length) if framed else _held_of_list(session, asked, length)


def _held_of_list(session: SparkSession, asked: Sequence[PointsAsked], length: int) -> DataFrame:
    held = [
        (stem, first, last, *(text for one in asked for text in one.said(holding)))
        for stem, first, last, holding in _by_span(
            [p for one in asked for p in one.listed if prefix_length(p) == length]
        )
    ]
    cells = [(said_in(n, cell), one.type) for n, one in enumerate(asked) for cell in one.cells]
    spans = [(f"_{name}__{length}", kind) for name, kind in (("code", "string"), ("from", "date"), ("to", "date"))]
    listed = small_frame(session, ", ".join(f"{name} {kind}" for name, kind in (*spans, *cells)), held)
    return listed.select(*(name for name, _ in spans), _said(length, [name for name, _ in cells]))


def _held_of_frame(framed: FramedPoints, asked: Sequence[PointsAsked], length: int) -> DataFrame:
    """The same of a frame of spans. It is sent to wherever the rows are: they are never moved for it."""
    names = [one.points.knowledge_class for one in asked if isinstance(one.points, FramedPoints)]
    speaks = F.arrays_overlap("points.knowledge_class", F.array(*map(F.lit, names)))
    of_length = framed.spans.filter((F.col("matched_by") == framed.matched_by) & (F.col("prefix_length") == length))
    days = zip(("code", "first_day", "last_day"), ("code", "from", "to"), strict=True)
    cells = [_said_in_frame(one, cell).alias(said_in(n, cell)) for n, one in enumerate(asked) for cell in one.cells]
    found = (F.col(name).alias(f"_{of}__{length}") for name, of in days)
    return F.broadcast(of_length.filter(speaks).select(*found, _said(length, cells)))


def _said(length: int, cells: Sequence[str | Column]) -> Column:
    """What points of one length say in all cells, as one column; points without cells say that they are there."""
    return (F.struct(*cells) if cells else F.lit(True)).alias(f"_said__{length}")


def _said_in_frame(asked: PointsAsked, cell: str) -> Column:
    if not isinstance(asked.points, FramedPoints):
        return F.lit(None).cast(asked.type)
    name = asked.points.knowledge_class
    if not asked.say_several:  # without a lambda, which no engine compiles
        said = F.get("points.cells", F.array_position("points.knowledge_class", F.lit(name)).cast("int") - 1)
        return F.when(said.isNotNull(), F.coalesce(F.get_json_object(said, f"$.{cell}"), F.lit("")))
    own = F.filter("points", lambda point: point["knowledge_class"] == name)
    # an empty text, not a null, as in `said`
    texts = F.transform(own, lambda point: F.coalesce(F.get_json_object(point["cells"], f"$.{cell}"), F.lit("")))
    return F.when(F.size(texts) > 0, texts)


def _over_lengths(asked: PointsAsked, cell: str, lengths: Sequence[int]) -> Column:
    held = [F.col(f"_said__{length}")[cell] for length in lengths if length in asked.lengths]
    if not held:
        return F.lit(None).cast(asked.type)
    if not asked.say_several:
        return F.coalesce(*held)
    nothing = F.array().cast("array<string>")
    return F.when(F.coalesce(*held).isNotNull(), F.concat(*(F.coalesce(part, nothing) for part in held)))


def spoken_of(rows: DataFrame, code: str, points: Points) -> DataFrame:
    """The rows of which some point speaks, on whatever day."""
    if not isinstance(points, FramedPoints):
        speaks_of = F.lit(False)
        for point in points:
            named = F.col(code)
            speaks_of = speaks_of | (named.startswith(point.stem) if point.is_prefix else named == point.code)
        return rows.filter(speaks_of)
    joined = rows
    for length in points.by_length:
        own = _held_of_frame(points, [PointsAsked(points, ())], length)
        codes = own.select(f"_code__{length}").distinct()
        key: Column = F.substring(code, 1, length) if length else F.col(code)
        joined = joined.join(F.broadcast(codes), on=key == F.col(f"_code__{length}"), how="left")
    found = F.coalesce(*(F.col(f"_code__{length}") for length in points.by_length), F.lit(None).cast("string"))
    return joined.filter(found.isNotNull()).select(*rows.columns)


def cells_of(points: FramedPoints) -> DataFrame:
    """What points of one cell say in it, on whatever day: `cell`."""
    (cell,) = CLASSES[points.knowledge_class].cells
    held = points.spans.filter(F.col("matched_by") == points.matched_by).select(F.explode("points").alias("point"))
    own = held.filter(F.col("point.knowledge_class") == points.knowledge_class)
    return own.select(F.get_json_object("point.cells", f"$.{cell}").alias("cell")).distinct()


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
