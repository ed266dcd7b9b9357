"""The pack by which an institution checks itself (自查自纠): questions by rule with examples, its own lines to answer,
and what may be wrong in which department. No person, no other institution, no score stands in it."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from importlib.resources import files
from io import BytesIO, StringIO

from fundwatch.pages import Bilingual, Figure, NewSheet, PageTable, Paragraph, Part, RowHeader
from fundwatch.regions import CURRENCY
from leads.cards import Cards, RuleCard
from leads.evidence.document import Document, document_of
from leads.evidence.law import violation
from leads.evidence.view import both
from leads.publishing.sheets import Book, Heading, Sheet
from leads.words import in_currency

EXAMPLES = 3
OTHERS = Bilingual("其他", "Others")
ANSWERS = ("属实", "部分属实", "不属实")
_ASKED = (
    "请对照病历、医嘱、执行记录和收费清单逐条自查,在“自查结果”填写 属实、部分属实 或 不属实,属实的填写应退金额,"
    "不属实的说明理由并附材料;填写后整册交回。所列为待核问题,不是认定。"
)
_ASKED_EN = (
    "Check each line against records, orders and bills; answer in the column 自查结果: 属实 (so), 部分属实 (in part) "
    "or 不属实 (not so), with what is to be paid back, or why not and the proof. Questions, no findings."
)


@dataclass(frozen=True)
class OwnLine:
    """A line of the institution's own about which a rule asks."""

    rule_id: str
    encounter_id: str | None
    line_id: str
    started_at: datetime | None
    ended_at: datetime | None
    charged_at: datetime | None
    ordering_department: str | None
    item_code: str | None
    item_name: str | None
    quantity: Decimal | None
    unit_price: Decimal | None
    amount: Decimal | None
    amount_in_question: Decimal | None


@dataclass(frozen=True)
class SelfCheckContent:
    """What a pack is made of: whose, of which night, its lines by rule, and what is said of rules."""

    institution_id: str
    institution_name: str
    night: date
    lines: Sequence[OwnLine]
    cards: Cards
    problems: Mapping[str, Sequence[str]]
    currency: str = CURRENCY

    @property
    def rule_ids(self) -> list[str]:
        return sorted({line.rule_id for line in self.lines})

    def of_rule(self, rule_id: str) -> list[OwnLine]:
        """The rule's lines, what comes to most first."""
        own = [line for line in self.lines if line.rule_id == rule_id]
        return sorted(own, key=lambda line: (-(line.amount_in_question or 0), line.encounter_id or "", line.line_id))


def self_check_document(content: SelfCheckContent) -> Document:
    """The pack as a page and a paper: questions with examples, then the check list by department."""
    name = content.institution_name or content.institution_id
    parts: list[Part] = [
        Paragraph(Bilingual(_ASKED, _ASKED_EN)),
        PageTable(
            Bilingual("自查问题", "Questions"),
            (
                *both(("序号", "No."), ("问题", "Question"), ("违法行为", "The act"), ("明细", "Lines")),
                _in_question_heading(content.currency),
                *both(("自查结果", "Own finding"), ("应退金额", "To pay back"), ("整改措施、责任人", "Measures")),
            ),
            [*_questions(content)],
        ),
        *_examples(content),
        NewSheet(Bilingual("分科室自查清单", "Check list by department")),
        *checklist_parts(content.cards, content.problems),
    ]  # fmt: skip
    foot = f"{content.institution_id} · {content.night}"
    return document_of(f"自查自纠 Self-check: {name} ({content.institution_id})", parts, foot, content.lines)


def _in_question_heading(currency: str) -> Bilingual:
    return Bilingual(in_currency("所涉金额(元)", currency), in_currency("In question, CNY", currency))


def _questions(content: SelfCheckContent) -> Iterator[tuple[object, ...]]:
    for number, rule_id in enumerate(content.rule_ids, start=1):
        card, own = content.cards.rule(rule_id), content.of_rule(rule_id)
        act = violation(rule_id, card.law)
        yield (
            Figure(number),
            Bilingual(f"{rule_id} {card.name_zh}", card.name_en),
            act or "、".join(card.law),
            Figure(f"{len(own):,}"),
            Figure(f"{_in_question(own):,.2f}"),
            "□属实 □部分\n□不属实",
            "",
            "",
        )


