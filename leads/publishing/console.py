"""Leads on a terminal: the night's list as a table, one lead as a page."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from fundwatch.regions import CURRENCY
from fundwatch.terminal import new_table
from leads.cards import TIER_ENGLISH
from leads.outcomes.entries import STATUS_WORDS, Status
from leads.publishing.case_words import STATE_WORDS, cases_text
from leads.publishing.priority_words import priority_text
from leads.publishing.rows import CaseRow, EvidenceRow, LeadRow, short
from leads.ranking.cases import CaseState
from leads.words import CAUTION, SUBJECT_WORDS, in_currency, percent_text

if TYPE_CHECKING:
    from rich.console import Group
    from rich.table import Table

_TIER_STYLE = {"明确违规": "bold red", "可疑": "yellow", "线索": "cyan"}
LINES_SHOWN = 15
# how cases stand beside the earlier list, then where people have brought them
_REACHED = {str(status): words for status, words in STATUS_WORDS.items() if status != Status.NEW}
_IN_SHORT: Mapping[str, str] = {**{str(state): STATE_WORDS[state] for state in CaseState}, **_REACHED}


def top_table(
    rows: Sequence[LeadRow], title: str = "线索清单 Leads", cases: Sequence[CaseRow] = (), currency: str = CURRENCY
) -> Table:
    """The list, one row a lead, in order of place; each with how its subject's cases stand beside the earlier list.

    Subject and cases share what the other columns leave. At 80 columns that holds every word of ours whole, which is
    why rules stand below each other, and an estimate below the money that is no estimate.
    """
    states: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for case in cases:
        of_subject = states[case.subject_type, case.subject_id]
        of_subject[case.state] += 1
        if case.standing is not None and case.standing.status in _REACHED:
            of_subject[case.standing.status] += 1
    from rich.text import Text

    table = new_table(title, CAUTION)
    table.add_column("序号\nPlace", justify="right", no_wrap=True)
    table.add_column("等级\nTier", no_wrap=True)
    table.add_column("对象\nSubject", overflow="fold")
    table.add_column("规则\nRules", no_wrap=True)
    table.add_column("个案\nCases", overflow="fold")
    table.add_column("命中\nHits", justify="right", no_wrap=True)
    table.add_column(in_currency("涉及基金(元)\nFund at risk\n估算 Estimate", currency), justify="right", no_wrap=True)
    table.add_column("百分位\nScore", justify="right", no_wrap=True)
    for lead in rows:
        table.add_row(
            str(lead.place),
            Text(f"{lead.tier}\n{TIER_ENGLISH.get(lead.tier, '')}", style=_TIER_STYLE.get(lead.tier, "")),
            Text(f"{SUBJECT_WORDS.get(lead.subject_type, lead.subject_type)}\n{lead.subject}"),
            "\n".join(lead.rule_ids or ["统计", "score"]),
            _in_short(states[lead.subject_type, lead.subject_id]),
            f"{lead.hit_count:,}",
            _money(lead),
            percent_text(lead.score),
        )
    return table


def _in_short(states: Counter[str]) -> str:
    """`新增 new 2`, a line a state."""
    return "\n".join(f"{words} {states[name]}" for name, words in _IN_SHORT.items() if states[name])


def _money(lead: LeadRow) -> str:
    """The fund's money at risk; below it an estimate, marked as one, where there is any."""
    estimate = f"\n估算 {lead.estimated_amount:,.2f}" if lead.estimated_amount else ""
    return f"{lead.amount_at_risk:,.2f}{estimate}"


def lead_pack(
    lead: LeadRow, evidence: Sequence[EvidenceRow], cases: Sequence[CaseRow] = (), currency: str = CURRENCY
) -> Group:
    """One lead: its facts, cases and reasons, then its indicators and dearest lines."""
    from rich.console import Group
    from rich.panel import Panel
    from rich.text import Text

    facts, money, reported = Text(), in_currency("元 CNY", currency), cases_text(cases, currency=currency)
    for name, value in (
        ("对象 Subject", f"{SUBJECT_WORDS.get(lead.subject_type, lead.subject_type)} {lead.subject}"),
        *([("执业机构与科室 Hospital", "; ".join(lead.workplaces))] if lead.workplaces else []),
        ("个案 Cases", reported if len(cases) == 1 else f"\n{reported}" if cases else "–"),
        ("期间 Period", f"{lead.period_start} – {lead.period_end}"),
        ("涉及基金 Fund at risk", f"{lead.amount_at_risk:,.2f} {money}"),
        ("估算 Estimate", f"{lead.estimated_amount:,.2f} {money} (不可追回 not recoverable)"),
        ("法规 Law", ", ".join(lead.law) or "–"),
        ("优先度 Priority", priority_text(lead)),
        ("原因 Why", f"\n{lead.reason_zh}\n{lead.reason_en}"),
        ("可排除 What would clear it", f"\n{lead.clear_zh}\n{lead.clear_en}"),
    ):
        facts.append(f"{name}: ", style="bold").append(f"{value}\n")
    facts.append(CAUTION, style="italic")
    title = f"线索 Lead {lead.place} {lead.tier} {TIER_ENGLISH.get(lead.tier, '')} {lead.lead_id}"
    parts: list[Panel | Table] = [Panel(facts, title=title, border_style=_TIER_STYLE.get(lead.tier, ""))]
    indicators = [row for row in evidence if row.kind == "indicator"]
    lines = [row for row in evidence if row.kind == "line"]
    if indicators:
        parts.append(_indicator_table(indicators))
    if lines:
        parts.append(_line_table(lines, lead.line_count))
    return Group(*parts)


def _indicator_table(rows: Sequence[EvidenceRow]) -> Table:
    table = new_table("指标 Indicators")
    for heading in (
        "指标\nIndicator",
        "本对象\nValue",
        "同组中位数\nPeer median",
        "百分位\nPercentile",
        "人数\nPeers",
    ):
        table.add_column(heading)
    for row in rows:
        numbers = ["–" if v is None else f"{v:,.3f}" for v in (row.value, row.peer_median)]
        table.add_row(row.indicator or "", *numbers, percent_text(row.percentile), str(row.peer_count or "–"))
    return table


def _line_table(rows: Sequence[EvidenceRow], line_count: int) -> Table:
    shown = rows[:LINES_SHOWN]
    table = new_table(f"明细 Lines ({len(shown)} / {line_count})")
    for heading in (
        "时间\nCharged",
        "规则\nRules",
        "参保人\nPatient",
        "项目\nItem",
        "金额\nAmount",
        "计入\nCounted",
    ):
        table.add_column(heading, justify="right" if heading[:2] in ("金额", "计入") else "left")
    for row in shown:
        money = ["–" if v is None else f"{v:,.2f}" for v in (row.amount, row.amount_at_risk)]
        charged = "" if row.charged_at is None else f"{row.charged_at:%Y-%m-%d %H:%M}"
        table.add_row(charged, " ".join(row.rule_ids or []), short(row.patient_id), row.item_name or "", *money)
    return table
