"""One landed file, streamed once: hash, size, rows, encoding; and a readable copy where Spark needs one."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

# Spark splits larger plain files over tasks, and a row's number counts within its task.
_PLAIN_LIMIT = 4 * 1024 * 1024
_BLANK = b" \t\r\n"


class FileFault(Exception):
    """Why a file cannot be read; the caller adds its name and gathers."""


@dataclass(frozen=True)
class Measured:
    """What the bytes are. `rows` counts lines that are not blank, without the header."""

    sha256: str
    byte_count: int
    rows: int
    encoding: str


class _Hashing(io.RawIOBase):
    """A stream that hashes and counts what is read through it."""

    def __init__(self, source: BinaryIO) -> None:
        self._source, self.hash, self.count = source, hashlib.sha256(), 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]  # any writable buffer
        data = self._source.read(len(buffer))
        buffer[: len(data)] = data
        self.hash.update(data)
        self.count += len(data)
        return len(data)


def measure(path: Path, encodings: Sequence[str], scratch: Path) -> tuple[Measured, Path]:
    """The file's measures, and the path to read it from: itself, or a UTF-8 copy in `scratch`.

    The first encoding that decodes every byte holds: UTF-8 is tried first, because GB18030 accepts much that it is not.
    Raises FileFault naming line and byte offset of what cannot be decoded, or saying that the file is damaged.
    """
    refused: list[str] = []
    for encoding in encodings:
        try:
            measured = _stream(path, encoding, None)
        except UnicodeDecodeError as fault:
            refused.append(f"not {encoding}: {fault.reason}")
            continue
        if encoding == "utf-8" and (_is_gzip(path) or measured.byte_count < _PLAIN_LIMIT):
            return measured, path
        copy = scratch / f"{path.name.removesuffix('.gz')}.gz"
        with gzip.open(copy, "wb", compresslevel=1) as target:
            _stream(path, encoding, cast(BinaryIO, target))
        return measured, copy
    raise FileFault("; ".join(refused))


def read_header(path: Path, delimiter: str) -> tuple[str, ...]:
    """The first line's columns; a byte order mark is no part of them. Raises FileFault when there is no line."""
    with path.open("rb") as raw, _unpacked(path, raw) as stream:
        first = stream.readline().decode("utf-8-sig")
    if not first.strip():
        raise FileFault("is empty: no header")
    return tuple(column.strip() for column in next(csv.reader([first], delimiter=delimiter)))


def _stream(path: Path, encoding: str, copy: BinaryIO | None) -> Measured:
    lines = 0
    with path.open("rb") as raw:
        hashing = _Hashing(raw)
        with _unpacked(path, cast(BinaryIO, io.BufferedReader(hashing, 1 << 20))) as stream:
            for line, text in _decoded(stream, encoding):
                lines += bool(line.strip(_BLANK))
                if copy is not None:
                    copy.write(text.encode())
    return Measured(hashing.hash.hexdigest(), hashing.count, max(0, lines - 1), encoding)


def _decoded(stream: BinaryIO, encoding: str) -> Iterator[tuple[bytes, str]]:
    """Lines as bytes and text. A line feed is never part of a longer character, in UTF-8 or in GB18030."""
    offset = 0
    for number, line in enumerate(stream, 1):
        try:
            yield line, line.decode(encoding)
        except UnicodeDecodeError as fault:
            fault.reason = (
                f"byte 0x{line[fault.start]:02x} at offset {offset + fault.start} (line {number}) cannot be decoded"
            )
            raise
        offset += len(line)


def _is_gzip(path: Path) -> bool:
    return path.name.endswith(".gz")


@contextmanager
def _unpacked(path: Path, raw: BinaryIO) -> Iterator[BinaryIO]:
    """The content of a plain or gzip file. Damage is told as such."""
    if not _is_gzip(path):
        yield raw
        return
    try:
        with gzip.GzipFile(fileobj=raw) as stream:
            yield cast(BinaryIO, stream)
    except (EOFError, gzip.BadGzipFile, zlib.error) as fault:
        raise FileFault(f"is a damaged or truncated gzip file ({type(fault).__name__})") from fault
