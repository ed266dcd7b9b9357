"""Bills: one row per encounter that has ended, with what all of its fee lines come to and what its papers say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from rules.frames import census
from rules.frames.columns.bill_sums import SUM_COLUMNS, bill_sums
from rules.frames.columns.list_faults import (
    LIST_FAULTS,
    PLACEHOLDERS,
    REGISTER_FAULTS,
    with_list_faults,
    with_placeholders,
    with_register_faults,
)
from rules.frames.columns.lookups import PointsAsked, said_in, spoken_of, with_knowledge, with_points
from rules.frames.columns.payment_group import PAYMENT_GROUP, with_payment_group
from rules.frames.columns.presence import PRESENCE, with_presence
from rules.frames.columns.settled import operations
from rules.frames.declaration import STAY_NEEDS, Grain, RowFrame, Sources, each_of, from_table
from rules.frames.inputs import ScanInputs
from rules.knowledge.classes import CLASSES

_ENCOUNTER = (
    "encounter_id", "patient_id", "institution_id", "insurance_type", "visit_type", "is_inpatient",
    "main_diagnosis_code", "discharge_way", "admission_department", "attending_doctor_id",
)  # fmt: skip
_SPAN = ("encounter.started_at", "encounter.ended_at")
_PAID = ("fund_amount", "own_amount")
_STEM = 3  # characters of a diagnosis: J18
_BANDS = ((1, "0-1"), (4, "2-4"), (9, "5-9"), (19, "10-19"), (29, "20-29"))
_LONGEST_BAND = "30-"
_WESTERN = "1"
# Chapters that begin within a letter, by the first code of the next: D50 blood, H60 ear
_SPLIT = {"D": ("D50", "C", "D"), "H": ("H60", "H0", "H6")}


@dataclass(frozen=True)
class _BillPart:
    """Columns joined to the bills when a rule names one of them; `reads` are other columns that the join reads."""

    columns: Mapping[str, Sources]
    join: Callable[[DataFrame, ScanInputs], DataFrame]
    reads: frozenset[str] = field(default=frozenset())


def _with_institution(bills: DataFrame, inputs: ScanInputs) -> DataFrame:
    known = inputs.table("institution").select(
        "institution_id", "institution_level", "institution_type", F.col("region_code").alias("place_region")
    )
    return bills.join(known, on="institution_id", how="left")


def _with_ages(bills: DataFrame, inputs: ScanInputs) -> DataFrame:
    """The person's age in full years on the first day: of a birth year alone it is one of two."""
    born = inputs.table("patient").select("patient_id", "birth_year")
    reached = F.year("service_date") - F.col("birth_year")
    known = bills.join(born, on="patient_id", how="left")
    return known.select(*bills.columns, (reached - 1).alias("age_at_least"), reached.alias("age_at_most"))


def _with_paid(bills: DataFrame, inputs: ScanInputs) -> DataFrame:
    """What the funds and the person paid for the encounter; unknown where a settlement does not say."""
    paid = inputs.table("settlement").filter(F.col("encounter_id").isNotNull()).groupBy("encounter_id")
    sums = (F.when(F.count_if(F.col(name).isNull()) == 0, F.sum(name)).alias(name) for name in _PAID)
    return bills.join(paid.agg(*sums), on="encounter_id", how="left")


def _with_crowding(bills: DataFrame, inputs: ScanInputs) -> DataFrame:
    """How many in-patients the place had on the first night, and how many beds it may have."""
    first = F.col("service_date").alias("started_on")
    nights = census.CENSUS.build(inputs, frozenset(), 0).select("institution_id", first, "in_patients", "bed_count")
    return bills.join(nights, on=["institution_id", "started_on"], how="left")


def _with_diagnoses(bills: DataFrame, inputs: ScanInputs) -> DataFrame:
    """The codes of the list of diagnoses, those of Western medicine among them, and the letters they begin with."""
    listed = inputs.table("diagnosis").filter(F.col("encounter_id").isNotNull())
    western = F.when(F.col("diagnosis_kind") == _WESTERN, F.col("diagnosis_code"))
    codes = listed.groupBy("encounter_id").agg(  # of one encounter: a handful
        F.array_sort(F.collect_set("diagnosis_code")).alias("diagnosis_codes"),
        F.array_sort(F.collect_set(western)).alias("western_codes"),
        F.array_join(F.array_sort(F.collect_set(F.substring("diagnosis_code", 1, 1))), "").alias("diagnosis_letters"),
    )
    return bills.join(codes, on="encounter_id", how="left")


