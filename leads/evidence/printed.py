"""A document on paper: A4 as PDF, by Typst, with the font that a package brings, so that every machine makes the same
bytes. What is printed goes to Typst as data and is shown as text: nothing in it is run."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from fundwatch.drawing.style import STYLE
from fundwatch.drawing.svg import alone
from fundwatch.pages import BarChart, Bilingual, Figure, NewSheet, PageTable, Paragraph, Part, Picture, RowHeader
from leads.evidence.document import Document

if TYPE_CHECKING:
    import typst

FONT = "Noto Sans SC"
_SHORT = 16  # of the fingerprint, at the foot of each sheet
_LEAST, _MOST, _TO_FILL_IN = 5.0, 34.0, 26.0  # how wide a column may be beside others, in digits
_LONG_WORD = re.compile(r"[0-9A-Za-z_.-]{11,}")
_STYLE = f"svg text{{font-family:'{FONT}'}}{STYLE}"
_BREAK = "\u200b"  # where a line may break within an id
# what no font draws and no paper needs
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def printed(document: Document) -> bytes:
    """The document as PDF; equal documents give equal bytes."""
    content = {
        "title": _text(document.title), "font": FONT, "mark": document.mark, "foot": document.foot,
        "short": document.fingerprint[:_SHORT], "parts": _sheets(document.parts),
    }  # fmt: skip
    template = (files("leads") / "evidence" / "paper.typ").read_bytes()
    inputs = {"data": json.dumps(content, ensure_ascii=False)}
    made = _compiler().compile(template, format="pdf", sys_inputs=inputs, timestamp=0)
    if not isinstance(made, bytes):
        raise TypeError("Typst makes one file of a PDF")
    return made


@cache
def _compiler() -> typst.Compiler:
    """Typst with our font and no other: what a machine has installed changes nothing."""
    import pylopdf_fonts_zh_cn
    import typst

    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[pylopdf_fonts_zh_cn.sans_path().parent]
    )
    return typst.Compiler(font_paths=fonts, ignore_system_fonts=True)


def _sheets(parts: Sequence[Part]) -> list[dict[str, Any]]:
    """The parts as the template takes them; what follows a NewSheet belongs to it, except the closing notes."""
    sheets: list[dict[str, Any]] = []
    current = sheets
    for part in parts:
        if isinstance(part, NewSheet):
            sheet: dict[str, Any] = {"kind": "sheet", "heading": _both(part.heading), "parts": []}
            sheets.append(sheet)
            current = sheet["parts"]
        else:
            current.append(_part(part))
    return sheets


def _part(part: Part) -> dict[str, Any]:
    heading = None if not part.heading else _both(part.heading)
    if isinstance(part, Paragraph):
        return {"kind": "text", "heading": heading, "style": part.style, "text": _both(part.text)}
    if isinstance(part, Picture):
        said = part.heading.zh if isinstance(part.heading, Bilingual) else part.heading
        return {
            "kind": "picture",
            "heading": heading,
            "svg": alone(part.svg, _STYLE),
            "says": _text(said),
            "note": _both(part.note),
        }
    if isinstance(part, PageTable):
        return {
            "kind": "table", "heading": heading, "columns": [_both(name) for name in part.columns],
            "widths": _widths(part), "rows": [*_rows(part)],
        }  # fmt: skip
    raise TypeError(f"no paper shows a {BarChart.__name__}")


def _rows(table: PageTable) -> Iterator[Mapping[str, Any]]:
    for row in table.rows:
        if isinstance(row, RowHeader):
            yield {"group": _both(row.says)}
        else:
            yield {"cells": [_cell(cell) for cell in row]}


def _cell(cell: object) -> str | dict[str, str]:
    if isinstance(cell, Figure) or (isinstance(cell, (int, float)) and not isinstance(cell, bool)):
        return {"figure": _text(str(cell))}
    return _both(cell) if isinstance(cell, Bilingual) else _breaking(_text(str(cell)))


def _both(text: str | Bilingual) -> str | dict[str, str]:
    if isinstance(text, Bilingual):
        return {"zh": _breaking(_text(text.zh)), "en": _breaking(_text(text.en))}
    return _breaking(_text(text))


def _text(text: str) -> str:
    return _UNPRINTABLE.sub("\ufffd", text)


def _breaking(text: str) -> str:
    """The text with places where its long ids may break, so that no cell runs into its neighbour."""

    def broken(found: re.Match[str]) -> str:
        word = found.group()
        return _BREAK.join(word[at : at + 6] for at in range(0, len(word), 6))

    return _LONG_WORD.sub(broken, text)


def _widths(table: PageTable) -> list[float]:
    """How wide the columns are beside one another: figures as they are long, texts by the root of theirs."""
    widths = []
    for place, name in enumerate(table.columns):
        cells = [row[place] for row in table.rows if not isinstance(row, RowHeader)]
        wanted = [_wanted(cell) for cell in cells]
        head = 0.7 * max(_columns(word) for word in _words(name))
        if not any(str(cell).strip() for cell in cells):
            wanted.append(_TO_FILL_IN)
        widths.append(round(min(max(_LEAST, head, *wanted, 0.0), _MOST), 2))
    return widths


def _words(name: str | Bilingual) -> list[str]:
    texts = (name.zh, *name.en.split(" ")) if isinstance(name, Bilingual) else name.split(" ")
    return [*texts]


def _wanted(cell: object) -> float:
    text = cell.zh if isinstance(cell, Bilingual) else str(cell)
    longest = max((_columns(line) for line in text.split("\n")), default=0.0)
    if isinstance(cell, Figure):
        return 1.15 * longest
    return longest if longest <= 12 else 12 + (longest - 12) ** 0.72


def _columns(text: str) -> float:
    return sum(2.0 if unicodedata.east_asian_width(c) in "WF" else 1.0 for c in text)
