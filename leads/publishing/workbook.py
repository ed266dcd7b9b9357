"""The workbook of a list, for people: leads, evidence lines, indicators, what ran, provenance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from fundwatch.regions import CURRENCY
from leads.cards import TIER_ENGLISH, TIERS
from leads.evidence.strange import strange_text
from leads.evidence.view import LeadView, department_text
from leads.publishing.case_words import CASE_MEANING, cases_text, statuses_text
from leads.publishing.published import HITS_PER_RULE, LINES_PER_LEAD, ListContent
from leads.publishing.rows import EvidenceRow, LeadRow, short
from leads.publishing.sheets import Book, Heading, Sheet, Shown
from leads.publishing.work_sheets import work_sheets
from leads.words import (
    CAUTION,
    COMPARED_MEANING,
    COUNTED,
    MONEY_MEANING,
    PRIORITY_MEANING,
    ROLE_WORDS,
    SUBJECT_WORDS,
    TIER_MEANING,
    in_currency,
    ran_text,
    scanned_text,
    shadow_text,
    yes_text,
)

_LEADS = (
    Heading("序号", "Place", 7, "place"),
    Heading("等级", "Tier", 12, "tier"),
    Heading("对象", "Who", 22, "wrapped"),
    Heading("个案", "Cases", 27, "wrapped"),
    Heading("办理", "Where it stands", 22, "wrapped"),
    Heading("违规金额(元)", "In question, CNY", 13, "money"),
    Heading("涉及基金(元)", "Fund at risk, CNY", 13, "money"),
    Heading("估算(元)", "Estimate, CNY", 12, "money"),
    Heading("命中", "Hits", 7, "count"),
    Heading("明细", "Lines", 7, "count"),
    Heading("规则", "Rules", 9, "wrapped"),
    Heading("评分百分位", "Score", 10, "percent"),
    Heading("原因", "Why", 74, "wrapped"),
    Heading("何种情形可排除", "What would clear it", 36, "wrapped"),
    Heading("法规依据", "Law", 13, "wrapped"),
    Heading("优先度", "Priority", 9, "money"),
    Heading("线索编号", "Lead id", 19),
)
_EVIDENCE = (
    Heading("线索序号", "Lead", 8, "place"),
    Heading("等级", "Tier", 12, "tier"),
    Heading("规则", "Rules", 14, "wrapped"),
    Heading("收费时间", "Charged at", 17, "time"),
    Heading("机构", "Institution", 30, "wrapped"),
    Heading("参保人(代号)", "Patient (token)", 13),
    Heading("就诊号", "Encounter", 18),
    Heading("起止与诊断", "Stay and diagnosis", 26, "wrapped"),
    Heading("开单科室、医师", "Ordered by", 24, "wrapped"),
    Heading("结算号", "Settlement", 18),
    Heading("明细号", "Line", 18),
    Heading("项目编码", "Item code", 26),
    Heading("项目名称", "Item", 26, "wrapped"),
    Heading("数量", "Quantity", 10, "plain"),
    Heading("单价(元)", "Unit price, CNY", 14, "money"),
    Heading("作用", "Role", 12, "wrapped"),
    Heading("金额(元)", "Amount, CNY", 13, "money"),
    Heading("违规金额(元)", "In question, CNY", 13, "money"),
    Heading("计入基金(元)", "Fund counted, CNY", 13, "money"),
    Heading("线索编号", "Lead id", 19),
)
_HITS = (
    Heading("线索序号", "Lead", 8, "place"),
    Heading("等级", "Tier", 12, "tier"),
    Heading("规则", "Rule", 9),
    Heading("起", "From", 12, "date"),
    Heading("止", "To", 12, "date"),
    Heading("机构", "Institution", 30, "wrapped"),
    Heading("参保人(代号)", "Patient (token)", 13),
    Heading("就诊号", "Encounter", 18),
    Heading("事实", "Facts (Chinese)", 60, "wrapped"),
    Heading("事实(英文)", "Facts (English)", 60, "wrapped"),
    Heading("金额(元)", "Amount, CNY", 13, "money"),
    Heading("估算", "Estimate", 10),
    Heading("线索编号", "Lead id", 19),
)
_MINOR = (
    Heading("序号", "Place", 7, "place"),
    Heading("等级", "Tier", 12, "tier"),
    Heading("对象", "Who", 22, "wrapped"),
    Heading("违规金额(元)", "In question, CNY", 16, "money"),
    Heading("涉及基金(元)", "Fund at risk, CNY", 16, "money"),
    Heading("估算(元)", "Estimate, CNY", 14, "money"),
    Heading("命中", "Hits", 7, "count"),
    Heading("规则", "Rules", 9, "wrapped"),
    Heading("原因", "Why", 88, "wrapped"),
    Heading("线索编号", "Lead id", 19),
)
_INDICATORS = (
    Heading("线索序号", "Lead", 8, "place"),
    Heading("等级", "Tier", 12, "tier"),
    Heading("对象", "Who", 24, "wrapped"),
    Heading("指标", "Indicator (Chinese)", 32, "wrapped"),
    Heading("指标(英文)", "Indicator (English)", 40, "wrapped"),
    Heading("本对象", "Value", 14, "money"),
    Heading("同组中位数", "Peer median", 14, "money"),
    Heading("同组百分位", "Percentile", 12, "percent"),
    Heading("同组人数", "Peers", 10, "count"),
    Heading("单位", "Unit", 10),
    Heading("指标代码", "Name", 36),
)
_COVERAGE = (
    Heading("规则或模型", "Rule or model", 26),
    Heading("名称", "Name (Chinese)", 28, "wrapped"),
    Heading("名称(英文)", "Name (English)", 34, "wrapped"),
    Heading("状态", "State", 24),
    Heading("未运行或受限的原因", "Why it did not run, or what it did without", 60, "wrapped"),
    Heading("机构数", "Institutions", 12, "count"),
    Heading("已判断数", "Judged", 12, "count"),
    Heading("命中数", "Hits", 10, "count"),
)
_ABOUT = (Heading("事项", "What", 36, "wrapped"), Heading("内容", "Content", 110, "wrapped"))
_SOURCES = 3  # of a class of knowledge, as many as a row names


def write_workbook(content: ListContent, path: Path) -> None:
    """Write `path`. Two writes of equal content are equal byte for byte."""
    book = Book(str(path), content.provenance.business_date)
    for sheet in (*_list_sheets(content), *work_sheets(content), *_other_sheets(content)):
        book.add(sheet.in_currency(content.provenance.currency))
    book.close()


def _list_sheets(content: ListContent) -> Iterator[Sheet]:
    """The list itself: leads, what proves them, and those below what is worth a letter."""
    reported, count = content.provenance, len(content.leads)
    night, period = reported.business_date, f"{reported.period_start} — {reported.period_end}"
    listed = (
        f"{period} | 共 {content.lead_total} 条,列出 {count} 条 | {count} of {content.lead_total} leads | {CAUTION}"
    )
    lines = f"每条线索至多列出 {LINES_PER_LEAD} 条明细 | At most {LINES_PER_LEAD} lines of each lead, the dearest first"
    hits = f"每条规则至多列出 {HITS_PER_RULE} 次 | At most {HITS_PER_RULE} hits of a rule, the dearest first"
    peers = "与同组比较,仅说明差异,不证明违规 | Compared with peers: a difference, not a proof"
    yield Sheet("线索 Leads", f"医保基金线索清单 {night} Leads", listed, _LEADS, _leads(content))
    proof = f"{lines} | {COMPARED_MEANING}"
    yield Sheet("证据 Evidence", f"证据明细 {night} Evidence lines", proof, _EVIDENCE, _evidence(content))
    yield Sheet("命中 Hits", f"逐次命中 {night} Hit by hit", hits, _HITS, _hits(content))
    yield Sheet("指标 Indicators", f"行为指标 {night} Indicators", peers, _INDICATORS, _indicators(content))
    yield Sheet("小额 Minor", f"小额线索 {night} Minor leads", _under(content), _MINOR, _minor(content))


def _other_sheets(content: ListContent) -> Iterator[Sheet]:
    """What ran, and what the list rests on."""
    night = content.provenance.business_date
    silence = "未运行不等于未发现 | What did not run found nothing because it did not look"
    ran = f"运行情况 {night} What ran and what did not"
    yield Sheet("规则 Rules", ran, silence, _COVERAGE, _coverage(content))
    yield Sheet("说明 About", f"说明与溯源 {night} About and provenance", CAUTION, _ABOUT, _about(content))


def _tier(lead: LeadRow) -> str:
    return f"{lead.tier}\n{TIER_ENGLISH.get(lead.tier, '')}"


def _who(lead: LeadRow) -> str:
    who = (SUBJECT_WORDS.get(lead.subject_type, lead.subject_type), lead.subject, *(lead.workplaces or ()))
    return "\n".join(who)


def _leads(content: ListContent) -> Iterator[tuple[object, ...]]:
    currency = content.provenance.currency
    for lead in content.leads:
        yield (
            lead.place, _tier(lead), _who(lead), cases_text(content.cases_of(lead), currency=currency),
            statuses_text(content.cases_of(lead), currency), lead.amount_in_question, lead.amount_at_risk,
            lead.estimated_amount, lead.hit_count, lead.line_count, "\n".join(lead.rule_ids), lead.score,
            _why(content, lead), f"{lead.clear_zh}\n{lead.clear_en}", "\n".join(lead.law), lead.priority, lead.lead_id,
        )  # fmt: skip


def _why(content: ListContent, lead: LeadRow) -> str:
    """The lead's reasons; of one that only scores speak for what is strange, and how much money stands above it."""
    if lead.rule_ids:
        return f"{lead.reason_zh}\n{lead.reason_en}"
    strange = strange_text(LeadView(content, lead))
    return f"{strange.zh}\n{strange.en}"


