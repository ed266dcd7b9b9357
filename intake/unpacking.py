"""The bytes of a landed file in blocks: plain, gzip, or a zip of one file. Damage and bombs are told as such."""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

BLOCK = 1 << 20
# Deflate packs a thousand to one at best, claims four to ten: more is a bomb. Small files may be odd.
MOST_TIMES, SMALL = 1_000, 1 << 24
MOST_BYTES = 50 << 30
TEXT_ENDINGS = (".csv", ".txt", ".tsv")
_GZIP = 31  # zlib's window bits for a gzip member with its header and check sum
_IS_ENCRYPTED = 0x1
_ZIP_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError)


class FileFault(Exception):
    """Why a file cannot be read; the caller adds its name and gathers."""


@dataclass(frozen=True)
class Stamp:
    """What changes when a file is written to: while it is equal, the content is."""

    size: int
    inode: int
    modified_ns: int
    changed_ns: int


def stamp_of(path: Path) -> Stamp:
    """The file's stamp. Raises FileFault for a link (it may lead out of the folder) and for what is no file."""
    if path.is_symlink():
        raise FileFault("is a link: deliver the file itself")
    if not path.is_file():
        raise FileFault("is no file")
    found = path.stat()
    return Stamp(found.st_size, found.st_ino, found.st_mtime_ns, found.st_ctime_ns)


@lru_cache(maxsize=4096)
def sha256_of(path: Path, stamp: Stamp) -> str:
    """The SHA-256 of the file as it lies there, in hex; computed once for each stamp. Raises FileFault if it grows."""
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    refuse_changed(path, stamp)
    return digest


def refuse_changed(path: Path, stamp: Stamp) -> None:
    """Raise FileFault when the file is no longer what it was."""
    if stamp_of(path) != stamp:
        raise FileFault("changed while it was being read: deliver it under another name and rename it when it is whole")


def unpacked(path: Path) -> Iterator[bytes]:
    """The content in blocks, unpacked one block ahead of the reader. Raises FileFault for damage, while reading."""
    name = path.name.lower()
    if name.endswith(".zip"):
        return _ahead(_guarded(_unzipped(path), path.stat().st_size))
    if name.endswith(".gz"):
        return _ahead(_guarded(_gunzipped(path), path.stat().st_size))
    return _plain(path)


def is_packed(path: Path) -> bool:
    """Whether the name says that the file is packed."""
    return path.name.lower().endswith((".gz", ".zip"))


def _plain(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            yield block


def _ahead(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The same blocks; the next is made in a second thread meanwhile (zlib leaves the interpreter free)."""
    with ThreadPoolExecutor(1) as other:
        coming = other.submit(next, blocks, None)
        while (block := coming.result()) is not None:
            coming = other.submit(next, blocks, None)
            yield block


def _guarded(blocks: Iterator[bytes], packed: int) -> Iterator[bytes]:
    total = 0
    for block in blocks:
        total += len(block)
        if total > MOST_BYTES or total > max(SMALL, MOST_TIMES * packed):
            raise FileFault(
                f"unpacks to more than {MOST_BYTES >> 30} GiB or {MOST_TIMES:,} times its size: refused unread"
            )
        yield block


def _gunzipped(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        try:
            yield from _members(stream)
        except zlib.error as fault:
            raise FileFault("is a damaged or truncated gzip file (its content does not unpack)") from fault


def _members(stream: BinaryIO) -> Iterator[bytes]:
    """All members of a gzip file one after another: packing in pieces is lawful, and so are zeros after the last."""
    member = zlib.decompressobj(_GZIP)
    while raw := stream.read(BLOCK):
        while raw:
            if member.eof:
                raw = raw.lstrip(b"\0")
                if not raw:
                    break
                member = zlib.decompressobj(_GZIP)
            block = member.decompress(raw, 4 * BLOCK)
            while block:
                yield block
                # what did not fit is still inside, or in the tail
                block = b"" if member.eof else member.decompress(member.unconsumed_tail, 4 * BLOCK)
            raw = member.unused_data if member.eof else b""
    if not member.eof:
        raise FileFault("is a damaged or truncated gzip file (it ends too early)")


def _unzipped(path: Path) -> Iterator[bytes]:
    try:
        with zipfile.ZipFile(path) as archive, archive.open(_only_member(archive)) as stream:
            while block := stream.read(BLOCK):
                yield block
    except _ZIP_DAMAGE as fault:
        raise FileFault(f"is a damaged zip file ({type(fault).__name__})") from fault


def _only_member(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    members = [member for member in archive.infolist() if not member.is_dir()]
    if len(members) != 1:
        names = ", ".join(member.filename for member in members[:5])
        raise FileFault(f"is a zip of {len(members)} files ({names or 'none'}): pack each file by itself")
    only = members[0]
    if not only.filename.lower().endswith(TEXT_ENDINGS):
        raise FileFault(f"is a zip of '{only.filename}': it may hold a {', '.join(TEXT_ENDINGS)} file, nothing nested")
    if only.flag_bits & _IS_ENCRYPTED:
        raise FileFault("is an encrypted zip file: deliver it without a password, over a channel that is encrypted")
    return only
