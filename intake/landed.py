"""One landed file of any form, read once: hashed, counted, checked; and a readable copy where Spark needs one."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from fundwatch.fingerprint import fingerprint
from intake.columnar import parquet_lines
from intake.lines import Text, TextPass, Undecodable
from intake.mapping import DeliveryForm
from intake.spreadsheet import workbook_lines
from intake.unpacking import TEXT_ENDINGS, FileFault, is_packed, refuse_changed, sha256_of, stamp_of, unpacked

# Spark reads a plain file under 4 MiB, and any gzip file, in one task, so that a row's place in it is its line. Other
# files, and gzip files that are worth more than one task, are read from a copy whose lines begin with their numbers.
_PLAIN_LIMIT = 4 << 20
_GZIP_LIMIT = 16 << 20
_GLOB = frozenset("*?[]{}\\%:")  # Spark would take the name for a pattern, or for a place


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
    """A file that can be read from `path`; its header as delivered, and some of its lines (they may name persons)."""

    path: Path
    measured: Measured
    header: tuple[str, ...]
    delimiter: str
    is_numbered: bool
    sample: tuple[tuple[int, str], ...] = field(repr=False, default=())


def open_file(path: Path, form: DeliveryForm, scratch: Path) -> Opened:
    """Check and measure a file; a copy, if it needs one, lies in `scratch`.

    The first encoding that decodes every byte holds: UTF-8 is tried first, because GB 18030 accepts much that it is
    not. Raises FileFault naming line, byte offset, column or cell, and what to do.
    """
    stamp = stamp_of(path)
    if stamp.size == 0:
        raise FileFault("is empty: no header")
    delimiter = delimiter_of(path, form)
    refused: list[str] = []
    is_sure = False
    for encoding in encodings_of(path, form):
        try:
            text, copy = _passed(path, form, encoding, delimiter, scratch)
        except Undecodable as fault:
            refused.append(f"not {encoding}: {fault}")
            is_sure |= fault.is_sure
            continue
        if is_sure:
            raise FileFault(f"mixes encodings: it begins in utf-8, then {refused[0]}; send it in one encoding")
        sha256 = sha256_of(path, stamp)
        refuse_changed(path, stamp)
        measured = Measured(sha256, stamp.size, text.rows, encoding, text.content_sha256)
        return Opened(copy or path, measured, columns_of(text, delimiter), delimiter, copy is not None, text.sample)
    raise FileFault("; ".join(refused))


def form_of(name: str) -> str:
    """What the name's ending says a file is: "text", "parquet" or "xlsx". Raises FileFault for any other."""
    low = name.lower()
    bare = low.removesuffix(".gz").removesuffix(".zip") if low.endswith((".gz", ".zip")) else low
    if low.endswith((".parquet", ".xlsx")):
        return low.rsplit(".", 1)[1]
    if bare.endswith(TEXT_ENDINGS) or (low.endswith(".zip") and "." not in bare):
        return "text"
    raise FileFault("is of no known form: deliver .csv, .txt, .tsv (plain, .gz, .zip), .parquet or .xlsx")


def delimiter_of(path: Path, form: DeliveryForm) -> str:
    """The delimiter of the file's text: the mapping's, a tab in a .tsv; what is no text becomes lines with commas."""
    if form_of(path.name) != "text":
        return ","
    bare = path.name.lower().removesuffix(".gz").removesuffix(".zip")
    return "\t" if bare.endswith(".tsv") else form.delimiter


def encodings_of(path: Path, form: DeliveryForm) -> tuple[str, ...]:
    """The encodings to try, in order; what is no text becomes UTF-8."""
    return form.encodings if form_of(path.name) == "text" else ("utf-8",)


def _passed(path: Path, form: DeliveryForm, encoding: str, delimiter: str, scratch: Path) -> tuple[Text, Path | None]:
    """What a pass found, and the numbered copy it wrote, if Spark cannot read the file as it lies."""
    is_as_read = encoding == "utf-8" and form_of(path.name) == "text" and not is_packed(path)
    sha256 = sha256_of(path, stamp_of(path)) if is_as_read else None
    if not _needs_copy(path, encoding):
        text = TextPass(encoding, delimiter, None, sha256).run(blocks_of(path, form))
        if not text.has_gaps:
            return text, None
    # the name in scratch is ours: Spark hides what begins with an underscore, and takes some signs for patterns
    plain = "".join("-" if sign in _GLOB else sign for sign in path.name).lstrip("_.")
    copy = scratch / f"{plain}.{fingerprint(path.name)}.csv"
    with copy.open("wb") as target:
        return TextPass(encoding, delimiter, target, sha256).run(blocks_of(path, form)), copy


def blocks_of(path: Path, form: DeliveryForm) -> Iterator[bytes]:
    """The file as blocks of text, whatever its form. Raises FileFault for damage, while reading."""
    kind = form_of(path.name)
    if kind == "parquet":
        return parquet_lines(path, form.zone)
    return workbook_lines(path) if kind == "xlsx" else unpacked(path)


def _needs_copy(path: Path, encoding: str) -> bool:
    is_odd = path.name.startswith(("_", ".")) or not _GLOB.isdisjoint(path.name)
    if is_odd or encoding != "utf-8" or form_of(path.name) != "text" or path.name.lower().endswith(".zip"):
        return True
    # Spark knows a gzip file by its ending, in small letters
    limit = _GZIP_LIMIT if is_packed(path) else _PLAIN_LIMIT
    return path.stat().st_size >= limit or (is_packed(path) and not path.name.endswith(".gz"))


def columns_of(text: Text, delimiter: str) -> tuple[str, ...]:
    """The header as delivered, without blanks around names. Raises FileFault."""
    try:
        return tuple(column.strip() for column in next(csv.reader([text.header], delimiter=delimiter, strict=True)))
    except csv.Error as fault:
        raise FileFault(f"line 1: the header cannot be read ({fault})") from fault
