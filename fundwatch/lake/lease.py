"""One run at a time in a lake that several machines reach: a lease, kept alive, and numbered so that the past is past.

Each word about it is a file of its own, numbered on, which of all that try at once one can make: the newest holds. A
holder says a word every 15 seconds. Who has said none for 90, by the store's own clock and no machine's, is lost: the
next run may hold the lake from then on. What a lost holder still does then must not count, however late it wakes. So
the number of the word by which a run took the lake, its fence, stands in the log of a table as one of Delta's own
application transactions: who takes a lake over puts it into the logs of all tables, and a commit by a holder of a lower
one is refused, by the log itself where both come at once.
"""

from __future__ import annotations

import json
import os
import re
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any

from fundwatch.engine.processes import started, this_machine
from fundwatch.errors import LakeBusyError
from fundwatch.lake.files import LakeFiles
from fundwatch.lake.stores.delta_table import delta_table
from fundwatch.logs import log
from fundwatch.places import LakeAddress

if TYPE_CHECKING:
    from deltalake import DeltaTable
    from pyspark.sql import SparkSession

FENCE = "fundwatch-run"
_SPARK = "spark.databricks.delta.write"
_FOLDER, _WORD = ".lease", re.compile(r"(\d{20})\.json")
_EVERY_SECONDS, _LOST_SECONDS = 15.0, 90.0
_COMMITS = 1 << 24  # of one holder; a fence and the number of a commit make one number of Delta's
_holding: dict[str, Lease] = {}


class LeaseLostError(LakeBusyError):
    """Another run holds the lake now, because this one gave no word for too long."""


@dataclass(frozen=True)
class Word:
    """What was said last: who holds the lake, or that nobody does any more. `changed_ms` is the store's time."""

    number: int
    changed_ms: int
    fence: int = 0
    is_held: bool = False
    holder: str = ""
    machine: str = ""
    host: str = "unknown"
    pid: int = 0
    started: str = ""
    java: int = 0
    java_started: str = ""

    @property
    def said(self) -> str:
        return f"process {self.pid} of {self.host}"


class Lease:
    """The held lake. `follows` is the word of a holder that was lost and not of one that ended; None after an end."""

    def __init__(self, lake: LakeAddress, number: int, follows: Word | None, every: float) -> None:
        self.lake, self.fence, self.follows = lake, number, follows
        self._files, self._number, self._every = _files(lake), number, every
        self._about = _about_this_process()
        self._turn, self._ended = Lock(), Event()
        self._one_by_one, self._counting = Lock(), Lock()
        self._is_lost = False
        self._commits = 0
        self._keeper = Thread(target=self._keep, name="lease", daemon=True)

    @classmethod
    def taken(cls, lake: LakeAddress, every: float = _EVERY_SECONDS, lost_after: float = _LOST_SECONDS) -> Lease:
        """Take the lake. Raises LakeBusyError while another run holds it, or takes it at the same moment."""
        files = _files(lake)
        files.make_private_folder("")
        last = _newest(files)
        if last is not None and last.is_held:
            age = (_now_ms(files) - last.changed_ms) / 1000
            if age < lost_after and not _has_ended_here(last):
                raise LakeBusyError(
                    f"another run ({last.said}) is at work in the lake; its last word is {age:.0f} s old",
                    where=str(lake),
                    do=f"wait until it ends, or stop it; without a word for {lost_after:.0f} s it counts as gone, and "
                    "the same command goes on",
                )
            log.warning("the run of %s was lost: this one takes the lake over", last.said)
        number = 1 if last is None else last.number + 1
        made = cls(lake, number, last if last is not None and last.is_held else None, every)
        made._say(number, is_held=True)
        made._keeper.start()
        _holding[str(lake)] = made
        return made

    def note_process(self, pid: int) -> None:
        """Note the Java process that works for the holder."""
        self._about |= {"java": pid, "java_started": started(pid)}

    def end(self) -> None:
        """Say that the lake is free. After a loss it is another's, and nothing is said."""
        _holding.pop(str(self.lake), None)
        self._ended.set()
        if not self._turn.acquire(timeout=self._every):  # the store has not answered the last word yet
            log.warning("the lake could not be given back: it is free in a while")
            return
        try:
            if not self._is_lost:
                self._say(self._number + 1, is_held=False)
        except (OSError, LakeBusyError) as error:
            log.warning("the lake could not be given back (%s): it is free in a while", type(error).__name__)
        finally:
            self._turn.release()

    def refuse_lost(self) -> None:
        """Raise LeaseLostError when the store says that another run holds the lake."""
        last = _newest(self._files)
        if self._is_lost or last is None or last.fence != self.fence:
            raise _lost(self.lake, last)

    def next_commit(self, table: DeltaTable | None) -> int:
        """The number of this holder's next commit to a table. Raises LeaseLostError when the table's log knows a later
        holder; before a table is made there is none, and the store is asked."""
        if table is None:
            self.refuse_lost()
        elif (table.transaction_version(FENCE) or 0) // _COMMITS > self.fence:
            raise _lost(self.lake, _newest(self._files))
        with self._counting:
            self._commits += 1
            return self.fence * _COMMITS + self._commits

    @contextmanager
    def committing(self, spark: SparkSession, table: LakeAddress) -> Iterator[None]:
        """A commit to the table that Delta's part in Spark makes, under the fence. One at a time: the session's
        settings are one for all threads. Raises LeaseLostError when it was passed over."""
        with self._one_by_one:
            number = self.next_commit(delta_table(table))
            settings = {"txnAppId": FENCE, "txnVersion": str(number)}
            for name, value in settings.items():
                spark.conf.set(f"{_SPARK}.{name}", value)
            try:
                yield
            finally:
                for name in settings:
                    spark.conf.unset(f"{_SPARK}.{name}")
        if delta_table(table).transaction_version(FENCE) != number:
            raise _lost(self.lake, _newest(self._files))

    def _keep(self) -> None:
        """Say again and again that the run is alive. While the store does not answer nobody can take the lake over."""
        while not self._ended.wait(self._every):
            with self._turn:
                try:
                    if not self._ended.is_set():
                        self._say(self._number + 1, is_held=True)
                except OSError as error:
                    log.warning("the lake's store does not answer (%s); its holder asks again", type(error).__name__)
                except LakeBusyError:
                    self._is_lost = True
                    return

    def _say(self, number: int, *, is_held: bool) -> None:
        """Say the next word. Raises LakeBusyError when another run has said it, or a later one."""
        text = json.dumps(self._about | {"fence": self.fence, "is_held": is_held})
        try:
            self._files.write_new(f"{number:020d}.json", text.encode())
        except FileExistsError as error:
            last = _newest(self._files)
            if last is None or last.holder != self._about["holder"]:  # or said before, and the answer was lost
                raise _lost(self.lake, last) from error
        self._number = number
        words = _words(self._files)
        if max(words) != number:  # old words are removed: what was free again is not the newest
            raise _lost(self.lake, _newest(self._files))
        for old in words:
            if old < number - 1:
                self._files.remove(f"{old:020d}.json")


