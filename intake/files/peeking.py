"""The beginning of a file of any form: its header and first lines, read as a night reads them, without the rest."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from fundwatch.texts import tidied
from intake.files.landed import blocks_of, columns_of, delimiter_of, encodings_of, form_of, header_line
from intake.files.lines import TextPass, TextScan, Undecodable
from intake.files.unpacking import FileError, stamp_of
from intake.source.mapping import DeliveryForm, SourceFile

_BYTES = 1 << 20


@dataclass(frozen=True)
class Peek:
    """How the file is written, its header, and the values of its first lines by line (they may name persons)."""

    form: str
    encoding: str
    delimiter: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...] = field(repr=False)


def peek(path: Path, form: DeliveryForm, delimiters: str = "", file: SourceFile | None = None) -> Peek:
    """The first MiB, or sheet rows and parquet batches of as much. Of several `delimiters` the header's commonest.
    `file` is what a mapping says of files of its kind.

    Damage further on goes unseen: a night reads all. Raises FileError for what cannot be read or has no header.
    """
    if stamp_of(path).size == 0:
        raise FileError("is empty: no header")
    refused = []
    for encoding in encodings_of(path, form):
        beginning = _beginning(path, form, file, encoding)
        known = delimiter_of(path, form, file)
        is_open = bool(delimiters) and form_of(path.name) == "text" and known == form.delimiter
        delimiter = _commonest(delimiters, beginning, encoding) if is_open else known
        try:
            reading = TextPass(encoding, delimiter, None, header_line=header_line(path, file))
            text = reading.run(iter([beginning]))
        except Undecodable as error:
            refused.append(f"not {encoding}: {error}")
            continue
        header, rows = columns_of(text, delimiter), tuple(_rows(text, delimiter))
        return Peek(form_of(path.name), encoding, delimiter, header, rows)
    raise FileError("; ".join(refused))


def _beginning(path: Path, form: DeliveryForm, file: SourceFile | None, encoding: str) -> bytes:
    """Whole lines of the first MiB."""
    parts: list[bytes] = []
    size = 0
    # a generator, whose files are closed with it
    with closing(cast("Any", blocks_of(path, form, file, encoding))) as blocks:
        for block in blocks:
            parts.append(block)
            size += len(block)
            if size >= _BYTES:
                content = b"".join(parts)
                return content[: content.rfind(b"\n") + 1] or content
    return b"".join(parts)


def _commonest(delimiters: str, beginning: bytes, encoding: str) -> str:
    # decoded, because bytes of GB 18030 may look like | and ^
    header = beginning.partition(b"\n")[0].decode(encoding, "ignore")
    return max(delimiters, key=header.count)


def _rows(text: TextScan, delimiter: str) -> Iterator[tuple[str, ...]]:
    for _, line in text.sample:
        try:
            yield tuple(tidied(value) for value in next(csv.reader([line], delimiter=delimiter), []))
        except csv.Error:
            continue  # a row that cannot be parted is quarantined by a night; nothing is learnt from it here
