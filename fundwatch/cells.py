"""Tables for people as CSV, safe to open in a spreadsheet.

A spreadsheet computes a cell whose text begins with `=`, `+`, `-` or `@` (full-width ones too, and behind blanks, a tab
or a carriage return). A name that begins so gets an apostrophe before it, by which a spreadsheet takes it for text.
Numbers stay numbers: -5.00 computes nothing. Files for machines (JSON, Parquet) hold the text as it is.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

SIGN = "'"
_SIGNS = "=+\\-@＝＋－＠﹢﹣﹦﹫−"
_COMPUTES = re.compile(rf"[\s\ufeff\u200b]*[{_SIGNS}]|[\s\ufeff\u200b]*[\t\r\n]")
_NUMBER = re.compile(r"[+-]?(\d[\d,]*)?\.?\d+([eE][+-]?\d+)?\s?%?")
NOTE = (
    "以 = + - @ 开头的文字前加了一个撇号('),以免被表格软件当作公式 | "
    "Texts that begin with = + - @ have an apostrophe (') put before them, so that no spreadsheet computes them"
)


@dataclass(frozen=True)
class PeoplesTable:
    """A CSV file's bytes, and in how many cells of which columns a sign was put before the text."""

    content: bytes
    signed: Mapping[str, int]

    @property
    def note(self) -> str:
        """What a page or manifest beside the file says of it; empty when no sign was put."""
        if not self.signed:
            return ""
        text = ", ".join(f"{column}: {count:,}" for column, count in sorted(self.signed.items()))
        return f"{NOTE} ({text})"


def safe_text(text: str) -> str:
    """The text as a cell may hold it: one that a spreadsheet would compute gets a sign before it."""
    return SIGN + text if _COMPUTES.match(text) and not _NUMBER.fullmatch(text.strip(" ")) else text


def safe_cell(value: object) -> object:
    """A value as a cell may hold it; only texts are changed."""
    return safe_text(value) if isinstance(value, str) else value


def csv_for_people(header: Sequence[str], rows: Iterable[Sequence[object]]) -> PeoplesTable:
    """UTF-8 with a byte order mark: without one, Excel reads Chinese as the system's code page. None is empty."""
    signed: Counter[str] = Counter()
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([safe_text(name) for name in header])
    for row in rows:
        cells = [safe_cell(value) for value in row]
        signed.update(name for name, old, new in zip(header, row, cells, strict=True) if new is not old)
        writer.writerow(cells)
    return PeoplesTable(text.getvalue().encode("utf-8-sig"), dict(signed))
