"""A small reference table in an Excel workbook as lines of text. What Excel has destroyed is refused by its cell."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fundwatch.errors import some
from intake.files.limits import BLOCK, MOST_COLUMNS, MOST_HELD, MOST_ROWS, MOST_SHEET, MOST_WORKBOOK
from intake.files.unpacking import FileError, refuse_many_entries, refuse_unbounded

if TYPE_CHECKING:
    from openpyxl.workbook.workbook import Workbook

_BLOCK_ROWS = 1_000  # in blocks of one row each hardly any would be sampled
_SHEETS = "xl/worksheets/"
_DIGITS = 15  # a number in Excel has no more; what is longer lost its end
# formats that show 7 as 007, P007 or 07月: the value of an id is what people see
_PADDED = re.compile(r'(?:"([^"]*)")?(0{2,})(?:"([^"]*)")?')
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell [^>]*?ref="([A-Z]+)(\d+):([A-Z]+)(\d+)"')
_LONGEST_MERGE = 200  # bytes of one such element
# how Excel writes a number of more than eleven digits when it saves text: 1.23457E+17
SHORTENED = re.compile(r"\d(\.\d+)?E\+\d{2,}")


def workbook_lines(path: Path) -> Iterator[bytes]:
    """The one sheet as CSV in UTF-8; line n is row n. Formulas give the value Excel saved.

    Raises FileError for a damaged workbook, several sheets, too many rows, cells merged over rows, a cell with an
    error, with a formula that was never computed, or with digits lost.
    """
    refuse_bomb(path)
    try:
        _refuse_merged(path)
        book, formulas = _opened(path, values=True), _opened(path, values=False)
        try:
            yield from _rows(book, formulas)
        finally:
            book.close()
            formulas.close()
    except FileError:
        raise
    except Exception as error:  # openpyxl raises whatever its parser meets in a damaged file
        raise FileError(f"is a damaged Excel workbook, or none ({type(error).__name__})") from error


def _opened(path: Path, *, values: bool) -> Workbook:
    from openpyxl import load_workbook

    return load_workbook(path, read_only=True, data_only=values, keep_links=False)


def refuse_bomb(path: Path) -> None:
    """Sheets are read row by row; all else (shared strings, styles) is held whole."""
    if path.stat().st_size > MOST_WORKBOOK:
        raise FileError(f"is a workbook of more than {MOST_WORKBOOK >> 20} MiB: deliver it as CSV or parquet")
    try:
        refuse_many_entries(path)
        with zipfile.ZipFile(path) as archive:
            refuse_unbounded(archive)
            sizes = [(member.filename.startswith(_SHEETS), member.file_size) for member in archive.infolist()]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise FileError(f"is a damaged Excel workbook, or none ({type(error).__name__})") from error
    for is_sheet, most in ((True, MOST_SHEET), (False, MOST_HELD)):
        if sum(size for of_sheet, size in sizes if of_sheet == is_sheet) > most:
            what = "sheets unpack" if is_sheet else "texts and styles unpack"
            raise FileError(f"has {what} to more than {most >> 20} MiB: deliver it as CSV or parquet")


def _refuse_merged(path: Path) -> None:
    """Of cells that are merged the first alone holds the value: what a person sees in several rows stands in one."""
    with zipfile.ZipFile(path) as archive:
        for name in (name for name in archive.namelist() if name.startswith(_SHEETS)):
            with archive.open(name) as stream:
                before = b""
                while block := stream.read(BLOCK):
                    for found in _MERGED.finditer(before + block):
                        first, last = found[1].decode(), found[3].decode()
                        if found[2] != found[4]:
                            raise FileError(
                                f"cells {first}{found[2].decode()}:{last}{found[4].decode()} are merged, and the value "
                                "stands in the first alone: part them, and fill each"
                            )
                    before = block[-_LONGEST_MERGE:]


def _rows(book: Workbook, formulas: Workbook) -> Iterator[bytes]:
    sheets = book.sheetnames
    if len(sheets) != 1:
        raise FileError(f"has {len(sheets)} sheets ({some(sheets, 5)}): leave the one to be read")
    sheet: Any = book.worksheets[0]
    written: Any = formulas.worksheets[0]
    # each row is as wide as the sheet says it is
    if (wide := sheet.max_column or 0) > MOST_COLUMNS:
        raise FileError(f"its sheet is {wide:,} columns wide, more than {MOST_COLUMNS:,}: delete the empty ones")
    lines: list[bytes] = []
    for number, (cells, sources) in enumerate(zip(sheet.iter_rows(), written.iter_rows(), strict=True), 1):
        if number > MOST_ROWS + 1:
            raise FileError(f"has more than {MOST_ROWS:,} rows: deliver it as CSV or parquet")
        texts = [_text(cell, source.data_type == "f") for cell, source in zip(cells, sources, strict=True)]
        lines.append(_line(texts))
        if len(lines) == _BLOCK_ROWS:
            yield b"".join(lines)
            lines.clear()
    yield b"".join(lines)


def _line(texts: list[str]) -> bytes:
    if not any(texts):
        return b"\n"
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(texts)
    return line.getvalue().encode()


def _text(cell: Any, is_formula: bool) -> str:
    """The cell as the text a person sees. Messages name the cell, never its value."""
    value = cell.value
    if value is None:
        if is_formula:
            raise FileError(f"cell {cell.coordinate}: a formula without its value; open it in Excel and save it")
        return ""
    if cell.data_type == "e":
        raise FileError(f"cell {cell.coordinate}: an error of Excel; fix it")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return _number(value, cell.coordinate, cell.number_format)
    if isinstance(value, (datetime, date, time)):
        return _moment(value)
    if SHORTENED.fullmatch(str(value).strip()):
        raise FileError(f"cell {cell.coordinate}: {_LOST}")
    return str(value)


_LOST = "a long number of which Excel kept only the beginning; format the column as text and fill it again"


def _number(value: int | float, place: str, shown: str) -> str:
    if abs(value) >= 10**_DIGITS:
        raise FileError(f"cell {place}: {_LOST}")
    # Excel keeps 15 digits of a binary fraction: 0.1 + 0.2 is 0.3 there, and so it is here
    exact = Decimal(f"{value:.{_DIGITS}g}")
    if exact != exact.to_integral_value():
        return f"{exact.normalize():f}"
    text, padded = f"{exact.to_integral_value():f}", _PADDED.fullmatch(shown)
    return text if padded is None else f"{padded[1] or ''}{text.zfill(len(padded[2]))}{padded[3] or ''}"


def _moment(value: datetime | date | time) -> str:
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "seconds")
    return value.isoformat()