def _evidence(content: ListContent) -> Iterator[tuple[object, ...]]:
    for lead in content.leads:
        for row in content.lines_of(lead.lead_id)[:LINES_PER_LEAD]:
            yield (
                lead.place, _tier(lead), "\n".join(row.rule_ids or []), row.charged_at,
                content.place(row.institution_id), short(row.patient_id), row.encounter_id,
                *_stay(content, lead, row), row.settlement_id,
                row.line_id, row.item_code, row.item_name, row.quantity, row.unit_price,
                ROLE_WORDS.get(row.role or COUNTED, ""), row.amount, row.amount_in_question,
                row.amount_at_risk,
                lead.lead_id,
            )  # fmt: skip


def _stay(content: ListContent, lead: LeadRow, row: EvidenceRow) -> tuple[str, str]:
    """Admission, discharge and diagnosis of the line's visit or stay, and who ordered it."""
    view = LeadView(content, lead)
    stay, ordered = view.encounter(row.encounter_id), view.doctor(row.ordering_doctor_id)
    by = "\n".join(filter(None, (department_text(row.ordering_department), ordered)))
    if stay is None:
        return "", by
    times = " – ".join(dict.fromkeys(f"{t:%Y-%m-%d %H:%M}" for t in (stay.started_at, stay.ended_at) if t))
    diagnosis = " ".join(filter(None, (stay.main_diagnosis_code, stay.diagnosis_name)))
    return f"{times}\n{diagnosis}".strip(), by


