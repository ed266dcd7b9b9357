"""The bytes of a landed file in blocks: plain, gzip, or a zip of one file. Damage and bombs are reported as such."""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from fundwatch.errors import some
from intake.files.limits import (
    BLOCK,
    LEAST_MEMBER,
    MOST_BYTES,
    MOST_COLUMNS,
    MOST_MEMBERS,
    MOST_TIMES,
    MOST_ZIPPED,
    SMALL,
)

TEXT_ENDINGS = (".csv", ".txt", ".tsv")
CHANGED = "changed while it was being read: deliver it under another name and rename it when it is whole"
_GZIP = 31  # zlib's window bits for a gzip member with its header and check sum
_IS_ENCRYPTED, _IS_UTF8 = 0x1, 0x800
_LEFT_BEHIND = frozenset({"__macosx", "thumbs.db", "desktop.ini"})
# Python unpacks these block by block; of the others it unpacks a whole chunk, however much comes out of it
_BOUNDED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# how a zip ends: a mark, six bytes, the number of entries, and at most 64 KiB of a comment
_DIRECTORY_END, _ENTRIES, _LONGEST_END = b"PK\5\6", slice(6, 8), 22 + (1 << 16)
_LONGEST_NAME = 100
_SLICE = 256  # how much of a gzip file a member is first given: what it does not need is copied
_ZIP_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError)


class FileError(Exception):
    """Why a file cannot be read; the caller adds its name and gathers."""


@dataclass(frozen=True)
class Stamp:
    """What changes when a file is written to: while it is equal, the content is."""

    size: int
    inode: int
    modified_ns: int
    changed_ns: int


def stamp_of(path: Path) -> Stamp:
    """The file's stamp. Raises FileError for a link (it may lead out of the folder) and for what is no file."""
    if path.is_symlink():
        raise FileError("is a link: deliver the file itself")
    if not path.is_file():
        raise FileError("is no file")
    found = path.stat()
    return Stamp(found.st_size, found.st_ino, found.st_mtime_ns, found.st_ctime_ns)


@lru_cache(maxsize=4096)
def sha256_of(path: Path, stamp: Stamp) -> str:
    """The SHA-256 of the file as it lies there, in hex; computed once for each stamp. Raises FileError if it grows."""
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    refuse_changed(path, stamp)
    return digest


def refuse_changed(path: Path, stamp: Stamp) -> None:
    """Raise FileError when the file is no longer what it was."""
    if stamp_of(path) != stamp:
        raise FileError(CHANGED)


def unpacked(path: Path) -> Iterator[bytes]:
    """The content in blocks, unpacked one block ahead of the reader. Raises FileError for damage, while reading."""
    name = path.name.lower()
    if name.endswith(".zip"):
        return _ahead(guarded(_unzipped(path), path.stat().st_size))
    if name.endswith(".gz"):
        return _ahead(guarded(_gunzipped(path), path.stat().st_size))
    return _plain(path)


def is_packed(path: Path) -> bool:
    """Whether the name says that the file is packed."""
    return path.name.lower().endswith((".gz", ".zip"))


def text_name(path: Path) -> str:
    """The name of the text, in small letters: of what is packed, that of the file within. Raises FileError."""
    name = path.name.lower()
    if not name.endswith(".zip"):
        return name.removesuffix(".gz")
    with _opened_zip(path) as archive:
        return _only_member(archive).filename.lower()


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


def refuse_wide(columns: int) -> None:
    """Raise FileError for a table with so many columns that no mapping was written for it."""
    if columns > MOST_COLUMNS:
        raise FileError(
            f"its header has {columns:,} columns, more than {MOST_COLUMNS:,}: it is of another table, or no table"
        )


def guarded(blocks: Iterator[bytes], packed: int) -> Iterator[bytes]:
    """The blocks, as long as they are not out of proportion to the `packed` bytes they come from."""
    total = 0
    for block in blocks:
        total += len(block)
        if total > MOST_BYTES or total > max(SMALL, MOST_TIMES * packed):
            raise FileError(
                f"unpacks to more than {MOST_BYTES >> 30} GiB or {MOST_TIMES:,} times its size: refused unread"
            )
        yield block


