"""What an institution answered in the workbook of its self-check pack; what does not fit is named by cell.

The book comes from outside: no more than a bound is read, its formulas are not computed, and only lines that the pack
asked about are taken.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from fundwatch.errors import FundwatchError, problems
from leads.self_check.pack import ANSWERS, LINE_HEADINGS, LINES_SHEET

MOST_BYTES, MOST_UNPACKED, MOST_ROWS, LONGEST_NOTE = 32 << 20, 256 << 20, 200_000, 2_000
_FIRST_ROW = 5
_RULE, _LINE = "规则", "明细号"
_ANSWER, _PAY_BACK, _NOTE = "自查结果", "应退金额(元)", "说明"
_YES, _PARTLY, _NO = ANSWERS


@dataclass(frozen=True)
class AskedLine:
    """A line that the pack asked about, and what is in question of it."""

    rule_id: str
    line_id: str
    amount: Decimal | None
    amount_in_question: Decimal | None


@dataclass(frozen=True)
class LineAnswer:
    """What the institution says of a line, and what it will pay back."""

    rule_id: str
    line_id: str
    answer: str
    pay_back: Decimal
    note: str


def read_answers(path: Path, asked: Mapping[tuple[str, str], AskedLine]) -> list[LineAnswer]:
    """The answers, in the order of the sheet; lines without one are left out. Raises FundwatchError naming every cell
    that does not fit; then nothing is taken."""
    answers, found, seen = list[LineAnswer](), list[str](), set[tuple[str, str]]()
    for number, row in _rows(path):
        key = (_text(row[_RULE]), _text(row[_LINE]))
        if not any(_text(row[name]) for name in (_ANSWER, _PAY_BACK, _NOTE)) and key != ("", ""):
            continue
        if key == ("", ""):
            continue
        reported = [*_wrong(number, row, asked.get(key))]
        if key in seen:
            reported.append(f"第 {number} 行 row {number}: 明细号重复 the line stands twice")
        seen.add(key)
        found += reported
        if not reported:
            pay_back = _money(row[_PAY_BACK]) or Decimal("0.00")
            answers.append(LineAnswer(*key, _text(row[_ANSWER]), pay_back, _text(row[_NOTE])))
    if found:
        raise FundwatchError(
            problems(f"{len(found)} 处填写有误 cells do not fit", found),
            where=path.name,
            do="改正后重新交回 correct them and send the book again; nothing of it was taken",
        )
    return answers


def _wrong(number: int, row: Mapping[str, Any], asked: AskedLine | None) -> Iterator[str]:
    if asked is None:
        yield f"第 {number} 行 row {number}: 该明细不在自查包中 the pack asks about no such line"
        return
    answer, pay_back = _text(row[_ANSWER]), _money(row[_PAY_BACK])
    if answer not in ANSWERS:
        yield f"{_cell(_ANSWER, number)}: “{answer:.20}”不是 {'、'.join(ANSWERS)} 之一 is none of these"
    if pay_back is None and _text(row[_PAY_BACK]):
        yield f"{_cell(_PAY_BACK, number)}: 不是金额 no amount"
    most = asked.amount_in_question if asked.amount_in_question is not None else asked.amount
    if pay_back is not None and (pay_back < 0 or (most is not None and pay_back > most)):
        yield f"{_cell(_PAY_BACK, number)}: {pay_back} 应在 0 与所涉金额 {most} 之间 must be between them"
    if answer == _NO and pay_back:
        yield f"{_cell(_PAY_BACK, number)}: 不属实的明细没有应退金额 what is not so is not paid back"
    if answer == _NO and not _text(row[_NOTE]):
        yield f"{_cell(_NOTE, number)}: 不属实须说明理由 says no reason"
    if answer in (_YES, _PARTLY) and pay_back is None:
        yield f"{_cell(_PAY_BACK, number)}: 缺应退金额 no amount to pay back"
    if len(_text(row[_NOTE])) > LONGEST_NOTE:
        yield f"{_cell(_NOTE, number)}: 超过 {LONGEST_NOTE} 字 is too long"


def _cell(name: str, number: int) -> str:
    """A cell as a spreadsheet names it: `N12 自查结果`."""
    place = [heading.zh for heading in LINE_HEADINGS].index(name)
    return f"{chr(ord('A') + place)}{number} {name}"


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()


def _money(value: object) -> Decimal | None:
    try:
        amount = Decimal(_text(value).replace(",", ""))
    except InvalidOperation:
        return None
    return amount.quantize(Decimal("0.01")) if amount.is_finite() and abs(amount) < 10**12 else None


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows of the lines' sheet by heading, with their number. Raises FundwatchError for another kind of book."""
    from openpyxl import load_workbook

    _refuse_bomb(path)
    try:
        book = load_workbook(path, read_only=True, data_only=False, keep_links=False)
    except Exception as error:
        raise _no_book(path, type(error).__name__) from error
    if LINES_SHEET not in book.sheetnames:
        raise _no_book(path, f"没有工作表“{LINES_SHEET}” it has no such sheet")
    sheet: Any = book[LINES_SHEET]
    wanted = [_bare(heading.zh) for heading in LINE_HEADINGS]
    names = [heading.zh for heading in LINE_HEADINGS]
    rows = sheet.iter_rows(min_row=_FIRST_ROW - 1, max_row=MOST_ROWS, max_col=len(wanted), values_only=True)
    given = [_bare(_text(cell)) for cell in next(rows, ())]
    if given != wanted:
        moved = next((w for g, w in zip([*given, *[""] * len(wanted)], wanted, strict=False) if g != w), "")
        raise _no_book(path, f"列被移动或改名 its columns were moved: “{moved}”")
    for number, cells in enumerate(rows, start=_FIRST_ROW):
        for place in range(len(cells) - 3, len(cells)):  # what is filled in
            if isinstance(cells[place], str) and cells[place].startswith("="):
                at = f"{chr(ord('A') + place)}{number} {_bare(names[place])}"
                raise _no_book(path, f"{at}: 有公式 a formula: 填数值 write the value")
        yield number, dict(zip(names, cells, strict=False))


def _bare(heading: str) -> str:
    """A heading without the currency, which is the region's, and its English."""
    return heading.partition("\n")[0].partition("(")[0]


def _refuse_bomb(path: Path) -> None:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise _no_book(path, f"超过 larger than {MOST_BYTES >> 20} MiB")
        with zipfile.ZipFile(path) as archive:
            if sum(member.file_size for member in archive.infolist()) > MOST_UNPACKED:
                raise _no_book(path, f"解压后超过 unpacks to more than {MOST_UNPACKED >> 20} MiB")
    except (OSError, zipfile.BadZipFile) as error:
        raise _no_book(path, str(error)) from error


def _no_book(path: Path, why: str) -> FundwatchError:
    return FundwatchError(
        f"{path.name} 不是可读的自查工作簿 is no readable self-check book: {why}",
        where=str(path),
        do="用原工作簿填写后交回 fill in the book of the pack itself, and send it back",
    )
