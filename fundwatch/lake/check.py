"""Does the lake's storage hold? Delta logs, data files and the ledger's recorded versions, looked at without Spark.

Neither reader of Delta notices everything: delta-rs takes a commit cut to zero bytes for one that did nothing, and a
lost data file shows only when somebody reads it. So the files themselves are looked at.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Any

from fundwatch.errors import some
from fundwatch.lake.checked_files import LOG, DamagedFileError, unchecked, ways_back
from fundwatch.lake.delta_rows import LiveFile, checkpoints_of, live_files
from fundwatch.lake.files import LakeFiles, StoredFile
from fundwatch.lake.ledger import Ledger
from fundwatch.lake.stores.delta_table import delta_table
from fundwatch.places import S3, LakeAddress

_VERSION = re.compile(r"/(\d{20})\.(json|checkpoint)")
_FIRST = 3  # how many offenders a finding names
Again = Callable[[str, date], str]  # what to do so that a job of a night runs again


class CheckOutcome(StrEnum):
    """What a check says."""

    OK = "ok"
    WRONG = "not ok"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True)
class LakeFinding:
    """One check of one thing: what was looked at, the figures found, and what to do where it does not hold."""

    check: str
    subject: str
    outcome: CheckOutcome
    figures: str
    do: str = ""


def finding(check: str, subject: str, wrong: Sequence[str], fine: str, do: str) -> LakeFinding:
    """A finding out of the problems found: none of them, and it is ok."""
    if not wrong:
        return LakeFinding(check, subject, CheckOutcome.OK, fine)
    return LakeFinding(check, subject, CheckOutcome.WRONG, some(wrong, _FIRST, "; "), do)


def storage_findings(lake: LakeAddress, name: str, *, deep: bool) -> Iterator[LakeFinding]:
    """The table's log, then the data files it names; what the second needs the first must have passed."""
    from deltalake.exceptions import DeltaError

    place = lake.within(name)
    files = LakeFiles(place)
    commits = [file for file in files.listed(LOG) if file.name.endswith(".json")]
    wrong = _log_problems(files, commits)
    if not wrong:
        try:
            table = delta_table(place)
        except (DeltaError, OSError, ValueError) as error:
            wrong = [f"cannot be opened: {type(error).__name__}"]
    yield finding("log", name, wrong, f"{len(commits)} commits", f"{place.within(LOG)}: {ways_back(name)}")
    if wrong:
        yield LakeFinding("files", name, CheckOutcome.NOT_CHECKED, "the log does not hold")
        return
    live = live_files(table)
    bare: list[str] = []
    lost = [text for file in live for text in _file_problems(files, file, bare, deep=deep)]
    if deep:
        lost += [text for checkpoint in checkpoints_of(files) for text in _damage(files, checkpoint, [])]
    reported = f"{len(live)} files, {sum(file.size for file in live):,} bytes{', read through' if deep else ''}"
    reported += f", {len(bare)} without check sums" if bare else ""
    yield finding("files", name, lost, reported, f"{place}: {ways_back(name)}")


def ledger_findings(lake: LakeAddress, tables: Sequence[str], again: Again) -> Iterator[LakeFinding]:
    """The versions and rows that the ledger recorded against what the tables' own logs say. `again` says how a job of
    a night is run again."""
    recorded: dict[str, dict[int, Mapping[str, Any]]] = defaultdict(dict)
    for row in Ledger(lake).table_rows():
        if row["state"] == "committed":
            recorded[row["table_name"]][row["version"]] = row
        elif row["state"] == "lost":  # and made again since, or to be
            recorded.pop(row["table_name"], None)
    for name, versions in sorted(recorded.items()):
        newest = versions[max(versions)]
        do = f"{again(newest['job'], newest['business_date'])}, or restore the table from a copy"
        if name not in tables:
            yield finding("versions", name, [f"version {max(versions)} is recorded, the table is gone"], "", do)
            continue
        wrong, seen = _version_problems(lake.within(name), versions)
        yield finding("versions", name, wrong, f"{seen} of {len(versions)} recorded versions compared", do)


def run_findings(lake: LakeAddress, night: date | None, again: Again) -> Iterator[LakeFinding]:
    """Runs that were started and never committed: killed, or stopped by a problem."""
    ledger = Ledger(lake)
    last: dict[tuple[str, date], str] = {}
    for row in ledger.run_rows():
        last[row["job"], row["business_date"]] = row["state"]
    chosen = {key: state for key, state in last.items() if night in (None, key[1])}
    open_runs = sorted((when, job) for (job, when), state in chosen.items() if state == "started")
    texts = [f"{job} of {when} was started and never committed" for when, job in open_runs]
    first = again(open_runs[0][1], open_runs[0][0]) if open_runs else ""
    yield finding("runs", "ledger", texts, f"{len(chosen)} runs are committed", first)


