"""Body facts: one row per encounter whose record measured the person, with what was measured of the same one before."""

from __future__ import annotations

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import Window as Over
from pyspark.sql import functions as F

from rules.frames.declaration import Grain, RowFrame, each_of, from_table
from rules.frames.inputs import ScanInputs

_FACTS = ("blood_group", "height_cm", "weight_kg")
_OF_VISIT = ("patient_id", "institution_id", "main_diagnosis_code")


def _rows(inputs: ScanInputs, _wanted: frozenset[str], _first: date) -> DataFrame:
    """Encounters with what their records say of the body, and by each fact the last earlier encounter that says it.

    The service date is the day on which the encounter began. Of an unknown person or day nothing is compared.
    """
    day = F.to_date("started_at")
    visits = inputs.table("encounter").filter(F.col("patient_id").isNotNull() & (day <= inputs.window.end))
    visits = visits.select("encounter_id", *_OF_VISIT, day.alias("service_date"))
    born = inputs.table("patient").select("patient_id", "birth_year")
    facts = inputs.table("body_fact").select("encounter_id", *_FACTS)
    known = facts.join(visits, on="encounter_id", how="inner").join(born, on="patient_id", how="left")
    in_order = Over.partitionBy("patient_id").orderBy("service_date", "encounter_id")
    before = in_order.rowsBetween(Over.unboundedPreceding, -1)
    earlier = known.select("*", *(_last(fact).over(before).alias(f"_{fact}") for fact in _FACTS))
    others = F.array_distinct(F.array_compact(F.array(*(F.col(f"_{fact}.encounter_id") for fact in _FACTS))))
    return earlier.select(
        *known.columns,
        *(F.col(f"_{fact}.{fact}").alias(f"earlier_{fact}") for fact in _FACTS),
        F.col("_weight_kg.service_date").alias("earlier_weighed_on"),
        (F.year("_height_cm.service_date") - F.col("birth_year") - 1).alias("age_when_measured"),
        F.array_union(F.array("encounter_id"), others).alias("proof_encounters"),
        F.lit(None).cast("date").alias("proof_day"),
    )


def _last(fact: str) -> Column:
    """The last row that says the fact, by it, its day and its encounter."""
    return F.last(F.when(F.col(fact).isNotNull(), F.struct(fact, "service_date", "encounter_id")), ignorenulls=True)


BODY_FACTS = RowFrame(
    "body_facts",
    _rows,
    {
        **from_table("encounter", "encounter_id", *_OF_VISIT, service_date="started_at"),
        **from_table("body_fact", *_FACTS),
        **{f"earlier_{fact}": each_of(f"body_fact.{fact}", "encounter.started_at") for fact in _FACTS},
        "earlier_weighed_on": each_of("body_fact.weight_kg", "encounter.started_at"),
        "age_when_measured": each_of("patient.birth_year", "body_fact.height_cm", "encounter.started_at"),
    },
    row_key="encounter_id",
)
GRAINS = (
    Grain(
        "body_fact",
        BODY_FACTS,
        ("encounter_id",),
        ("patient_id", "institution_id", "encounter_id"),
        needs=each_of("body_fact.encounter_id", "encounter.encounter_id", "encounter.patient_id"),
    ),
)
