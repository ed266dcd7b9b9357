"""What fee lines are joined with where it takes more than a look-up: stays beside a visit, registers, enrolments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pyspark.sql import Column
from pyspark.sql import functions as F

from rules.frames.declaration import Sources, each_of

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from rules.frames.inputs import ScanInputs

_STAY = ("encounter.is_inpatient", "encounter.patient_id", "encounter.institution_id", "encounter.started_at")
_PARTS = ("started_on", "ended_on", "institution_id", "encounter_id")
STAY_BESIDE: Mapping[str, Sources] = {
    **{f"elsewhere_{name}": each_of(*_STAY, "encounter.ended_at") for name in _PARTS},
    **{f"here_{name}": each_of(*_STAY) for name in ("started_on", "encounter_id")},
    "here_ended_on": each_of(*_STAY, "encounter.ended_at"),
}
REGISTRATIONS: Mapping[str, Sources] = {
    "ordering_registrations": each_of("doctor.doctor_id", "doctor.institution_id"),
}
RESOURCES: Mapping[str, Sources] = {
    "resource_count": each_of("capacity.resource_count", "capacity.institution_id", "capacity.resource_type"),
}
FIRST_ENROLMENT: Mapping[str, Sources] = {
    "first_enrolled_on": each_of("enrolment.started_on", "enrolment.patient_id"),
    "first_employer_id": each_of("enrolment.started_on", "enrolment.patient_id", "enrolment.employer_id"),
}


def with_stay_beside(lines: DataFrame, inputs: ScanInputs, _wanted: frozenset[str]) -> DataFrame:
    """Lines with the person's stay that lay beside them, found by days alone; null where none did.

    `elsewhere_…`: the stay at another institution of which the service date is neither the first day nor the last.
    `here_…`: of the other stays at this institution that were not over by then, the one that began first. A stay of an
    unknown person, place or beginning lies beside nothing; one whose end is unknown only where it began later.
    """
    known = (F.col(name).isNotNull() for name in ("patient_id", "institution_id", "started_at"))
    stays = inputs.table("encounter").filter(F.col("is_inpatient"))
    for condition in known:
        stays = stays.filter(condition)
    days = (F.to_date("started_at").alias("started_on"), F.to_date("ended_at").alias("ended_on"))
    stay = F.struct(*days, F.col("institution_id"), F.col("encounter_id"))
    # of one person: a handful
    of_person = stays.groupBy("patient_id").agg(F.sort_array(F.collect_list(stay)).alias("_stays"))
    day, place = F.col("service_date"), F.col("institution_id")

    def is_elsewhere(stay: Column) -> Column:
        return (stay["institution_id"] != place) & (stay["started_on"] < day) & (stay["ended_on"] > day)

    def is_here(stay: Column) -> Column:
        is_other = (stay["institution_id"] == place) & (stay["encounter_id"] != F.col("encounter_id"))
        return is_other & ((stay["started_on"] >= day) | (stay["ended_on"] >= day))

    found = lines.join(of_person, on="patient_id", how="left").select(
        *(F.col(name) for name in lines.columns),
        F.get(F.filter("_stays", is_elsewhere), F.lit(0)).alias("_elsewhere"),
        F.get(F.filter("_stays", is_here), F.lit(0)).alias("_here"),
    )
    return found.select(
        *lines.columns,
        *(F.col(f"_elsewhere.{name}").alias(f"elsewhere_{name}") for name in _PARTS),
        *(F.col(f"_here.{name}").alias(f"here_{name}") for name in ("started_on", "ended_on", "encounter_id")),
    )


def with_registrations(lines: DataFrame, inputs: ScanInputs, _wanted: frozenset[str]) -> DataFrame:
    """Lines with the number of institutions that the register names for the ordering doctor, at whatever time.

    Null for a code that no register knows: a placeholder, which stands for many doctors.
    """
    registered = inputs.table("doctor").groupBy(F.col("doctor_id").alias("ordering_doctor_id"))
    places = registered.agg(F.count_distinct("institution_id").cast("int").alias("ordering_registrations"))
    return lines.join(places, on="ordering_doctor_id", how="left")


def with_resource_count(lines: DataFrame, inputs: ScanInputs, _wanted: frozenset[str]) -> DataFrame:
    """Lines with how many of the resource that they use the institution has; null where the register is silent."""
    capacity = inputs.table("capacity").select("institution_id", "resource_type", "resource_count")
    return lines.join(capacity, on=["institution_id", "resource_type"], how="left")


def with_first_enrolment(rows: DataFrame, inputs: ScanInputs, _wanted: frozenset[str]) -> DataFrame:
    """Rows with the day on which the person was first insured in whatever way, and through whom.

    Null where the beginning of one of the person's enrolments is unknown: it may have been the first.
    """
    spans = inputs.table("enrolment").groupBy("patient_id")
    first = spans.agg(
        F.min(F.struct("started_on", "employer_id")).alias("_first"),
        F.count_if(F.col("started_on").isNull()).alias("_unknown"),
    )
    known = F.col("_unknown") == 0
    named = first.select(
        "patient_id",
        F.when(known, F.col("_first.started_on")).alias("first_enrolled_on"),
        F.when(known, F.col("_first.employer_id")).alias("first_employer_id"),
    )
    return rows.join(named, on="patient_id", how="left")
