"""The evidence page of one lead: one self-contained HTML file in both languages, to read and to print."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from html import escape

from leads.cards import TIER_ENGLISH
from leads.publishing.case_words import case_text, kind_name
from leads.publishing.published import HITS_PER_RULE, ListContent
from leads.publishing.rows import EvidenceRow, HitRow, LeadRow, short
from leads.words import (
    CAUTION,
    COMPARED,
    COMPARED_MEANING,
    COUNTED,
    ROLE_WORDS,
    SUBJECT_WORDS,
    not_run_text,
    percent_text,
    value_text,
)

LINES_PER_PAGE = 50
_STYLE = """
body{font:14px/1.6 "Microsoft YaHei","PingFang SC","Noto Sans CJK SC",sans-serif;color:#222;max-width:1080px;
margin:2em auto;padding:0 1em}
h1{font-size:22px;color:#1f4e78;margin-bottom:.2em}
h2{font-size:16px;color:#1f4e78;border-bottom:2px solid #1f4e78;margin-top:1.6em}
h2 small,.en{color:#666;font-weight:normal}
table{border-collapse:collapse;width:100%;font-size:12.5px}
th,td{border:1px solid #ccc;padding:4px 6px;text-align:left;vertical-align:top}
th{background:#1f4e78;color:#fff}td.n{text-align:right;white-space:nowrap}
.t0{background:#ffc7ce;color:#9c0006}.t1{background:#ffeb9c;color:#7f4f00}.t2{background:#ddebf7;color:#1f4e78}
.tier{padding:2px 10px;border-radius:4px;font-weight:bold}
.text{white-space:pre-line}.note{color:#666;font-size:12px}
thead{display:table-header-group}tr{break-inside:avoid}@media print{body{margin:0;max-width:none}}
""".strip().replace("\n", "")
_TIER_CLASS = {"明确违规": "t0", "可疑": "t1", "线索": "t2"}


def lead_page(content: ListContent, lead: LeadRow) -> str:
    """The page: facts, reasons, money, indicators, lines, law, what to ask, what would clear it, provenance."""
    lines, indicators = content.lines_of(lead.lead_id), content.indicators_of(lead.lead_id)
    tier = f"{lead.tier} {TIER_ENGLISH.get(lead.tier, '')}"
    title = f"线索 {lead.place} Lead {lead.place}: {lead.subject}"
    parts = [
        f"<!DOCTYPE html>\n<html lang='zh'><head><meta charset='utf-8'><title>{escape(title)}</title>",
        f"<style>{_STYLE}</style></head><body>",
        f"<h1>{escape(title)}</h1>",
        f"<p><span class='tier {_TIER_CLASS.get(lead.tier, 't2')}'>{escape(tier)}</span></p>",
        f"<p class='note'>{escape(CAUTION)}</p>",
        _facts(lead),
        _cases(content, lead),
        _both("原因", "Why", lead.reason_zh, lead.reason_en),
        _money(lead, lines),
        _indicators(content, indicators),
        _hits(content, content.hits_of(lead)),
        _lines(content, lines, lead.line_count),
        _cards(content, lead),
        _provenance(content, lead),
        "</body></html>\n",
    ]
    return "\n".join(part for part in parts if part)


def _heading(zh: str, en: str) -> str:
    return f"<h2>{escape(zh)} <small>{escape(en)}</small></h2>"


def _both(zh: str, en: str, text_zh: str, text_en: str) -> str:
    return f"{_heading(zh, en)}<p class='text'>{escape(text_zh)}</p><p class='text en'>{escape(text_en)}</p>"


def _table(headings: Sequence[str], rows: Iterable[Sequence[tuple[str, bool]]]) -> str:
    """A table; each cell is its text and whether it is a number."""
    head = "".join(f"<th>{escape(text)}</th>" for text in headings)
    body = "\n".join(
        "<tr>"
        + "".join(f"<td{' class=n' if is_number else ''}>{escape(text)}</td>" for text, is_number in row)
        + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table>"


def _facts(lead: LeadRow) -> str:
    facts = [
        ("对象 Subject", f"{SUBJECT_WORDS.get(lead.subject_type, lead.subject_type)}: {lead.subject}"),
        ("对象代码 Subject id", lead.subject_id),
        ("服务期间 Services", f"{lead.period_start} – {lead.period_end}"),
        ("命中规则 Rules hit", ", ".join(lead.rule_ids) or "无 none"),
        ("命中次数 Hits / 明细 Lines", f"{lead.hit_count:,} / {lead.line_count:,}"),
        ("评分百分位 Score percentile", percent_text(lead.score)),
        ("法规依据 Law", ", ".join(lead.law) or "–"),
    ]
    if lead.workplaces is not None:
        facts.insert(2, ("执业机构与科室 Hospital and department", "; ".join(lead.workplaces)))
    return _table(("事项 What", "内容 Content"), [[(name, False), (value, False)] for name, value in facts])


def _money(lead: LeadRow, lines: Sequence[EvidenceRow]) -> str:
    """What the money is the sum of; where the page does not list all lines, what the others count."""
    listed = [line.amount_at_risk for line in lines[:LINES_PER_PAGE] if line.amount_at_risk]
    below, others = sum(listed, Decimal("0.00")), lead.amount_at_risk - sum(listed, Decimal("0.00"))
    zh = (
        f"涉及基金 {lead.amount_at_risk:,.2f} 元 = 各明细计入金额之和;每条明细取各规则中的最大值且不超过其净额,"
        f"每笔结算不超过基金与个人账户实际支付。估算 {lead.estimated_amount:,.2f} 元仅用于排序,不可追回。"
        f"下表有金额的明细 {len(listed)} 条,计入 {below:,.2f} 元;未列出的明细计入 {others:,.2f} 元。"
    )
    en = (
        f"Fund at risk CNY {lead.amount_at_risk:,.2f} = the sum of what each line counts; a line counts with the "
        "largest amount of any rule and never for more than its net amount, a settlement never for more than the fund "
        f"and the personal account paid. Estimate CNY {lead.estimated_amount:,.2f}: it ranks, and is not recoverable. "
        f"Lines with money below: {len(listed)}, they count CNY {below:,.2f}; lines not listed count CNY {others:,.2f}."
    )
    return _both("金额", "Money", zh, en)


def _indicators(content: ListContent, rows: Sequence[EvidenceRow]) -> str:
    if not rows:
        return ""
    told = []
    for row in rows:
        card = content.cards.indicator(row.indicator or "")
        told.append(
            [
                (f"{card.name_zh} {card.name_en}", False),
                (value_text(card, row.value), True),
                (value_text(card, row.peer_median), True),
                (percent_text(row.percentile), True),
                (str(row.peer_count or "–"), True),
            ]
        )
    headings = (
        "指标 Indicator",
        "本对象 Value",
        "同组中位数 Peer median",
        "百分位 Percentile",
        "同组人数 Peers",
    )
    return _heading("与同组比较", "Compared with peers") + _table(headings, told)


def _cases(content: ListContent, lead: LeadRow) -> str:
    cases = content.cases_of(lead)
    if not cases:
        return ""
    rows = [[(kind_name(content.cards, c.kind), False), (case_text(c), False), (c.case_id, False)] for c in cases]
    earlier = content.provenance.earlier_list
    than = "此前无清单 no earlier list" if earlier is None else f"与 {earlier} 的清单相比 beside the list of {earlier}"
    headings = ("发现 Finding", f"状态 State ({than})", "个案编号 Case id")
    return _heading("个案", "Cases") + _table(headings, rows)


def _hits(content: ListContent, hits: Sequence[HitRow]) -> str:
    """Each hit with the facts that its reason names: what was compared, in both places, day by day."""
    if not hits:
        return ""
    rows = [
        [
            (hit.rule_id, False),
            (" – ".join(dict.fromkeys(str(day) for day in (hit.period_start, hit.period_end) if day)), False),
            (content.place(hit.institution_id), False),
            (short(hit.patient_id), False),
            (hit.encounter_id or "", False),
            (f"{hit.reason_zh or ''} {hit.reason_en or ''}", False),
            (_hit_money(hit), True),
        ]
        for hit in hits
    ]
    headings = (
        "规则 Rule", "日期 Dates", "机构 Institution", "参保人 Patient", "就诊 Encounter", "事实 Facts", "金额 CNY",
    )  # fmt: skip
    note = f"每条规则至多列出 {HITS_PER_RULE} 次 | at most {HITS_PER_RULE} hits of a rule, the dearest first"
    return _heading("逐次命中", "Hit by hit") + _table(headings, rows) + f"<p class='note'>{note}</p>"


def _hit_money(hit: HitRow) -> str:
    if hit.amount_at_risk is None:
        return "–"
    return f"{hit.amount_at_risk:,.2f}" + (" 估算 estimate" if hit.is_estimate else "")


def _lines(content: ListContent, lines: Sequence[EvidenceRow], line_count: int) -> str:
    if not lines:
        return ""
    shown = lines[:LINES_PER_PAGE]
    rows = [
        [
            ("" if line.charged_at is None else f"{line.charged_at:%Y-%m-%d %H:%M}", False),
            (", ".join(line.rule_ids or []), False),
            (content.place(line.institution_id), False),
            (short(line.patient_id), False),
            (line.encounter_id or "", False),
            (line.line_id or "", False),
            (f"{line.item_name or ''} {line.item_code or ''}", False),
            ("" if line.quantity is None else f"{line.quantity.normalize():f}", True),
            (ROLE_WORDS.get(line.role or COUNTED, ""), False),
            ("" if line.amount is None else f"{line.amount:,.2f}", True),
            ("" if line.amount_at_risk is None else f"{line.amount_at_risk:,.2f}", True),
        ]
        for line in shown
    ]
    headings = (
        "时间 Charged", "规则 Rules", "机构 Institution", "参保人 Patient", "就诊 Encounter",
        "明细 Line", "项目 Item", "数量 Qty", "作用 Role", "金额 Amount", "计入 Counted",
    )  # fmt: skip
    compared = sum(line.role == COMPARED for line in shown)
    counted = len(shown) - compared
    note = f"列出 {counted} / 共 {line_count} 条 | {counted} of {line_count} lines, the dearest first"
    if compared:
        note += f"<br>{escape(COMPARED_MEANING)}: {compared}"
    return _heading("证据明细", "Evidence lines") + _table(headings, rows) + f"<p class='note'>{note}</p>"


def _cards(content: ListContent, lead: LeadRow) -> str:
    parts = [_heading("逐条规则", "Rule by rule")]
    headings = (
        "规则 Rule", "法规 Law", "需调取的材料 Ask for", "何种情形可排除 What would clear it",
    )  # fmt: skip
    rows = [
        [
            (f"{rule_id} {card.name_zh} {card.name_en}", False),
            (", ".join(card.law), False),
            (f"{card.ask_for_zh} {card.ask_for_en}", False),
            (f"{card.clears_zh} {card.clears_en}", False),
        ]
        for rule_id, card in content.cards.of_lead(lead.rule_ids)
    ]
    return parts[0] + _table(headings, rows)


def _provenance(content: ListContent, lead: LeadRow) -> str:
    told = content.provenance
    models = ", ".join(f"{name} {mark}" for name, mark in sorted(told.model_prints.items())) or "–"
    text = (
        f"lead_id {lead.lead_id} · {told.business_date} · rules {told.rule_set_print} · "
        f"settings {told.settings_print} · models {models} · {told.software}"
    )
    missing = not_run_text(told.models_not_run)
    return f"{_heading('溯源', 'Provenance')}<p class='note'>{escape(text)}</p>" + (
        f"<p class='note'>{escape(missing)}</p>" if missing else ""
    )
