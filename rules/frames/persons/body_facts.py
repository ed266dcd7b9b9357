"""Body facts: one row per encounter whose record measured the person, with what was measured of the same one before."""

from __future__ import annotations

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import Window as Over
from pyspark.sql import functions as F

from rules.frames.declaration import Grain, RowFrame, Sources, each_of, from_table
from rules.frames.inputs import ScanInputs

_FACTS = ("blood_group", "height_cm", "weight_kg")


def _rows(inputs: ScanInputs, _wanted: frozenset[str], _first: date) -> DataFrame:
    """Encounters with what their records say of the body, and by each fact the last earlier encounter that says it.

    A record that names two blood groups says none; of several heights or weights the largest counts.
    """
    by_then = F.col("measured_on") <= inputs.window.end
    measured = inputs.table("body_fact").filter(by_then & F.col("patient_id").isNotNull())
    is_one = F.count_distinct("blood_group") == 1
    facts = measured.groupBy("encounter_id", "patient_id", "institution_id").agg(
        F.min("measured_on").alias("service_date"),
        F.when(is_one, F.max("blood_group")).alias("blood_group"),
        F.max("height_cm").alias("height_cm"),
        F.max("weight_kg").alias("weight_kg"),
    )
    visits = inputs.table("encounter").select("encounter_id", "main_diagnosis_code")
    born = inputs.table("patient").select("patient_id", "birth_year")
    known = facts.join(visits, on="encounter_id", how="left").join(born, on="patient_id", how="left")
    in_order = Over.partitionBy("patient_id").orderBy("service_date", "encounter_id")
    before = in_order.rowsBetween(Over.unboundedPreceding, -1)
    earlier = known.select("*", *(_last(fact).over(before).alias(f"_{fact}") for fact in _FACTS))
    others = F.array_distinct(F.array_compact(F.array(*(F.col(f"_{fact}.encounter_id") for fact in _FACTS))))
    return earlier.select(
        *known.columns,
        *(F.col(f"_{fact}.{fact}").alias(f"earlier_{fact}") for fact in _FACTS),
        *(F.col(f"_{fact}.service_date").alias(f"earlier_{fact}_on") for fact in _FACTS),
        (F.year("_height_cm.service_date") - F.col("birth_year") - 1).alias("age_when_measured"),
        F.array_union(F.array("encounter_id"), others).alias("proof_encounters"),
        F.lit(None).cast("date").alias("proof_day"),
    )


def _last(fact: str) -> Column:
    """The last row that says the fact, by it, its day and its encounter."""
    return F.last(F.when(F.col(fact).isNotNull(), F.struct(fact, "service_date", "encounter_id")), ignorenulls=True)


def _columns() -> dict[str, Sources]:
    own = from_table("body_fact", "encounter_id", "patient_id", "institution_id", *_FACTS, service_date="measured_on")
    earlier = {f"earlier_{fact}": each_of(f"body_fact.{fact}") for fact in _FACTS}
    days = {f"earlier_{fact}_on": each_of(f"body_fact.{fact}", "body_fact.measured_on") for fact in _FACTS}
    return {
        **own,
        **earlier,
        **days,
        "age_when_measured": each_of("patient.birth_year", "body_fact.height_cm", "body_fact.measured_on"),
        **from_table("encounter", "main_diagnosis_code"),
    }


BODY_FACTS = RowFrame("body_facts", _rows, _columns(), row_key="encounter_id")
GRAINS = (
    Grain(
        "body_fact",
        BODY_FACTS,
        ("encounter_id",),
        ("patient_id", "institution_id", "encounter_id"),
        needs=each_of("body_fact.encounter_id", "body_fact.patient_id", "body_fact.measured_on"),
    ),
)
