"""Lines of therapies that are paid for on so many days of a course: few, and looked back on for months."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from rules.frames.declaration import Grain, each_of
from rules.frames.inputs import ScanInputs
from rules.frames.lines import LineBase, lines_frame
from rules.knowledge.classes import CLASSES

_COURSE = CLASSES["therapy_course"]


def _rows(lines: DataFrame, inputs: ScanInputs) -> DataFrame:
    """Lines of the items that some point speaks of: a filter, so that the rest of the months stays in its files."""
    points = inputs.knowledge.get(_COURSE.name, ())
    speaks_of = F.lit(False)
    for point in points:
        named = F.col(_COURSE.matched_by)
        speaks_of = speaks_of | (named.startswith(point.stem) if point.is_prefix else named == point.code)
    return lines.filter(speaks_of)


COURSE_LINES = lines_frame(CLASSES.values(), "course_lines", LineBase(_rows))
GRAINS = (
    Grain(
        "course_day",
        COURSE_LINES,
        ("patient_id", "item_code", "service_date"),
        ("patient_id", "institution_id"),
        needs=each_of("claim_line.item_code", _COURSE.source),
    ),
)