def _minor(content: ListContent) -> Iterator[tuple[object, ...]]:
    for lead in content.minor:
        yield (
            lead.place, _tier(lead), _who(lead), lead.amount_in_question, lead.amount_at_risk, lead.estimated_amount,
            lead.hit_count, "\n".join(lead.rule_ids), f"{lead.reason_zh}\n{lead.reason_en}", lead.lead_id,
        )  # fmt: skip


def _under(content: ListContent) -> str:
    """What is not worth a letter, and that it is listed all the same."""
    shown = len(content.minor)
    return in_currency(
        f"金额低于 {content.letter_amount:,.2f} 元(设置 letter_amount)的线索 {content.minor_count} 条,合计 "
        f"{content.minor_amount:,.2f} 元,列出 {shown} 条:排在其他线索之后,不单独发函;同类多发者请合并核查 | "
        f"{content.minor_count} leads below CNY {content.letter_amount:,.2f} (setting letter_amount), in all CNY "
        f"{content.minor_amount:,.2f}; {shown} listed: after all others, no letter for one alone",
        content.provenance.currency,
    )


def _hits(content: ListContent) -> Iterator[tuple[object, ...]]:
    for lead in content.leads:
        for hit in content.hits_of(lead):
            yield (
                lead.place, _tier(lead), hit.rule_id, hit.period_start, hit.period_end,
                content.place(hit.institution_id), short(hit.patient_id), hit.encounter_id, hit.reason_zh,
                hit.reason_en, hit.amount_at_risk, yes_text(hit.is_estimate), lead.lead_id,
            )  # fmt: skip


