"""One landed file of any form, read once: hashed, counted, checked; and a readable copy where Spark needs one."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from fundwatch.texts import key_spelling, tidied
from intake.files.forms.columnar import parquet_lines
from intake.files.forms.objects import object_lines
from intake.files.forms.positions import cut_lines
from intake.files.forms.spreadsheet import workbook_lines
from intake.files.limits import BLOCK
from intake.files.lines import TextPass, TextScan, Undecodable
from intake.files.staging import Staged, staged
from intake.files.unpacking import TEXT_ENDINGS, FileError, is_packed, refuse_wide, stamp_of, text_name, unpacked
from intake.source.mapping import DeliveryForm, SourceFile

# Spark reads a plain file under 4 MiB, and any gzip file, in one task, so that a row's place in it is its line. Other
# files, and gzip files that are worth more than one task, are written again, their lines beginning with their numbers.
_PLAIN_LIMIT = 4 << 20
_GZIP_LIMIT = 16 << 20
DELIMITERS = ",\t|;^"  # what may stand between the values of a line
_JSON_ENDINGS = (".json", ".ndjson", ".jsonl")

_TOTAL = re.compile(r"(?i)((本页|本月|全院|全部)?[合总總小共累]\s*[计計]|((grand|sub) ?)?total)(\s*[:(].*)?$")
_SIGNATURE = re.compile(
    r"(制表|填表|填报|审核|复核|经办|负责|统计|打印|导出|报送|制单|操作|科室负责|单位负责)(人|员|人员|日期|时间|单位)?\s*:"
)


@dataclass(frozen=True)
class Measured:
    """What the bytes are. `rows` counts lines that are not blank, without the header.

    `content_sha256` is of the text unpacked, without byte order mark, in UTF-8: the same however it was packed.
    """

    sha256: str
    byte_count: int
    rows: int
    encoding: str
    content_sha256: str = ""


@dataclass(frozen=True)
class Opened:
    """A file that can be read from `path`; its header as delivered, and some of its lines (they may name persons).

    `foot` is how many lines at its end are totals and signatures, `blank` how many hold nothing but delimiters: they
    are no rows, and not in what is read.
    """

    path: Path
    measured: Measured
    header: tuple[str, ...]
    delimiter: str
    is_numbered: bool
    sample: tuple[tuple[int, str], ...] = field(repr=False, default=())
    is_plain: bool = False
    foot: int = 0
    blank: int = 0


def open_file(path: Path, form: DeliveryForm, scratch: Path, file: SourceFile | None = None) -> Opened:
    """Copy a file into `scratch`, check and measure the copy, and write it again there where Spark could not read it.

    `file` is what the mapping says of files of its kind.

    The first encoding that decodes every byte holds: UTF-8 is tried first, because GB 18030 accepts much that it is
    not. Raises FileError naming line, byte offset, column or cell, and what to do.
    """
    stamp = stamp_of(path)
    if stamp.size == 0:
        raise FileError("is empty: no header")
    delimiter = delimiter_of(path, form, file)
    refused: list[str] = []
    is_sure = False
    taken = staged(path, stamp, scratch)
    for encoding in encodings_of(path, form):
        try:
            text, numbered, foot = _passed(taken, form, file, encoding, delimiter)
        except Undecodable as error:
            refused.append(f"not {encoding}: {error}")
            is_sure |= error.is_sure
            continue
        if is_sure:
            raise FileError(f"mixes encodings: it begins in utf-8, then {refused[0]}; send it in one encoding")
        measured = Measured(taken.sha256, taken.byte_count, text.rows, encoding, text.content_sha256)
        if numbered is not None:
            taken.path.unlink()
        read, header = numbered or taken.path, columns_of(text, delimiter)
        sample = text.sample
        return Opened(read, measured, header, delimiter, numbered is not None, sample, text.is_plain, foot, text.blank)
    raise FileError("; ".join(refused))


def form_of(name: str) -> str:
    """What the name's ending says a file is: "text", "parquet", "xlsx", "json" or "ndjson". Raises FileError for any
    other."""
    low = name.lower()
    bare = low.removesuffix(".gz").removesuffix(".zip") if low.endswith((".gz", ".zip")) else low
    if low.endswith((".parquet", ".xlsx")):
        return low.rsplit(".", 1)[1]
    if low.removesuffix(".gz").endswith(_JSON_ENDINGS):
        return "json" if bare.endswith(".json") else "ndjson"
    if low.endswith(".zip") or bare.endswith(TEXT_ENDINGS):
        return "text"
    raise FileError(
        "is of no known form: deliver .csv, .txt, .tsv (plain, .gz, .zip), .json, .ndjson (plain, .gz), .parquet or "
        ".xlsx"
    )


def delimiter_of(path: Path, form: DeliveryForm, file: SourceFile | None = None) -> str:
    """The delimiter of the file's text: the mapping's, a tab in a .tsv; what has none becomes lines with commas.
    Raises FileError for a zip that cannot be opened."""
    if not _is_delimited(path, file):
        return ","
    return "\t" if text_name(path).endswith(".tsv") else form.delimiter


def encodings_of(path: Path, form: DeliveryForm) -> tuple[str, ...]:
    """The encodings to try, in order; what is no text becomes UTF-8."""
    return form.encodings if form_of(path.name) == "text" else ("utf-8",)


def _passed(
    taken: Staged, form: DeliveryForm, file: SourceFile | None, encoding: str, delimiter: str
) -> tuple[TextScan, Path | None, int]:
    """What a pass found, the numbered copy it wrote, if Spark cannot read the file as it is, and the lines of its foot,
    which are not in the copy."""
    path = taken.path
    is_as_read = encoding == "utf-8" and _is_delimited(path, file) and not is_packed(path)
    sha256 = taken.sha256 if is_as_read else None
    if not _needs_copy(path, encoding, file):
        text = TextPass(encoding, delimiter, None, sha256).run(blocks_of(path, form, file, encoding))
        if not text.has_gaps and not foot_of(text, delimiter):
            return text, None, 0
    copy = path.with_name(f"{path.name}.numbered.csv")
    with copy.open("wb") as target:
        reading = TextPass(encoding, delimiter, target, sha256, header_line(path, file))
        text = reading.run(blocks_of(path, form, file, encoding))
    foot = foot_of(text, delimiter)
    if foot:
        _cut_lines(copy, len(foot))
        sample = tuple((number, line) for number, line in text.sample if number not in foot)
        text = replace(text, rows=text.rows - len(foot), sample=sample)
    return text, copy, len(foot)


def foot_of(text: TextScan, delimiter: str) -> frozenset[int]:
    """The numbers of the lines at the text's end that are sums of the table above, or say who made it."""
    width, found = 1 + text.header.count(delimiter), set[int]()
    for number, line in reversed(text.last):
        try:
            cells = [key_spelling(cell) for cell in next(csv.reader([line], delimiter=delimiter), [])]
        except csv.Error:
            break
        filled = [cell for cell in cells if cell]
        # a row of the table has all its cells: only where some are blank is it certain
        if filled and not (len(filled) < width and (_TOTAL.match(filled[0]) or _SIGNATURE.match(filled[0]))):
            break
        found.add(number)
    return frozenset(found)


