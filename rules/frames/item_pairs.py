"""Lines by pair: one row per fee line and pair of items in which it stands. A line of no pair is not among them."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from rules.frames.columns.lookups import PointsAsked, said_in, with_points
from rules.frames.declaration import Grain, any_of
from rules.frames.inputs import ScanInputs
from rules.frames.lines import LineBase, lines_frame
from rules.knowledge.classes import CLASSES

_CELLS = ("pair", "side", "kind")
_CLASSES = tuple(CLASSES[name] for name in ("item_pair", "herb_pair"))
_SOURCES = any_of(*(declared.source for declared in _CLASSES)) | any_of("claim_line.item_code", "claim_line.item_name")


def _rows(lines: DataFrame, inputs: ScanInputs) -> DataFrame:
    """Line × pair × side: few rows, so that all that follows is small."""
    found = lines
    for declared in _CLASSES:
        points = inputs.knowledge.get(declared.name, ())
        spoken_of = with_points(found, declared.matched_by, [PointsAsked(points, _CELLS, say_several=True)])
        said = (F.col(said_in(0, cell)).alias(cell) for cell in _CELLS)
        zipped = F.array_distinct(F.arrays_zip(*_CELLS)).alias(f"_{declared.name}")
        found = spoken_of.select(*found.columns, *said).select(*found.columns, zipped)
    every = F.concat(*(F.coalesce(f"_{declared.name}", F.array()) for declared in _CLASSES))
    stands_in = found.select(*lines.columns, F.inline(every).alias(*_CELLS))
    return stands_in.select("*", F.concat_ws("|", "line_id", "pair", "side").alias("row_id"))


LINE_PAIRS = lines_frame(
    CLASSES.values(), "line_pairs", LineBase(_rows, dict.fromkeys(_CELLS, _SOURCES), row_key="row_id")
)
GRAINS = (
    Grain(
        "pair_day",
        LINE_PAIRS,
        ("patient_id", "institution_id", "service_date", "pair"),
        ("patient_id", "institution_id"),
    ),
    Grain(
        "pair_visit",
        LINE_PAIRS,
        ("encounter_id", "pair"),
        ("patient_id", "institution_id", "encounter_id"),
    ),
    Grain(
        "pair_order",
        LINE_PAIRS,
        ("encounter_id", "order_id", "pair"),
        ("patient_id", "institution_id", "encounter_id"),
    ),
)
