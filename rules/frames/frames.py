"""The rows that rules are judged on: pure functions from clean tables to the columns that rules may name.

Every frame has `service_date`: by it the law of the day is chosen. Frames reach back before the scanned window as far
as measures and earlier stays need; what was before lends its past and is not judged. Frames whose rows are not fee
lines have `row_id`, and `proof_encounters` and `proof_day` (null: any day), which lead from a hit to its lines.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from pyspark.sql import DataFrame
from pyspark.sql import Window as Over
from pyspark.sql import functions as F

from fundwatch.contracts import TABLES
from rules.frames.columns import PARTS, STAY_NAMES, Frame
from rules.frames.lookups import with_item_in_force, with_item_knowledge, with_sex_knowledge
from rules.knowledge.points import Knowledge

# how far back an earlier stay may lie and still speak about a later one
_STAY_MEMORY_DAYS = 366
# what hits, things and money need of a line, whatever a rule names
LINE_BASE = (
    "line_id", "settlement_id", "encounter_id", "patient_id", "institution_id", "ordering_doctor_id", "item_code",
    "covered_amount", "amount", "charged_at", "service_date",
)  # fmt: skip


@dataclass(frozen=True)
class Window:
    """The service dates a scan judges, both included."""

    start: date
    end: date


@dataclass(frozen=True)
class Inputs:
    """Clean tables as known, by name, and the knowledge. A table that is not there has no rows."""

    tables: Mapping[str, DataFrame]
    knowledge: Knowledge
    window: Window

    def table(self, name: str) -> DataFrame:
        if name in self.tables:
            return self.tables[name]
        session = next(iter(self.tables.values())).sparkSession
        return session.createDataFrame([], TABLES[name].schema())


def frame(kind: Frame, inputs: Inputs, wanted: frozenset[str], lookback_days: int) -> DataFrame:
    """The frame's rows with the wanted columns, from `lookback_days` before the window on."""
    first = inputs.window.start - timedelta(days=lookback_days)
    if kind is Frame.LINES:
        return _lines(inputs, wanted, first)
    if kind is Frame.STAYS:
        return _named(_stays_with_earlier(inputs), inputs, wanted)
    if kind is Frame.VISITS:
        return _visits(inputs, first)
    return _census(inputs)


def _lines(inputs: Inputs, wanted: frozenset[str], first: date) -> DataFrame:
    """Settled fee lines of the window; with `ended_on` wanted, also all lines of the stays that ended in it."""
    own = {*LINE_BASE, *(wanted & set(inputs.table("claim_line").columns))}
    if wanted & {"price_limit_in_force"}:
        own.add("price_limit")
    if wanted & {"restricted_by"}:
        own.add("item_name")
    lines = with_parts(settled_lines(inputs).select(*sorted(own)), inputs, wanted)
    in_window = F.col("service_date").between(first, inputs.window.end)
    if "ended_on" in lines.columns:
        in_window = in_window | F.col("ended_on").between(inputs.window.start, inputs.window.end)
    return lines.filter(in_window)


def settled_lines(inputs: Inputs) -> DataFrame:
    """Fee lines that were settled, with their service date: what no settlement paid is no loss of the fund."""
    lines = inputs.table("claim_line").filter(F.col("settlement_id").isNotNull())
    return lines.select("*", F.to_date("charged_at").alias("service_date"))


def with_parts(lines: DataFrame, inputs: Inputs, wanted: frozenset[str]) -> DataFrame:
    """Fee lines with the wanted columns of patient, encounter, settlement, institution, catalogue and knowledge."""
    parts = {part for part, columns in PARTS.items() if wanted & columns.keys()}
    if "patient" in parts:
        about = inputs.table("patient").select("patient_id", *PARTS["patient"])
        lines = lines.join(about, on="patient_id", how="left")
    if parts & {"encounter", "sex_knowledge"}:
        lines = lines.join(_encounters(inputs), on="encounter_id", how="left")
    if "settlement" in parts:
        settled = inputs.table("settlement").select("settlement_id", F.to_date("settled_at").alias("settled_on"))
        lines = lines.join(settled, on="settlement_id", how="left")
    if "institution" in parts:
        places = inputs.table("institution").select("institution_id", *PARTS["institution"])
        lines = lines.join(places, on="institution_id", how="left")
    if "item" in parts:
        lines = with_item_in_force(lines, inputs.table("item"))
    if "item_knowledge" in parts:
        lines = with_item_knowledge(lines, inputs.knowledge, wanted)
    if "sex_knowledge" in parts:
        lines = with_sex_knowledge(lines, inputs.knowledge)
    return lines


def _encounters(inputs: Inputs) -> DataFrame:
    dates = (F.to_date("started_at").alias("started_on"), F.to_date("ended_at").alias("ended_on"))
    names = [name for name in PARTS["encounter"] if name not in ("started_on", "ended_on")]
    return inputs.table("encounter").select("encounter_id", *names, *dates)


