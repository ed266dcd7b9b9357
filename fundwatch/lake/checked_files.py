"""Data files whose damage is noticed before their rows are used.

A bit that flips on a disk mostly leaves a file that can be read, with other values in it. Spark writes a check sum
with every page and is set to verify it. Files that fundwatch writes without Spark carry the same, and the SHA-256 of
all their bytes in their names besides: what the log of a table names is then what was written, whoever wrote the rest.
"""

from __future__ import annotations

import hashlib
import os
import re
import uuid
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from fundwatch.contracts import TABLES
from fundwatch.errors import ExitCode, FundwatchError
from fundwatch.lake.page_checksums import PageDamage, has_page_checksums

_NAMED = re.compile(r"-([0-9a-f]{64})\.parquet$")
_Stamp = tuple[int, int, int, int]


class DamagedFileError(FundwatchError):
    """A file of the lake is missing or is not what was written."""

    exit_code = ExitCode.FAULT


def ways_back(table: str) -> str:
    """What to do about a table that does not hold what was written.

    A contract says how nights replace a table's rows, so they can write them again. A table without one (a journal, the
    vault) is added to and never made again: only a copy brings back what it held.
    """
    if table not in TABLES:
        return "restore it from a copy: no night writes it again"
    return (
        f"restore it from a copy; or, if it is lost for good, remove the folder of the table {table} and "
        f"run the nights that write it again with --set rebuilt_tables={table}"
    )


def table_of(path: Path) -> str:
    """The table whose folder the file lies in, partitions and the log's own folder apart."""
    folders = [part for part in path.parts[:-1] if "=" not in part and part != "_delta_log"]
    return folders[-1] if folders else path.name


def damaged(path: Path, what: str) -> DamagedFileError:
    """The error that names the file, and what to do."""
    return _error(table_of(path), f"a data file of the table {table_of(path)} {what}", path)


def _error(table: str, what: str, path: Path) -> DamagedFileError:
    do = f"`fundwatch lake check --deep` names every damaged file; {ways_back(table)}"
    return DamagedFileError(what, where=str(path), do=do)


def refuse_empty_commit(table: Path) -> None:
    """Raise DamagedFileError when the newest commit of the table's log was cut to no bytes: delta-rs takes it for one
    that did nothing, and rows would be missing without a word."""
    newest = max((table / "_delta_log").glob("*.json"), key=lambda file: file.name, default=None)
    if newest is not None and newest.stat().st_size == 0:
        raise _error(table.name, f"the newest commit of the table {table.name} is empty", newest)


def is_named_by_content(path: Path) -> bool:
    """Whether the file's name ends in a SHA-256."""
    return _NAMED.search(path.name) is not None


def named_by_content(path: Path) -> Path:
    """The file under a name of its own that ends in its SHA-256; it was `path` until now."""
    target = path.with_name(f"part-{uuid.uuid4().hex}-{_sha256(path)}.parquet")
    os.replace(path, target)
    return target


def is_checked(path: Path) -> bool:
    """Whether damage to the file would be noticed: it has check sums, which were compared with its bytes just now, or
    when it last changed. Raises DamagedFileError when they differ, or there is no such file."""
    try:
        found = path.stat()
    except OSError as fault:
        raise damaged(path, f"cannot be opened ({fault.strerror})") from fault
    return _is_checked(path, (found.st_size, found.st_ino, found.st_mtime_ns, found.st_ctime_ns))


def unchecked(paths: Iterable[Path]) -> list[Path]:
    """The files that have no check sums. Raises DamagedFileError for the first that is damaged."""
    return [path for path in paths if not is_checked(path)]


@lru_cache(maxsize=1 << 17)
def _is_checked(path: Path, _stamp: _Stamp) -> bool:
    if found := _NAMED.search(path.name):
        if _sha256(path) != found[1]:
            raise damaged(path, "is not what was written: its SHA-256 differs from the one in its name")
        return True
    try:
        return has_page_checksums(path)
    except PageDamage as fault:
        raise damaged(path, f"is damaged: {fault}") from fault


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
