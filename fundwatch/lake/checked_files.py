"""Data files whose damage is noticed before their rows are used.

A bit that flips on a disk mostly leaves a file that can be read, with other values in it. Spark writes a check sum
with every page and is set to verify it. Files that fundwatch writes without Spark carry the same, and the SHA-256 of
all their bytes in their names besides: what the log of a table names is then what was written, whoever wrote the rest.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from functools import lru_cache
from pathlib import PurePosixPath

from fundwatch.contracts import TABLES
from fundwatch.errors import ExitCode, FundwatchError
from fundwatch.lake.files import LakeFiles
from fundwatch.lake.parquet.page_checksums import PageDamage, has_page_checksums
from fundwatch.lake.stores.store import Stamp
from fundwatch.places import LakeAddress

LOG = "_delta_log"
_NAMED = re.compile(r"-([0-9a-f]{64})\.parquet$")


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


def table_of(file: str) -> str:
    """The table whose folder the file lies in, partitions and the log's own folder apart."""
    path = PurePosixPath(file)
    folders = [part for part in path.parts[:-1] if "=" not in part and part != "_delta_log"]
    return folders[-1] if folders else path.name


def damaged(file: LakeAddress, what: str) -> DamagedFileError:
    """The error that names the file, and what to do."""
    table = table_of(str(file))
    return _error(table, f"a data file of the table {table} {what}", file)


def _error(table: str, what: str, file: LakeAddress) -> DamagedFileError:
    do = f"`fundwatch lake check --deep` names every damaged file; {ways_back(table)}"
    return DamagedFileError(what, where=str(file), do=do)


def refuse_empty_commit(table: LakeFiles) -> None:
    """Raise DamagedFileError when the newest commit of the table's log was cut to no bytes: delta-rs takes it for one
    that did nothing, and rows would be missing without a word."""
    commits = [file for file in table.listed(LOG) if file.name.endswith(".json")]
    if commits and commits[-1].size == 0:
        name = table.address.name
        where = table.address.within(commits[-1].name)
        raise _error(name, f"the newest commit of the table {name} is empty", where)


def is_named_by_content(name: str) -> bool:
    """Whether the file's name ends in a SHA-256."""
    return _NAMED.search(name) is not None


def named_by_content(files: LakeFiles, name: str) -> str:
    """The name of the file from now on, which ends in its SHA-256; it was `name` until now."""
    target = str(PurePosixPath(name).with_name(f"part-{uuid.uuid4().hex}-{files.sha256(name)}.parquet"))
    files.rename(name, target)
    return target


def is_checked(files: LakeFiles, name: str) -> bool:
    """Whether damage to the file would be noticed: it has check sums, which were compared with its bytes just now, or
    when it last changed. Raises DamagedFileError when they differ, or there is no such file."""
    try:
        stamp = files.stamp(name)
    except OSError as error:
        raise damaged(files.address.within(name), f"cannot be opened ({error.strerror})") from error
    return _is_checked(files, name, stamp)


def unchecked(files: LakeFiles, names: Iterable[str]) -> list[str]:
    """Which of the files have no check sums. Raises DamagedFileError for the first that is damaged."""
    return [name for name in names if not is_checked(files, name)]


@lru_cache(maxsize=1 << 17)
def _is_checked(files: LakeFiles, name: str, _stamp: Stamp) -> bool:
    where = files.address.within(name)
    if found := _NAMED.search(name):
        if files.sha256(name) != found[1]:
            raise damaged(where, "is not what was written: its SHA-256 differs from the one in its name")
        return True
    try:
        return has_page_checksums(files, name)
    except PageDamage as error:
        raise damaged(where, f"is damaged: {error}") from error