def _indicators(content: ListContent) -> Iterator[tuple[object, ...]]:
    for lead in content.leads:
        for row in content.indicators_of(lead.lead_id):
            card = content.cards.indicator(row.indicator or "")
            look = "percent" if card.unit == "share" else "money"
            yield (
                lead.place, _tier(lead), _who(lead), card.name_zh, card.name_en, Shown(row.value, look),
                Shown(row.peer_median, look), row.percentile, row.peer_count, card.unit, row.indicator,
            )  # fmt: skip


def _sources_text(sources: Sequence[str]) -> str:
    """The first of them, and how many more the summary names."""
    more = len(sources) - _SOURCES
    named = "; ".join(sources[:_SOURCES]) + (f"; 另有 and {more} 处 more (summary.json)" if more > 0 else "")
    return f"; 来源 from: {named}" if sources else ""


def _coverage(content: ListContent) -> Iterator[tuple[object, ...]]:
    for row in content.coverage:
        card = content.cards.rules.get(row.what)
        names = (card.name_zh, card.name_en) if card else ("", "")
        yield (row.what, *names, ran_text(row), row.why_not, row.institution_count, row.judged_count, row.hit_count)


def _about(content: ListContent) -> Iterator[tuple[str, str]]:
    reported = content.provenance
    yield "业务日期 Business date", str(reported.business_date)
    yield "服务期间 Services from – to", f"{reported.period_start} – {reported.period_end}"
    if scanned := scanned_text(reported.lines_seen):
        yield "扫描范围 Scanned", scanned
    for tier in TIERS:
        yield f"等级 Tier {tier} {TIER_ENGLISH[tier]}", TIER_MEANING[tier]
    yield "币种 Currency", "CNY 人民币元" if reported.currency == CURRENCY else reported.currency
    yield "金额 Money", MONEY_MEANING
    yield "个案 Cases", CASE_MEANING
    earlier = reported.earlier_list
    yield "上一份清单 Earlier list", "无 none" if earlier is None else str(earlier)
    yield "排序 Priority", PRIORITY_MEANING
    yield (
        "代号 Tokens",
        "参保人、医师仅以代号出现 | Patients and doctors appear as tokens only; ids are shown in short form",
    )
    yield "数据来源 Source", reported.source
    yield "软件 Software", reported.software
    yield "规则集指纹 Rule-set fingerprint", reported.rule_set_fingerprint
    yield "知识指纹 Knowledge fingerprint", reported.knowledge_fingerprint
    for name, used in reported.knowledge.items():
        yield f"知识 Knowledge: {used.name_zh} {name}", f"{used.points} 条 points{_sources_text(used.sources)}"
    if shadow := shadow_text(content.shadow):
        yield "试运行规则 Rules in shadow", shadow
    for model, mark in sorted(reported.model_fingerprints.items()):
        yield f"模型指纹 Model fingerprint: {model}", mark
    for model, why_not in sorted(reported.models_not_run.items()):
        yield f"未运行的模型 Model not run: {model}", why_not
    yield "设置指纹 Settings fingerprint", reported.settings_fingerprint
    yield "全部交付数据指纹 Fingerprint of all deliveries so far", reported.data_fingerprint
    for name, sha in sorted(reported.deliveries.items()):
        yield f"交付文件 Delivered file: {name}", f"sha256 {sha}"
