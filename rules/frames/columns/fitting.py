"""What a point of knowledge lists in one cell (`C34|C50`), held against what is known of a fee line.

Stems stand for all diagnosis codes that begin so, words for all names that hold them. Whatever could speak for the
institution counts: the main diagnosis beside the others, a diagnosis of an unknown day, a disease without a name.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from rules.frames.columns.lookups import cells_of
from rules.frames.inputs import ScanInputs
from rules.knowledge.framed import FramedPoints

_READABLE = "[\\u4e00-\\u9fff]{2}"  # a department that is a name and no number of the institution's own


@dataclass(frozen=True)
class Listing:
    """A class of knowledge that lists for what illnesses an item is, and what its points make known of a fee line.

    `fits_now`: whether a diagnosis of the encounter begins with a stem of the line's point; `last_fit`: the last day up
    to the service on which one of the person's did.
    """

    knowledge_class: str
    stems: str
    fits_now: str
    last_fit: str


LISTINGS = (
    Listing("payment_indication", "payment_stems", "is_indicated", "last_indicated_on"),
    Listing("label_indication", "label_stems", "is_on_label", "last_on_label_on"),
    Listing("exam_indication", "exam_stems", "is_exam_indicated", "last_exam_indicated_on"),
    Listing("chronic_drug", "chronic_stems", "is_chronic_known", "last_chronic_known_on"),
)


def with_indications(lines: DataFrame, inputs: ScanInputs, _wanted: frozenset[str]) -> DataFrame:
    """Lines with what each listing makes known of them.

    It is null where no point speaks of the line, no diagnosis of its encounter is listed, or person or start of the
    encounter are unknown, so that nobody could know what the person had before.
    """
    placed = F.col("patient_id").isNotNull() & F.col("started_at").isNotNull()
    own = inputs.table("encounter").select("encounter_id", placed.alias("_placed"))
    rows = lines.join(own, on="encounter_id", how="left").join(_history(inputs), on="patient_id", how="left")
    known = F.col("_placed") & F.col("patient_id").isNotNull() & F.col("diagnosis_codes").isNotNull()
    return rows.select(*lines.columns, *(column for listing in LISTINGS for column in _fits(listing, known)))


def _fits(listing: Listing, known: Column) -> tuple[Column, Column]:
    stems, day = F.col(listing.stems), F.col("service_date")

    def is_past_fit(entry: Column) -> Column:
        return (F.coalesce(entry["day"], day) <= day) & _any(stems, entry["code"].startswith)

    now = F.exists(_codes(), lambda code: _any(stems, code.startswith))
    days = F.transform(F.filter("_history", is_past_fit), lambda entry: F.coalesce(entry["day"], day))
    judged = known & stems.isNotNull()
    return F.when(judged, now).alias(listing.fits_now), F.when(judged, F.array_max(days)).alias(listing.last_fit)


def with_contraindicating(lines: DataFrame, _inputs: ScanInputs, _wanted: frozenset[str]) -> DataFrame:
    """Lines with `contraindicated_by`, the diagnoses of the encounter in which the line's item is barred."""
    stems = F.col("contraindication_stems")
    barring = F.array_join(F.filter(_codes(), lambda code: _any(stems, code.startswith)), ", ")
    return lines.select("*", F.nullif(barring, F.lit("")).alias("contraindicated_by"))


def with_department_fit(lines: DataFrame, _inputs: ScanInputs, _wanted: frozenset[str]) -> DataFrame:
    """Lines with `is_of_department`, whether the performing or the ordering department is one that the item needs.

    Null where the performing department is unknown, or a number that only the institution can read.
    """
    words = F.col("department_words")
    names = F.concat_ws(" ", F.upper("performing_department"), F.upper("ordering_department"))
    readable = F.col("performing_department").rlike(_READABLE)
    return lines.select("*", F.when(readable, _any(words, names.contains)).alias("is_of_department"))