def _with_operations(bills: DataFrame, inputs: ScanInputs) -> DataFrame:
    """The main operation, the rubrics of all in one text and how many are listed: none where the list has none."""
    listed = bills.join(operations(inputs).drop("last_operated_on"), on="encounter_id", how="left")
    return listed.select(
        *bills.columns,
        "main_procedure_code",
        F.coalesce("rubrics", F.lit("none")).alias("procedure_group"),
        F.coalesce("procedure_count", F.lit(0)).alias("procedure_count"),
    )


def _of_classes(*names: str) -> _BillPart:
    """The columns of classes of knowledge that are found by one column of the bill."""
    classes = [CLASSES[name] for name in names]
    return _BillPart(
        {given: each_of(declared.source) for declared in classes for given in declared.gives},
        lambda bills, inputs: with_knowledge(bills, classes, inputs.knowledge),
        reads=frozenset(declared.matched_by for declared in classes),
    )


def _with_pairing(bills: DataFrame, _inputs: ScanInputs) -> DataFrame:
    """Whether the main diagnosis is one that the main operation goes with, and which of all listed ones are; unknown
    where no point speaks of the operation, or no diagnosis is listed."""
    stems = F.split("pairing_stems", r"\|")

    def pairs(code: Column) -> Column:
        return F.exists(stems, lambda stem: (stem != "") & code.startswith(stem))

    listed = F.when(stems.isNotNull(), F.filter("diagnosis_codes", pairs))
    return bills.select("*", pairs(F.col("main_diagnosis_code")).alias("is_paired"), listed.alias("paired_codes"))


def _unsupported(table: str, code: str, name: str, declared_name: str, condition: str, *needs: str) -> _BillPart:
    """Codes of a list for which the bill has none of the kinds of care that go with them; null where there is none.

    A bill whose kinds are unknown supports everything.
    """
    declared = CLASSES[declared_name]

    def join(bills: DataFrame, inputs: ScanInputs) -> DataFrame:
        points = inputs.knowledge.get(declared.name, ())
        listed = inputs.table(table).filter(condition).select("encounter_id", F.col(code).alias("_code"))
        days = inputs.table("encounter").select("encounter_id", F.to_date("started_at").alias("service_date"))
        codes = spoken_of(listed, "_code", points).join(days, on="encounter_id", how="inner")
        found = with_points(codes, "_code", [PointsAsked(points, declared.cells)])
        support = F.struct("_code", F.split(said_in(0, declared.cells[0]), r"\|").alias("kinds"))
        of_encounter = found.groupBy("encounter_id").agg(F.collect_set(support).alias("_supports"))  # a handful
        lacking = F.filter("_supports", lambda one: ~F.arrays_overlap(one["kinds"], "care_kinds"))
        unmet = F.array_sort(F.array_distinct(F.transform(lacking, lambda one: one["_code"])))
        joined = bills.join(of_encounter, on="encounter_id", how="left")
        return joined.select(*bills.columns, F.nullif(unmet, F.array().cast("array<string>")).alias(name))

    sources = each_of(declared.source, f"{table}.{code}", *needs) | SUM_COLUMNS["care_kinds"]
    return _BillPart({name: sources}, join, reads=frozenset({"care_kinds"}))


_PARTS = (
    _BillPart(
        from_table("institution", "institution_level", "institution_type", place_region="region_code"),
        _with_institution,
    ),
    _BillPart({name: each_of("patient.birth_year") for name in ("age_at_least", "age_at_most")}, _with_ages),
    _BillPart({name: each_of(f"settlement.{name}", "settlement.encounter_id") for name in _PAID}, _with_paid),
    _BillPart(
        {
            "diagnosis_codes": each_of("diagnosis.diagnosis_code"),
            "diagnosis_letters": each_of("diagnosis.diagnosis_code"),
            "western_codes": each_of("diagnosis.diagnosis_code", "diagnosis.diagnosis_kind"),
        },
        _with_diagnoses,
    ),
    _BillPart(
        {
            "main_procedure_code": each_of("procedure.procedure_code", "procedure.is_main"),
            "procedure_group": each_of("procedure.procedure_code"),
            "procedure_count": each_of("procedure.procedure_code"),
        },
        _with_operations,
    ),
    _of_classes(
        "ambulatory_diagnosis", "non_treatment_diagnosis", "operation_foreign_diagnosis", "operation_pairing"
    ),
    _BillPart(
        {
            "is_paired": each_of(CLASSES["operation_pairing"].source),
            "paired_codes": each_of(CLASSES["operation_pairing"].source, "diagnosis.diagnosis_code"),
        },
        _with_pairing,
        reads=frozenset({"pairing_stems", "diagnosis_codes"}),
    ),
    _unsupported(
        "diagnosis", "diagnosis_code", "unsupported_diagnoses", "diagnosis_support", "NOT is_main", "diagnosis.is_main"
    ),
    _unsupported(
        "diagnosis", "diagnosis_code", "unsupported_main", "diagnosis_support", "is_main", "diagnosis.is_main"
    ),
    _unsupported("procedure", "procedure_code", "unsupported_operations", "operation_support", "TRUE"),
    _BillPart(PRESENCE, with_presence, reads=frozenset({"off_ward_days"})),
    _BillPart(PAYMENT_GROUP, with_payment_group),
    _BillPart({name: census.CENSUS.columns[name] for name in ("in_patients", "bed_count")}, _with_crowding),
    _BillPart(LIST_FAULTS, with_list_faults),
    _BillPart(REGISTER_FAULTS, with_register_faults),
    _BillPart(PLACEHOLDERS, with_placeholders),
)  # fmt: skip


