"""Procedures: one row per entry of an encounter's list of operations that knowledge speaks of."""

from __future__ import annotations

from datetime import date
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from rules.frames.columns.lookups import with_knowledge
from rules.frames.declaration import Grain, RowFrame, each_of, from_table
from rules.frames.inputs import ScanInputs
from rules.knowledge.classes import CLASSES

_OF_PROCEDURES = tuple(declared for declared in CLASSES.values() if declared.of == "procedure")
_GIVEN = {name: each_of(declared.source) for declared in _OF_PROCEDURES for name in declared.gives}


def _rows(inputs: ScanInputs, _wanted: frozenset[str], _first: date) -> DataFrame:
    """Procedures that some class of knowledge speaks of, of all that is known: what was removed stays so.

    The service date is that of the encounter's beginning; the day of the act itself is often not written down.
    """
    visits = inputs.table("encounter").select(
        "encounter_id", "patient_id", "institution_id", "started_at", F.to_date("started_at").alias("service_date")
    )
    own = inputs.table("procedure").select("encounter_id", "procedure_code", "procedure_name", "performed_on")
    listed = own.join(visits, on="encounter_id", how="inner").filter(F.col("service_date") <= inputs.window.end)
    listed = with_knowledge(listed, _OF_PROCEDURES, inputs.knowledge)
    is_spoken_of = reduce(lambda one, other: one | other, (F.col(name).isNotNull() for name in _GIVEN))
    # the same act may be listed more than once
    once = listed.filter(is_spoken_of).groupBy("encounter_id", "procedure_code")
    rest = [c for c in listed.columns if c not in ("encounter_id", "procedure_code")]
    return once.agg(*(F.min(name).alias(name) for name in rest)).select(
        "*",
        F.concat_ws("|", "encounter_id", "procedure_code").alias("row_id"),
        F.lit(None).cast("date").alias("proof_day"),
    )


PROCEDURES = RowFrame(
    "procedures",
    _rows,
    {
        **from_table("encounter", "encounter_id", "patient_id", "institution_id", "started_at"),
        **from_table("encounter", service_date="started_at"),
        **from_table("procedure", "procedure_code", "procedure_name", "performed_on"),
        **_GIVEN,
    },
    proof="array({of})",
)
GRAINS = (
    Grain(
        "operation",
        PROCEDURES,
        ("encounter_id", "procedure_code"),
        ("patient_id", "institution_id", "encounter_id"),
        needs=each_of(
            "procedure.encounter_id", "procedure.procedure_code", "encounter.encounter_id", "encounter.patient_id",
            "encounter.institution_id", "encounter.started_at",
        ),
    ),
)  # fmt: skip
