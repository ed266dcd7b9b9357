"""Names that a spreadsheet would compute, and how to see whether a cell still does."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

HOSTILE = (
    "=1+1", "+1+1", "-1+1", "@SUM(1)", "\t=1+1", "\r=1+1", "＝1+1", "＋1+1", "－1+1", "＠SUM(1)", "  =1+1",
    "\u3000=1+1", "=cmd|' /C calc'!A0", '=HYPERLINK("http://x.invalid","甲")', "-cmd", "+86 139",
)  # fmt: skip
_SIGN = re.compile(r"[\s\ufeff\u200b]*([=+\-@＝＋－＠]|[\t\r\n])")
_NUMBER = re.compile(r" *[+-]?(\d[\d,]*)?\.?\d+([eE][+-]?\d+)?\s?%? *")


def computes(cell: str) -> bool:
    """Whether a spreadsheet would take the text for more than a text or a number."""
    return _SIGN.match(cell) is not None and _NUMBER.fullmatch(cell) is None


def computing_cells(csv_file: Path | bytes) -> list[str]:
    """The cells of a CSV file that would compute."""
    content = csv_file if isinstance(csv_file, bytes) else csv_file.read_bytes()
    rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    return [cell for row in rows for cell in row if computes(cell)]
