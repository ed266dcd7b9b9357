"""Knowledge as one frame of the spans that hold: what a scan joins where points are many.

The frame's grain is column of the row × code × span of days: `matched_by`, `prefix_length` (0: a whole code), `code`,
`first_day`, `last_day`, and `points`, what each class says there, sorted. No span of a code overlaps another, so a row
meets one at most. `framed` makes it of layers: a layer is laid over those before it, and of the wider layer remain the
days and codes on which the narrower says nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import Window as Over
from pyspark.sql import functions as F

from fundwatch.engine.frames import small_frame
from rules.knowledge.classes import CLASSES
from rules.knowledge.points import KnowledgePoint

_OPEN_END = "9999-12-31"
_KEY = ("matched_by", "prefix_length", "code")
_OF_POINT = ("knowledge_class", "code", "prefix_length", "valid_from", "valid_to", "cells")


@dataclass(frozen=True)
class FramedPoints:
    """The points of one class within a frame of spans: how many there are of each length of prefix (0: whole codes)."""

    knowledge_class: str
    spans: DataFrame
    by_length: Mapping[int, int]

    @property
    def matched_by(self) -> str:
        """The column of the rows by which they are found."""
        return CLASSES[self.knowledge_class].matched_by

    def __len__(self) -> int:
        return sum(self.by_length.values())


Points = Sequence[KnowledgePoint] | FramedPoints
PointsByClass = Mapping[str, Points]


@dataclass(frozen=True)
class Layer:
    """Points of one source: whose region it is (the widest is 0), and which of several of a region it is, the later
    one the higher. `points` has the columns of a point in the lake; `by_length` counts them by class and length."""

    region: int
    place: int
    points: DataFrame
    by_length: Mapping[str, Mapping[int, int]]


def layer_of_files(session: SparkSession, region: int, points: Mapping[str, Sequence[KnowledgePoint]]) -> Layer:
    """Points of files as the lowest layer of their region."""
    rows = [
        (name, point.stem, str(prefix_length(point)), point.valid_from, point.valid_to, cells_text(point.cells))
        for name, of_class in points.items()
        for point in of_class
    ]
    kinds = ("string", "string", "string", "date", "date", "string")
    schema = ", ".join(f"{name} {kind}" for name, kind in zip(_OF_POINT, kinds, strict=True))
    frame = small_frame(session, schema, rows).withColumn("prefix_length", F.col("prefix_length").cast("int"))
    return Layer(region, 0, frame, {name: counted(map(prefix_length, of_class)) for name, of_class in points.items()})


def counted(lengths: Iterable[int]) -> dict[int, int]:
    """How often each length occurs."""
    found: dict[int, int] = {}
    for length in lengths:
        found[length] = found.get(length, 0) + 1
    return found


def cells_text(cells: Mapping[str, str]) -> str:
    """A point's own cells as the lake has them: one text for the same cells."""
    return json.dumps({name: text for name, text in cells.items() if text}, ensure_ascii=False, sort_keys=True)


def prefix_length(point: KnowledgePoint) -> int:
    """How many characters of a code a prefix is; 0 of a whole code."""
    return len(point.stem) if point.is_prefix else 0


def framed(layers: Sequence[Layer]) -> tuple[DataFrame, dict[str, dict[int, int]]]:
    """The spans that hold of the layers together, and how many points each class has of each length. No job runs."""
    by_length: dict[str, dict[int, int]] = {}
    for layer in layers:
        for name, of_class in layer.by_length.items():
            own = by_length.setdefault(name, {})
            for length, count in of_class.items():
                own[length] = own.get(length, 0) + count
    return _spans(_narrowed(layers, by_length)), by_length


def points_of(spans: DataFrame, by_length: Mapping[str, Mapping[int, int]]) -> dict[str, FramedPoints]:
    """The points by class, as a scan takes them. `spans` are read many times: they had better be computed before."""
    return {name: FramedPoints(name, spans, of_class) for name, of_class in by_length.items()}


def _narrowed(layers: Sequence[Layer], by_length: Mapping[str, Mapping[int, int]]) -> DataFrame:
    """Points on the days on which no higher layer speaks of all of their codes.

    In a class that says several things of a code only a narrower region silences a wider one; another edition of the
    same region silences what it says itself.
    """
    ordered = sorted(layers, key=lambda layer: (layer.region, layer.place))
    numbered = [_numbered(layer, number) for number, layer in enumerate(ordered)]
    whole = _stacked(numbered)
    if len(ordered) == 1:
        return whole
    below, above = _stacked(numbered[:-1]), _stacked(numbered[1:])
    own = ["layer", "knowledge_class", "code", "prefix_length", "valid_from", "valid_to", "cells"]
    lengths = sorted({length for of_class in by_length.values() for length in of_class if length})
    keys = below.select("*", F.explode(_covering_keys(lengths)).alias("key"))
    higher = above.select(*(F.col(name).alias(f"_{name}") for name in (*own, "region")))
    several = F.col("knowledge_class").isin([name for name, declared in CLASSES.items() if declared.says_several])
    covers = (
        (F.col("knowledge_class") == F.col("_knowledge_class"))
        & (F.col("key.code") == F.col("_code"))
        & (F.col("key.prefix_length") == F.col("_prefix_length"))
        & (F.col("_layer") > F.col("layer"))
        & (F.col("_valid_from") <= F.col("valid_to"))
        & (F.col("_valid_to") >= F.col("valid_from"))
        & (~several | (F.col("_region") > F.col("region")) | (F.col("_cells") == F.col("cells")))
    )
    # what no higher layer meets passes; of the rest the gaps between those that do
    met = keys.join(higher, on=covers, how="inner")
    untouched = whole.join(met.select(*own).distinct(), on=own, how="left_anti")
    return untouched.unionByName(_gaps(met, own).select(*untouched.columns))