def _in_question(lines: Sequence[OwnLine]) -> Decimal:
    return sum((line.amount_in_question or Decimal(0) for line in lines), Decimal("0.00"))


def _examples(content: SelfCheckContent) -> Iterator[Part]:
    for rule_id in content.rule_ids:
        card, own = content.cards.rule(rule_id), content.of_rule(rule_id)
        rows: list[RowHeader | tuple[object, ...]] = [
            RowHeader(Bilingual(f"需核对的材料:{card.ask_for_zh}", card.ask_for_en)),
            RowHeader(Bilingual(f"可说明的情形:{card.clears_zh}", card.clears_en)),
            *(_example(line) for line in own[:EXAMPLES]),
        ]
        headings = both(
            ("就诊号", "Visit"), ("明细号", "Line"), ("收费时间", "Charged"), ("科室", "Department"), ("项目", "Item"),
            ("数量", "Qty"), ("金额", "Charged"), ("所涉金额", "In question"),
        )  # fmt: skip
        yield PageTable(Bilingual(f"{rule_id} {card.name_zh}", card.name_en), headings, rows)
        yield Paragraph(
            Bilingual(
                f"举例 {min(len(own), EXAMPLES)} 条,全部 {len(own):,} 条见工作簿“明细”",
                f"examples; all {len(own):,} are in the workbook",
            ),
            "note",
        )


def _example(line: OwnLine) -> tuple[object, ...]:
    money = (line.amount, line.amount_in_question)
    return (
        line.encounter_id or "", line.line_id, "" if line.charged_at is None else f"{line.charged_at:%Y-%m-%d %H:%M}",
        line.ordering_department or "", f"{line.item_name or ''}\n{line.item_code or ''}",
        Figure("" if line.quantity is None else f"{line.quantity.normalize():f}"),
        *(Figure("" if one is None else f"{one:,.2f}") for one in money),
    )  # fmt: skip


def checklist_parts(cards: Cards, problems: Mapping[str, Sequence[str]]) -> Iterator[Part]:
    """Possible problems by department: each rule where it is looked for, and the items of the national lists that it
    finds. Made from the rules in force."""
    for department, own in by_department(cards).items():
        rows = [
            (
                "□", Bilingual(f"{rule_id} {card.name_zh}", card.name_en),
                violation(rule_id, card.law) or "、".join(card.law),
                Bilingual(card.ask_for_zh, card.ask_for_en), "\n".join(problems.get(rule_id, ())),
            )
            for rule_id, card in own
        ]  # fmt: skip
        headings = both(
            ("自查", "Done"), ("可能的问题", "Possible problem"), ("违法行为", "The act"), ("对照材料", "Against"),
            ("国家典型问题清单", "Items of the national lists"),
        )  # fmt: skip
        yield PageTable(department, headings, rows)


def by_department(cards: Cards) -> dict[Bilingual, list[tuple[str, RuleCard]]]:
    """The rules by the department that answers for them, in the order of the departments' table."""
    of_category = _departments()
    found: dict[Bilingual, list[tuple[str, RuleCard]]] = {name: [] for name in (*of_category.values(), OTHERS)}
    for rule_id, card in sorted(cards.rules.items()):
        found[of_category.get(rule_id[:2], OTHERS)].append((rule_id, card))
    return {department: own for department, own in found.items() if own}


@cache
def _departments() -> dict[str, Bilingual]:
    """By category of rules the department; `departments.csv`."""
    text = (files("leads") / "self_check" / "departments.csv").read_text(encoding="utf-8")
    return {row["category"]: Bilingual(row["zh"], row["en"]) for row in csv.DictReader(StringIO(text, newline=""))}


