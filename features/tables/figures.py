"""The figures of decision tables: sums of a cell that a query makes, and what follows from them.

What a figure needs and a cell does not know is unknown, and so is the figure: a stay without an end has no length, and
a place without approved beds no occupancy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

Sums = Mapping[str, float | None]
_OVER = 4  # 超4倍定额: from how many quotas on a stay's cost is told apart


@dataclass(frozen=True)
class CellSum:
    """A sum over the encounters of a cell; `sql` is over the query's columns. Persons are distinct in every cell,
    totals too: they are never added up."""

    name: str
    zh: str
    en: str
    sql: str
    kind: str = "money"


@dataclass(frozen=True)
class CellFigure:
    """What follows from the sums of a cell; None where one that it needs is unknown."""

    name: str
    zh: str
    en: str
    kind: str
    of: Callable[[Sums], float | None]


def _money(name: str, zh: str, en: str) -> CellSum:
    return CellSum(name, zh, en, f"CAST(sum({name}) AS DOUBLE)")


SUMS = (
    CellSum("persons", "人数", "Persons", "count(DISTINCT patient_id)", "count"),
    CellSum("encounters", "人次", "Visits and stays", "count(*)", "count"),
    CellSum("stays", "住院人次", "Stays", "count(*) FILTER (WHERE is_inpatient)", "count"),
    CellSum("stay_days", "住院床日", "Bed days", "sum(days)", "count"),
    CellSum("ended_stays", "已知起止的住院", "Stays of known length", "count(days)", "count"),
    _money("total_amount", "医疗费用总额", "Total cost"),
    _money("fund_amount", "基金支付", "Funds"),
    _money("pooled_fund_amount", "统筹支付", "Pooled fund"),
    _money("own_amount", "个人负担", "Person's part"),
    _money("excluded_amount", "纯自费", "Wholly self-paid"),
    _money("first_self_paid_amount", "乙类先自付", "Paid first"),
    _money("deductible_amount", "起付线", "Deductible"),
    _money("covered_amount", "范围内费用", "In scope"),
    _money("drug_amount", "药品费", "Drugs"),
    _money("material_amount", "耗材费", "Consumables"),
    _money("exam_amount", "检查化验费", "Examinations and tests"),
    _money("treatment_amount", "治疗手术费", "Treatment and surgery"),
    CellSum(
        "classed_amount", "收费类别已知的费用", "Cost of known classes",
        "CAST(sum(CASE WHEN drug_amount IS NOT NULL THEN total_amount END) AS DOUBLE)",
    ),
    CellSum("with_quota", "有定额的人次", "With a quota", "count(quota)", "count"),
    CellSum(
        "over_quota", "超定额人次", "Over quota",
        "CASE WHEN count(quota) > 0 THEN count(*) FILTER (WHERE total_amount > quota) END", "count",
    ),
    CellSum(
        "over_quota_amount", "超定额费用", "Cost over quota",
        "CAST(sum(CASE WHEN total_amount > quota THEN total_amount - quota ELSE quota - quota END) AS DOUBLE)",
    ),
    CellSum(
        "far_over_amount", "超4倍定额费用", "Cost over 4 quotas",
        f"CAST(sum(CASE WHEN total_amount > {_OVER} * quota THEN total_amount - {_OVER} * quota "
        "ELSE quota - quota END) AS DOUBLE)",
    ),
)  # fmt: skip


def _ratio(name: str, zh: str, en: str, part: str, whole: str, kind: str = "money") -> CellFigure:
    def of(sums: Sums) -> float | None:
        above, below = sums.get(part), sums.get(whole)
        return None if above is None or not below else above / below

    return CellFigure(name, zh, en, kind, of)


FIGURES = (
    _ratio("cost_per_person", "人均费用", "Cost per person", "total_amount", "persons"),
    _ratio("cost_per_encounter", "次均费用", "Cost per visit or stay", "total_amount", "encounters"),
    _ratio("pooled_per_encounter", "次均统筹", "Pooled fund per visit or stay", "pooled_fund_amount", "encounters"),
    _ratio("encounters_per_person", "人次人头比", "Visits per person", "encounters", "persons", "number"),
    _ratio("mean_stay", "平均住院日", "Mean length of stay", "stay_days", "ended_stays", "number"),
    _ratio("drug_share", "药占比", "Drug share", "drug_amount", "classed_amount", "share"),
    _ratio("material_share", "材料占比", "Consumable share", "material_amount", "classed_amount", "share"),
    _ratio("exam_share", "检查化验占比", "Examination share", "exam_amount", "classed_amount", "share"),
    _ratio("treatment_share", "治疗占比", "Treatment share", "treatment_amount", "classed_amount", "share"),
    _ratio("own_share", "个人负担比例", "Person's share", "own_amount", "total_amount", "share"),
    _ratio("over_quota_share", "超定额比例", "Over-quota share", "over_quota", "with_quota", "share"),
    _ratio("turnover", "床位周转次数", "Stays per bed", "stays", "beds", "number"),
    _ratio("occupancy", "在床率", "Bed occupancy", "stay_days", "bed_days", "share"),
)  # fmt: skip


def figures_of(sums: Sums) -> dict[str, float | None]:
    """Every figure of a cell, by name."""
    return {figure.name: figure.of(sums) for figure in FIGURES}
