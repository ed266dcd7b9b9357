"""How our worksheets look: one declaration per sheet, one way of writing them."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

from leads.words import in_currency

FONT = "Microsoft YaHei"  # on every Chinese Windows; elsewhere the reader's default takes its place
_HEADER_ROW = 3
_LINE_POINTS = 15
_MOST_POINTS = 400  # Excel's limit is 409

_TEXT = {"font_name": FONT, "font_size": 10, "valign": "top", "border": 1, "border_color": "#D9D9D9"}
_TIER = {**_TEXT, "bold": True, "text_wrap": True, "align": "center"}
_FORMATS: Mapping[str, Mapping[str, object]] = {
    "text": _TEXT,
    "wrapped": {**_TEXT, "text_wrap": True},
    "money": {**_TEXT, "num_format": "#,##0.00"},
    "plain": {**_TEXT, "num_format": "General"},  # a quantity: as many decimals as it has
    "place": {**_TEXT, "num_format": "0", "align": "center", "bold": True},
    "count": {**_TEXT, "num_format": "#,##0"},
    "percent": {**_TEXT, "num_format": "0.0%"},
    "date": {**_TEXT, "num_format": "yyyy-mm-dd"},
    "time": {**_TEXT, "num_format": "yyyy-mm-dd hh:mm"},
    "明确违规": {**_TIER, "bg_color": "#FFC7CE", "font_color": "#9C0006"},
    "可疑": {**_TIER, "bg_color": "#FFEB9C", "font_color": "#7F4F00"},
    "线索": {**_TIER, "bg_color": "#DDEBF7", "font_color": "#1F4E78"},
    "header": {
        **_TEXT, "bold": True, "bg_color": "#1F4E78", "font_color": "#FFFFFF", "text_wrap": True,
        "valign": "vcenter", "align": "center",
    },
    "title": {"font_name": FONT, "font_size": 16, "bold": True, "font_color": "#1F4E78"},
    "subtitle": {"font_name": FONT, "font_size": 10, "italic": True, "font_color": "#595959"},
}  # fmt: skip


@dataclass(frozen=True)
class Heading:
    """A column of a sheet: its two headings, its width in characters and the format of its cells.

    The format `tier` colours a cell by the tier its text begins with.
    """

    zh: str
    en: str
    width: float
    format: str = "text"

    def in_currency(self, currency: str) -> Heading:
        """The heading of money in the currency."""
        return replace(self, zh=in_currency(self.zh, currency), en=in_currency(self.en, currency))


@dataclass(frozen=True)
class Shown:
    """A cell that wants another format than its column's."""

    value: float | None
    format: str


@dataclass(frozen=True)
class Sheet:
    """One worksheet: name, title, one line under it, columns and rows."""

    name: str
    title: str
    subtitle: str
    headings: Sequence[Heading]
    rows: Iterable[Sequence[object]]

    def in_currency(self, currency: str) -> Sheet:
        """The sheet with headings of money in the currency."""
        return replace(self, headings=[heading.in_currency(currency) for heading in self.headings])


class Book:
    """A workbook being written; its bytes depend on the content alone."""

    def __init__(self, path: str | BytesIO, created: date, keywords: str = "") -> None:
        import xlsxwriter

        plain = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        self._book: Any = xlsxwriter.Workbook(path, {"in_memory": True, **plain})
        # the clock's time would otherwise stand in the file's properties
        day = datetime(created.year, created.month, created.day)
        self._book.set_properties({"title": "fundwatch", "created": day, "keywords": keywords})
        self._formats = {name: self._book.add_format(dict(look)) for name, look in _FORMATS.items()}

    def add(self, sheet: Sheet) -> None:
        """Write one sheet: title, frozen header with a filter, rows, and a page set-up that prints."""
        page = self._book.add_worksheet(sheet.name)
        page.hide_gridlines(2)
        page.write_string(0, 0, sheet.title, self._formats["title"])
        page.set_row(0, 26)
        page.write_string(1, 0, sheet.subtitle, self._formats["subtitle"])
        for place, heading in enumerate(sheet.headings):
            page.set_column(place, place, heading.width)
            page.write_string(_HEADER_ROW, place, f"{heading.zh}\n{heading.en}", self._formats["header"])
        page.set_row(_HEADER_ROW, 2 * _LINE_POINTS + 6)
        last = _HEADER_ROW
        for last, row in enumerate(sheet.rows, start=_HEADER_ROW + 1):
            self._write_row(page, last, sheet.headings, row)
        page.autofilter(_HEADER_ROW, 0, max(last, _HEADER_ROW + 1), len(sheet.headings) - 1)
        page.freeze_panes(_HEADER_ROW + 1, min(2, len(sheet.headings) - 1))
        _set_up_print(page)

    def _write_row(self, page: Any, row_place: int, headings: Sequence[Heading], row: Sequence[object]) -> None:
        page.set_row(row_place, _height(headings, row))
        for place, (heading, cell) in enumerate(zip(headings, row, strict=True)):
            value, kind = (cell.value, cell.format) if isinstance(cell, Shown) else (cell, heading.format)
            if kind == "tier":
                kind = str(value).split()[0]
            self._write_cell(page, row_place, place, value, self._formats.get(kind, self._formats["text"]))

    def _write_cell(self, page: Any, row: int, column: int, value: object, look: Any) -> None:
        if value is None:
            page.write_blank(row, column, None, look)
        elif isinstance(value, (date, datetime)):
            page.write_datetime(row, column, value, look)
        elif isinstance(value, (int, float, Decimal)):
            page.write_number(row, column, float(value), look)
        else:
            page.write_string(row, column, str(value), look)  # never a formula, whatever it starts with

    def close(self) -> None:
        """Write the file."""
        self._book.close()


def _set_up_print(page: Any) -> None:
    page.set_landscape()
    page.set_paper(9)  # A4
    page.fit_to_pages(1, 0)
    page.repeat_rows(_HEADER_ROW)
    page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    page.set_footer("&L&A&R&P / &N")


def _height(headings: Sequence[Heading], row: Sequence[object]) -> float:
    """Points for the tallest wrapped cell: not every reader fits row heights by itself."""
    lines = [
        _line_count(str(v), h.width)
        for h, v in zip(headings, row, strict=True)
        if h.format in ("wrapped", "tier") and v
    ]
    return min(_MOST_POINTS, _LINE_POINTS * max(lines, default=1) + 3)


def _line_count(text: str, width: float) -> int:
    # two columns of slack: words do not break where the cell ends
    return sum(max(1, math.ceil(_columns_of(part) / max(width - 2, 1))) for part in text.split("\n"))


def _columns_of(text: str) -> float:
    """How many digits wide the text is: a Chinese character is two, a Latin letter on average a little under one."""
    return sum(2.0 if unicodedata.east_asian_width(c) in "WF" else 0.88 for c in text)
