"""Every file under a folder, opened as far as it can be: parquet and databases decoded, archives unpacked."""

from __future__ import annotations

import gzip
import io
import json
import sqlite3
import zipfile
import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from benchmarks.canaries import marks_in


@dataclass(frozen=True)
class CanariesFound:
    """How many files were searched, of them by ending, and where a canary stood: place and what it was."""

    by_ending: dict[str, int]
    hits: tuple[str, ...]

    @property
    def files(self) -> int:
        return sum(self.by_ending.values())


def search(root: Path, apart: Collection[str] = ("landing", "truth")) -> CanariesFound:
    """Look for canaries in every file under `root` but those in the folders `apart`; names of files count too."""
    by_ending: dict[str, int] = {}
    hits = []
    for file in sorted(f for f in root.rglob("*") if f.is_file()):
        place = file.relative_to(root)
        if place.parts[0] in apart:
            continue
        ending = "".join(file.suffixes[-1:]) or "without an ending"
        by_ending[ending] = by_ending.get(ending, 0) + 1
        hits += [f"{place}: {what}, in the name" for what in marks_in(str(place).encode())]
        hits += [f"{inner}: {what}" for inner, content in contents(file) for what in marks_in(content)]
    return CanariesFound(dict(sorted(by_ending.items())), tuple(dict.fromkeys(hits)))


def contents(file: Path) -> Iterator[tuple[str, bytes]]:
    """The file as it lies there, and what is within it."""
    whole = file.read_bytes()
    yield str(file), whole
    if file.suffix == ".parquet":
        rows = pq.ParquetFile(file).read().to_pylist()
        yield f"{file}!rows", json.dumps(rows, ensure_ascii=False, default=str).encode()
    elif whole.startswith(b"SQLite format 3"):
        with sqlite3.connect(file) as database:
            yield f"{file}!rows", "\n".join(database.iterdump()).encode()
    else:
        yield from _unpacked(str(file), whole)


def _unpacked(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    """What is packed in gzip or zip, within each other too; a damaged file as far as it goes."""
    if content.startswith(b"\x1f\x8b"):
        try:
            inner = gzip.decompress(content)
        except (EOFError, OSError):
            inner = zlib.decompressobj(wbits=31).decompress(content)
        yield f"{name}!", inner
        yield from _unpacked(f"{name}!", inner)
    elif content.startswith(b"PK\x03\x04") and zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.namelist():
                inner = archive.read(member)
                yield f"{name}!{member}", inner
                yield from _unpacked(f"{name}!{member}", inner)
