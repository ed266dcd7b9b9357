"""How cases are said: which of a subject's findings are new, have grown, go on or are gone, and since when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from fundwatch.regions import CURRENCY
from leads.cards import STATISTICAL, TIPPED, Cards
from leads.outcomes.entries import STATUS_WORDS, Status
from leads.publishing.rows import CaseRow
from leads.ranking.cases import SCORE_KIND, CaseState
from leads.ranking.tips import TIP_KIND
from leads.words import in_currency

STATE_WORDS: Mapping[str, str] = {
    CaseState.NEW: "新增 new",
    CaseState.GROWN: "增加 grown",
    CaseState.SAME: "持续 same",
    CaseState.FADED: "消退 faded",
    CaseState.RECOVERED: "已追回 recovered",
    CaseState.UNJUDGED: "未核 not looked for",
}
CASE_MEANING = (
    "个案:同一对象的同一类发现,编号跨夜不变;新增、增加(次数或金额多于上次清单)、持续、消退均与上一份清单相比;"
    "已追回:在办期间明细被冲销或退回,计为追回,不计为消退;"
    "未核:今夜该规则或模型未运行,或模型对该对象无评分,不等于消退。 | "
    "A case is one subject's finding of one kind; its id holds over nights. New, grown (more hits or more money), same "
    "and faded are said beside the earlier list; recovered: its lines were reversed or refunded while it was in hand, "
    "which is no fading; not looked for: the rule or model did not run tonight, or a model had no score of the "
    "subject, which is no fading either."
)


def kind_name(cards: Cards, kind: str) -> str:
    """The rule by its id and names, or the statistical finding."""
    of_no_rule = {SCORE_KIND: STATISTICAL, TIP_KIND: TIPPED}.get(kind)
    if of_no_rule is not None:
        return f"{of_no_rule.name_zh} {of_no_rule.name_en}"
    card = cards.rule(kind)
    return " ".join(dict.fromkeys((kind, card.name_zh, card.name_en)))


def case_text(case: CaseRow, currency: str = CURRENCY) -> str:
    """`DC-03 增加 grown(自 since 2026-03-24;1→2 次 hits;24.00→60.00 元 CNY)`."""
    details = _details(case, currency)
    if case.standing is not None:
        details.append(status_text(case, currency))
    return f"{_kind(case)} {STATE_WORDS.get(case.state, case.state)}({'; '.join(details)})"


def status_text(case: CaseRow, currency: str = CURRENCY) -> str:
    """`属实 confirmed(自 since 2026-03-24;承办 with 城区一组 李;此后新增 since then +2 次 hits, 36.00 元 CNY)`."""
    said = case.standing
    if said is None:
        return STATUS_WORDS[Status.NEW] if case.state == CaseState.NEW else "未分派 nobody has it yet"
    texts = [] if said.since is None else [f"自 since {said.since}"]
    if said.held_by:
        texts.append(f"承办 with {said.held_by}")
    money = in_currency("元 CNY", currency)
    if said.new_hit_count:
        texts.append(f"此后新增 since then +{said.new_hit_count:,} 次 hits, {said.new_amount:,.2f} {money}")
    if said.recovered_line_count:
        texts.append(f"追回 recovered {said.recovered_line_count:,} 条 lines, {said.recovered_amount:,.2f} {money}")
    if said.snoozed_until is not None:
        texts.append(f"暂停至 quiet until {said.snoozed_until}")
    return f"{STATUS_WORDS[said.status]}({'; '.join(texts)})" if texts else STATUS_WORDS[said.status]


def statuses_text(cases: Sequence[CaseRow], currency: str = CURRENCY) -> str:
    """How all of a subject's cases stand that are not gone."""
    kept = [case for case in cases if case.state not in (CaseState.FADED, CaseState.RECOVERED)]
    return "\n".join(f"{_kind(case)} {status_text(case, currency)}" for case in kept)


def _kind(case: CaseRow) -> str:
    return {SCORE_KIND: "评分 score", TIP_KIND: "举报 tip"}.get(case.kind, case.kind)


def cases_text(cases: Sequence[CaseRow], between: str = "\n", currency: str = CURRENCY) -> str:
    """All of a subject's cases, one after the other."""
    return between.join(case_text(case, currency) for case in cases)


def _details(case: CaseRow, currency: str) -> list[str]:
    texts = [f"自 since {case.first_seen}"]
    if case.faded_since is not None:
        texts = [f"自 since {case.faded_since}", f"首见 first seen {case.first_seen}"]
    if case.faded_since is not None or case.state == CaseState.UNJUDGED:
        texts.append(f"末见 last seen {case.last_seen}")
    if case.kind not in (SCORE_KIND, TIP_KIND):
        texts += [f"{_change(case.earlier_hit_count, case.hit_count)} 次 hits", _money(case, currency)]
    return texts


def _money(case: CaseRow, currency: str) -> str:
    kind = f"估算 estimate {currency}" if case.is_estimate else in_currency("元 CNY", currency)
    return f"{_change(case.earlier_amount, case.amount)} {kind}"


def _change(earlier: Decimal | int | None, now: Decimal | int) -> str:
    then, today = ("–" if value is None else f"{value:,}" for value in (earlier, now))
    return today if earlier is None or then == today else f"{then}→{today}"
