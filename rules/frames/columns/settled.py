"""What fee lines know beside themselves of the settlement that paid them, of the person's insurance and of the stay's
operations."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from rules.frames.declaration import Sources, each_of
from rules.frames.inputs import ScanInputs

_FIRST, _LAST = "1900-01-01", "9999-12-31"
_RUBRIC = 5  # characters: 47.09
_AT_THE_AGENCY, _NETWORKED = "1", "2"
_OF_SETTLEMENT = {
    "settlement_kind": "settlement_kind",
    "is_interim": "is_interim",
    "settlement_total_amount": "total_amount",
    "settlement_started_on": "started_on",
    "settlement_ended_on": "ended_on",
}
_TWIN = {
    "settlement_id": "settlement_id",
    "institution_id": "institution_id",
    "started_on": "started_on",
    "ended_on": "ended_on",
    "total_amount": "total_amount",
}
SETTLEMENT_COLUMNS: dict[str, Sources] = {
    name: each_of(f"settlement.{column}") for name, column in _OF_SETTLEMENT.items()
}
_TWIN_NEEDS = ("settlement.patient_id", "settlement.settlement_kind", "settlement.started_on", "settlement.ended_on")
TWIN_COLUMNS: dict[str, Sources] = {
    **{f"twin_{name}": each_of(f"settlement.{column}", *_TWIN_NEEDS) for name, column in _TWIN.items()},
    "has_twin_invoice": each_of("settlement.invoice_id", *_TWIN_NEEDS),
}
ENROLMENT_COLUMNS: dict[str, Sources] = {
    name: each_of("enrolment.patient_id", "enrolment.started_on", "enrolment.ended_on", "claim_line.charged_at")
    for name in ("is_insured", "insured_until", "insured_again_on")
}
OPERATION_COLUMNS: dict[str, Sources] = {
    "main_procedure_code": each_of("procedure.procedure_code", "procedure.encounter_id", "procedure.is_main"),
    "last_operated_on": each_of("procedure.performed_on", "procedure.encounter_id"),
}


def with_settlement(lines: DataFrame, inputs: ScanInputs, _wanted: frozenset[str]) -> DataFrame:
    """Lines with what their settlement says of itself."""
    facts = (F.col(column).alias(name) for name, column in _OF_SETTLEMENT.items())
    return lines.join(inputs.table("settlement").select("settlement_id", *facts), on="settlement_id", how="left")


def with_twin(lines: DataFrame, inputs: ScanInputs, _wanted: frozenset[str]) -> DataFrame:
    """Lines that were settled from paper, with the networked settlement of the person that is most like theirs.

    Its dates meet; the same invoice comes before the nearest amount. Lines settled otherwise have none: few are settled
    from paper, and only these are compared.
    """
    settled = inputs.table("settlement").filter(F.col("patient_id").isNotNull())
    paper = settled.filter(F.col("settlement_kind") == _AT_THE_AGENCY).select(
        "settlement_id", "patient_id", "started_on", "ended_on", "total_amount", "invoice_id"
    )
    twins = settled.filter(F.col("settlement_kind") == _NETWORKED).select(
        F.col("patient_id").alias("_patient"),
        F.col("invoice_id").alias("_invoice"),
        *(F.col(column).alias(f"twin_{name}") for name, column in _TWIN.items()),
    )
    same = F.col("patient_id") == F.col("_patient")
    meet = (F.col("twin_started_on") <= F.col("ended_on")) & (F.col("twin_ended_on") >= F.col("started_on"))
    pairs = paper.join(twins, on=same & meet, how="inner").select(
        "*", F.coalesce(F.col("invoice_id") == F.col("_invoice"), F.expr("FALSE")).alias("has_twin_invoice")
    )
    apart = F.abs(F.col("twin_total_amount") - F.col("total_amount"))
    likeness = F.struct(~F.col("has_twin_invoice"), apart.isNull(), apart, "twin_settlement_id")
    names = [*(f"twin_{name}" for name in _TWIN), "has_twin_invoice"]
    nearest = pairs.groupBy("settlement_id").agg(F.min_by(F.struct(*names), likeness).alias("_twin"))
    found = nearest.select("settlement_id", *(F.col(f"_twin.{name}").alias(name) for name in names))
    return lines.join(found, on="settlement_id", how="left")


def with_enrolment(lines: DataFrame, inputs: ScanInputs, _wanted: frozenset[str]) -> DataFrame:
    """Lines with whether the person was insured on the service date, the day until which it was before, and from which
    it was again. All are unknown of a person whom no register of the insured knows.

    A span without an end goes on. A person has a handful of spans.
    """
    spans = inputs.table("enrolment").filter(F.col("patient_id").isNotNull())
    of_person = spans.groupBy("patient_id").agg(
        F.collect_list(F.struct(_or("started_on", _FIRST).alias("first"), _or("ended_on", _LAST).alias("last"))).alias(
            "_spans"
        )
    )
    day = F.col("service_date")
    ends = F.transform(F.filter("_spans", lambda span: span["last"] < day), lambda span: span["last"])
    begins = F.transform(F.filter("_spans", lambda span: span["first"] > day), lambda span: span["first"])
    return lines.join(of_person, on="patient_id", how="left").select(
        *lines.columns,
        F.exists("_spans", lambda span: day.between(span["first"], span["last"])).alias("is_insured"),
        F.array_max(ends).alias("insured_until"),
        F.array_min(begins).alias("insured_again_on"),
    )


def with_operation(lines: DataFrame, inputs: ScanInputs, _wanted: frozenset[str]) -> DataFrame:
    """Lines with the main operation of their encounter and the day of its last one; that is unknown where one's is."""
    return lines.join(operations(inputs).drop("procedure_count", "rubrics"), on="encounter_id", how="left")


def operations(inputs: ScanInputs) -> DataFrame:
    """Encounter with its main operation, the rubrics of all, the day of the last one and how many there are."""
    dated = F.count_if(F.col("performed_on").isNull()) == 0
    listed = inputs.table("procedure").filter(F.col("encounter_id").isNotNull())
    return listed.groupBy("encounter_id").agg(
        F.max(F.when(F.col("is_main"), F.col("procedure_code"))).alias("main_procedure_code"),
        F.when(dated, F.max("performed_on")).alias("last_operated_on"),
        F.count(F.lit(1)).alias("procedure_count"),
        F.array_join(F.array_sort(F.collect_set(F.substring("procedure_code", 1, _RUBRIC))), " ").alias("rubrics"),
    )


def _or(day: str, otherwise: str) -> Column:
    return F.coalesce(F.col(day), F.lit(otherwise).cast("date"))
