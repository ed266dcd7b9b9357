"""Registrations: one row per person's chronic disease as registered for the outpatient benefit."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from rules.frames.declaration import Grain, RowFrame, each_of, from_table
from rules.frames.inputs import ScanInputs

_OWN = ("patient_id", "institution_id", "disease_code", "disease_name", "diagnosing_doctor_id")
_BENEFIT = "14%"


def _rows(inputs: ScanInputs, _wanted: frozenset[str], first: date) -> DataFrame:
    """Registrations that began from the first day on, with for how long the person had not been seen by anybody.

    Who was never seen before has not been seen since the lake's first visit; where the day of one of the person's
    visits is unknown, nobody knows; a visit of nobody known to the place counts for everybody that it registers. What
    proves one are the visits under the benefit since it began.
    """
    begun = F.col("started_on").between(first, inputs.window.end)
    registered = inputs.table("chronic_registration").filter(begun & F.col("patient_id").isNotNull())
    registered = registered.select(*_OWN, F.col("started_on").alias("service_date"))
    visits = inputs.table("encounter").filter(F.col("patient_id").isNotNull())
    # of one person: some dozens, at most some hundreds
    visit = F.struct(F.to_date("started_at").alias("day"), "encounter_id", F.col("visit_type").alias("kind"))
    of_person = visits.groupBy("patient_id").agg(
        F.collect_set(visit).alias("_visits"), F.count_if(F.col("started_at").isNull()).alias("_undated")
    )
    since = inputs.table("encounter").agg(F.to_date(F.min("started_at")).alias("_lake_since"))
    of_nobody = inputs.table("encounter").filter(F.col("patient_id").isNull()).groupBy("institution_id")
    nobodys = of_nobody.agg(
        F.collect_set(F.to_date("started_at")).alias("_nobodys"),
        F.count_if(F.col("started_at").isNull()).alias("_nobodys_undated"),
    )
    rows = registered.join(of_person, on="patient_id", how="left").crossJoin(F.broadcast(since))
    rows = rows.join(nobodys, on="institution_id", how="left")
    day = F.col("service_date")
    own = F.transform(F.coalesce("_visits", F.array()), lambda visit: visit["day"])
    may_be = F.concat(own, F.coalesce("_nobodys", F.array().cast("array<date>")))
    earlier = F.filter(may_be, lambda visited: visited < day)
    known = F.coalesce("_undated", F.lit(0)) + F.coalesce("_nobodys_undated", F.lit(0)) == 0
    unseen = F.datediff(day, F.coalesce(F.array_max(earlier), "_lake_since"))
    drawn = F.filter("_visits", lambda visit: (visit["day"] >= day) & visit["kind"].like(_BENEFIT))
    return rows.select(
        *registered.columns,
        F.when(known, unseen).alias("days_unseen"),
        F.coalesce(F.transform(drawn, lambda visit: visit["encounter_id"]), F.array().cast("array<string>")).alias(
            "proof_encounters"
        ),
        F.trunc("service_date", "month").alias("month"),
        F.concat_ws("|", "patient_id", "disease_code", "service_date").alias("row_id"),
        F.lit(None).cast("date").alias("proof_day"),
    )


REGISTRATIONS = RowFrame(
    "registrations",
    _rows,
    {
        **from_table("chronic_registration", *_OWN, service_date="started_on", month="started_on"),
        "days_unseen": each_of("encounter.started_at", "encounter.patient_id"),
    },
)
GRAINS = (
    Grain(
        "registration",
        REGISTRATIONS,
        ("row_id",),
        ("patient_id", "institution_id"),
        needs=each_of(
            "chronic_registration.patient_id", "chronic_registration.disease_code", "chronic_registration.started_on",
            "encounter.visit_type", "encounter.encounter_id",
        ),
    ),
)  # fmt: skip
