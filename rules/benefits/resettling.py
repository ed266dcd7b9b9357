"""Settlements made again from their fee lines by the policy in force: what was due, what was paid, where they part.

What a person used of a year's benefits is what earlier settlements of the year really paid, as the agency saw it
then: a fault in one of them is not charged to those after it (implementing rules 35). Whoever is in doubt is unknown,
with why.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import Window as Over
from pyspark.sql import functions as F

from rules.benefits.line_scope import scope_by_lines
from rules.benefits.policies import Policies
from rules.benefits.policy import SUPPLEMENTS
from rules.benefits.terms import funds_named, segment_count, with_terms
from rules.frames.inputs import ScanInputs

PAID = ("total_amount", "covered_amount", "deductible_amount", "pooled_fund_amount", "fund_amount", "own_amount")
_SETTLEMENT = (
    "settlement_id", "encounter_id", "patient_id", "institution_id", "insurance_type", "settled_at", "is_interim",
    *PAID, *SUPPLEMENTS,
)  # fmt: skip
_ENCOUNTER = ("visit_type", "is_inpatient", "person_type", "started_at", "ended_at", "main_diagnosis_code")


def step_of(fund: str) -> str:
    """The step in which a further fund pays: `aid` of `aid_fund_amount`."""
    return fund.removesuffix("_fund_amount")


# in the order in which a settlement is made: the first that is not as due is where it goes wrong
STEPS: Mapping[str, str] = {
    "covered": "covered_amount",
    "deductible": "deductible_amount",
    "pooled": "pooled_fund_amount",
    **{step_of(fund): fund for fund in SUPPLEMENTS},
}
_OPENING = timedelta(days=6)  # a lake whose first settlement lies within the first week knows the year from its start
_MONEY = "decimal(16,2)"
_CENT = 2


def resettled(inputs: ScanInputs, first: date, patient_id: str | None = None) -> DataFrame:
    """Grain: settlement made from the year of `first` up to the window's last day, of all persons or of one.

    `unknown` says why nothing is judged (null: it is); `due_…` are the amounts that follow from the lines; `differs`
    are the steps that are not as due, each judged by what the step before it really was.
    """
    settled = _settled(inputs, first.replace(month=1, day=1))
    if patient_id is not None:
        settled = settled.filter(F.col("patient_id") == F.lit(patient_id))
    termed = with_terms(settled, inputs.policies)
    lined = _with_lines(termed, scope_by_lines(inputs, termed))
    left = F.col("covered_amount") - F.col("deductible_amount") - F.col("pooled_fund_amount")
    used = _with_usage(lined.select("*", left.cast(_MONEY).alias("left_amount")), inputs.policies)
    since = inputs.table("settlement").agg(F.to_date(F.min("settled_at")).alias("lake_since"))
    unknown = _unknown(segment_count(inputs.policies))
    return _with_due(used.crossJoin(F.broadcast(since)).select("*", unknown.alias("unknown")), inputs.policies)


def _with_lines(termed: DataFrame, scoped: DataFrame) -> DataFrame:
    """Grain: settlement, with the sums of its lines; those of a settlement of nothing that has none left are nothing,
    for all of it was taken back."""
    joined = termed.join(scoped, on="settlement_id", how="left")
    sums = [name for name in scoped.columns if name != "settlement_id"]
    nothing = F.when(F.col("total_amount") == 0, F.lit(0))
    whole = (F.coalesce(F.col(name), nothing.cast(scoped.schema[name].dataType)).alias(name) for name in sums)
    return joined.select(*termed.columns, *whole)


def _settled(inputs: ScanInputs, since: date) -> DataFrame:
    """Settlements with their encounter and the level of their place; those of no known time too, which may lie before
    any other of the person."""
    settled_on = F.to_date("settled_at")
    in_time = settled_on.between(since, inputs.window.end) | F.col("settled_at").isNull()
    made = inputs.table("settlement").filter(in_time).select(*_SETTLEMENT)
    stays = inputs.table("encounter").select("encounter_id", *_ENCOUNTER, F.col("region_code").alias("insured_region"))
    places = inputs.table("institution").select("institution_id", "institution_level")
    placed = made.join(stays, on="encounter_id", how="left").join(places, on="institution_id", how="left")
    return placed.select("*", settled_on.alias("settled_on"), F.year("settled_at").alias("year"))


def _with_usage(rows: DataFrame, policies: Policies) -> DataFrame:
    """What earlier settlements of the person, insurance and year used: of the kind of care, and of all kinds.

    `usage_is_known` unless an earlier one leaves open what it used or of what, one bears no time, or two of the same
    moment leave open which came first.
    """
    who = F.coalesce("patient_id", F.concat(F.lit("?"), "settlement_id"))  # nobody's settlements are nobody else's
    rows = rows.select("*", who.alias("_who"))
    order = ("settled_at", "settlement_id")
    before = (Over.unboundedPreceding, -1)
    of_year = Over.partitionBy("_who", "insurance_type", "year").orderBy(*order).rowsBetween(*before)
    of_kind = Over.partitionBy("_who", "insurance_type", "year", "kind").orderBy(*order).rowsBetween(*before)
    of_stay = Over.partitionBy("_who", "insurance_type", "year", "encounter_id").orderBy(*order).rowsBetween(*before)
    after = (
        Over.partitionBy("_who", "insurance_type", "year", "kind")
        .orderBy(*order)
        .rowsBetween(1, Over.unboundedFollowing)
    )
    above = F.col("covered_amount") - F.col("deductible_amount")
    sums = {
        "used_year_pooled": F.sum("pooled_fund_amount").over(of_year),
        "used_kind_pooled": F.sum("pooled_fund_amount").over(of_kind),
        "used_kind_deductible": F.sum("deductible_amount").over(of_kind),
        "used_kind_above": F.sum(above).over(of_kind),
    }
    for fund in funds_named(policies):
        counts = F.col(f"{fund}_counts")
        base = F.floor(F.try_divide(F.col(fund), F.col(f"{fund}_share")), _CENT)
        sums[f"{fund}_used_left"] = F.sum(F.when(counts, F.col("left_amount"))).over(of_year)
        sums[f"{fund}_used_base"] = F.sum(base).over(of_year)
    says = ("covered_amount", "deductible_amount", "pooled_fund_amount", "insurance_type", "kind")
    is_open = reduce(Column.__or__, (F.col(name).isNull() for name in says))
    of_person = Over.partitionBy("_who")
    at_once = Over.partitionBy("_who", "year", "settled_at")
    opened = F.count_if(is_open).over(Over.partitionBy("_who", "year").orderBy(*order).rowsBetween(*before))
    undated = F.count_if(F.col("settled_at").isNull()).over(of_person)
    is_one = F.min("encounter_id").over(at_once) == F.max("encounter_id").over(at_once)
    return rows.select(
        "*",
        *(F.coalesce(column, _zero()).cast(_MONEY).alias(name) for name, column in sums.items()),
        F.count(F.lit(1)).over(of_kind).alias("used_kind_count"),
        F.when(F.col("deductible_per") == "year", F.sum("deductible_amount").over(after))
        .cast(_MONEY)
        .alias("later_kind_deductible"),
        F.count(F.lit(1)).over(of_stay).alias("used_stay_count"),
        ((F.coalesce(opened, F.lit(0)) + undated == 0) & is_one).alias("usage_is_known"),
    )


def _unknown(segments: int) -> Column:
    """Why nothing is judged, the first reason that there is; null where nothing is in the way."""
    share = F.coalesce(*(F.col(f"segment_{n}_share") for n in range(segments)), F.lit(None))
    only_aid = (F.col("pooled_fund_amount") == 0) & (F.col("deductible_amount") == 0) & (F.col("aid_fund_amount") > 0)
    year_began = F.trunc("settled_on", "year")
    reasons = {
        "person": F.col("patient_id").isNull() | F.col("person_class").isNull(),
        "region": F.col("area").isNull(),
        "kind": F.col("kind").isNull(),
        "level": F.col("institution_level").isNull() | (F.col("is_benefit") & share.isNull()),
        "version": F.col("is_benefit").isNull(),
        "amounts": reduce(Column.__or__, (F.col(name).isNull() for name in PAID)),
        "lines": F.col("line_total").isNull() | (F.col("lines_lacking") > 0),
        "lines_not_whole": F.col("line_total") != F.col("total_amount"),
        "year": (F.col("lake_since") > F.date_add(year_began, _OPENING.days))
        | ~F.coalesce("usage_is_known", F.lit(False)),
        "aid_alone": only_aid,
    }
    named = F.lit(None).cast("string")
    for reason, condition in reversed(reasons.items()):
        named = F.when(F.coalesce(condition, F.lit(False)), F.lit(reason)).otherwise(named)
    return named


UNKNOWN_WORDS: Mapping[str, tuple[str, str]] = {
    "person": ("人员或人员类别未知", "the person or the type of person is unknown"),
    "region": ("参保地没有待遇政策文件", "no benefit policy is declared for the area that insures"),
    "kind": ("医疗类别未知", "the kind of care is unknown"),
    "level": ("机构级别未知或政策未规定", "the institution's level is unknown, or the policy does not speak of it"),
    "version": ("结算日没有生效的政策或险种未规定", "no policy holds on the day, or it does not know the insurance"),
    "amounts": ("结算单缺金额", "the settlement lacks an amount"),
    "lines": ("费用明细缺失或缺等级、数量、单价", "fee lines are missing, or lack class, quantity or price"),
    "lines_not_whole": (
        "明细合计与结算总额不符(未到齐或结算后冲正)",
        "the lines do not add up to the settlement's total",
    ),
    "year": ("本年度之前的结算不全或先后不明", "the year's earlier settlements, or their order, are not all known"),
    "aid_alone": ("由医疗救助单独支付", "medical aid alone paid"),
}


STEP_WORDS: Mapping[str, tuple[str, str]] = {
    "covered": ("范围内金额", "amount in scope"),
    "deductible": ("起付线", "deductible"),
    "pooled": ("统筹支付", "pooled fund"),
    "large_claim": ("大额补助", "large-sum aid"),
    "serious_illness": ("大病保险", "serious-illness insurance"),
    "enterprise": ("企业补充", "enterprise supplement"),
    "civil_servant": ("公务员补助", "civil servants' aid"),
    "veteran": ("伤残军人基金", "fund of disabled soldiers"),
    "aid": ("医疗救助", "medical aid"),
    "other": ("其他基金", "other fund"),
}
CAUSE_WORDS: Mapping[str, tuple[str, str]] = {
    "lines_say": (
        "明细申报的范围内金额与目录等级、限价、先行自付不符",
        "fee lines state another amount in scope than class, limit and first-paid share make",
    ),
    "unlike_lines": ("结算单范围内金额与明细不符", "the settlement's amount in scope is not that of its lines"),
    "taken_by_later": (
        "起付线由本年度之后的结算扣除(结算顺序)",
        "a later settlement of the year took the deductible: they were made in another order",
    ),
    "none_taken": ("未扣起付线", "no deductible was taken"),
    "as_first": ("按首次标准扣起付线", "the deductible of a first stay was taken"),
    "as_later": ("按再次住院标准扣起付线", "the deductible of a later stay was taken"),
    "other_usage": ("起付线按另一年度累计扣减", "the deductible follows another usage of the year"),
    "less_paid": ("统筹支付低于政策比例或额度", "the pooled fund paid less than share and ceilings make"),
    "more_paid": ("统筹支付高于政策比例或额度", "the pooled fund paid more than share and ceilings make"),
    "supplement": ("大额、大病、公务员补助或救助与政策不符", "a further fund paid another amount than is due"),
}


def _with_due(rows: DataFrame, policies: Policies) -> DataFrame:
    """The amounts that follow from the lines, each from the one before; what each step comes to from what the step
    before it really was; and which steps are not as due.

    A column a projection: written into one another, the steps would be an expression that doubles with each.
    """
    known, segments, funds = F.col("unknown").isNull(), segment_count(policies), funds_named(policies)
    rows = rows.select("*", F.col("line_covered").cast(_MONEY).alias("due_covered"))
    rows = rows.select("*", _deductible(F.col("due_covered")).alias("due_deductible"))
    rows = rows.select("*", _pooled(F.col("due_covered"), F.col("due_deductible"), segments).alias("due_pooled"))
    left = F.col("due_covered") - F.col("due_deductible") - F.col("due_pooled")
    for fund in funds:
        rows = rows.select("*", left.cast(_MONEY).alias(f"_left_{fund}"))
        rows = rows.select("*", _supplement(fund, F.col(f"_left_{fund}")).alias(f"due_{step_of(fund)}"))
        left = F.col(f"_left_{fund}") - F.col(f"due_{step_of(fund)}")
    paid = {step: F.coalesce(F.col(column), _zero()) for step, column in STEPS.items()}
    left = paid["covered"] - paid["deductible"] - paid["pooled"]
    steps = {"covered": F.col("line_covered"), "deductible": _deductible(paid["covered"])}
    steps["pooled"] = _pooled(paid["covered"], paid["deductible"], segments)
    for fund in SUPPLEMENTS:
        steps[step_of(fund)] = _supplement(fund, left) if fund in funds else _zero()
        left = left - paid[step_of(fund)]
    rows = rows.select("*", *(F.when(known, due).cast(_MONEY).alias(f"step_{step}") for step, due in steps.items()))
    due_fund = reduce(Column.__add__, (F.col(f"due_{step_of(fund)}") for fund in funds), F.col("due_pooled"))
    differs = [F.when(F.col(f"step_{step}") != paid[step], F.lit(step)) for step in STEPS]
    named = ["covered", "deductible", "pooled", *map(step_of, funds)]
    return rows.select(
        *(name for name in rows.columns if not name.startswith(("_", "due_"))),
        *(F.when(known, F.col(f"due_{step}")).alias(f"due_{step}") for step in named),
        F.when(known, due_fund).cast(_MONEY).alias("due_fund"),
        F.array_compact(F.array(*differs)).alias("differs"),
        F.coalesce(*differs).alias("first_difference"),
        F.when(known, _cause(paid)).alias("cause"),
    )


def _cause(paid: Mapping[str, Column]) -> Column:
    """What explains the first step that is not as due; null where all are."""
    due = {step: F.col(f"step_{step}") for step in STEPS}
    taken = paid["deductible"]
    of_lines = F.when(F.col("line_said") == paid["covered"], F.lit("lines_say")).otherwise(F.lit("unlike_lines"))
    of_deductible = (
        F.when(F.col("later_kind_deductible") >= due["deductible"] - taken, F.lit("taken_by_later"))
        .when(taken == 0, F.lit("none_taken"))
        .when(taken == F.col("deductible_first"), F.lit("as_first"))
        .when(taken == F.col("deductible_later"), F.lit("as_later"))
        .otherwise(F.lit("other_usage"))
    )
    of_pooled = F.when(paid["pooled"] < due["pooled"], F.lit("less_paid")).otherwise(F.lit("more_paid"))
    return (
        F.when(due["covered"] != paid["covered"], of_lines)
        .when(due["deductible"] != taken, of_deductible)
        .when(due["pooled"] != paid["pooled"], of_pooled)
        .when(reduce(Column.__or__, (due[step] != paid[step] for step in STEPS)), F.lit("supplement"))
    )


def _deductible(covered: Column) -> Column:
    """What is taken of it: no more than is in scope; of a stay once, in whatever parts; of a year what is left."""
    first, later = F.col("deductible_first"), F.col("deductible_later")
    of_stay = F.when(F.col("used_stay_count") > 0, _zero()).when(F.col("used_kind_count") > 0, later).otherwise(first)
    of_year = F.greatest(first - F.col("used_kind_deductible"), _zero())
    per = F.col("deductible_per")
    asked = F.when(per == "encounter", of_stay).when(per == "year", of_year).otherwise(_zero())
    return F.greatest(F.least(F.coalesce(asked, _zero()), covered), _zero()).cast(_MONEY)


def _pooled(covered: Column, deductible: Column, segments: int) -> Column:
    """By segments of what lies above the deductible, rounded down to the cent, within what is left of the ceilings."""
    above = F.greatest(covered - deductible, _zero()).cast(_MONEY)
    used = F.when(F.col("segments_of") == "year", F.col("used_kind_above")).otherwise(_zero())
    shares = (_in_segment(used + above, n) - _in_segment(used, n) for n in range(segments))
    raw = reduce(Column.__add__, shares, _zero())
    paid = F.floor(raw, _CENT)
    for ceiling, of in (("year_ceiling", "used_year_pooled"), ("kind_ceiling", "used_kind_pooled")):
        room = F.greatest(F.col(ceiling) - F.col(of), _zero())
        paid = F.when(F.col(ceiling).isNotNull(), F.least(paid, room)).otherwise(paid)
    return F.when(F.col("is_benefit"), paid).otherwise(_zero()).cast(_MONEY)


def _in_segment(amount: Column, n: int) -> Column:
    """The share of what of the amount lies in the n-th segment; nothing of a segment that the benefit has not."""
    upto = F.coalesce(F.least(amount, F.col(f"segment_{n}_to")), amount)
    inside = F.greatest(upto - F.col(f"segment_{n}_from"), _zero())
    return F.coalesce(inside * F.col(f"segment_{n}_share"), _zero())


def _supplement(fund: str, left: Column) -> Column:
    """What a further fund pays of what is left in scope, or of what was left in the year beyond its threshold."""
    beyond = F.col(f"{fund}_used_left") + left - F.col(f"{fund}_above") - F.col(f"{fund}_used_base")
    within = F.least(left, F.greatest(beyond, _zero()))
    base = F.when(F.col(f"{fund}_above").isNull(), left).otherwise(within)
    entitled = ~F.col(f"{fund}_by_payment") | (F.coalesce(F.col(fund), _zero()) > 0)
    pays = F.when(entitled, F.floor(base * F.col(f"{fund}_share"), _CENT))
    return F.greatest(F.coalesce(pays, _zero()), _zero()).cast(_MONEY)


def _zero() -> Column:
    return F.lit(0).cast(_MONEY)