def holder_of(table: LakeAddress) -> Lease | None:
    """The lease by which this process holds the lake of a table; None where there is none: a folder's lock is the
    kernel's, and people's entries ask for no lock."""
    return _holding.get(str(table.parent)) if _holding else None


def commit_options(address: LakeAddress, table: DeltaTable | None) -> dict[str, Any]:
    """What a commit of delta-rs to a table bears besides: the fence of this process's lease, if it holds one.

    Raises LeaseLostError when another run has taken the lake over.
    """
    lease = holder_of(address)
    if lease is None:
        return {}
    from deltalake import Transaction

    # no second try by delta-rs: what came between may be another run's
    return {"app_transactions": [Transaction(FENCE, lease.next_commit(table))], "max_commit_retries": 0}


@contextmanager
def committing(spark: SparkSession, table: LakeAddress) -> Iterator[None]:
    """The same for a commit that Delta's part in Spark makes within the block."""
    lease = holder_of(table)
    with nullcontext() if lease is None else lease.committing(spark, table):
        yield


def newest_word(lake: LakeAddress) -> Word | None:
    """The last word about the lake; None where it was never held by a lease."""
    return _newest(_files(lake))


def _files(lake: LakeAddress) -> LakeFiles:
    return LakeFiles(lake.within(_FOLDER))


def _words(files: LakeFiles) -> list[int]:
    return [int(found[1]) for file in files.listed() if (found := _WORD.fullmatch(file.name))]


def _newest(files: LakeFiles) -> Word | None:
    """The last word, or None where none was ever said. One that was removed just now was followed by another."""
    while numbers := _words(files):
        name = f"{max(numbers):020d}.json"
        found = files.find(name)
        if found is not None:
            try:
                return Word(max(numbers), found.changed_ms or 0, **json.loads(files.read(name)))
            except FileNotFoundError:
                continue
    return None


def _now_ms(files: LakeFiles) -> int:
    """What the store's clock says: machines' clocks may differ by hours."""
    name = f"now-{uuid.uuid4().hex}"
    files.write_whole(name, b"")
    try:
        found = files.find(name)
        return 0 if found is None else found.changed_ms or 0
    finally:
        files.remove(name)


def _has_ended_here(word: Word) -> bool:
    """Whether the holder was a process of this machine that is gone: nobody needs to wait then."""
    return word.machine == this_machine() and started(word.pid) != word.started


def _about_this_process() -> dict[str, Any]:
    pid = os.getpid()
    holder = {"holder": uuid.uuid4().hex, "machine": this_machine(), "host": socket.gethostname()}
    return {**holder, "pid": pid, "started": started(pid)}


def _lost(lake: LakeAddress, now: Word | None) -> LeaseLostError:
    by = "another run" if now is None else f"another run ({now.said})"
    return LeaseLostError(
        f"{by} has taken the lake over: this one gave no word for too long",
        where=str(lake),
        do="nothing that this run did since counts; wait until the other ends, and run the same command again",
    )