def _gunzipped(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        try:
            yield from _together(_members(stream))
        except zlib.error as error:
            raise FileError("is a damaged or truncated gzip file (its content does not unpack)") from error


def _members(stream: BinaryIO) -> Iterator[bytes]:
    """All members of a gzip file one after another: packing in pieces is lawful, and so are zeros after the last.

    A member is given little at first and then more and more, because what follows its end is copied.
    """
    member, size, members, total = zlib.decompressobj(_GZIP), _SLICE, 1, 0
    raw, at = b"", 0
    while True:
        if at == len(raw):
            raw, at = stream.read(BLOCK), 0
            if not raw:
                break
        if member.eof:
            at += len(raw) - at - len(raw[at:].lstrip(b"\0")) if raw[at] == 0 else 0
            if at == len(raw):
                continue
            member, size, members = zlib.decompressobj(_GZIP), _SLICE, members + 1
            _refuse_crumbs(members, total)
        piece = raw[at : at + size]
        at, size = at + len(piece), min(BLOCK, 2 * size)
        block = member.decompress(piece, 4 * BLOCK)
        while block:
            total += len(block)
            yield block
            # what did not fit is still inside, or in the tail
            block = b"" if member.eof else member.decompress(member.unconsumed_tail, 4 * BLOCK)
        at -= len(member.unused_data)
    if not member.eof:
        raise FileError("is a damaged or truncated gzip file (it ends too early)")


def _refuse_crumbs(members: int, total: int) -> None:
    if members > MOST_MEMBERS and total < members * LEAST_MEMBER:
        raise FileError(
            f"is a gzip file of more than {MOST_MEMBERS:,} members of less than {LEAST_MEMBER:,} bytes each: "
            "pack it in one"
        )


def _together(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes in blocks of some size: each costs its reader something however small it is."""
    waiting: list[bytes] = []
    size = 0
    for block in blocks:
        waiting.append(block)
        size += len(block)
        if size >= BLOCK:
            yield b"".join(waiting)
            waiting, size = [], 0
    yield b"".join(waiting)


@contextmanager
def _opened_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        refuse_many_entries(path)
        with zipfile.ZipFile(path) as archive:
            yield archive
    except _ZIP_DAMAGE as error:
        raise FileError(f"is a damaged zip file ({type(error).__name__})") from error


def _unzipped(path: Path) -> Iterator[bytes]:
    with _opened_zip(path) as archive, archive.open(_only_member(archive)) as stream:
        while block := stream.read(BLOCK):
            yield block


def refuse_many_entries(path: Path) -> None:
    """Raise FileError for a zip with very many entries: its directory is held whole as soon as it is opened."""
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - _LONGEST_END))
        found = stream.read().rpartition(_DIRECTORY_END)
    if found[1] and int.from_bytes(found[2][_ENTRIES], "little") > MOST_ZIPPED:
        raise FileError(f"is a zip of more than {MOST_ZIPPED:,} entries: refused unread")


def refuse_unbounded(archive: zipfile.ZipFile) -> None:
    """Raise FileError for a member that cannot be unpacked block by block."""
    if any(member.compress_type not in _BOUNDED for member in archive.infolist()):
        raise FileError("is a zip packed in another way than deflate (LZMA, bzip2, …): pack it with deflate")


def _only_member(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    members = [member for member in archive.infolist() if not member.is_dir() and not _is_left_behind(member.filename)]
    if len(members) != 1:
        names = some([_short(_name_of(member)) for member in members], 5)
        raise FileError(f"is a zip of {len(members)} files ({names or 'none'}): pack each file by itself")
    only = members[0]
    if not only.filename.lower().endswith(TEXT_ENDINGS):
        name = _short(_name_of(only))
        raise FileError(f"is a zip of '{name}': it may hold a {', '.join(TEXT_ENDINGS)} file, nothing nested")
    if only.flag_bits & _IS_ENCRYPTED:
        raise FileError("is an encrypted zip file: deliver it without a password, over a channel that is encrypted")
    refuse_unbounded(archive)
    return only


def _is_left_behind(name: str) -> bool:
    """Whether a packing program put the entry there for itself, as those of a Mac do."""
    parts = [part.lower() for part in name.split("/") if part not in (".", "..")]
    return any(part in _LEFT_BEHIND or part.startswith(".") for part in parts)


def _name_of(member: zipfile.ZipInfo) -> str:
    """The name as its sender wrote it: without a mark it is in the sender's encoding, and Python takes that of DOS."""
    if member.flag_bits & _IS_UTF8:
        return member.filename
    try:
        return member.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return member.filename


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}…"
