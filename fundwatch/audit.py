"""The audit log: one JSON a line, each carrying the hash of the one before, keyed, so that an edit cannot be hidden.

Sources: PIPL Art. 51 and 54 (audit of processing). The hashes are HMACs under a key derived from the vault's: who
can edit the file cannot recompute the chain. When the vault's key is rotated, later lines are signed with the new one;
those before stay as they are, and of the old key only what verifies them is kept. The head file beside the log (last
number and hash, keyed too) tells a cut tail. Only a log and head that were both put back to an earlier state are not
told by themselves: note the head elsewhere and give it to `verify`.
"""

from __future__ import annotations

import hmac
import json
import os
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from fundwatch.account import account_name
from fundwatch.audit_chain import GENESIS, Entry, Held, Verdict, parse_line, read_chain
from fundwatch.errors import ExitCode, FundwatchError
from fundwatch.keys import keyed
from fundwatch.sealing import SealingKey, read_vault_key
from fundwatch.secret_files import replace_secret

if TYPE_CHECKING:
    from filelock import FileLock

    from fundwatch.settings import Settings

_TAIL = 1 << 20  # more than any line is long
_LONGEST = 2_000


class AuditError(FundwatchError):
    """The audit log does not hold: it was edited, cut or lost, or it cannot be written."""

    exit_code = ExitCode.FAULT


def _wall_clock() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 (the audit log records when something happened; no result depends on it)