def _numbered(layer: Layer, number: int) -> DataFrame:
    """A layer's points with their place among all, and an end where they are open."""
    end = F.coalesce("valid_to", F.lit(_OPEN_END).cast("date")).alias("valid_to")
    of_point = (end if name == "valid_to" else F.col(name) for name in _OF_POINT)
    return layer.points.select(*of_point, F.lit(number).alias("layer"), F.lit(layer.region).alias("region"))


def _stacked(frames: Sequence[DataFrame]) -> DataFrame:
    rows = frames[0]
    for frame in frames[1:]:
        rows = rows.unionByName(frame)
    return rows


def _covering_keys(lengths: Sequence[int]) -> Column:
    """The codes and prefixes that speak of all codes of which the point does."""

    def key(code: Column, length: Column) -> Column:
        return F.struct(code.alias("code"), length.cast("int").alias("prefix_length"))

    whole = F.col("prefix_length") == 0
    reach = F.when(whole, F.length("code")).otherwise(F.col("prefix_length"))
    shorter = [F.when(F.lit(n) <= reach, key(F.substring("code", 1, n), F.lit(n))) for n in lengths]
    return F.array_compact(F.array(F.when(whole, key(F.col("code"), F.lit(0))), *shorter))


def _gaps(met: DataFrame, own: Sequence[str]) -> DataFrame:
    """A point on the days between the higher points that it meets."""
    in_order = Over.partitionBy(*own).orderBy("_valid_from", "_valid_to")
    before = F.max("_valid_to").over(in_order.rowsBetween(Over.unboundedPreceding, -1))
    every = F.max("_valid_to").over(Over.partitionBy(*own))
    is_last = F.row_number().over(Over.partitionBy(*own).orderBy(F.desc("_valid_from"), F.desc("_valid_to"))) == 1
    rows = met.select("*", before.alias("_before"), every.alias("_every"), is_last.alias("_is_last"))
    begins = F.greatest(F.col("valid_from"), F.coalesce(F.date_add("_before", 1), F.col("valid_from")))
    ahead = _span(begins, F.date_sub("_valid_from", 1))
    behind = _span(F.greatest(F.col("valid_from"), F.date_add("_every", 1)), F.col("valid_to"))
    gaps = F.array_compact(F.array(ahead, F.when(F.col("_is_last"), behind)))
    found = rows.select("*", F.explode(gaps).alias("_gap")).filter("_gap.first_day <= _gap.last_day")
    kept = [name for name in (*own, "region") if name not in ("valid_from", "valid_to")]
    return found.select(
        *kept, F.col("_gap.first_day").alias("valid_from"), F.col("_gap.last_day").alias("valid_to")
    ).distinct()


def _span(first: Column, last: Column) -> Column:
    return F.struct(first.alias("first_day"), last.alias("last_day"))


def _spans(points: DataFrame) -> DataFrame:
    """Column, code and span of days with what each class says there. Of one code there are a handful of points."""
    matched_by = F.lit(None).cast("string")
    for name, declared in CLASSES.items():
        matched_by = F.when(F.col("knowledge_class") == name, F.lit(declared.matched_by)).otherwise(matched_by)
    held = F.struct(F.col("valid_from").alias("a"), F.col("valid_to").alias("z"), "knowledge_class", "cells")
    by_code = points.select("*", matched_by.alias("matched_by")).groupBy(*_KEY)
    codes = by_code.agg(F.array_sort(F.collect_set(held)).alias("held"))
    days = F.concat(F.transform("held", lambda p: p["a"]), F.transform("held", lambda p: F.date_add(p["z"], 1)))
    of_days = codes.select("*", F.array_sort(F.array_distinct(days)).alias("days"))
    opened = of_days.select(*_KEY, "held", "days", F.posexplode("days").alias("place", "first_day"))
    last_day = F.date_sub(F.get("days", F.col("place") + 1), 1)
    rows = opened.select(*_KEY, "held", "first_day", last_day.alias("last_day"))
    holding = F.filter("held", lambda p: (p["a"] <= F.col("first_day")) & (F.col("first_day") <= p["z"]))
    said = F.transform(holding, lambda p: F.struct(p["knowledge_class"], p["cells"]))
    spans = rows.select(*_KEY, "first_day", "last_day", F.array_distinct(said).alias("points"))
    return spans.filter((F.size("points") > 0) & F.col("last_day").isNotNull())
