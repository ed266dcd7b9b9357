"""The standing texts of lists and pages, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping

from fundwatch.contracts.entities import ENTITIES
from fundwatch.errors import by_reason
from fundwatch.regions import CURRENCY
from leads.cards import IndicatorCard
from leads.ledger.weights import LEAST, MOST
from leads.publishing.rows import CoverageRow, LinesSeen
from leads.ranking.outliers import EXTREME_Z, USUAL_Z
from leads.ranking.priority import (
    ESTIMATE_WEIGHT,
    FULL_MONEY,
    HALF_REACH,
    MOST_TIPS,
    SEVERITY,
    TIP_STEP,
    UNKNOWN_MONEY,
    UNKNOWN_OUTLIER,
)

SUBJECT_WORDS: Mapping[str, str] = {entity.name: entity.words for entity in ENTITIES.values()}
# in the standing texts 元 and CNY stand for the money of the list
CAUTION = "线索须经人工核查,不得直接作为处理依据。 Every lead needs a person's check; none decides anything by itself."
TIER_MEANING: Mapping[str, str] = {
    "明确违规": "规则与政策原文即可判定,告知后可拒付或追回 | "
    "Decided by the text of the policy; may be refused or recovered after notice",
    "可疑": "须由机构说明或查阅病历 | Needs the provider's word or a look at the records",
    "线索": "统计线索,只能用于启动核查 | Statistical; may only start an inspection",
}
MONEY_MEANING = (
    "每笔结算实际支付的基金与个人账户按明细分摊到分,明细计入金额不超过其净额;每条明细只计一次(取各规则最大值,"
    "计入给出该值的规则),线索金额即各明细计入金额之和;估算只用于排序,不可追回。 | "
    "What the fund and the personal account paid for a settlement is shared among its lines to the cent, never more "
    "than a line's net amount; a line counts once, for the rule that gave it the most; a lead's money is the sum of "
    "what its lines count; estimates rank and are never called recoverable."
)
_WEIGHTS = ", ".join(f"{tier} {weight}" for tier, weight in SEVERITY.items())
PRIORITY_MEANING = (
    "优先度 =(等级 × 金额 × 离群度)^(1/3) × 举报 × 既往属实;"
    f"等级权重:{_WEIGHTS};"
    f"金额 = ln(1 + 涉及基金 + {ESTIMATE_WEIGHT} × 估算) / ln(1 + {FULL_MONEY:,}),"
    f"未命中计金额的规则者取 {UNKNOWN_MONEY};"
    f"离群度 = 0.5 + 0.5 × 位次 × 强度 / (强度 + {HALF_REACH:g}),无评分者取 {UNKNOWN_OUTLIER};"
    "位次 =(同组中低于本对象的人数 + 0.5)/ 同组人数,同组人数少则位次不会接近 1;"
    f"强度 = 最突出指标的稳健 z 值超过 {USUAL_Z:g} 的部分之和(每项至多 {EXTREME_Z - USUAL_Z:g})。"
    f"举报 = 1 + {TIP_STEP} × 期间内举报件数(至多 {MOST_TIPS} 件);既往属实 = 同类线索以往核查的属实率与总体之比(收缩后"
    f"限于 {LEAST}–{MOST}),无结论者取 1。"
    "优先度相同者依次按强度、金额排序;仍相同者并列同一序号(1、2、2、4),清单末位并列者全部列入;"
    "金额低于设置 letter_amount 的线索排在所有线索之后。 | "
    "Geometric mean of tier, money and outlier factor, times those of tips and of what was learned; it orders the list "
    "and raises no tier. The outlier factor is 0.5 + 0.5 × position × reach: position = (peers below + ½) / peers, so "
    f"the first of a small group is no certain outlier; reach = strength / (strength + {HALF_REACH:g}), the strength "
    f"being what the strongest indicators exceed {USUAL_Z:g} robust deviations by. Tips: 1 + {TIP_STEP} for each of "
    f"the period, {MOST_TIPS} at most. Learned: the shrunk precision of its kind of finding over that of all, within "
    f"{LEAST} and {MOST}; 1 where nothing is known. Equal priorities are ordered by strength, then money; what "
    "is still equal shares its place, and a tie at the end of the list is taken whole. Leads whose money is below the "
    "setting letter_amount come after all others."
)


COUNTED, COMPARED = "counted", "compared"  # the roles of a hit's lines
ROLE_WORDS: Mapping[str, str] = {COUNTED: "计入 counted", COMPARED: "对照 compared"}
COMPARED_MEANING = (
    "对照:供比较的合规明细(如重复收费的原明细),不计金额 | "
    "Compared: the lawful line beside which a counted one is seen (as the original of a duplicate); it counts nothing"
)


def yes_text(value: bool | None) -> str:
    """A mark where it holds, and nothing where it does not."""
    return "是 yes" if value else ""


def who_text(subject_type: str, subject: str) -> str:
    """What a subject is, and below it who."""
    return f"{SUBJECT_WORDS.get(subject_type, subject_type)}\n{subject}"


def in_currency(text: str, currency: str) -> str:
    """A standing text about money for a list in the currency: where it is another, its code stands for 元 and CNY."""
    return text if currency == CURRENCY else text.replace("元", currency).replace("CNY", currency)


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


_UNITS_ZH = {"yuan": "元", "day": "天", "count": "", "ratio": ""}


def value_zh(card: IndicatorCard, value: float | None) -> str:
    """The same for a Chinese text: units by their Chinese words, whole counts without decimals."""
    if value is None or card.unit not in _UNITS_ZH:
        return value_text(card, value)
    is_whole = card.unit in ("count", "day") and value == int(value)
    number = f"{value:,.0f}" if is_whole else f"{value:,.2f}"
    return f"{number} {_UNITS_ZH[card.unit]}".strip()


def scanned_text(seen: LinesSeen | None) -> str:
    """What of the lake's fee lines the rules looked at; an empty text where that was not counted."""
    if seen is None or not seen.known:
        return ""
    share = f"{seen.in_window:,}/{seen.known:,} ({seen.in_window / seen.known:.1%})"
    text = (
        f"规则扫描覆盖明细 {share};其中未结算 {seen.unsettled:,} 条不判 | The rules looked at {share} of the lake's "
        f"fee lines; {seen.unsettled:,} of these are not settled and no rule judges them."
    )
    if seen.in_window < seen.known and seen.is_first_night:
        text += (
            f" 首夜:窗口之外的明细从未扫描,如需扫描请设 scan_days={seen.days_to_first}。 First night: no night has "
            f"scanned the lines outside the window; to scan them set scan_days={seen.days_to_first}."
        )
    return text


def not_run_text(models: Mapping[str, str]) -> str:
    """That models did not run, and why; an empty text where all did."""
    text = "; ".join(by_reason(models))
    return f"未运行的模型 Models not run: {text}" if text else ""


def ran_text(row: CoverageRow) -> str:
    """Whether a rule or model ran, and whether the rule is in shadow."""
    if row.state == "quiet":
        return "部分对象暂停 quiet for some"
    ran = "已运行 run" if row.state == "run" else "未运行 not run"
    return f"试运行 shadow: {ran}" if row.is_shadow else ran


def shadow_text(hits: Mapping[str, int]) -> str:
    """By rule in shadow what it hit beside the list; an empty text where no rule is in shadow."""
    text = "; ".join(f"{rule_id} {count:,}" for rule_id, count in sorted(hits.items()))
    return f"试运行规则的命中(不入清单) Hits of rules in shadow, in no lead: {text}" if text else ""
