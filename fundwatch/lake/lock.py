"""One run at a time in a lake.

In a folder the lock is the kernel's, so that a killed run leaves none; a lake that several machines reach is held by a
lease. A killed run's Java process may outlive it by seconds and still commit: the lock names that process, and the next
holder on its machine waits until it is gone.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from fundwatch.engine.processes import started
from fundwatch.errors import FundwatchError, LakeBusyError
from fundwatch.lake.delta_rows import commit_nothing, is_made
from fundwatch.lake.files import LakeFiles
from fundwatch.lake.lease import Lease
from fundwatch.lake.upgrade import refuse_old_lake
from fundwatch.logs import log
from fundwatch.places import S3, LakeAddress

_GRACE_SECONDS = 30.0
_LOCK = ".lock"
_LENGTH = 256


class LakeLock:
    """The held lock; `note_process` records the Java process that works for the holder."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def note_process(self, pid: int) -> None:
        self._write({"pid": os.getpid(), "java": pid, "java_started": started(pid)})

    def _write(self, content: dict[str, object]) -> None:
        """In one call and of one length, so that whoever reads meanwhile, or after a kill, finds it whole."""
        os.pwrite(self._descriptor, json.dumps(content).ljust(_LENGTH).encode(), 0)


def refuse_no_lake(lake: LakeAddress) -> None:
    """Raise FundwatchError where there is no lake (a mistyped folder is reported, and not made), OldLakeError where
    there is one of an earlier version."""
    _refuse_no_folder(lake)
    refuse_old_lake(lake)


def _refuse_no_folder(lake: LakeAddress) -> None:
    if not LakeFiles(lake).has_folder():
        raise FundwatchError(
            "there is no lake",
            where=str(lake.absolute()),
            do="name another with --var or --lake; the first `fundwatch nightly --date DATE` makes one",
        )


@contextmanager
def held(lake: LakeAddress) -> Iterator[LakeLock | Lease]:
    """Hold the lake's lock. Raises LakeBusyError at once when another run has it, FundwatchError without a lake, and
    OldLakeError for one of an earlier version."""
    with held_as_it_is(lake) as lock:
        refuse_old_lake(lake)
        yield lock


@contextmanager
def held_as_it_is(lake: LakeAddress) -> Iterator[LakeLock | Lease]:
    """The same for a lake of any version: who upgrades it holds it so."""
    _refuse_no_folder(lake)
    with leased(lake) if lake.root else _locked(lake) as lock:
        yield lock


@contextmanager
def leased(lake: LakeAddress, **seconds: float) -> Iterator[Lease]:
    """Hold the lake by a lease. After a holder that was lost all tables are fenced first."""
    lease = Lease.taken(lake, **seconds)
    try:
        if lease.follows is not None:
            _await_orphan(lake, vars(lease.follows))
            _fence(lake)
        yield lease
    finally:
        lease.end()


def _fence(lake: LakeAddress) -> None:
    """Put the holder's number into the log of every table: no commit of an earlier holder can follow it.

    In an object store Delta's part in Spark looks and then writes: a holder that was lost between the two and wakes may
    replace the version that it meant to make, which is the first fence. So there is a second.
    """
    for name in LakeFiles(lake).folders():
        if is_made(lake.within(name)):
            for _ in range(2 if lake.root.startswith(S3) else 1):
                commit_nothing(lake.within(name))


@contextmanager
def _locked(lake: LakeAddress) -> Iterator[LakeLock]:
    descriptor = LakeFiles(lake).lock_handle(_LOCK)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = _content(descriptor).get("pid", "unknown")
            raise LakeBusyError(
                f"another run (process {holder}) is at work in the lake",
                where=str(lake),
                do="wait until it ends, or stop it; then run this again",
            ) from error
        _await_orphan(lake, _content(descriptor))
        lock = LakeLock(descriptor)
        lock._write({"pid": os.getpid()})
        yield lock
        lock._write({})  # ended in order: the Java process is idle and holds nothing
    finally:
        os.close(descriptor)


def _content(descriptor: int) -> dict[str, object]:
    text = os.pread(descriptor, 4096, 0).decode(errors="replace")
    try:
        found = json.loads(text) if text else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _await_orphan(lake: LakeAddress, previous: Mapping[str, object]) -> None:
    """Wait until the previous holder's Java process is gone. Raises LakeBusyError when it stays."""
    pid = previous.get("java")
    if not isinstance(pid, int) or not pid or previous.get("pid") == os.getpid():
        return
    deadline = time.monotonic() + _GRACE_SECONDS
    if started(pid) == previous.get("java_started") != "":
        log.warning("waiting for the Java process %d of a run that was killed, for %.0f s at most", pid, _GRACE_SECONDS)
    while started(pid) == previous.get("java_started") != "":
        if time.monotonic() > deadline:
            raise LakeBusyError(
                f"the Java process {pid} of a run that was killed still works in the lake",
                where=str(lake),
                do=f"stop it (kill {pid}) and run this again",
            )
        time.sleep(0.2)
