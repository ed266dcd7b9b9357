"""What a person was given around a fee line: acts of care at the same place, drugs of one treatment before.

Whose a line was, where and when is what its encounter says where the line says nothing: nobody is hit by a gap in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from pyspark.sql import Column
from pyspark.sql import functions as F

from rules.frames.columns.lookups import spoken_of, with_knowledge
from rules.frames.declaration import Sources, each_of
from rules.knowledge.classes import CLASSES

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from rules.frames.inputs import ScanInputs

NEVER = 3_650  # days since, or from, what there is none of
_MEMORY_DAYS = 366
_ACTS = ("03", "05", "06")  # med_chrgitm_type: examinations, treatments, operations
_TREATMENT = CLASSES["treatment_line"]
_WHOSE = ("claim_line.patient_id", "claim_line.charged_at")
ACTS: Mapping[str, Sources] = {
    "days_from_act": each_of("claim_line.charge_class", "claim_line.institution_id", *_WHOSE),
}
TREATED: Mapping[str, Sources] = {
    "days_untreated": each_of(_TREATMENT.source, "claim_line.item_code", *_WHOSE),
    "person_seen_since": each_of("encounter.started_at", "encounter.patient_id"),
}


def _lines_around(inputs: ScanInputs) -> DataFrame:
    """Fee lines of the window and the year before, settled or not, with their person, place and day."""
    own = F.to_date("charged_at")
    since = inputs.window.start - timedelta(days=_MEMORY_DAYS)
    lines = inputs.table("claim_line").filter(own.isNull() | own.between(since, inputs.window.end))
    visits = inputs.table("encounter").select(
        "encounter_id",
        F.col("patient_id").alias("_patient"),
        F.col("institution_id").alias("_place"),
        F.to_date("started_at").alias("_began"),
    )
    kept = lines.select("encounter_id", "item_code", "charge_class", "patient_id", "institution_id", own.alias("_own"))
    return kept.join(visits, on="encounter_id", how="left").select(
        "item_code",
        "charge_class",
        F.coalesce("patient_id", "_patient").alias("_patient"),
        F.coalesce("institution_id", "_place").alias("_place"),
        F.coalesce("_own", "_began").alias("service_date"),
    )


def with_acts(lines: DataFrame, inputs: ScanInputs, _wanted: frozenset[str]) -> DataFrame:
    """Lines with `days_from_act`: how far the nearest examination, treatment or operation of the person at the place
    is, charged in whatever visit. What is of no known class, or no known day, may be one of that very day."""
    may_be = F.coalesce(F.col("charge_class").isin(*_ACTS), F.lit(True))
    day = F.when(may_be, F.struct(F.col("service_date").alias("day")))
    around = _lines_around(inputs).groupBy("_patient", "_place").agg(F.collect_set(day).alias("_acts"))  # some dozens
    same = (F.col("patient_id") == F.col("_patient")) & (F.col("institution_id") == F.col("_place"))
    far = F.transform("_acts", lambda act: F.coalesce(F.abs(F.datediff(act["day"], F.col("service_date"))), F.lit(0)))
    nearest = F.when(F.col("_acts").isNotNull(), F.coalesce(F.array_min(far), F.lit(NEVER)))
    return lines.join(around, on=same, how="left").select(*lines.columns, nearest.alias("days_from_act"))


def with_treatment(lines: DataFrame, inputs: ScanInputs, _wanted: frozenset[str]) -> DataFrame:
    """Lines with `days_untreated`: how long ago the person was given a drug of the first line of their treatment, or
    on an earlier day one of the second; and `person_seen_since`, the first visit that is known of the person.

    A drug given on no known day may have been given on that one.
    """
    points = inputs.knowledge.get(_TREATMENT.name, ())
    given = _lines_around(inputs).filter(F.col("_patient").isNotNull())
    given = with_knowledge(spoken_of(given, _TREATMENT.matched_by, points), [_TREATMENT], inputs.knowledge)
    dose = F.struct(F.col("service_date").alias("day"), (F.col("line_rank") == "first").alias("is_first"))
    own = given.groupBy(F.col("_patient"), F.col("line_group").alias("_group")).agg(F.collect_set(dose).alias("_given"))
    persons = inputs.table("encounter").groupBy(F.col("patient_id").alias("_person"))
    seen = persons.agg(F.to_date(F.min("started_at")).alias("person_seen_since"))
    day = F.col("service_date")

    def counts(dose: Column) -> Column:
        known = F.coalesce(dose["day"], day)
        return (known < day) | (dose["is_first"] & (known == day))

    last = F.array_max(F.transform(F.filter("_given", counts), lambda dose: F.coalesce(dose["day"], day)))
    same = (F.col("patient_id") == F.col("_patient")) & (F.col("line_group") == F.col("_group"))
    known = F.when(F.col("_given").isNotNull(), F.coalesce(F.datediff(day, last), F.lit(NEVER)))
    joined = lines.join(own, on=same, how="left").join(seen, on=F.col("patient_id") == F.col("_person"), how="left")
    return joined.select(*lines.columns, known.alias("days_untreated"), "person_seen_since")