_QUESTIONS = (
    Heading("规则", "Rule", 9),
    Heading("问题", "Question", 34, "wrapped"),
    Heading("违法行为", "The act", 26, "wrapped"),
    Heading("法规", "Law", 16, "wrapped"),
    Heading("明细", "Lines", 9, "count"),
    Heading("所涉金额(元)", "In question, CNY", 14, "money"),
    Heading("需核对的材料", "Against", 36, "wrapped"),
    Heading("可说明的情形", "What would clear it", 36, "wrapped"),
    Heading("自查结果", "Own finding", 12, "wrapped"),
    Heading("整改措施", "Measures", 26, "wrapped"),
    Heading("责任人", "By whom", 12, "wrapped"),
)
LINES_SHEET = "明细 Lines"
LINE_HEADINGS = (
    Heading("规则", "Rule", 9),
    Heading("就诊号", "Visit", 18, "wrapped"),
    Heading("明细号", "Line", 18, "wrapped"),
    Heading("起", "Admitted", 17, "time"),
    Heading("止", "Discharged", 17, "time"),
    Heading("收费时间", "Charged at", 17, "time"),
    Heading("科室", "Department", 14, "wrapped"),
    Heading("项目编码", "Item code", 20, "wrapped"),
    Heading("项目", "Item", 28, "wrapped"),
    Heading("数量", "Qty", 8, "plain"),
    Heading("单价(元)", "Unit price, CNY", 12, "money"),
    Heading("金额(元)", "Charged, CNY", 12, "money"),
    Heading("所涉金额(元)", "In question, CNY", 13, "money"),
    Heading("自查结果", "Answer", 12, "wrapped"),
    Heading("应退金额(元)", "To be paid back, CNY", 14, "money"),
    Heading("说明", "Note", 34, "wrapped"),
)
_MADE = "由规则生成 | Made from the rules in force"
_CHECKLIST = (
    Heading("部门", "Department", 18, "wrapped"),
    Heading("规则", "Rule", 9),
    Heading("可能的问题", "Possible problem", 36, "wrapped"),
    Heading("对照材料", "Against", 44, "wrapped"),
    Heading("国家典型问题清单", "National lists", 48, "wrapped"),
    Heading("自查", "Done", 10, "wrapped"),
)


def self_check_workbook(content: SelfCheckContent, document: Document) -> bytes:
    """The pack to fill in and send back."""
    held = BytesIO()
    book = Book(held, content.night, document.mark)
    title = f"自查自纠 {content.institution_name} ({content.institution_id}) {content.night}"
    said = f"{_ASKED} | {document.mark}"
    for sheet in (
        Sheet("问题 Questions", title, said, _QUESTIONS, _question_rows(content)),
        Sheet(LINES_SHEET, title, f"{len(content.lines):,} 条 | {document.mark}", LINE_HEADINGS, _line_rows(content)),
        Sheet("清单 Checklist", title, _MADE, _CHECKLIST, checklist_rows(content.cards, content.problems)),
    ):  # fmt: skip
        book.add(sheet.in_currency(content.currency))
    book.close()
    return held.getvalue()


def _question_rows(content: SelfCheckContent) -> Iterator[tuple[object, ...]]:
    for rule_id in content.rule_ids:
        card, own = content.cards.rule(rule_id), content.of_rule(rule_id)
        act = violation(rule_id, card.law)
        yield (
            rule_id, f"{card.name_zh}\n{card.name_en}", "" if act is None else act.zh, "\n".join(card.law), len(own),
            _in_question(own), card.ask_for_zh, card.clears_zh, "", "", "",
        )  # fmt: skip


def _line_rows(content: SelfCheckContent) -> Iterator[tuple[object, ...]]:
    for rule_id in content.rule_ids:
        for line in content.of_rule(rule_id):
            yield (
                line.rule_id, line.encounter_id, line.line_id, line.started_at, line.ended_at, line.charged_at,
                line.ordering_department, line.item_code, line.item_name, line.quantity, line.unit_price, line.amount,
                line.amount_in_question, "", None, "",
            )  # fmt: skip


def checklist_rows(cards: Cards, problems: Mapping[str, Sequence[str]]) -> Iterator[tuple[object, ...]]:
    """The check list as a sheet has it."""
    for department, own in by_department(cards).items():
        for rule_id, card in own:
            yield (
                f"{department.zh}\n{department.en}", rule_id, f"{card.name_zh}\n{card.name_en}", card.ask_for_zh,
                "\n".join(problems.get(rule_id, ())), "",
            )  # fmt: skip


def checklist_workbook(cards: Cards, problems: Mapping[str, Sequence[str]], night: date) -> bytes:
    """The check list alone, which is the same for every institution of the region."""
    held = BytesIO()
    book = Book(held, night)
    title = f"分科室自查清单 {night} Check list by department"
    book.add(
        Sheet("清单 Checklist", title, "由规则生成 | made from the rules", _CHECKLIST, checklist_rows(cards, problems))
    )
    book.close()
    return held.getvalue()
