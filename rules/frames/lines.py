"""Fee lines: the settled lines of the window, with what a rule wants to know of person, stay, hospital and item."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from fundwatch.contracts import TABLES
from rules.frames.declaration import STAY_NEEDS, Grain, RowFrame, Sources, any_of, each_of, from_table
from rules.frames.inputs import Inputs, settled_lines
from rules.frames.lookups import with_item_in_force, with_item_knowledge, with_sex_knowledge

# what hits, things and money need of a line, whatever a rule names
_BASE = (
    "line_id", "settlement_id", "encounter_id", "patient_id", "institution_id", "ordering_doctor_id", "item_code",
    "covered_amount", "amount", "charged_at", "service_date",
)  # fmt: skip


@dataclass(frozen=True)
class _Part:
    """Columns joined to the lines when a rule names one of them; `reads` are other columns that the join reads."""

    columns: Mapping[str, Sources]
    join: Callable[[DataFrame, Inputs, frozenset[str]], DataFrame]
    reads: frozenset[str] = field(default=frozenset())


def _register(table: str, key: str, *names: str, **dates: str) -> _Part:
    """Columns of another clean table, found by its key; `dates` are the days of its times."""

    def join(lines: DataFrame, inputs: Inputs, _wanted: frozenset[str]) -> DataFrame:
        days = (F.to_date(moment).alias(name) for name, moment in dates.items())
        return lines.join(inputs.table(table).select(key, *names, *days), on=key, how="left")

    return _Part(from_table(table, *names, **dates), join)


# those that read what another gives stand after it
_PARTS = (
    _register("patient", "patient_id", "sex", "birth_year", "death_date", "is_identity_sex_consistent"),
    _register(
        "encounter", "encounter_id", "is_inpatient", "started_at", "ended_at", "insurance_type", "main_diagnosis_code",
        "discharge_way", started_on="started_at", ended_on="ended_at",
    ),
    _register("settlement", "settlement_id", settled_on="settled_at"),
    _register(
        "institution", "institution_id", "institution_name", "institution_type", "institution_level", "bed_count"
    ),
    _Part(
        {"price_limit_in_force": any_of("claim_line.price_limit", "item.price_limit")},
        lambda lines, inputs, _: with_item_in_force(lines, inputs.table("item")),
        reads=frozenset({"price_limit"}),
    ),
    _Part(
        {
            "frequency_limit": each_of("knowledge.frequency"),
            "frequency_unit": each_of("knowledge.frequency"),
            "item_class": each_of("knowledge.item_class"),
        },
        lambda lines, inputs, wanted: with_item_knowledge(lines, inputs.knowledge, wanted),
    ),
    _Part(
        {
            name: any_of("knowledge.sex_item", "knowledge.sex_diagnosis")
            for name in ("restricted_sex", "restricted_by")
        },
        lambda lines, inputs, _: with_sex_knowledge(lines, inputs.knowledge),
        reads=frozenset({"item_name", "main_diagnosis_code"}),
    ),
)  # fmt: skip


def _rows(inputs: Inputs, wanted: frozenset[str], first: date) -> DataFrame:
    """Settled fee lines of the window; with `ended_on` wanted, also all lines of the stays that ended in it."""
    parts = [part for part in _PARTS if wanted & part.columns.keys()]
    wanted = wanted.union(*(part.reads for part in parts))
    lines = settled_lines(inputs)
    lines = lines.select(*sorted({*_BASE, *(wanted & {*lines.columns})}))
    for part in _PARTS:
        if wanted & part.columns.keys():
            lines = part.join(lines, inputs, wanted)
    in_window = F.col("service_date").between(first, inputs.window.end)
    if "ended_on" in lines.columns:
        in_window = in_window | F.col("ended_on").between(inputs.window.start, inputs.window.end)
    return lines.filter(in_window)


LINES = RowFrame(
    "lines",
    _rows,
    {
        **from_table("claim_line", *(c for c in TABLES["claim_line"].column_names if not c.startswith("known_"))),
        **from_table("claim_line", service_date="charged_at"),
        **{name: sources for part in _PARTS for name, sources in part.columns.items()},
    },
    row_key="line_id",
    proof=None,
)
GRAINS = (
    Grain("line", LINES, ("line_id",), ("patient_id", "institution_id", "encounter_id", "ordering_doctor_id")),
    Grain(
        "patient_item_day",
        LINES,
        ("patient_id", "institution_id", "item_code", "service_date"),
        ("patient_id", "institution_id"),
        needs=each_of("claim_line.item_code"),
    ),
    Grain("patient_day", LINES, ("patient_id", "service_date"), ("patient_id",)),
    Grain(
        "encounter",
        LINES,
        ("encounter_id",),
        ("patient_id", "institution_id", "encounter_id"),
        needs=STAY_NEEDS,
        judged_on="ended_on",
    ),
)
