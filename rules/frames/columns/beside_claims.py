"""What fee lines know of tables beside the claims: spans of a person, reports of an institution, the stay that follows.

A span of which one end is unknown says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from rules.frames.columns.payment_group import PAYMENT_GROUP, payment_groups
from rules.frames.declaration import Sources, any_of, each_of

if TYPE_CHECKING:
    from rules.frames.inputs import ScanInputs

NEVER = 3_650  # days to a report where there is none
_TESTS = ("03", "04")  # med_chrgitm_type: examinations, laboratory
ABSENCES: Mapping[str, Sources] = {
    name: each_of("absence.patient_id", "absence.started_on", "absence.ended_on", "claim_line.charged_at")
    for name in ("away_since", "away_until")
}
# the list of a trial, or else the name of the ward that ordered
TRIALS: Mapping[str, Sources] = {
    "trial_code": any_of("trial_member.trial_code", "claim_line.ordering_department"),
}
_REPORTED = each_of("exam_result.reported_on", "exam_result.item_code", "exam_result.institution_id")
RESULTS: Mapping[str, Sources] = {
    "days_to_result": _REPORTED | each_of("exam_result.patient_id", "claim_line.patient_id", "claim_line.charged_at"),
    **dict.fromkeys(("results_since", "results_until", "result_count"), _REPORTED),
}
NEXT_STAY: Mapping[str, Sources] = {
    "here_group_code": PAYMENT_GROUP["group_code"],
    "here_test_lines": each_of("claim_line.charge_class", "claim_line.encounter_id"),
}


def with_absence(lines: DataFrame, inputs: ScanInputs, _wanted: frozenset[str]) -> DataFrame:
    """Lines with the span of the person's absence in which they were charged."""
    joined = _with_spans(lines, inputs.table("absence"), ["patient_id"])
    span = _span_of(F.col("service_date"))
    return joined.select(*lines.columns, span["first"].alias("away_since"), span["last"].alias("away_until"))


def with_trial(lines: DataFrame, inputs: ScanInputs, _wanted: frozenset[str]) -> DataFrame:
    """Lines with the trial there in which the person was on the service date; one without an end goes on."""
    members = inputs.table("trial_member")
    open_ended = members.withColumn("ended_on", F.coalesce("ended_on", F.lit("9999-12-31").cast("date")))
    joined = _with_spans(lines, open_ended, ["patient_id", "institution_id"], "trial_code")
    return joined.select(*lines.columns, _span_of(F.col("service_date"))["trial_code"].alias("trial_code"))


def _with_spans(lines: DataFrame, spans: DataFrame, by: list[str], *more: str) -> DataFrame:
    """Lines with `_spans`, the sorted spans of the same person: a handful."""
    known = spans.filter("started_on IS NOT NULL AND ended_on IS NOT NULL")
    span = F.struct(F.col("started_on").alias("first"), F.col("ended_on").alias("last"), *more)
    return lines.join(known.groupBy(*by).agg(F.sort_array(F.collect_set(span)).alias("_spans")), on=by, how="left")


def _span_of(day: Column) -> Column:
    """The first span that the day lies in; null where none does."""
    return F.get(F.filter("_spans", lambda span: day.between(span["first"], span["last"])), F.lit(0))


def with_results(lines: DataFrame, inputs: ScanInputs, _wanted: frozenset[str]) -> DataFrame:
    """Lines with how many days the nearest report of the person and item at the institution is away, and with how many
    reports of the item its system has given, and from when to when.

    A report of an unknown person or item may be of that line.
    """
    results = inputs.table("exam_result").filter("reported_on IS NOT NULL")
    of_item = results.groupBy("institution_id", "item_code").agg(
        F.min("reported_on").alias("results_since"),
        F.max("reported_on").alias("results_until"),
        F.count(F.lit(1)).cast("int").alias("result_count"),
    )
    joined = lines.join(of_item, on=["institution_id", "item_code"], how="left")
    own = ("patient_id", "institution_id", "item_code")
    found = {"_exact": own, "_any_item": own[:2], "_any_person": own[1:], "_any": own[1:2]}
    for name, keys in found.items():
        unknown = [key for key in own if key not in keys]
        may_be = results
        for key in unknown:
            may_be = may_be.filter(F.col(key).isNull())
        reported = may_be.groupBy(*keys).agg(F.collect_set("reported_on").alias(name))  # of one person: some dozens
        joined = joined.join(reported, on=[*keys], how="left")
    nothing = F.array().cast("array<date>")
    days = F.concat(*(F.coalesce(name, nothing) for name in found))
    away = F.array_min(F.transform(days, lambda day: F.abs(F.datediff(day, F.col("service_date")))))
    return joined.select(
        *lines.columns,
        F.when(F.col("patient_id").isNotNull(), F.coalesce(away, F.lit(NEVER))).alias("days_to_result"),
        "results_since",
        "results_until",
        "result_count",
    )


def with_next_stay(lines: DataFrame, inputs: ScanInputs, _wanted: frozenset[str]) -> DataFrame:
    """Lines with the payment group of the stay beside them at the place, and how many examinations and tests that one
    was charged itself: a line of no known class may be one."""
    group = payment_groups(inputs).select(
        F.col("encounter_id").alias("here_encounter_id"), F.col("group_code").alias("here_group_code")
    )
    may_be = F.coalesce(F.col("charge_class").isin(*_TESTS), F.lit(True))
    counted = inputs.table("claim_line").groupBy(F.col("encounter_id").alias("here_encounter_id"))
    tests = counted.agg(F.count_if(may_be).cast("int").alias("here_test_lines"))
    joined = lines.join(group, on="here_encounter_id", how="left")
    return joined.join(tests, on="here_encounter_id", how="left")
