"""Lines of therapies that are paid for on so many days of a course: few, and looked back on for months."""

from __future__ import annotations

from pyspark.sql import DataFrame

from rules.frames.columns.lookups import spoken_of
from rules.frames.declaration import Grain, each_of
from rules.frames.inputs import ScanInputs
from rules.frames.lines import LineBase, lines_frame
from rules.knowledge.classes import CLASSES

_COURSE = CLASSES["therapy_course"]


def _rows(lines: DataFrame, inputs: ScanInputs) -> DataFrame:
    """Lines of the items that some point speaks of: a filter, so that the rest of the months stays in its files."""
    return spoken_of(lines, _COURSE.matched_by, inputs.knowledge.get(_COURSE.name, ()))


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
