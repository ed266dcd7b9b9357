"""Faults of the machine in people's words: which place, which file, what to do.

What Java, Python, delta-rs and SQLite say of a full disk or a damaged file is buried in traces, and messages of Spark
may quote rows of the delivery. So a fault's causes are gone through, its kind is reported by its own words, and of its
message only a path is taken.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fundwatch.errors import ExitCode, FundwatchError
from fundwatch.lake.checked_files import table_of, ways_back

_DEEPEST = 12
_AGAIN = "then run the same command again: what is written stands, what is not is as it was"
_FILE = re.compile(r"(?:file:)?/{1,3}((?:[\w.=@+-]+/)+[\w.=@+-]+)")
_FULL = 0.01  # of a disk, or less, is left


class MachineError(FundwatchError):
    """Something that fundwatch stands on does not work: a disk, a file, memory, another process."""

    exit_code = ExitCode.FAULT


@dataclass(frozen=True)
class _FaultKind:
    """A fault as people say it, and the words by which programs say it."""

    what: str
    do: str
    words: re.Pattern[str]
    is_of_disk: bool = False
    is_of_store: bool = False
    is_of_table: bool = False
    is_of_lake: bool = False


def _kind(what: str, do: str, *words: str, **of: bool) -> _FaultKind:
    return _FaultKind(what, do, re.compile("|".join(words)), **of)


_OURS = "(fundwatch|privacy|models)"
_DAMAGED = "see which files with `fundwatch lake check --deep`"
# the first that fits holds: what lies deepest in the trace is looked at first
_KINDS = (
    _kind(
        "the disk is full",
        f"make room there, {_AGAIN}",
        r"No space left on device", r"Disk quota exceeded", r"database or disk is full", r"os error 28\b",
        is_of_disk=True,
    ),
    _kind("the place is read-only", f"mount it so that it can be written to, or name another --var, {_AGAIN}",
          r"Read-only file system", r"os error 30\b", r"readonly database"),
    _kind("the credentials of the store have expired", f"renew them where this process finds them, {_AGAIN}",
          r"ExpiredToken", r"TokenExpired", r"token.{0,40} expired", r"GSSAPIError", r"GSS initiate failed"),
    _kind("the place is closed to this account", f"let this account read and write there, {_AGAIN}",
          r"Permission denied", r"AccessControlException", r"AccessDenied", r"os error 13\b",
          r"InvalidAccessKeyId", r"SignatureDoesNotMatch"),
    _kind("a store is locked by another process", f"wait until it ends, or stop it, {_AGAIN}",
          r"database (table )?is locked", is_of_store=True),
    _kind("the disk cannot be read or written", "look at the disk (`dmesg`), and restore the lake from a copy",
          r"Input/output error", r"os error 5\b"),
    _kind("the executors' Python is another than the driver's",
          f"install the driver's there, or name it by PYSPARK_PYTHON (spark-submit: spark.pyspark.python), {_AGAIN}",
          r"PYTHON_VERSION_MISMATCH", r"PYTHON_DAEMON_VERSION"),
    _kind("the executors have another release of fundwatch than the driver",
          f"send them this one (--py-files of `make package`), or install it there, {_AGAIN}",
          r"fundwatch: release \S+ on an executor", rf"Can't get attribute '\w+' on <module '{_OURS}"),
    _kind("the executors' Python lacks what our functions need",
          f"send the archives of `make package` with the command (docs/cluster.md), or install them there, {_AGAIN}",
          rf"No module named '({_OURS}|pandas|pyarrow|numpy|sklearn)"),
    _kind("no data node of the lake's store takes what is written",
          f"see that they run and have room (`hdfs dfsadmin -report`), {_AGAIN}",
          r"could only be written to 0 of", r"All DataNodes failed", is_of_lake=True),
    _kind("the store of the lake does not answer", f"see that its servers run, {_AGAIN}",
          r"os error 111\b", r"ConnectException", r"NoRouteToHost", r"StandbyException", r"No NameNode",
          r"in safe mode", r"BlockMissingException", r"No live nodes",
          r"[Aa]ll datanodes", r"error sending request", r"has given no answer", r"SdkClientException",
          r"error occurred while communicating with HDFS", r"RPC listener disconnected",
          is_of_lake=True),
    _kind("too many files are open", f"raise the limit (`ulimit -n`), {_AGAIN}", r"Too many open files"),
    _kind("memory ran out", f"give Spark more (`--set spark_driver_memory=6g`) or the machine less to do, {_AGAIN}",
          r"OutOfMemoryError", r"Cannot allocate memory", r"^MemoryError"),
    _kind("the log of a table is damaged", _DAMAGED,
          r"DELTA_TRUNCATED_TRANSACTION_LOG", r"DELTA_VERSIONS_NOT_CONTIGUOUS", r"DELTA_LOG_FILE_NOT_FOUND",
          r"DELTA_STATE_RECOVER", r"(FAILED_READ_FILE|Checksum|Json|Malformed).*_delta_log/", r"JsonEOFException",
          r"DeltaError: .*(JSON|json|log)", is_of_table=True),
    _kind("a file of a table is missing", _DAMAGED,
          r"FAILED_READ_FILE\.FILE_NOT_EXIST", r"FileNotFoundException", r"FILE_NOT_EXIST", r"os error 2\b",
          is_of_table=True),
    _kind("a file of a table is damaged", _DAMAGED,
          r"CRC checksum", r"crc check", r"ChecksumException", r"is not a Parquet file", r"FAILED_READ_FILE",
          r"Parquet (argument )?error", r"ParquetDecodingException", r"CORRUPTED_PARQUET",
          is_of_table=True),
    _kind("Spark was given no progress for as long as the settings allow, and its work was stopped",
          "look at what the machine waits for (disk, memory, network); --set stall_limit_minutes=0 waits for ever",
          r"fundwatch: no progress"),
    _kind("Spark's Java process is gone", f"it was killed, or the machine had no memory left: see `dmesg`; {_AGAIN}",
          r"Py4JNetworkError", r"Answer from Java side is empty", r"ConnectionRefusedError"),
)  # fmt: skip


def machine_error(error: BaseException, places: Sequence[str], store: str = "") -> MachineError | None:
    """The fault in people's words; None when it is none of the machine's.

    `places` are folders that may be full, by name, the lake first; `store` is MLflow's file, which may be locked.
    """
    texts = [text for cause in _causes(error) for text in _texts(cause)]
    for text in reversed(texts):
        kind = next((kind for kind in _KINDS if kind.words.search(text)), None)
        if kind is not None:
            where = _full_place(places) if kind.is_of_disk else store if kind.is_of_store else None
            where = _listed(places) if kind.is_of_lake else where
            named = _path_in(texts)
            do = f"{kind.do}; {ways_back(table_of(named))}" if kind.is_of_table and named else kind.do
            return MachineError(kind.what, where=where or named or _listed(places), do=do)
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The fault and what it came from, the outermost first."""
    seen: BaseException | None = error
    for _ in range(_DEEPEST):
        if seen is None:
            return
        yield seen
        seen = seen.__cause__ or seen.__context__


