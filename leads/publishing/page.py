"""The evidence page of one lead: one self-contained HTML file in both languages, to read and to print."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from fundwatch.pages import Bilingual, Figure, PageTable, Paragraph, Part, Style, page
from leads.cards import TIER_ENGLISH
from leads.publishing.case_words import case_text, kind_name
from leads.publishing.priority_words import priority_text
from leads.publishing.published import HITS_PER_RULE, ListContent
from leads.publishing.rows import EvidenceRow, HitRow, LeadRow, short
from leads.words import (
    CAUTION,
    COMPARED,
    COMPARED_MEANING,
    COUNTED,
    ROLE_WORDS,
    SUBJECT_WORDS,
    in_currency,
    not_run_text,
    percent_text,
    scanned_text,
    shadow_text,
    value_text,
)

LINES_PER_PAGE = 50
_TIER_STYLE: Mapping[str, Style] = {"明确违规": "mark bad", "可疑": "mark wait", "线索": "mark hint"}


def lead_page(content: ListContent, lead: LeadRow) -> str:
    """The page: facts, reasons, money, indicators, lines, law, what to ask, what would clear it, provenance."""
    lines = content.lines_of(lead.lead_id)
    return page(
        f"线索 {lead.place} Lead {lead.place}: {lead.subject}",
        [
            Paragraph(f"{lead.tier} {TIER_ENGLISH.get(lead.tier, '')}", _TIER_STYLE.get(lead.tier, "mark hint")),
            Paragraph(CAUTION, "note"),
            _facts(lead),
            _cases(content, lead),
            *_both(Bilingual("原因", "Why"), lead.reason_zh, lead.reason_en),
            *_money(lead, lines, content.provenance.currency),
            _indicators(content, content.indicators_of(lead.lead_id)),
            *_hits(content, content.hits_of(lead)),
            *_lines(content, lines, lead.line_count),
            _cards(content, lead),
            *_provenance(content, lead),
        ],
    )


def _both(heading: Bilingual, zh: str, en: str) -> tuple[Paragraph, Paragraph]:
    return Paragraph(zh, heading=heading), Paragraph(en, "text en")


def _facts(lead: LeadRow) -> PageTable:
    facts = [
        ("对象 Subject", f"{SUBJECT_WORDS.get(lead.subject_type, lead.subject_type)}: {lead.subject}"),
        ("对象代码 Subject id", lead.subject_id),
        ("服务期间 Services", f"{lead.period_start} – {lead.period_end}"),
        ("命中规则 Rules hit", ", ".join(lead.rule_ids) or "无 none"),
        ("命中次数 Hits / 明细 Lines", f"{lead.hit_count:,} / {lead.line_count:,}"),
        ("评分百分位 Score percentile", percent_text(lead.score)),
        ("优先度 Priority", priority_text(lead)),
        ("法规依据 Law", ", ".join(lead.law) or "–"),
    ]
    if lead.workplaces is not None:
        facts.insert(2, ("执业机构与科室 Hospital and department", "; ".join(lead.workplaces)))
    return PageTable("", ("事项 What", "内容 Content"), facts)


def _money(lead: LeadRow, lines: Sequence[EvidenceRow], currency: str) -> tuple[Paragraph, Paragraph]:
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
    return _both(Bilingual("金额", "Money"), in_currency(zh, currency), in_currency(en, currency))


def _indicators(content: ListContent, rows: Sequence[EvidenceRow]) -> PageTable:
    headings = ("指标 Indicator", "本对象 Value", "同组中位数 Peer median", "百分位 Percentile", "同组人数 Peers")
    shown = []
    for row in rows:
        card = content.cards.indicator(row.indicator or "")
        shown.append(
            (
                f"{card.name_zh} {card.name_en}",
                Figure(value_text(card, row.value)),
                Figure(value_text(card, row.peer_median)),
                Figure(percent_text(row.percentile)),
                Figure(row.peer_count or "–"),
            )
        )
    return PageTable(Bilingual("与同组比较", "Compared with peers"), headings, shown)


def _cases(content: ListContent, lead: LeadRow) -> PageTable:
    rows = [
        (kind_name(content.cards, c.kind), case_text(c, content.provenance.currency), c.case_id)
        for c in content.cases_of(lead)
    ]
    earlier = content.provenance.earlier_list
    than = "此前无清单 no earlier list" if earlier is None else f"与 {earlier} 的清单相比 beside the list of {earlier}"
    headings = ("发现 Finding", f"状态 State ({than})", "个案编号 Case id")
    return PageTable(Bilingual("个案", "Cases"), headings, rows)


def _hits(content: ListContent, hits: Sequence[HitRow]) -> Iterator[Part]:
    """Each hit with the facts that its reason names: what was compared, in both places, day by day."""
    if not hits:
        return
    rows = [
        (
            hit.rule_id,
            " – ".join(dict.fromkeys(str(day) for day in (hit.period_start, hit.period_end) if day)),
            content.place(hit.institution_id),
            short(hit.patient_id),
            hit.encounter_id or "",
            f"{hit.reason_zh or ''} {hit.reason_en or ''}",
            Figure(_hit_money(hit)),
        )
        for hit in hits
    ]
    headings = (
        "规则 Rule", "日期 Dates", "机构 Institution", "参保人 Patient", "就诊 Encounter", "事实 Facts",
        in_currency("金额(元) CNY", content.provenance.currency),
    )  # fmt: skip
    yield PageTable(Bilingual("逐次命中", "Hit by hit"), headings, rows)
    yield Paragraph(
        f"每条规则至多列出 {HITS_PER_RULE} 次 | at most {HITS_PER_RULE} hits of a rule, the dearest first", "note"
    )


def _hit_money(hit: HitRow) -> str:
    if hit.amount_at_risk is None:
        return "–"
    return f"{hit.amount_at_risk:,.2f}" + (" 估算 estimate" if hit.is_estimate else "")


def _lines(content: ListContent, lines: Sequence[EvidenceRow], line_count: int) -> Iterator[Part]:
    if not lines:
        return
    shown = lines[:LINES_PER_PAGE]
    headings = (
        "时间 Charged", "规则 Rules", "机构 Institution", "参保人 Patient", "就诊 Encounter",
        "明细 Line", "项目 Item", "数量 Qty", "作用 Role",
        *(in_currency(text, content.provenance.currency) for text in ("金额(元) Amount, CNY", "计入(元) Counted, CNY")),
    )  # fmt: skip
    yield PageTable(Bilingual("证据明细", "Evidence lines"), headings, [_line(content, line) for line in shown])
    compared = sum(line.role == COMPARED for line in shown)
    counted = len(shown) - compared
    yield Paragraph(f"列出 {counted} / 共 {line_count} 条 | {counted} of {line_count} lines, the dearest first", "note")
    if compared:
        yield Paragraph(f"{COMPARED_MEANING}: {compared}", "note")


def _line(content: ListContent, line: EvidenceRow) -> Sequence[object]:
    return (
        "" if line.charged_at is None else f"{line.charged_at:%Y-%m-%d %H:%M}",
        ", ".join(line.rule_ids or []),
        content.place(line.institution_id),
        short(line.patient_id),
        line.encounter_id or "",
        line.line_id or "",
        f"{line.item_name or ''} {line.item_code or ''}",
        Figure("" if line.quantity is None else f"{line.quantity.normalize():f}"),
        ROLE_WORDS.get(line.role or COUNTED, ""),
        Figure("" if line.amount is None else f"{line.amount:,.2f}"),
        Figure("" if line.amount_at_risk is None else f"{line.amount_at_risk:,.2f}"),
    )


def _cards(content: ListContent, lead: LeadRow) -> PageTable:
    headings = ("规则 Rule", "法规 Law", "需调取的材料 Ask for", "何种情形可排除 What would clear it")
    rows = [
        (
            f"{rule_id} {card.name_zh} {card.name_en}",
            ", ".join(card.law),
            f"{card.ask_for_zh} {card.ask_for_en}",
            f"{card.clears_zh} {card.clears_en}",
        )
        for rule_id, card in content.cards.of_lead(lead.rule_ids)
    ]
    return PageTable(Bilingual("逐条规则", "Rule by rule"), headings, rows)


def _provenance(content: ListContent, lead: LeadRow) -> Iterator[Paragraph]:
    made = content.provenance
    models = ", ".join(f"{name} {mark}" for name, mark in sorted(made.model_fingerprints.items())) or "–"
    text = (
        f"lead_id {lead.lead_id} · {made.business_date} · rules {made.rule_set_fingerprint} · "
        f"knowledge {made.knowledge_fingerprint} · currency {made.currency} · "
        f"settings {made.settings_fingerprint} · models {models} · {made.software}"
    )
    yield Paragraph(text, "note", Bilingual("溯源", "Provenance"))
    if made.knowledge:
        points = ", ".join(f"{name} {used.points}" for name, used in made.knowledge.items())
        yield Paragraph(f"知识点 Knowledge points: {points}", "note")
    if scanned := scanned_text(made.lines_seen):
        yield Paragraph(scanned, "note")
    if missing := not_run_text(made.models_not_run):
        yield Paragraph(missing, "note")
    if shadow := shadow_text(content.shadow):
        yield Paragraph(shadow, "note")
