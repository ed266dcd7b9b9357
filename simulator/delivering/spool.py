"""The spool: what blocks made, kept on disk until all are there, then joined night by night in block order.

A block is one run of bytes in the spool of whichever process made it: for every night a head with, per table,
the length, the rows and the cents of its piece, then the pieces. Pieces are finished text: encoded, and with
gzip compressed as one member each, so that joining copies bytes and memory stays flat.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from simulator.scenario.layout import Layout

_GZIP = 16 + zlib.MAX_WBITS  # a gzip head without name or time


def packed(layout: Layout, text: bytes) -> bytes:
    """One piece as it lies in the spool: a gzip member, or the plain bytes where the file is packed as a whole.

    By zlib, since the same text must give the same bytes: ISA-L, four times as fast, packs a short text
    in one process of a hundred otherwise than in the rest.
    """
    if layout.compression != "gzip" or not text:
        return text
    packer = zlib.compressobj(layout.level, zlib.DEFLATED, _GZIP)
    return packer.compress(text) + packer.flush()


def encoded(layout: Layout, text: str, *, first: bool = False) -> bytes:
    """The text in the delivery's encoding; only the `first` piece of a file may carry a byte-order mark."""
    return text.encode("utf-8" if layout.encoding == "utf-8-sig" and not first else layout.encoding)


@dataclass(slots=True)
class Piece:
    """One table's share of one block and night."""

    content: bytes = b""
    rows: int = 0
    cents: int = 0


@dataclass(frozen=True, slots=True)
class SpooledBlock:
    """Where a block lies: the spool, and where each night's head begins in it."""

    spool: str
    starts: tuple[int, ...]


@dataclass(slots=True)
class SpoolWriter:
    """Appends blocks to the spool of one process."""

    path: Path
    tables: int
    _file: BinaryIO = field(init=False)

    def __post_init__(self) -> None:
        self._file = self.path.open("wb")

    def append(self, nights: Sequence[Sequence[Piece]]) -> SpooledBlock:
        """One block: for every night a piece per table, in the order of the tables."""
        starts = []
        for pieces in nights:
            starts.append(self._file.tell())
            head = [number for piece in pieces for number in (len(piece.content), piece.rows, piece.cents)]
            self._file.write(struct.pack(f"<{3 * self.tables}q", *head))
            self._file.writelines(piece.content for piece in pieces)
        self._file.flush()
        return SpooledBlock(str(self.path), tuple(starts))


@dataclass(slots=True)
class SpoolReader:
    """Reads pieces back by night, in block order."""

    tables: int
    _files: dict[str, BinaryIO] = field(default_factory=dict)

    def pieces(self, place: SpooledBlock, night: int) -> Iterator[Piece]:
        """The pieces of one block and night, in the order of the tables."""
        file = self._files.get(place.spool)
        if file is None:
            file = self._files[place.spool] = Path(place.spool).open("rb")  # noqa: SIM115 (closed by close)
        file.seek(place.starts[night])
        head = struct.unpack(f"<{3 * self.tables}q", file.read(24 * self.tables))
        for n in range(0, len(head), 3):
            yield Piece(file.read(head[n]) if head[n] else b"", head[n + 1], head[n + 2])

    def close(self) -> None:
        """Let go of the files."""
        for file in self._files.values():
            file.close()
        self._files.clear()
