"""The workbook of one lead: its summary, all lines that were read with cells to fill in, hits, subtotals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from fundwatch.pages import Bilingual, PageTable, Paragraph, RowHeader
from leads.evidence.document import Document
from leads.evidence.facts import ALL_RULES, Dimension
from leads.evidence.summary import summary_parts
from leads.evidence.view import LeadView, department_text, stay_text
from leads.publishing.rows import short
from leads.publishing.sheets import Book, Heading, Sheet
from leads.words import COMPARED_MEANING, COUNTED, ROLE_WORDS

_SUMMARY = (Heading("事项", "What", 24, "wrapped"), Heading("内容", "Content", 96, "wrapped"))
_LINES = (  # as wide as a sheet of A4 across can show
    Heading("序号", "No.", 6, "place"),
    Heading("明细号", "Line", 15, "wrapped"),
    Heading("就诊", "Visit or stay", 34, "wrapped"),
    Heading("收费时间", "Charged at", 16, "time"),
    Heading("项目", "Item", 24, "wrapped"),
    Heading("开单科室、医师", "Ordered by", 18, "wrapped"),
    Heading("数量", "Qty", 7, "plain"),
    Heading("金额(元)", "Charged, CNY", 11, "money"),
    Heading("违规金额(元)", "In question, CNY", 12, "money"),
    Heading("涉及基金(元)", "Fund at risk, CNY", 12, "money"),
    Heading("规则", "Rules", 8, "wrapped"),
    Heading("作用", "Role", 9, "wrapped"),
    Heading("核查结果", "Check", 13, "wrapped"),
    Heading("认定金额(元)", "Found, CNY", 12, "money"),
    Heading("说明", "Note", 20, "wrapped"),
)
_SUMS = (
    Heading("规则", "Rule", 10),
    Heading("按", "By", 14),
    Heading("对象", "Which", 60, "wrapped"),
    Heading("起", "From", 12, "date"),
    Heading("止", "To", 12, "date"),
    Heading("明细", "Lines", 9, "count"),
    Heading("金额(元)", "Charged, CNY", 14, "money"),
    Heading("违规金额(元)", "In question, CNY", 14, "money"),
    Heading("涉及基金(元)", "Fund at risk, CNY", 14, "money"),
)
_HITS = (
    Heading("规则", "Rule", 9),
    Heading("起", "From", 12, "date"),
    Heading("止", "To", 12, "date"),
    Heading("机构", "Institution", 30, "wrapped"),
    Heading("参保人(代号)", "Patient", 13),
    Heading("就诊号", "Encounter", 18, "wrapped"),
    Heading("事实", "Facts (Chinese)", 60, "wrapped"),
    Heading("事实(英文)", "Facts (English)", 60, "wrapped"),
    Heading("涉及基金(元)", "Fund at risk, CNY", 13, "money"),
    Heading("估算", "Estimate", 10),
)
_EACH_RULE = "每条明细在命中它的每条规则下都列出 | A line stands under each rule that hit it"
_DIMENSIONS = {Dimension.STAY: "就诊 stay", Dimension.DAY: "日 day", Dimension.DOCTOR: "开单医师 doctor"}


def write_lead_workbook(view: LeadView, document: Document, path: Path) -> None:
    """Write `path`; the mark stands in the file's properties and on its first sheet."""
    book = Book(str(path), view.content.provenance.business_date, document.mark)
    count, whole = len(view.counted_lines), view.lead.line_count
    listed = f"列出 {count:,} / 共 {whole:,} 条 | {count:,} of {whole:,} lines"
    if count < whole:
        listed += f" · 全部明细 all lines: `fundwatch leads lines {view.lead.lead_id}`"
    sheets = (
        Sheet("摘要 Summary", document.title, f"{document.foot} | {document.mark}", _SUMMARY, _summary(view)),
        Sheet("核查表 Check", f"逐条核查表 {view.number}", f"{listed} | {COMPARED_MEANING}", _LINES, _lines(view)),
        Sheet("小计 Subtotals", f"小计 {view.number}", _EACH_RULE, _SUMS, _sums(view)),
        Sheet("命中 Hits", f"逐次命中 {view.number}", "金额最大者在前 | the dearest first", _HITS, _hits(view)),
    )  # fmt: skip
    for sheet in sheets:
        book.add(sheet.in_currency(view.currency))
    book.close()


def _summary(view: LeadView) -> Iterator[tuple[object, ...]]:
    for part in summary_parts(view):
        if isinstance(part, Paragraph):
            yield ("", _flat(part.text))
        elif isinstance(part, PageTable):
            yield from (_two(row) for row in part.rows if not isinstance(row, RowHeader))


def _two(row: Iterable[object]) -> tuple[str, str]:
    """A row of a table of facts in two cells."""
    first, *others = (_flat(cell) for cell in row)
    return first, "\n".join(others)


def _flat(cell: object) -> str:
    return "\n".join(filter(None, (cell.zh, cell.en))) if isinstance(cell, Bilingual) else str(cell)


def _lines(view: LeadView) -> Iterator[tuple[object, ...]]:
    for number, line in enumerate(view.lines, start=1):
        stay = stay_text(view, view.encounter(line.encounter_id), line.encounter_id).zh
        ordered = (department_text(line.ordering_department), view.doctor(line.ordering_doctor_id))
        yield (
            number, line.line_id, stay.replace(" · ", "\n"), line.charged_at,
            "\n".join(filter(None, (line.item_name, line.item_code))), "\n".join(filter(None, ordered)), line.quantity,
            line.amount, line.amount_in_question, line.amount_at_risk, "\n".join(line.rule_ids or []),
            ROLE_WORDS.get(line.role or COUNTED, ""), "", None, "",
        )  # fmt: skip


def _sums(view: LeadView) -> Iterator[tuple[object, ...]]:
    for rule_id in (ALL_RULES, *view.lead.rule_ids):
        for dimension in Dimension:
            for one in view.subtotals(dimension, rule_id):
                which = view.doctor(one.key) if dimension is Dimension.DOCTOR else one.key
                yield (
                    rule_id or "全部 all", _DIMENSIONS[dimension], which or "未知 unknown", one.first_day, one.last_day,
                    one.line_count, one.amount, one.amount_in_question, one.amount_at_risk,
                )  # fmt: skip


def _hits(view: LeadView) -> Iterator[tuple[object, ...]]:
    for hit in view.hits:
        yield (
            hit.rule_id, hit.period_start, hit.period_end, view.place(hit.institution_id), short(hit.patient_id),
            hit.encounter_id, hit.reason_zh, hit.reason_en, hit.amount_at_risk, "是 yes" if hit.is_estimate else "",
        )  # fmt: skip
