"""A landing zone read back: the rows of one table over all nights, whatever their encoding and compression."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

DeliveredRow = dict[str, str]
_HEAD = 1 << 16  # bytes
_ENCODINGS = ("utf-8-sig", "gb18030")


def delivered(landing: Path, table: str) -> Iterator[DeliveredRow]:
    """The rows of a table, night by night, as text; files sent twice come twice."""
    for manifest in sorted(landing.glob("*/manifest.json")):
        for file in json.loads(manifest.read_text(encoding="utf-8"))["files"]:
            if file["table"] == table:
                with _opened(manifest.parent / file["name"]) as text:
                    yield from csv.DictReader(text)


def _opened(path: Path) -> io.TextIOWrapper:
    with unpacked(path) as raw:
        encoding = _encoding_of(raw.read(_HEAD))
    return io.TextIOWrapper(unpacked(path), encoding=encoding, newline="")


def unpacked(path: Path) -> IO[bytes]:
    """The content of a plain, gzip or zip file."""
    if path.suffix == ".gz":
        return cast(IO[bytes], gzip.open(path, "rb"))
    if path.suffix == ".zip":
        archive = zipfile.ZipFile(path)
        return archive.open(archive.namelist()[0])
    return path.open("rb")


def _encoding_of(head: bytes) -> str:
    """UTF-8 unless the beginning cannot be (a character may be cut off at its end)."""
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        was_cut = len(head) == _HEAD and error.start > _HEAD - 4
        return _ENCODINGS[0] if was_cut else _ENCODINGS[1]
    return _ENCODINGS[0]
