"""What the fee lines of an encounter come to: its money by class of charge, its kinds of care and its quiet days."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from rules.frames.columns.lookups import with_knowledge
from rules.frames.declaration import Sources, any_of, each_of
from rules.frames.inputs import ScanInputs
from rules.knowledge.classes import CLASSES

# what each sum is made of, by class of charge
_BY_CLASS = {
    "examination_amount": ("03",),
    "laboratory_amount": ("04",),
    "treatment_amount": ("05",),
    "surgery_amount": ("06",),
    "material_amount": ("08",),
    "drug_amount": ("09", "10", "11"),
}
# who lies in a bed is charged these whether or not anything is done: bed, ward round, nursing, registration
_IDLE = ("01", "02", "07", "12", "13")
_HIGH_NURSING = ("nursing_special", "nursing_1")
# and what is charged to the fund for some kinds of care
_BY_KIND = {"high_nursing_amount": _HIGH_NURSING, "depth_monitoring_amount": ("depth_monitoring",)}
_NURSING = (*_HIGH_NURSING, "nursing_2", "nursing_3")
_BED, _SURGERY = "01", "06"
_OFF_WARD = ("intensive_care", "surgery")  # on such a day nobody lies in the bed of the ward
_VENTILATION = "ventilation"
# who is this ill has a dear stay, and no short one for nothing
_SEVERE = ("intensive_care", "resuscitation", "ventilation", "renal_replacement", "circulatory_support")
_KIND_CLASSES = ("care_kind_item", "care_kind_name")
_MONEY, _DAY = "decimal(20,2)", "claim_line.charged_at"
_KINDS = each_of("claim_line.item_code", "claim_line.item_name", "claim_line.charge_class") | any_of(
    *(CLASSES[name].source for name in _KIND_CLASSES)
)
SUM_COLUMNS: dict[str, Sources] = {
    "total_amount": each_of("claim_line.amount"),
    "covered_amount": each_of("claim_line.covered_amount"),
    **{name: each_of("claim_line.amount", "claim_line.charge_class") for name in _BY_CLASS},
    "care_kinds": _KINDS,
    "is_severe": _KINDS,
    "nursing_days": _KINDS | each_of(_DAY),
    "high_nursing_days": _KINDS | each_of(_DAY),
    "high_nursing_amount": _KINDS | each_of("claim_line.covered_amount"),
    "depth_monitoring_amount": _KINDS | each_of("claim_line.covered_amount"),
    "quiet_days": _KINDS | each_of(_DAY),
    "longest_quiet_run": _KINDS | each_of(_DAY),
    "quiet_amount": _KINDS | each_of(_DAY, "claim_line.covered_amount"),
    "off_ward_days": _KINDS | each_of(_DAY),
    "ventilation_hours": _KINDS | each_of(_DAY, "claim_line.quantity"),
}


def bill_sums(inputs: ScanInputs, encounters: DataFrame) -> DataFrame:
    """Encounter with the columns of `SUM_COLUMNS`; those of which no line was settled are left out.

    All lines count, settled or not: what was done without being paid was done. Only what is charged to the fund is
    known of settled lines alone. A sum is unknown where a line lacks what it is made of; hours of ventilation are so
    also where no day has more than one, which may be a charge by the day.
    """
    days = _days(inputs, encounters)
    sums = {name: F.when(_none("unclassed"), F.sum(name)) for name in _BY_CLASS}
    high, nursed = _has(_HIGH_NURSING), _has(_NURSING)
    quiet = F.col("has_bed") & (F.col("busy_lines") == 0) & F.col("service_date").isNotNull()
    known_kinds, known_days = _none("unnamed") & _none("unclassed"), _none("undated")
    known = known_kinds & known_days
    by_the_hour = known & _none("unmeasured") & (F.max("ventilation") > 1)
    bills = days.groupBy("encounter_id").agg(
        F.when(_none("unpriced"), F.sum("total_amount")).alias("total_amount"),
        F.when(_none("uncovered"), F.sum("covered_amount")).alias("covered_amount"),
        *(F.when(_none("unpriced"), column).alias(name) for name, column in sums.items()),
        F.when(known_kinds, F.array_sort(F.array_distinct(F.flatten(F.collect_list("kinds"))))).alias("care_kinds"),
        F.when(known, F.count_if(nursed)).alias("nursing_days"),
        F.when(known, F.count_if(high)).alias("high_nursing_days"),
        *(F.when(known_kinds & _none("uncovered"), F.sum(name)).alias(name) for name in _BY_KIND),
        # of one stay: at most as many as it has days
        F.when(known, F.array_sort(F.collect_list(F.when(quiet, F.col("service_date"))))).alias("_quiet"),
        F.when(known & _none("uncovered"), F.sum(F.when(quiet, F.col("covered_amount")))).alias("quiet_amount"),
        F.when(known, F.array_sort(F.collect_list(F.when(_has(_OFF_WARD), F.col("service_date"))))).alias(
            "off_ward_days"
        ),
        F.when(by_the_hour, F.sum("ventilation")).alias("ventilation_hours"),
        F.sum("settled").alias("_settled"),
    )
    return bills.filter("_settled > 0").select(
        *(c for c in bills.columns if not c.startswith("_")),
        F.arrays_overlap("care_kinds", _texts(_SEVERE)).alias("is_severe"),
        F.when(F.col("_quiet").isNotNull(), F.size("_quiet")).alias("quiet_days"),
        _longest_run("_quiet").alias("longest_quiet_run"),
    )


def _days(inputs: ScanInputs, encounters: DataFrame) -> DataFrame:
    """Encounter and day with the sums of its lines, and how many of them lack what."""
    lines = inputs.table("claim_line").join(encounters.select("encounter_id"), on="encounter_id", how="left_semi")
    lines = lines.select("*", F.to_date("charged_at").alias("service_date"))
    lines = with_knowledge(lines, [CLASSES[name] for name in _KIND_CLASSES], inputs.knowledge)
    kind = F.coalesce(*_KIND_CLASSES)
    settled, of_class = F.col("settlement_id").isNotNull(), F.col("charge_class")
    covered = F.when(settled, F.col("covered_amount"))
    is_idle = F.coalesce(of_class.isin(*_IDLE) | (kind == "upkeep"), F.expr("FALSE"))
    surgery = F.when(of_class == _SURGERY, F.lit("surgery"))
    return lines.groupBy("encounter_id", "service_date").agg(
        F.sum("amount").cast(_MONEY).alias("total_amount"),
        F.coalesce(F.sum(covered), F.lit(0)).cast(_MONEY).alias("covered_amount"),
        *(_sum_where(of_class.isin(*classes), "amount").alias(name) for name, classes in _BY_CLASS.items()),
        *(_sum_where(settled & kind.isin(*kinds), "covered_amount").alias(name) for name, kinds in _BY_KIND.items()),
        F.array_union(F.collect_set(kind), F.collect_set(surgery)).alias("kinds"),  # one of a few words each
        F.max(F.coalesce(of_class == _BED, F.expr("FALSE"))).alias("has_bed"),
        F.count_if(~is_idle).alias("busy_lines"),
        F.count_if(of_class.isNull()).alias("unclassed"),
        F.count_if(F.col("amount").isNull()).alias("unpriced"),
        F.count_if(settled & F.col("covered_amount").isNull()).alias("uncovered"),
        F.count_if(F.col("item_code").isNull() | F.col("item_name").isNull()).alias("unnamed"),
        F.count_if(F.col("charged_at").isNull()).alias("undated"),
        F.sum(F.when(kind == _VENTILATION, F.col("quantity"))).alias("ventilation"),
        F.count_if((kind == _VENTILATION) & F.col("quantity").isNull()).alias("unmeasured"),
        F.count_if(settled).alias("settled"),
    )


def _sum_where(condition: Column, amount: str) -> Column:
    return F.coalesce(F.sum(F.when(condition, F.col(amount))), F.lit(0)).cast(_MONEY)


def _none(lacking: str) -> Column:
    return F.sum(lacking) == 0


def _has(kinds: tuple[str, ...]) -> Column:
    """Whether the day has one of the kinds of care."""
    return F.arrays_overlap("kinds", _texts(kinds))


def _texts(words: tuple[str, ...]) -> Column:
    return F.array(*map(F.lit, words))


def _longest_run(days: str) -> Column:
    """How many of the sorted days follow one another at most: such days lie as far from the first as their place."""
    starts = F.transform(days, lambda day, place: F.date_sub(day, place))
    runs = F.transform(F.array_distinct(starts), lambda start: F.size(F.filter(starts, lambda other: other == start)))
    return F.when(F.col(days).isNotNull(), F.coalesce(F.array_max(runs), F.lit(0)))