def with_benefit_fit(lines: DataFrame, inputs: ScanInputs, _wanted: frozenset[str]) -> DataFrame:
    """Lines with `is_of_benefit`, whether the person has a registered chronic disease that the drug is for, and
    `benefit_diseases`, the names of those in force on the service date; both null where none is registered."""
    entry = F.struct(F.col("disease_name").alias("name"), F.col("started_on").alias("a"), F.col("ended_on").alias("z"))
    registered = inputs.table("chronic_registration").filter(F.col("patient_id").isNotNull())
    of_person = registered.groupBy("patient_id").agg(F.sort_array(F.collect_set(entry)).alias("_registered"))
    day, words = F.col("service_date"), F.col("benefit_words")

    def in_force(one: Column) -> Column:
        return F.coalesce(one["a"] <= day, F.lit(True)) & F.coalesce(one["z"] >= day, F.lit(True))

    rows = lines.join(of_person, on="patient_id", how="left")
    rows = rows.select(*lines.columns, F.filter("_registered", in_force).alias("_in_force"))
    fits = F.exists("_in_force", lambda one: one["name"].isNull() | _any(words, one["name"].contains))
    names = F.array_join(F.transform("_in_force", lambda one: one["name"]), "、")
    is_known = (F.size("_in_force") > 0) & words.isNotNull()
    return rows.select(
        *lines.columns, F.when(is_known, fits).alias("is_of_benefit"), F.when(is_known, names).alias("benefit_diseases")
    )


def with_doctor_left(lines: DataFrame, inputs: ScanInputs, _wanted: frozenset[str]) -> DataFrame:
    """Lines with `ordering_doctor_left_on`, the day on which the ordering doctor's last registration anywhere ended.

    Null where one has no end, or the doctor stands in no register: that a register is whole is not known.
    """
    open_end = F.lit("9999-12-31").cast("date")
    last = F.max(F.coalesce("ended_on", open_end))
    left = inputs.table("doctor").groupBy(F.col("doctor_id").alias("_doctor")).agg(last.alias("_last"))
    rows = lines.join(left, on=F.col("ordering_doctor_id") == F.col("_doctor"), how="left")
    return rows.select(*lines.columns, F.nullif("_last", open_end).alias("ordering_doctor_left_on"))


def _codes() -> Column:
    """All codes known of the line's encounter, the main one among them."""
    listed = F.coalesce("diagnosis_codes", F.array().cast("array<string>"))
    return F.array_distinct(F.array_compact(F.concat(listed, F.array("main_diagnosis_code"))))


def _history(inputs: ScanInputs) -> DataFrame:
    """Person with `_history`: day and code of each diagnosis that some listing asks for; a null day is unknown.

    What no point asks for is left out: of all that a person ever had, little remains.
    """
    seen = inputs.table("encounter").filter(F.col("patient_id").isNotNull())
    listed = inputs.table("diagnosis").select("encounter_id", F.col("diagnosis_code").alias("code"))
    codes = listed.unionByName(seen.select("encounter_id", F.col("main_diagnosis_code").alias("code")))
    days = seen.select("encounter_id", "patient_id", F.to_date("started_at").alias("day"))
    dated = _asked_for(codes, inputs).join(days, on="encounter_id")
    return dated.groupBy("patient_id").agg(F.collect_set(F.struct("day", "code")).alias("_history"))


def _asked_for(codes: DataFrame, inputs: ScanInputs) -> DataFrame:
    """The diagnoses that begin with a stem of some listing's point."""
    of_listings = [inputs.knowledge.get(listing.knowledge_class, ()) for listing in LISTINGS]
    if any(isinstance(points, FramedPoints) for points in of_listings):
        stems = reduce(DataFrame.unionByName, (cells_of(p) for p in of_listings if isinstance(p, FramedPoints)))
        stems = stems.select(F.explode(F.split("cell", r"\|")).alias("stem")).filter("stem != ''").distinct()
        begins = (F.substring("code", 1, 1) == F.substring("stem", 1, 1)) & F.col("code").startswith(F.col("stem"))
        return codes.join(F.broadcast(stems), on=begins, how="left_semi")
    points = (point for of_class in of_listings if not isinstance(of_class, FramedPoints) for point in of_class)
    listed = {stem for point in points for cell in point.cells.values() for stem in cell.split("|") if stem}
    return codes.filter(F.col("code").rlike(f"^({'|'.join(map(re.escape, sorted(listed)))})" if listed else "^$"))


def _any(listed: Column, meets: Callable[[Column], Column]) -> Column:
    """Whether one of the parts of the cell meets the condition; an empty part meets none."""
    return F.exists(F.split(listed, r"\|"), lambda part: (part != "") & meets(part))
