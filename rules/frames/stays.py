"""Stays, each with the earlier stay that ended last: anywhere, and at the same institution."""

from __future__ import annotations

from datetime import date, timedelta

from pyspark.sql import Column, DataFrame
from pyspark.sql import Window as Over
from pyspark.sql import functions as F

from rules.frames.columns.line_parts import FIRST_ENROLMENT, with_first_enrolment
from rules.frames.columns.lookups import with_knowledge
from rules.frames.declaration import STAY_NEEDS, Grain, RowFrame, each_of, from_table
from rules.frames.inputs import ScanInputs
from rules.knowledge.classes import CLASSES

# how far back an earlier stay may lie and still speak about a later one
_MEMORY_DAYS = 366
# the public names of a stay's hospital and of the earlier one's
_NAMES = {"institution_name": "institution_id", "earlier_institution_name": "earlier_institution_id"}
_EARLIER = (
    "ended_at", "encounter_id", "institution_id", "insurance_type", "started_at", "discharge_way",
    "main_diagnosis_code",
)  # fmt: skip
_DAY_SECONDS = 86_400
_REFERRED_DAYS = 7  # papers of a referral bear a date near that of the admission
_OF_STAYS = tuple(declared for declared in CLASSES.values() if declared.of == "stay")
# what says which stay is the earlier one: of the same person, and there of the same place
_ORDERED = ("encounter.patient_id", "encounter.started_at", "encounter.ended_at")
_ORDERED_HERE = (*_ORDERED, "encounter.institution_id")


def _rows(inputs: ScanInputs, wanted: frozenset[str], _first: date) -> DataFrame:
    """In-patient stays with the earlier ones and the wanted public names of their hospitals."""
    stays = _with_earlier(inputs)
    for name, id_column in _NAMES.items():
        if name in wanted:
            names = inputs.table("institution").select(
                F.col("institution_id").alias(id_column), F.col("institution_name").alias(name)
            )
            stays = stays.join(names, on=id_column, how="left")
    asked = [declared for declared in _OF_STAYS if wanted & declared.gives.keys()]
    stays = with_knowledge(stays, asked, inputs.knowledge)
    if wanted & FIRST_ENROLMENT.keys():
        stays = with_first_enrolment(stays, inputs, wanted)
    return _with_referral(stays, inputs) if "is_referred" in wanted else stays


def _with_referral(stays: DataFrame, inputs: ScanInputs) -> DataFrame:
    """Stays with `is_referred`: whether papers of a referral of the person bear a date near the admission."""
    referrals = inputs.table("referral").groupBy("patient_id")
    of_person = referrals.agg(F.collect_set("started_on").alias("_referred"))  # of one person: a handful
    joined = stays.join(of_person, on="patient_id", how="left")
    near = F.exists("_referred", lambda day: F.abs(F.datediff("started_on", day)) <= _REFERRED_DAYS)
    return joined.select(*stays.columns, F.coalesce(near, F.lit(False)).alias("is_referred"))


def _with_earlier(inputs: ScanInputs) -> DataFrame:
    """In-patient stays, each with the earlier stay that ended last: anywhere, and at the same institution.

    The maximum runs over all earlier stays, since a short stay may lie inside a long one. An earlier stay whose end is
    unknown says nothing. Stays of an unknown person or place are not known to be of the same one: they have no earlier.
    """
    first, last = inputs.window.start - timedelta(days=_MEMORY_DAYS), inputs.window.end
    begun = F.to_date("started_at")
    stays = inputs.table("encounter").filter(F.col("is_inpatient") & begun.between(first, last))
    stay = F.when(F.col("ended_at").isNotNull(), F.struct(*_EARLIER))
    in_order = Over.orderBy("started_at", "encounter_id").rowsBetween(Over.unboundedPreceding, -1)
    of_person, of_place = F.col("patient_id").isNotNull(), F.col("institution_id").isNotNull()
    any_earlier = F.max(stay).over(in_order.partitionBy("patient_id"))
    here_earlier = F.max(stay).over(in_order.partitionBy("patient_id", "institution_id"))
    earlier = stays.select(
        "*",
        F.when(of_person, any_earlier).alias("_any"),
        F.when(of_person & of_place, here_earlier).alias("_here"),
    )
    earlier = earlier.select(
        *stays.columns,
        *(F.col(f"_any.{name}").alias(f"earlier_{name}") for name in _EARLIER),
        *(F.col(f"_here.{name}").alias(f"earlier_here_{name}") for name in _EARLIER),
        F.to_date("started_at").alias("started_on"),
        F.to_date("ended_at").alias("ended_on"),
        F.to_date("started_at").alias("service_date"),
    )
    by_day = bool(inputs.dates_only & {"encounter.started_at", "encounter.ended_at"})
    judged_on = F.least(F.coalesce("ended_on", "started_on"), F.lit(last))
    return earlier.select(
        "*",
        _overlap_days("earlier", by_day=by_day).alias("overlap_days"),
        _overlap_days("earlier_here", by_day=by_day).alias("overlap_here_days"),
        _is_same_span(by_day=by_day).alias("is_same_span_here"),
        _shorter("earlier").alias("shorter_encounter_id"),
        _shorter("earlier_here").alias("shorter_here_encounter_id"),
        judged_on.alias("judged_on"),
        F.lit(None).cast("date").alias("proof_day"),
    )


