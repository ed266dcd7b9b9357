"""Sheets of knowledge points as rows of text: CSV or Excel, of the usual columns or of others by a column map."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from pydantic import Field

from fundwatch.declared import Declared, read_declared
from fundwatch.errors import FundwatchError, some
from intake.files.forms.spreadsheet import workbook_lines
from intake.files.unpacking import FileError
from rules.knowledge.sheets import SheetRow

COLUMNS = (
    "rule_class", "item_name", "item_codes", "constraint_text", "valid_from", "valid_to", "source", "batch",
    "knowledge_class", "parameters",
)  # fmt: skip
_NEEDED = ("rule_class", "item_name", "item_codes", "constraint_text")
_MOST_BYTES, _MOST_ROWS, _LONGEST_CELL = 256 << 20, 1_000_000, 1 << 17


class ColumnMap(Declared):
    """`--columns FILE`: which column of the sheet is which of ours, what holds of all rows, and what parts codes."""

    columns: dict[str, str] = Field(default_factory=dict)
    values: dict[str, str] = Field(default_factory=dict)
    codes_parted_by: str = Field("|", min_length=1, max_length=3)

    def problems(self) -> Iterator[str]:
        """What is wrong with it."""
        for key, given in (("columns", self.columns), ("values", self.values)):
            unknown = sorted(given.keys() - {*COLUMNS})
            if unknown:
                yield f"{key}: {', '.join(unknown)} is none of {', '.join(COLUMNS)}"
        if twice := sorted(self.columns.keys() & self.values.keys()):
            yield f"{', '.join(twice)}: stands under columns and under values"


def read_map(file: Path | None) -> ColumnMap:
    """The column map, or the usual columns. Raises FundwatchError naming every problem."""
    if file is None:
        return ColumnMap()
    return read_declared(ColumnMap, file, "the column map does not hold", also=ColumnMap.problems)


def read_sheet(file: Path, by: ColumnMap) -> Iterator[SheetRow]:
    """The rows of a file, numbered as a spreadsheet does. Raises FundwatchError naming file and row for what is no
    sheet, has other columns, or is larger than any that is published."""
    rows = csv.reader(_lines(file), strict=True)
    csv.field_size_limit(_LONGEST_CELL)
    try:
        header = [name.strip() for name in next(rows, [])]
        places = _places(file, header, by)
        for row in rows:
            if rows.line_num > _MOST_ROWS:
                _refuse(file, f"has more than {_MOST_ROWS:,} rows", "part it")
            if not any(cell.strip() for cell in row):
                continue
            if len(row) > len(header):
                _refuse(file, f"row {rows.line_num} has more cells than the first row has names", "fix the row")
            cells = {ours: row[place].strip() for ours, place in places.items() if place < len(row)}
            yield SheetRow(file.name, rows.line_num, {**by.values, **cells})
    except csv.Error as error:
        _refuse(file, f"row {rows.line_num}: {error}", "fix the row: is a quotation mark closed?")


def _places(file: Path, header: Sequence[str], by: ColumnMap) -> Mapping[str, int]:
    """Which cell of a row is which column of ours."""
    if twice := sorted({name for name in header if name and header.count(name) > 1}):
        _refuse(file, f"its first row names {some(twice)} twice", "name each column once")
    named = {ours: by.columns.get(ours, ours) for ours in COLUMNS if ours not in by.values}
    lost = [theirs for ours, theirs in named.items() if ours in by.columns and theirs not in header]
    lost += [named[ours] for ours in _NEEDED if ours in named and named[ours] not in header]
    if lost:
        _refuse(
            file,
            f"its first row names no column {some([*dict.fromkeys(lost)])}; it names {some(header)}",
            "say which column is which with --columns",
        )
    return {ours: header.index(theirs) for ours, theirs in named.items() if theirs in header}


def _lines(file: Path) -> Iterator[str]:
    if not file.is_file():
        _refuse(file, "there is no such file", "name one that is there")
    if file.stat().st_size > _MOST_BYTES:
        _refuse(file, f"has more than {_MOST_BYTES >> 20} MiB", "part it")
    if file.suffix.lower() == ".xlsx":
        yield from io.TextIOWrapper(io.BytesIO(_workbook(file)), "utf-8", newline="")
        return
    if file.suffix.lower() not in (".csv", ".txt"):
        _refuse(file, f"is a file of the kind '{file.suffix}'", "save it as .csv or .xlsx")
    yield from io.StringIO(_text(file), newline="")


def _workbook(file: Path) -> bytes:
    try:
        return b"".join(workbook_lines(file))
    except FileError as error:
        _refuse(file, str(error), "fix the workbook, or save the sheet as CSV in UTF-8")


def _text(file: Path) -> str:
    """The file's text, in UTF-8 or GB 18030. A text in the one hardly ever reads as the other."""
    content = file.read_bytes()
    if b"\0" in content:
        _refuse(file, f"byte {content.index(0)} is zero: it is no text, or in UTF-16", "save it as CSV in UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        try:
            return content.decode("gb18030")
        except UnicodeDecodeError:
            _refuse(file, f"byte {error.start} is neither UTF-8 nor GB 18030", "save it as CSV in UTF-8")


def _refuse(file: Path, what: str, do: str) -> NoReturn:
    raise FundwatchError(f"the sheet cannot be read: {what}", where=str(file), do=do)
