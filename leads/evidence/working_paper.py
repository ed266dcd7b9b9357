"""The working paper (取证单/核查表): what to request, each line with boxes to tick, what was found, who signs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from fundwatch.pages import Bilingual, Figure, NewSheet, PageTable, Paragraph, Part, RowHeader
from leads.evidence.view import LINES_ON_PAPER, LeadView, both, department_text, question_text, stay_text
from leads.publishing.rows import EvidenceRow, short
from leads.words import COMPARED, COMPARED_MEANING, ROLE_WORDS

BOXES = "□属实 □部分\n□不属实"
_BLANK = "\n\n"


def working_paper_parts(view: LeadView) -> Iterator[Part]:
    """Sheets to carry, to fill in and to sign."""
    yield NewSheet(Bilingual("核查工作底稿", "Working paper"))
    yield PageTable(
        Bilingual("案件信息", "The case"),
        (Bilingual("事项", "What"), Bilingual("内容", "Content")),
        [
            (Bilingual("线索编号", "Lead"), view.number),
            (Bilingual("案号(立案后填写)", "Case number, once filed"), ""),
            (Bilingual("被检查对象", "Inspected"), f"{view.lead.subject} ({view.lead.subject_id})"),
            (Bilingual("检查日期与地点", "Date and place of the check"), ""),
            (Bilingual("检查人员及证件号(不少于两人)", "Inspectors, two at least, with their certificates"), ""),
        ],
    )
    yield _requests(view)
    yield from check_sheet(view)
    yield from _drawn_visits(view)
    yield from _closing(view)


def _requests(view: LeadView) -> PageTable:
    """What the institution is asked to hand over, by rule."""
    rows = [
        (Figure(number), "□", f"{rule_id} {card.name_zh}", Bilingual(card.ask_for_zh, card.ask_for_en), "")
        for number, (rule_id, card) in enumerate(view.rules, start=1)
    ]
    headings = (
        *both(("序号", "No."), ("已取", "Got"), ("事由", "For"), ("需提供的材料", "Material")),
        Bilingual("份数、页数、提供人", "Copies, pages, by whom"),
    )  # fmt: skip
    return PageTable(Bilingual("调取材料清单", "Requests"), headings, rows)


def check_sheet(view: LeadView) -> Iterator[Part]:
    """The lines grouped by visit or stay, each with boxes; what is not on the paper is said, with its money."""
    shown = view.lines[:LINES_ON_PAPER]
    if not shown:
        return
    headings = (
        Bilingual("序号", "No."), Bilingual("收费时间", "Charged"), Bilingual("项目", "Item"),
        Bilingual("开单科室、医师", "Ordered by"), Bilingual("数量", "Qty"),
        *view.money_headings,
        Bilingual("规则", "Rules"), Bilingual("核查", "Check"), Bilingual("说明", "Note"),
    )  # fmt: skip
    yield PageTable(Bilingual("逐条核查表", "Line-by-line check"), headings, list(_grouped(view, shown)))
    counted = [line for line in shown if line.role != COMPARED]
    listed = sum((line.amount_at_risk or Decimal(0) for line in counted), Decimal("0.00"))
    yield Paragraph(_listed(view, len(counted), listed), "note")
    if len(counted) < len(shown):
        yield Paragraph(f"{COMPARED_MEANING}: {len(shown) - len(counted)}", "note")


def _listed(view: LeadView, count: int, listed: Decimal) -> Bilingual:
    """How many lines the paper has, and where the others are and what they count."""
    whole, others = view.lead.line_count, view.lead.amount_at_risk - listed
    zh = f"列出 {count:,} / 共 {whole:,} 条,涉及基金 {listed:,.2f} 元"
    en = f"{count:,} of {whole:,} lines, CNY {listed:,.2f} of the fund"
    if count < whole:
        command = f"`fundwatch leads lines {view.lead.lead_id}`"
        zh += f";未列出的 {whole - count:,} 条计 {others:,.2f} 元,见同名工作簿,或用 {command} 取得全部明细"
        en += f"; the others count CNY {others:,.2f}: see the workbook of the same name, or {command}"
    return view.says(zh, en)


def _drawn_visits(view: LeadView) -> Iterator[PageTable]:
    """Of a lead without lines, the visits to draw first, with boxes."""
    if view.drivers is None:
        return
    rows = [
        (
            Figure(number), stay_text(view, view.encounter(visit.encounter_id), visit.encounter_id).zh,
            Figure(f"{visit.line_count:,}"), Figure(view.money(visit.amount)), "□正常 □存疑", "",
        )
        for number, visit in enumerate(view.drivers.visits, start=1)
    ]  # fmt: skip
    headings = both(
        ("序号", "No."),
        ("就诊或住院", "Visit or stay"),
        ("明细", "Lines"),
        ("费用", "Charged"),
        ("核查", "Check"),
        ("说明", "Note"),
    )
    yield PageTable(Bilingual("抽查表", "Visits to draw"), headings, rows)


def _grouped(view: LeadView, lines: Sequence[EvidenceRow]) -> Iterator[RowHeader | tuple[object, ...]]:
    """By visit or stay in the order of their dearest line, in a stay by time."""
    by_stay: dict[str, list[EvidenceRow]] = {}
    for line in lines:
        by_stay.setdefault(line.encounter_id or "", []).append(line)
    number = 0
    for encounter_id, own in by_stay.items():
        yield RowHeader(_head(view, encounter_id, own))
        for line in sorted(own, key=lambda one: (str(one.charged_at or ""), one.line_id or "")):
            number += 1
            yield (Figure(number), *_cells(view, line))


def _head(view: LeadView, encounter_id: str, lines: Sequence[EvidenceRow]) -> Bilingual:
    stay = stay_text(view, view.encounter(encounter_id), encounter_id)
    counted = [line for line in lines if line.role != COMPARED]
    amounts = [line.amount_in_question for line in counted]
    question = question_text(None if None in amounts else sum((a for a in amounts if a), Decimal("0.00")))
    risk = sum((line.amount_at_risk or Decimal(0) for line in counted), Decimal("0.00"))
    both = view.says(
        f"小计 {len(counted)} 条,{question.zh},涉及基金 {risk:,.2f} 元",
        f"{len(counted)} lines, {question.en}, CNY {risk:,.2f} of the fund",
    )
    return Bilingual(f"{stay.zh} · {both.zh}", " · ".join(filter(None, (stay.en, both.en))))


def _cells(view: LeadView, line: EvidenceRow) -> tuple[object, ...]:
    is_compared = line.role == COMPARED
    ordered = " ".join(filter(None, (department_text(line.ordering_department), short(line.ordering_doctor_id))))
    return (
        "" if line.charged_at is None else f"{line.charged_at:%Y-%m-%d %H:%M}",
        f"{line.item_name or ''} {line.item_code or ''}\n明细号 {line.line_id or ''}",
        ordered,
        Figure("" if line.quantity is None else f"{line.quantity.normalize():f}"),
        *(Figure(view.money(one)) for one in (line.amount, line.amount_in_question, line.amount_at_risk)),
        ", ".join(line.rule_ids or []),
        ROLE_WORDS[COMPARED] if is_compared else BOXES,
        "",
    )


def _closing(view: LeadView) -> Iterator[Part]:
    """What was found, what the inspected says, who signs."""
    blank = (Bilingual("事项", "What"), Bilingual("填写", "To fill in"))
    yield PageTable(
        Bilingual("核查结论", "Findings"),
        blank,
        [
            (Bilingual("结论", "Conclusion"), "□ 属实   □ 部分属实   □ 不属实   □ 证据不足   □ 移送"),
            (view.says("认定违规金额(元)", "Found, CNY"), ""),
            (view.says("认定基金损失(元)", "Loss to the fund, CNY"), ""),
            (Bilingual("适用条款", "Article applied"), ""),
            (Bilingual("事实与理由", "Facts and reasons"), _BLANK),
            (Bilingual("被检查对象的陈述、申辩", "Statement and defence of the inspected"), _BLANK),
        ],
    )
    yield PageTable(
        Bilingual("签字", "Signatures"),
        (Bilingual("签字人", "Who"), Bilingual("签名或盖章", "Signature or seal"), Bilingual("日期", "Date")),
        [
            (Bilingual("检查人员", "Inspector"), _BLANK, ""),
            (Bilingual("检查人员", "Inspector"), _BLANK, ""),
            (Bilingual("被检查对象(逐页核对无误)", "The inspected, each page seen"), _BLANK, ""),
            (Bilingual("见证人", "Witness"), _BLANK, ""),
        ],
    )
    yield Paragraph(
        Bilingual("本底稿为线索核查用,不是处理决定。", "This paper serves the check of a lead; it decides nothing."),
        "note",
    )
