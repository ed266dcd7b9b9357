"""The workbook that an inspector fills in: what it looks like, and what its cells say when it comes back.

Every problem names its cell. Formulas, merged cells, texts that a spreadsheet would compute and texts longer than any
note are refused: what a person typed is taken as it stands, or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fundwatch.cells import safe_text
from leads.outcomes.closing import LONGEST_NOTE, CaseKnown, Closing
from leads.outcomes.entries import DECISIONS, STATUS_WORDS, ChosenBy, Status
from leads.outcomes.practice import Practice
from leads.publishing.sheets import Book, Heading, Sheet

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

CASES, LINES, ABOUT = "核查 Check", "明细 Lines", "说明 About"
MOST_ROWS = 20_000
_HEADER, _FIRST = 4, 5  # rows as a spreadsheet numbers them
ACCEPTED, CLEARED = "认定", "排除"
_LINE_WORDS = {ACCEPTED: True, "accepted": True, CLEARED: False, "cleared": False}
# what is given, by name: of these only the last two blocks are typed into
_CASE_COLUMNS: Mapping[str, Heading] = {
    "night": Heading("清单", "List", 12, "date"),
    "lead_id": Heading("线索编号", "Lead id", 19),
    "case_id": Heading("个案编号", "Case id", 19),
    "subject": Heading("对象", "Who", 22, "wrapped"),
    "kind": Heading("规则", "Rule", 9),
    "tier": Heading("等级", "Tier", 12, "tier"),
    "status": Heading("所处环节", "Stands", 16, "wrapped"),
    "seen": Heading("末步", "Last step", 14),
    "hits": Heading("命中", "Hits", 7, "count"),
    "lines": Heading("明细", "Lines", 7, "count"),
    "paid": Heading("明细金额(元)", "Lines cost, CNY", 14, "money"),
    "decision": Heading("决定", "Decision", 16),
    "on_date": Heading("日期", "On", 12, "date"),
    "found_amount": Heading("查实违规金额(元)", "Found, CNY", 16, "money"),
    "recovered_amount": Heading("已追回(元)", "Recovered, CNY", 14, "money"),
    "prevented_amount": Heading("避免损失(元)", "Prevented, CNY", 14, "money"),
    "fined_amount": Heading("罚款(元)", "Fined, CNY", 14, "money"),
    "article": Heading("适用条款", "Article", 14),
    "referred_to": Heading("移送", "Referred to", 12),
    "reason_code": Heading("原因代码", "Reason", 14),
    "hours": Heading("工时", "Hours", 8, "plain"),
    "chosen_by": Heading("来源", "Chosen by", 10),
    "note": Heading("说明", "Note", 50, "wrapped"),
}
_LINE_COLUMNS: Mapping[str, Heading] = {
    "case_id": Heading("个案编号", "Case id", 19),
    "line_id": Heading("明细号", "Line", 24),
    "charged_on": Heading("服务日期", "Service", 12, "date"),
    "amount": Heading("金额(元)", "Amount, CNY", 14, "money"),
    "judged": Heading("认定或排除", "Accepted or cleared", 18),
}
_MONEY = ("found_amount", "recovered_amount", "prevented_amount", "fined_amount")
_TEXTS = ("article", "referred_to", "reason_code", "chosen_by", "note")
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_WORDS = {word: status for status in Status for word in (str(status), *STATUS_WORDS[status].split(" ", 1))} | {
    STATUS_WORDS[status]: status for status in Status
}
_STEPS = (Status.IN_CHECK, Status.HEARD)


@dataclass(frozen=True)
class LineFilled:
    """A row of the lines: what it was given with, and what is said of it (None: nothing)."""

    line_id: str
    amount: Decimal | None
    is_accepted: bool | None
    cells: Mapping[str, str]


@dataclass(frozen=True)
class CaseFilled:
    """A row of the cases in which something was typed: where its cells are by column, and its lines."""

    night: date
    lead_id: str
    case_id: str
    seen: str
    to: Status
    closing: Closing
    cells: Mapping[str, str]
    lines: Sequence[LineFilled] = field(default=())


@dataclass(frozen=True)
class SheetFilled:
    """What a workbook says, and every problem of its cells."""

    cases: Sequence[CaseFilled]
    problems: Sequence[str]


def write_sheet(path: Path, cases: Sequence[CaseKnown], names: Mapping[str, str], practice: Practice) -> None:
    """Write the workbook for these cases; `names` says by subject how it is shown."""
    night = max(case.night for case in cases)
    book = Book(str(path), night)
    filled = "只填“决定”及其右各列 | Fill in the columns from Decision on; leave all else as it is"
    judged = f"最后一列填 {ACCEPTED} 或 {CLEARED} | The last column takes {ACCEPTED} (accepted) or {CLEARED} (cleared)"
    book.add(Sheet(CASES, f"核查表 {night} Check sheet", filled, [*_CASE_COLUMNS.values()], _case_rows(cases, names)))
    book.add(Sheet(LINES, f"逐条核对 {night} Line by line", judged, [*_LINE_COLUMNS.values()], _line_rows(cases)))
    about = (Heading("事项", "What", 24, "wrapped"), Heading("可填内容", "What it takes", 100, "wrapped"))
    book.add(Sheet(ABOUT, f"填写说明 {night} How to fill it in", filled, about, [*_about(practice)]))
    book.close()


def _case_rows(cases: Iterable[CaseKnown], names: Mapping[str, str]) -> Iterator[tuple[object, ...]]:
    typed = [None] * (len(_CASE_COLUMNS) - list(_CASE_COLUMNS).index("decision"))
    for case in cases:
        yield (
            case.night, case.lead_id, case.case_id, names.get(case.subject_id, case.subject_id), case.kind, case.tier,
            STATUS_WORDS[case.status], case.last_entry, len(case.hit_ids), len(case.lines), case.paid, *typed,
        )  # fmt: skip


def _line_rows(cases: Iterable[CaseKnown]) -> Iterator[tuple[object, ...]]:
    for case in cases:
        for line in sorted(case.lines.values(), key=lambda line: line.line_id):
            yield case.case_id, line.line_id, line.charged_on, line.amount, None


def _about(practice: Practice) -> Iterator[tuple[str, str]]:
    yield "决定 Decision", "; ".join(STATUS_WORDS[status] for status in (*_STEPS, *DECISIONS))
    for decision, codes in practice.reasons.items():
        words = STATUS_WORDS.get(decision)
        if words is not None:
            yield f"原因代码 Reason: {words}", "; ".join(f"{code}: {text}" for code, text in codes.items())
    yield "移送 Referred to", "; ".join(f"{code}: {text}" for code, text in practice.referred_to.items())
    yield "适用条款 Article", "条例 38(3)"
    yield "来源 Chosen by", ", ".join(ChosenBy)
    yield "罚款 Fined", "须先陈述申辩 | Only after statement and defence were heard (已陈述申辩 heard)"


def read_sheet(path: Path) -> SheetFilled:
    """What a filled-in workbook says. It must have been looked at before: openpyxl reads whatever it is given."""
    from openpyxl import load_workbook

    book = load_workbook(path, read_only=False, data_only=False, keep_links=False)
    try:
        lost = [f"没有工作表 there is no sheet '{name}'" for name in (CASES, LINES) if name not in book.sheetnames]
        if lost:
            return SheetFilled((), lost)
        reader = _Reader()
        for name, columns in ((CASES, _CASE_COLUMNS), (LINES, _LINE_COLUMNS)):
            reader.check(book[name], columns)
        if reader.problems:  # cells of another column say something else
            return SheetFilled((), reader.problems)
        lines = reader.lines(book[LINES])
        cases = [
            CaseFilled(**{**vars(case), "lines": lines.get(case.case_id, [])}) for case in reader.cases(book[CASES])
        ]
        return SheetFilled(cases, reader.problems)
    finally:
        book.close()


class _Reader:
    """Reads cells and gathers what is wrong with them."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def check(self, page: Worksheet, columns: Mapping[str, Heading]) -> None:
        """The headings stand where they were, nothing is merged, and there are not too many rows."""
        for place, heading in enumerate(columns.values(), 1):
            cell = page.cell(_HEADER, place)
            if " ".join(str(cell.value or "").split()) != f"{heading.zh} {heading.en}":
                self._wrong(page, cell.coordinate, f"列已移动 here should be the column '{heading.zh} {heading.en}'")
        for merged in page.merged_cells.ranges:
            self._wrong(page, str(merged), "合并单元格 merged cells: unmerge them")
        if page.max_row > MOST_ROWS:
            self._wrong(page, f"A{MOST_ROWS}", f"超过 {MOST_ROWS:,} 行 more than {MOST_ROWS:,} rows")

    def cases(self, page: Worksheet) -> list[CaseFilled]:
        """The rows in which a decision was typed. A row with other things typed and no decision is a problem."""
        found: dict[str, CaseFilled] = {}
        for cells, at in self._rows(page, _CASE_COLUMNS):
            typed = [name for name in (*_MONEY, *_TEXTS, "hours", "on_date") if not _is_blank(cells[name])]
            if _is_blank(cells["decision"]):
                if typed:
                    self._wrong(page, at["decision"], "有填写而无决定 something is filled in and no decision")
                continue
            case = self._case(page, cells, at)
            if case is None:
                continue
            if case.case_id in found:
                self._wrong(
                    page,
                    at["case_id"],
                    f"个案重复 the case stands in row {found[case.case_id].cells['case_id'][1:]} too",
                )
            found[case.case_id] = case
        return [*found.values()]

    def _case(self, page: Worksheet, cells: Mapping[str, Any], at: Mapping[str, str]) -> CaseFilled | None:
        before = len(self.problems)
        texts = {name: self._text(page, cells[name], at[name]) for name in (*_TEXTS, "decision")}
        ids = {name: self._text(page, cells[name], at[name]) for name in ("lead_id", "case_id", "seen")}
        money: dict[str, Any] = {name: self._amount(page, cells[name], at[name]) for name in _MONEY}
        night, on = (self._date(page, cells[name], at[name]) for name in ("night", "on_date"))
        hours = self._amount(page, cells["hours"], at["hours"])
        to = _WORDS.get(texts["decision"])
        if to is None or (not to.is_decided and to not in _STEPS):
            usual = " / ".join(STATUS_WORDS[status] for status in (*_STEPS, *DECISIONS))
            self._wrong(page, at["decision"], f"不是决定 no decision; it takes {usual}")
        if night is None:
            self._wrong(page, at["night"], "缺清单日期 the list's date is missing")
        if on is None and not _is_blank(cells["decision"]) and len(self.problems) == before:
            self._wrong(page, at["on_date"], "缺日期 the date is missing")
        if len(self.problems) > before or to is None or night is None or on is None:
            return None
        closing = Closing(
            to, on, **money, article=texts["article"], referred_to=texts["referred_to"],
            hours=None if hours is None else float(hours), chosen_by=texts["chosen_by"] or ChosenBy.LIST,
            reason_code=texts["reason_code"], note=texts["note"],
        )  # fmt: skip
        return CaseFilled(night, ids["lead_id"], ids["case_id"], ids["seen"], to, closing, dict(at))

    def lines(self, page: Worksheet) -> dict[str, list[LineFilled]]:
        """The lines by case, with what is said of each."""
        found: dict[str, list[LineFilled]] = {}
        for cells, at in self._rows(page, _LINE_COLUMNS):
            said = self._text(page, cells["judged"], at["judged"])
            if said and said not in _LINE_WORDS:
                self._wrong(page, at["judged"], f"不是 {ACCEPTED} 或 {CLEARED} is neither accepted nor cleared")
                continue
            ids = [self._text(page, cells[name], at[name]) for name in ("case_id", "line_id")]
            amount = self._amount(page, cells["amount"], at["amount"])
            line = LineFilled(ids[1], amount, _LINE_WORDS[said] if said else None, dict(at))
            found.setdefault(ids[0], []).append(line)
        return found

    def _rows(self, page: Worksheet, columns: Mapping[str, Heading]) -> Iterator[tuple[dict[str, Any], dict[str, str]]]:
        for row in page.iter_rows(min_row=_FIRST, max_row=min(page.max_row, MOST_ROWS), max_col=len(columns)):
            if all(_is_blank(cell) for cell in row):
                continue
            yield dict(zip(columns, row, strict=True)), {n: c.coordinate for n, c in zip(columns, row, strict=True)}

    def _text(self, page: Worksheet, cell: Any, at: str) -> str:
        if _is_blank(cell):
            return ""
        if self._is_computed(page, cell, at):
            return ""
        text = str(cell.value).strip()
        if len(text) > LONGEST_NOTE:
            self._wrong(page, at, f"超过 {LONGEST_NOTE:,} 字 has {len(text):,} characters, {LONGEST_NOTE:,} at most")
        elif safe_text(text) != text:
            self._wrong(page, at, "以 = + - @ 开头的文字 a text that a spreadsheet would compute: begin it otherwise")
        else:
            return text
        return ""

    def _amount(self, page: Worksheet, cell: Any, at: str) -> Decimal | None:
        if _is_blank(cell) or self._is_computed(page, cell, at):
            return None
        value = cell.value
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            self._wrong(page, at, "不是金额 is no amount")
            return None
        # Excel keeps 15 digits of a binary fraction: 0.1 + 0.2 is 0.3 there, and so it is here
        text = (
            f"{value:.15g}" if isinstance(value, float) else str(value).replace(",", "").replace("\uff0c", "").strip()
        )
        try:
            amount = Decimal(text)
        except InvalidOperation:
            amount = Decimal("NaN")
        if amount.is_finite() and len(text) <= 30:
            return amount
        self._wrong(page, at, "不是金额 is no amount")
        return None

    def _date(self, page: Worksheet, cell: Any, at: str) -> date | None:
        if _is_blank(cell) or self._is_computed(page, cell, at):
            return None
        value = cell.value
        if isinstance(value, datetime):
            return value.date()
        if isinstance(value, date):
            return value
        match = _DATE.fullmatch(str(value).strip())
        try:
            return date(*map(int, match.groups() if match else ()))
        except (ValueError, TypeError):
            self._wrong(page, at, "不是日期 is no date like 2026-04-10")
            return None

    def _is_computed(self, page: Worksheet, cell: Any, at: str) -> bool:
        kinds = {"f": "公式 a formula: type its value", "e": "Excel 错误 an error of Excel: fix it"}
        if cell.data_type not in kinds:
            return False
        self._wrong(page, at, kinds[cell.data_type])
        return True

    def _wrong(self, page: Worksheet, at: str, text: str) -> None:
        self.problems.append(f"{page.title}!{at}: {text}")


def _is_blank(cell: Any) -> bool:
    return cell.value is None or (isinstance(cell.value, str) and not cell.value.strip())