def mode_finding(place: str, mode: int | None, forbidden: int) -> LakeFinding:
    """Whether a folder or file is closed to those it must be closed to. `mode` are its permission bits, None where
    there is no such place, or its store knows of none; `forbidden` are those that it may not have."""
    name = PurePosixPath(place).name
    if mode is None:
        reported = "the bucket's own rules say who may read" if place.startswith(S3) else "there is none"
        return LakeFinding("access", name, CheckOutcome.OK, reported)
    wrong = [f"the mode is {mode:03o}"] if mode & forbidden else []
    change = "hdfs dfs -chmod" if "://" in place else "chmod"
    return finding("access", name, wrong, f"the mode is {mode:03o}", f"{change} {mode & ~forbidden:03o} {place}")


def _log_problems(files: LakeFiles, stored: Sequence[StoredFile]) -> list[str]:
    commits = {int(found[1]): file for file in stored if (found := _VERSION.search(file.name))}
    checkpoints = [int(found[1]) for name in checkpoints_of(files) if (found := _VERSION.search(name))]
    wrong = [f"commit {_base(file)} is empty" for _, file in sorted(commits.items()) if file.size == 0]
    if commits and not wrong:
        newest = commits[max(commits)]
        try:
            for line in files.read(newest.name).decode().splitlines():
                json.loads(line)
        except ValueError:
            wrong.append(f"commit {_base(newest)} is cut off")
    first = max(checkpoints, default=-1) + 1
    missing = sorted(set(range(first, max(commits, default=-1) + 1)) - set(commits))
    return wrong + [f"commit {version:020d}.json is missing" for version in missing]


def _file_problems(files: LakeFiles, file: LiveFile, bare: list[str], *, deep: bool) -> list[str]:
    """What is wrong with a file; it joins the `bare` when it has no check sums to be compared with."""
    found = files.find(file.name)
    if found is None:
        return [f"{file.logged} is missing"]
    if found.size != file.size:
        return [f"{file.logged} has {found.size:,} bytes, the log says {file.size:,}"]
    return (_damage(files, file.name, bare) or _content_problems(files, file)) if deep else []


def _damage(files: LakeFiles, name: str, bare: list[str]) -> list[str]:
    try:
        bare += unchecked(files, [name])
    except DamagedFileError as error:
        return [f"{name.rpartition('/')[2]}: {error.what}"]
    return []


def _content_problems(files: LakeFiles, file: LiveFile) -> list[str]:
    import pyarrow as pa

    try:
        with files.parquet(file.name) as parquet:
            rows = sum(batch.num_rows for batch in parquet.iter_batches(use_threads=False))
    except (pa.ArrowException, OSError) as error:
        return [f"{file.logged} cannot be read ({type(error).__name__})"]
    return [f"{file.logged} has {rows:,} rows, the log says {file.rows:,}"] if file.rows not in (None, rows) else []


def _version_problems(address: LakeAddress, recorded: Mapping[int, Mapping[str, Any]]) -> tuple[list[str], int]:
    """What differs, and how many versions could be compared: an erasure takes old ones out of the log."""
    from deltalake.exceptions import DeltaError

    try:
        table = delta_table(address)
        history = {int(commit["version"]): commit for commit in table.history()}
    except (DeltaError, OSError, ValueError) as error:
        return [f"cannot be opened: {type(error).__name__}"], 0
    wrong = []
    if max(recorded) > table.version():
        wrong.append(f"version {max(recorded)} is recorded, the table ends at {table.version()}")
    both = [version for version in recorded if version in history]
    for version in both:
        rows = _rows_of(history[version])
        if rows is not None and rows != recorded[version]["rows"]:
            wrong.append(f"version {version} has {rows:,} rows, recorded are {recorded[version]['rows']:,}")
    return wrong, len(both)


def _rows_of(commit: Mapping[str, Any]) -> int | None:
    """The rows a commit wrote, by Spark's or delta-rs's name of it; None where it does not say."""
    metrics = commit.get("operationMetrics") or {}
    found = metrics.get("numOutputRows", metrics.get("num_added_rows"))
    return None if found is None else int(found)


def _base(file: StoredFile) -> str:
    return file.name.rpartition("/")[2]
