"""The standing texts of lists and pages, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping

from leads.cards import IndicatorCard
from leads.priority import ESTIMATE_WEIGHT, FULL_MONEY, SEVERITY

SUBJECT_WORDS: Mapping[str, str] = {
    "patient": "参保人 patient",
    "doctor": "医师 doctor",
    "institution": "机构 institution",
}
CAUTION = "线索须经人工核查,不得直接作为处理依据。 Every lead needs a person's check; none decides anything by itself."
TIER_MEANING: Mapping[str, str] = {
    "明确违规": "规则与政策原文即可判定,告知后可拒付或追回 | "
    "Decided by the text of the policy; recoverable after notice",
    "可疑": "须由机构说明或查阅病历 | Needs the provider's word or a look at the records",
    "线索": "统计线索,只能用于启动核查 | Statistical; may only start an inspection",
}
MONEY_MEANING = (
    "每条明细只计一次(取各规则最大值),每笔结算不超过基金与个人账户实际支付;估算只用于排序,不可追回。 | "
    "A line counts once (the largest amount of any rule), a settlement never for more than the fund and the "
    "personal account paid; estimates rank and are never called recoverable."
)
_WEIGHTS = ", ".join(f"{tier} {weight}" for tier, weight in SEVERITY.items())
PRIORITY_MEANING = (
    f"优先度 =(等级 × 金额 × 离群度)^⅓;等级权重:{_WEIGHTS};"
    f"金额 = ln(1 + 涉及基金 + {ESTIMATE_WEIGHT} × 估算) / ln(1 + {FULL_MONEY:,})。 | "
    "Geometric mean of tier, money and outlier factor; it orders the list and raises no tier."
)


COUNTED, COMPARED = "counted", "compared"  # the roles of a hit's lines
ROLE_WORDS: Mapping[str, str] = {COUNTED: "计入 counted", COMPARED: "对照 compared"}
COMPARED_MEANING = (
    "对照:供比较的合规明细(如重复收费的原明细),不计金额 | "
    "Compared: the lawful line beside which a counted one is seen (as the original of a duplicate); it counts nothing"
)


def percent_text(share: float | None) -> str:
    """A percentile as it was rounded to be said."""
    return "–" if share is None else f"{share:.1%}"


def value_text(card: IndicatorCard, value: float | None) -> str:
    """A value of the indicator as a page shows it: a share in percent, anything else with its unit."""
    if value is None:
        return "–"
    if card.unit == "share":
        return f"{value:.1%}"
    return f"{value:,.2f} {card.unit}".strip()