def _rows(inputs: ScanInputs, wanted: frozenset[str], first: date) -> DataFrame:
    """Encounters that ended from `first` to the window's last day and of which some line was settled."""
    for part in reversed(_PARTS):
        if wanted & part.columns.keys():
            wanted = wanted | part.reads
    started, ended = F.to_date("started_at"), F.to_date("ended_at")
    encounters = inputs.table("encounter").filter(ended.between(first, inputs.window.end))
    bills = encounters.select(
        *_ENCOUNTER,
        F.col("region_code").alias("insured_region"),
        started.alias("started_on"),
        ended.alias("ended_on"),
        started.alias("service_date"),
        F.trunc(ended, "month").alias("month"),
        F.lit(None).cast("date").alias("proof_day"),
    )
    bills = bills.join(bill_sums(inputs, bills), on="encounter_id", how="inner")
    days = F.datediff("ended_on", "started_on")
    bills = bills.select(
        "*",
        days.alias("days"),
        _band(days).alias("days_band"),
        F.substring("main_diagnosis_code", 1, _STEM).alias("diagnosis_stem"),
        _chapter().alias("diagnosis_chapter"),
        F.try_divide("total_amount", F.nullif(days, F.lit(0))).alias("daily_amount"),
    )
    for part in _PARTS:
        if wanted & part.columns.keys():
            bills = part.join(bills, inputs)
    return bills


def _band(days: Column) -> Column:
    """How long the stay was, in steps within which costs can be compared."""
    band = F.when(days.isNotNull(), F.lit(_LONGEST_BAND))
    for until, name in reversed(_BANDS):
        band = F.when(days <= until, F.lit(name)).otherwise(band)
    return band


def _chapter() -> Column:
    """The chapter of the main diagnosis: its letter, two letters being two chapters each."""
    letter = F.substring("main_diagnosis_code", 1, 1)
    chapter = F.when(letter == "B", F.lit("A")).otherwise(letter)
    for split, (next_one, before, after) in _SPLIT.items():
        here = F.when(F.col("main_diagnosis_code") < next_one, F.lit(before)).otherwise(F.lit(after))
        chapter = F.when(letter == split, here).otherwise(chapter)
    return chapter


BILLS = RowFrame(
    "bills",
    _rows,
    {
        **from_table("encounter", *_ENCOUNTER),
        **from_table("encounter", started_on="started_at", ended_on="ended_at", service_date="started_at"),
        **from_table("encounter", month="ended_at", insured_region="region_code"),
        "days": each_of(*_SPAN),
        "days_band": each_of(*_SPAN),
        **from_table("encounter", diagnosis_stem="main_diagnosis_code", diagnosis_chapter="main_diagnosis_code"),
        "daily_amount": SUM_COLUMNS["total_amount"] | each_of(*_SPAN),
        **SUM_COLUMNS,
        **{name: sources for part in _PARTS for name, sources in part.columns.items()},
    },
    row_key="encounter_id",
    proof="array({of})",
)
GRAINS = (
    Grain(
        "encounter_bill",
        BILLS,
        ("encounter_id",),
        ("patient_id", "institution_id", "encounter_id"),
        needs=STAY_NEEDS,
        judged_on="ended_on",
    ),
    Grain(
        "institution_bills",
        BILLS,
        ("institution_id", "month"),
        ("institution_id",),
        needs=STAY_NEEDS,
        judged_on="ended_on",
    ),
)