def _overlap_days(earlier: str, *, by_day: bool) -> Column:
    """The full days for which the stay and an earlier one are known to have lasted together.

    Where only days are known, the later one may have begun late on its first and the other ended early on its last.
    """
    ended = F.least("ended_at", f"{earlier}_ended_at")
    full_days = F.datediff(ended, F.col("started_at")) - 1
    if not by_day:
        full_days = F.floor((F.unix_timestamp(ended) - F.unix_timestamp("started_at")) / _DAY_SECONDS)
    known = F.col("ended_at").isNotNull() & F.col(f"{earlier}_ended_at").isNotNull()
    return F.when(known, full_days.cast("int"))


def _is_same_span(*, by_day: bool) -> Column:
    """Whether an earlier stay here began and ended as this one; of one day alone, only their times tell."""
    same = (F.col("started_at") == F.col("earlier_here_started_at")) & (
        F.col("ended_at") == F.col("earlier_here_ended_at")
    )
    return same & (F.col("ended_on") > F.col("started_on")) if by_day else same


def _shorter(earlier: str) -> Column:
    """The id of the shorter one of the stay and an earlier one; of the later one where they are equally long."""
    length = F.unix_timestamp("ended_at") - F.unix_timestamp("started_at")
    earlier_length = F.unix_timestamp(f"{earlier}_ended_at") - F.unix_timestamp(f"{earlier}_started_at")
    return F.when(earlier_length < length, F.col(f"{earlier}_encounter_id")).otherwise(F.col("encounter_id"))


STAYS = RowFrame(
    "stays",
    _rows,
    {
        **from_table("encounter", "encounter_id", "patient_id", "institution_id", "visit_type", "insurance_type"),
        **from_table("encounter", "started_at", "ended_at", "main_diagnosis_code", "discharge_way"),
        **from_table("encounter", service_date="started_at", started_on="started_at", ended_on="ended_at"),
        **{f"earlier_{name}": each_of(f"encounter.{name}", *_ORDERED) for name in _EARLIER},
        **{f"earlier_here_{name}": each_of(f"encounter.{name}", *_ORDERED_HERE) for name in _EARLIER},
        "overlap_days": each_of(*_ORDERED),
        "overlap_here_days": each_of(*_ORDERED_HERE),
        "is_same_span_here": each_of(*_ORDERED_HERE),
        "shorter_encounter_id": each_of("encounter.started_at", "encounter.ended_at"),
        "shorter_here_encounter_id": each_of("encounter.started_at", "encounter.ended_at"),
        **from_table("institution", **dict.fromkeys(_NAMES, "institution_name")),
        **from_table("encounter", "referring_encounter_id"),
        "is_referred": each_of("referral.patient_id", "referral.started_on"),
        **FIRST_ENROLMENT,
        **{name: each_of(declared.source) for declared in _OF_STAYS for name in declared.gives},
    },
    row_key="encounter_id",
    proof="array({of})",
)
GRAINS = (
    Grain(
        "encounter_pair",
        STAYS,
        ("encounter_id",),
        ("patient_id", "institution_id", "encounter_id"),
        needs=STAY_NEEDS,
        judged_on="judged_on",
    ),
    Grain(
        "employer_stay",
        STAYS,
        ("encounter_id",),
        ("patient_id", "institution_id", "encounter_id"),
        needs=STAY_NEEDS,
    ),
    Grain("admission_day", STAYS, ("institution_id", "service_date"), ("institution_id",), needs=STAY_NEEDS),
)