def _stays_with_earlier(inputs: Inputs) -> DataFrame:
    """In-patient stays, each with the earlier stay that ended last: anywhere, and at the same institution.

    The maximum runs over all earlier stays, since a short stay may lie inside a long one. An earlier stay that has
    not ended says nothing: its discharge may only be missing.
    """
    first, last = inputs.window.start - timedelta(days=_STAY_MEMORY_DAYS), inputs.window.end
    begun = F.to_date("started_at")
    stays = inputs.table("encounter").filter(F.col("is_inpatient") & begun.between(first, last))
    stay = F.struct("ended_at", "encounter_id", "institution_id", "insurance_type", "started_at", "discharge_way")
    in_order = Over.orderBy("started_at", "encounter_id").rowsBetween(Over.unboundedPreceding, -1)
    earlier = stays.select(
        "*",
        F.max(stay).over(in_order.partitionBy("patient_id")).alias("_any"),
        F.max(stay).over(in_order.partitionBy("patient_id", "institution_id")).alias("_here"),
    )
    names = ("ended_at", "encounter_id", "institution_id", "insurance_type", "started_at", "discharge_way")
    earlier = earlier.select(
        *stays.columns,
        *(F.col(f"_any.{name}").alias(f"earlier_{name}") for name in names),
        *(F.col(f"_here.{name}").alias(f"earlier_here_{name}") for name in names),
        F.to_date("started_at").alias("started_on"),
        F.to_date("ended_at").alias("ended_on"),
        F.to_date("started_at").alias("service_date"),
    )
    length = F.unix_timestamp("ended_at") - F.unix_timestamp("started_at")
    earlier_length = F.unix_timestamp("earlier_ended_at") - F.unix_timestamp("earlier_started_at")
    shorter = F.when(earlier_length < length, F.col("earlier_encounter_id")).otherwise(F.col("encounter_id"))
    judged_on = F.least(F.coalesce("ended_on", "started_on"), F.lit(last))
    return earlier.select(
        "*",
        shorter.alias("shorter_encounter_id"),
        judged_on.alias("judged_on"),
        F.col("encounter_id").alias("row_id"),
        F.lit(None).cast("date").alias("proof_day"),
    )


def _named(stays: DataFrame, inputs: Inputs, wanted: frozenset[str]) -> DataFrame:
    """The stays with the wanted public names of their hospitals."""
    for name, id_column in STAY_NAMES.items():
        if name in wanted:
            names = inputs.table("institution").select(
                F.col("institution_id").alias(id_column), F.col("institution_name").alias(name)
            )
            stays = stays.join(names, on=id_column, how="left")
    return stays


def _visits(inputs: Inputs, first: date) -> DataFrame:
    """One row per patient, institution and day with an out-patient visit: dates count, not settlements."""
    day = F.to_date("started_at")
    seen = inputs.table("encounter").filter(~F.col("is_inpatient") & day.between(first, inputs.window.end))
    visits = seen.groupBy("patient_id", "institution_id", day.alias("service_date")).agg(
        F.min("visit_type").alias("visit_type"),
        F.min("main_diagnosis_code").alias("main_diagnosis_code"),
        F.collect_set("encounter_id").alias("proof_encounters"),  # of one person, place and day: a handful
    )
    return visits.select(
        "*",
        F.concat_ws("|", "service_date", "institution_id").alias("row_id"),
        F.trunc("service_date", "month").alias("month"),
        F.lit(None).cast("date").alias("proof_day"),
    )


def _census(inputs: Inputs) -> DataFrame:
    """Institution and night with the in-patients of that night, from the window's first month on.

    The day of discharge does not count, as it does not in bed days; a stay of one day counts once.
    """
    first, last = F.lit(inputs.window.start.replace(day=1)), F.lit(inputs.window.end)
    started, ended = F.to_date("started_at"), F.to_date("ended_at")
    last_night = F.greatest(F.coalesce(F.date_sub(ended, 1), last), started)
    stays = inputs.table("encounter").filter(F.col("is_inpatient"))
    stays = stays.select(
        "encounter_id",
        "institution_id",
        F.greatest(started, first).alias("from_day"),
        F.least(last_night, last).alias("to_day"),
    )
    nights = stays.filter("from_day <= to_day").select(
        "encounter_id", "institution_id", F.explode(F.sequence("from_day", "to_day")).alias("service_date")
    )
    census = nights.groupBy("institution_id", "service_date").agg(
        F.count(F.lit(1)).alias("in_patients"),
        F.collect_list("encounter_id").alias("proof_encounters"),  # of one place and night: as many as its beds
    )
    places = inputs.table("institution").select("institution_id", "bed_count")
    return census.join(places, on="institution_id", how="left").select(
        "*",
        F.col("service_date").cast("string").alias("row_id"),
        F.trunc("service_date", "month").alias("month"),
        F.col("service_date").alias("proof_day"),
    )