@dataclass(frozen=True)
class AuditLog:
    """`audit.jsonl` and `audit.head` in a folder. Processes take turns; a line is on the disk when `append` returns."""

    folder: Path
    key: SealingKey = field(repr=False)
    clock: Callable[[], datetime] = _wall_clock
    account: Callable[[], str] = account_name

    @property
    def path(self) -> Path:
        return self.folder / "audit.jsonl"

    @property
    def head_path(self) -> Path:
        return self.folder / "audit.head"

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Hold the log, so that what is read and what is then appended fit. Nested turns of one log are one."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._lock:
            yield

    def now(self) -> datetime:
        """The time (UTC), never before the last line's: a clock put back prolongs no approval."""
        with self.turn():
            last = self._last()
            return max(self.clock(), datetime.fromisoformat(last.at)) if last else self.clock()

    def append(
        self,
        action: str,
        *,
        actor: str,
        outcome: str = "ok",
        why: str = "",
        request: str = "",
        lead: str = "",
        detail: Mapping[str, str] | None = None,
    ) -> Entry:
        """One more line, flushed to the disk; it must quote no identity. Raises AuditError when the end was changed."""
        with self.turn():
            torn = self._drop_torn()
            if torn:
                self._append("log mended", "fundwatch", "ok", f"{torn} bytes of an unfinished line dropped", "", "", {})
            return self._append(action, actor, outcome, why, request, lead, detail or {})

    def entries(self) -> list[Entry]:
        """All lines. Raises AuditError unless the whole log holds."""
        with self.turn():
            verdict, entries = self._read()
        if not verdict.holds and verdict.kind != "torn":  # a killed command tears a line that never counted
            raise AuditError(
                f"the audit log does not hold: {verdict.told}",
                where=str(self.path),
                do="stop, find out who changed it, and restore it from its copy; see `fundwatch audit verify`",
            )
        return entries

    def verify(self, noted: tuple[int, str] | None = None) -> Verdict:
        """Whether every line holds; `noted` is the number and hash of a head that was written down earlier."""
        with self.turn():
            verdict, entries = self._read()
        if verdict.holds and noted is not None:
            number, known = noted
            if number > len(entries) or (number > 0 and entries[number - 1].hash != known):
                return Verdict(len(entries), verdict.head, "rewound", min(number, len(entries)), "not the noted head")
        return verdict

    def renew_head(self) -> None:
        """Sign the head with the key in force, after a rotation, before the old key is gone. Raises AuditError."""
        with self.turn():
            last, head = self._last(), self._head()
            if last is not None or head is not None:
                self._note_head(Held(last.seq, last.hash) if last else Held(0, GENESIS))

    @cached_property
    def _lock(self) -> FileLock:
        from filelock import FileLock

        return FileLock(self.folder / ".audit.lock", timeout=60, mode=0o600)

    def _mac(self, message: bytes) -> str:
        return keyed(self.key.derived("audit line"), message).hex()

    @property
    def _macs(self) -> list[Callable[[bytes], str]]:
        """Of every key that ever signed lines, the oldest first."""
        former = [partial(_hex_mac, secret) for secret in self.key.former]
        return [*former, self._mac]

    def _read(self) -> tuple[Verdict, list[Entry]]:
        content = self.path.read_bytes() if self.path.is_file() else b""
        return read_chain(content, self._macs, self._head())

    def _append(
        self, action: str, actor: str, outcome: str, why: str, request: str, lead: str, detail: Mapping[str, str]
    ) -> Entry:
        last = self._last()
        if last is None and self._head() is None:
            self._note_head(Held(0, GENESIS))  # before the first line: a log without a head has lost it
        at = max(self.clock(), datetime.fromisoformat(last.at)) if last else self.clock()
        entry = Entry(
            seq=last.seq + 1 if last else 1,
            at=at.isoformat(),
            actor=actor[:_LONGEST],
            account=self.account(),
            action=action,
            request=request,
            lead=lead,
            outcome=outcome,
            why=why[:_LONGEST],
            detail={name: str(value)[:_LONGEST] for name, value in detail.items()},
            previous=last.hash if last else GENESIS,
        ).signed(self._mac)
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "ab") as stream:
            stream.write(entry.line() + b"\n")
            stream.flush()
            os.fsync(stream.fileno())
        self._note_head(Held(entry.seq, entry.hash))
        return entry

    def _last(self) -> Entry | None:
        """The last whole line, which must be the head, or the one after it (a command was killed between the two)."""
        whole = self._tail().rpartition(b"\n")[0]
        head = self._head()
        if not whole and (head is None or head == Held(0, GENESIS)):
            return None
        found = parse_line(whole.rpartition(b"\n")[2], self._macs) if whole else None
        last = None if found is None else found[0]
        known = head or Held(0, GENESIS)
        is_head = last is not None and (last.seq, last.hash) == (known.seq, known.hash)
        is_next = last is not None and (last.seq, last.previous) == (known.seq + 1, known.hash)
        if last is None or head is None or not (is_head or is_next):
            raise AuditError(
                "the end of the audit log is not the one that was written last",
                where=str(self.path),
                do="nothing is done that cannot be logged: `fundwatch audit verify` tells what was changed",
            )
        return last

    def _tail(self) -> bytes:
        if not self.path.is_file():
            return b""
        with self.path.open("rb") as stream:
            size = stream.seek(0, os.SEEK_END)
            stream.seek(max(0, size - _TAIL))
            return stream.read()

    def _drop_torn(self) -> int:
        """Cut off an unfinished last line (a command was killed while it wrote); how many bytes that was."""
        tail = self._tail()
        torn = len(tail) - (tail.rfind(b"\n") + 1)
        if torn:
            self._last()  # refuses unless what is left is what was written last
            with self.path.open("r+b") as stream:
                stream.truncate(stream.seek(0, os.SEEK_END) - torn)
                os.fsync(stream.fileno())
        return torn

    def _head(self) -> Held | None:
        """The head on file; None without a file. A head that was edited counts as one that fits nothing."""
        if not self.head_path.is_file():
            return None
        try:
            told = json.loads(self.head_path.read_text(encoding="utf-8"))
            seq, last, mac = int(told["seq"]), str(told["hash"]), str(told["mac"])
        except (ValueError, KeyError, TypeError):
            return Held(-1, "")
        keys = [key for key in (self.key, self.key.old) if key is not None]  # old: a rotation was killed since
        is_ours = any(hmac.compare_digest(mac, _head_mac(key, seq, last)) for key in keys)
        return Held(seq, last) if is_ours else Held(-1, "")

    def _note_head(self, head: Held) -> None:
        told = asdict(head) | {"mac": _head_mac(self.key, head.seq, head.hash)}
        replace_secret(self.head_path, json.dumps(told) + "\n")


def _hex_mac(secret: bytes, message: bytes) -> str:
    return keyed(secret, message).hex()


def _head_mac(key: SealingKey, seq: int, last: str) -> str:
    return keyed(key.derived("audit head"), f"{seq}|{last}".encode()).hex()


def audit_log(settings: Settings) -> AuditLog:
    """The log in force. Raises KeyMissingError without the vault's key."""
    return AuditLog(settings.vault_dir, read_vault_key(settings.vault_key_path))


def new_request_id() -> str:
    """A name for a request; random, so that a log begun anew repeats none."""
    return uuid.uuid4().hex[:10]