def _texts(error: BaseException) -> Iterator[str]:
    """What one fault says of itself: its class and message, and those of the Java faults within."""
    yield f"{type(error).__name__}: {error}"
    if isinstance(error, OSError) and error.errno is not None:
        yield f"{errno.errorcode.get(error.errno, '')} {os.strerror(error.errno)}: {error.filename or ''}"
    java: Any = getattr(error, "java_exception", None) or getattr(error, "_origin", None)
    if java is not None:
        yield from _java_texts(java)


def _java_texts(java: Any) -> Iterator[str]:
    """The same of a Java fault and its causes, as far as the Java process still answers."""
    from py4j.protocol import Py4JError

    try:
        for _ in range(_DEEPEST):
            if java is None:
                return
            yield f"{java.getClass().getName()}: {java.getMessage()}"
            java = java.getCause()
    except (Py4JError, OSError):
        return


def _path_in(texts: Sequence[str]) -> str:
    """The file that a fault names, the innermost first; only the path is taken, as the rest may quote rows."""
    for text in reversed(texts):
        if found := _FILE.search(text.split("\n\tat ")[0]):
            return f"/{found[1]}".rstrip(".")
    return ""


def _full_place(places: Sequence[str]) -> str | None:
    """Which of the folders lies on a disk with no room left."""
    for place in (Path(name) for name in places if "://" not in name):
        there = next((folder for folder in (place, *place.parents) if folder.is_dir()), None)
        if there is not None:
            found = os.statvfs(there)
            if found.f_blocks and (found.f_bavail / found.f_blocks < _FULL or (not found.f_favail and found.f_files)):
                return f"{there} ({found.f_bavail * found.f_frsize:,} bytes are left)"
    return None


def _listed(places: Sequence[str]) -> str:
    return places[0] if places else ""
