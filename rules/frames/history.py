"""The fee lines of persons over a long time: what somebody was given or bought in the weeks and months before;
and those of therapies that are paid for on so many days of a course, and of drugs of chronic illness: few, and looked
back on as far.

Rules of windows up to a year stand on this frame and not on that of the lines, so that the others, which look at a
line, a day or a visit, need not read the year before. It has the columns that come from the line itself, its encounter
and its institution. All windows here are by person: one shuffle serves every rule.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from pyspark.sql import DataFrame

from rules.frames.columns.lookups import spoken_of
from rules.frames.declaration import Grain, RowFrame, Sources, each_of
from rules.frames.inputs import ScanInputs
from rules.frames.lines import LINES, LineBase, lines_frame
from rules.knowledge.classes import CLASSES
from rules.knowledge.declaration import KnowledgeClass

_MADE_OF = frozenset({"claim_line", "encounter", "institution", "knowledge"})
# what the grains tell their things by, whether a rule names it or not
_OF_THINGS = frozenset({"generic_code", "month"})


def _rows(inputs: ScanInputs, wanted: frozenset[str], first: date) -> DataFrame:
    """Settled fee lines from the first day on that a rule looks back to."""
    return LINES.rows(inputs, wanted | _OF_THINGS, first)


def _is_here(sources: Sources) -> bool:
    return all(source.split(".")[0] in _MADE_OF for group in sources for source in group)


HISTORY = RowFrame(
    "history",
    _rows,
    {name: sources for name, sources in LINES.columns.items() if _is_here(sources)},
    row_key=LINES.row_key,
    proof=LINES.proof,
)
_COURSE, _CHRONIC = CLASSES["therapy_course"], CLASSES["chronic_drug"]


def _only_of(declared: KnowledgeClass) -> LineBase:
    """Lines of the items that some point of a class speaks of: a filter, so that the rest of the months stays in its
    files."""
    return LineBase(
        lambda lines, inputs: spoken_of(lines, declared.matched_by, inputs.knowledge.get(declared.name, ()))
    )


COURSE_LINES = lines_frame(CLASSES.values(), "course_lines", _only_of(_COURSE))
_OF_CHRONIC = lines_frame(CLASSES.values(), "chronic_lines", _only_of(_CHRONIC))
CHRONIC_LINES = replace(
    _OF_CHRONIC, rows=lambda inputs, wanted, first: _OF_CHRONIC.rows(inputs, wanted | _OF_THINGS, first)
)
_PERSON = each_of("claim_line.patient_id", "claim_line.charged_at")
GRAINS = (
    Grain(
        "line_of_history",
        HISTORY,
        ("line_id",),
        ("patient_id", "institution_id", "encounter_id", "ordering_doctor_id"),
        needs=_PERSON,
    ),
    Grain("patient_month", HISTORY, ("patient_id", "month"), ("patient_id",), needs=_PERSON),
    Grain(
        "patient_drug",
        HISTORY,
        ("patient_id", "generic_code", "month"),
        ("patient_id",),
        needs=_PERSON | each_of("claim_line.item_code"),
    ),
    Grain(
        "patient_doctor",
        HISTORY,
        ("patient_id", "ordering_doctor_id", "month"),
        ("patient_id",),
        needs=_PERSON | each_of("claim_line.ordering_doctor_id"),
    ),
    Grain(
        "course_day",
        COURSE_LINES,
        ("patient_id", "item_code", "service_date"),
        ("patient_id", "institution_id"),
        needs=each_of("claim_line.item_code", _COURSE.source),
    ),
    Grain(
        "patient_chronic",
        CHRONIC_LINES,
        ("patient_id", "month"),
        ("patient_id",),
        needs=_PERSON | each_of("claim_line.item_code", _CHRONIC.source),
    ),
)