def _cut_lines(path: Path, count: int) -> None:
    """Take the last lines off a file that ends with a line feed."""
    with path.open("r+b") as file:
        size = at = file.seek(0, os.SEEK_END)
        tail = b""
        while at and tail.count(b"\n") <= count:
            at = max(0, at - BLOCK)
            file.seek(at)
            tail = file.read(size - at)
        lines = tail.splitlines(keepends=True)
        file.truncate(size - sum(map(len, lines[-count:])))


def blocks_of(
    path: Path, form: DeliveryForm, file: SourceFile | None = None, encoding: str = "utf-8"
) -> Iterator[bytes]:
    """The file as blocks of text, whatever its form; `encoding` is that of its text.

    Raises FileError for damage, while reading.
    """
    kind = form_of(path.name)
    if kind == "parquet":
        return parquet_lines(path, form.zone)
    if kind in ("json", "ndjson"):
        return object_lines(path, kind, file)
    if kind == "text" and file is not None and file.fixed_width is not None:
        return cut_lines(unpacked(path), file.fixed_width, encoding)
    return workbook_lines(path) if kind == "xlsx" else unpacked(path)


def _is_delimited(path: Path, file: SourceFile | None) -> bool:
    return form_of(path.name) == "text" and (file is None or file.fixed_width is None)


def header_line(path: Path, file: SourceFile | None) -> Literal[0, 1]:
    """The line that the header stands on; 0 where it is none of the file's: Parquet, JSON, fixed width."""
    return 1 if form_of(path.name) == "xlsx" or _is_delimited(path, file) else 0


def _needs_copy(path: Path, encoding: str, file: SourceFile | None) -> bool:
    if encoding != "utf-8" or not _is_delimited(path, file) or path.name.endswith(".zip"):
        return True
    return path.stat().st_size >= (_GZIP_LIMIT if is_packed(path) else _PLAIN_LIMIT)


def columns_of(text: TextScan, delimiter: str) -> tuple[str, ...]:
    """The header as delivered, without blanks around names. Raises FileError."""
    refuse_wide(1 + text.header.count(delimiter))
    try:
        return tuple(tidied(column) for column in next(csv.reader([text.header], delimiter=delimiter, strict=True)))
    except csv.Error as error:
        raise FileError(f"line 1: the header cannot be read ({error})") from error
