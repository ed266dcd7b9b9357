"""The audit log: one JSON a line, each carrying the hash of the one before, keyed, so that an edit cannot be hidden.

Sources: PIPL Art. 51 and 54 (audit of processing). The hashes are HMACs under a key derived from the vault's: who
can edit the file cannot recompute the chain. When the vault's key is rotated, later lines are signed with the new one;
those before stay as they are, and of the old key only what verifies them is kept. The head file beside the log (last
number and hash, keyed too) tells a cut tail; anchors in the lake and in the daily reports tell a log and head that were
both put back to an earlier state. Nothing is appended to a log that does not hold, and no time that leaps enters it.
"""

from __future__ import annotations

import hmac
import json
import os
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from fundwatch.errors import ExitCode, FundwatchError
from privacy.audit.account import account_name
from privacy.audit.anchors import Anchor, Anchors
from privacy.audit.chain import GENESIS, ChainVerdict, Entry, Held, read_chain, read_entry
from privacy.audit.checkpoint import note_checkpoint, read_checkpoint
from privacy.keys.ring import keyed
from privacy.keys.secret_files import replace_secret
from privacy.vault.sealing import SealingKey, read_vault_key

if TYPE_CHECKING:
    from filelock import FileLock

    from fundwatch.settings import Settings

_LONGEST = 2_000
SET_ASIDE, CLOCK = "audit set aside", "audit clock"
_ANCHORS_A_LINE = 100
_BACK = timedelta(hours=1)  # a clock is put right by less
_SILENCE = timedelta(days=92)  # between what is known to have happened and the next call
_KEEP = "keep both files as they are, find out who changed them, and restore them from their copy"


class AuditError(FundwatchError):
    """The audit log does not hold: it was edited, cut or lost, or it cannot be written."""

    exit_code = ExitCode.FAULT


class ClockError(AuditError):
    """The clock says a time that cannot follow what is known to have happened."""


def _wall_clock() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 (the audit log records when something happened; no result depends on it)


@dataclass(frozen=True)
class AuditLog:
    """`audit.jsonl` and `audit.head` in a folder. Processes take turns; a line is on the disk when `append` returns."""

    folder: Path
    key: SealingKey = field(repr=False)
    clock: Callable[[], datetime] = _wall_clock
    account: Callable[[], str] = account_name
    anchors: Anchors | None = None

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
        """The time (UTC), never before the last line's: a clock put back prolongs no approval.

        Raises AuditError unless a line could be appended now; ClockError when the clock leaps.
        """
        with self.turn():
            last = self._last()
            self._refuse_leap(last)
            return self._time(last)

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
        """One more line, flushed to the disk; it must quote no identity. Raises AuditError unless the whole log holds,
        and ClockError, which leaves a line of its own, when the clock leaps."""
        with self.turn():
            last = self._fixed(self._last())
            try:
                self._refuse_leap(last)
            except ClockError:
                reported = {"asked": action, "clock": self.clock().isoformat()}
                at = datetime.fromisoformat(last.at) if last else self._before(last)
                self._write(last, _blank("clock refused", actor, "refused", at=at, request=request, detail=reported))
                raise
            entry = _blank(action, actor, outcome, at=self._time(last), request=request, detail=detail or {})
            return self._write(last, replace(entry, why=why[:_LONGEST], lead=lead))

    def entries(self) -> list[Entry]:
        """All lines. Raises AuditError unless the whole log holds."""
        with self.turn():
            return [read_entry(line) for line in self._whole().splitlines()]

    def verify(self, noted: tuple[int, str] | None = None) -> ChainVerdict:
        """Whether every line holds and none that was noted is gone; `noted` is a head that was written down."""
        with self.turn():
            verdict, content = self._read()
            if not verdict.holds:
                return verdict
            misfits = self._misfits(content)
            if noted is not None and not _Lines(content).has(*noted):
                misfits.append(Anchor(*noted, "--noted", ""))
        return _rewound(verdict, misfits) if misfits else verdict

    def anchor(self) -> None:
        """Note the last line in the lake, as every append does. Raises AuditError unless the whole log holds."""
        with self.turn():
            last = self._last()
            if last is not None and self.anchors is not None:
                self.anchors.note_once(Held(last.seq, last.hash))

    def set_aside(self, *, actor: str, why: str) -> list[Anchor]:
        """Go on from the log as it is, though anchors are ahead of it: which these are, and who says so, is a line.

        For a vault that was restored from a copy. Raises AuditError when a line does not hold by itself.
        """
        with self.turn():
            verdict, content = self._read()
            _refuse(self.path, verdict)
            misfits = self._misfits(content)
            last = self._fixed(_last_of(content))
            for first in range(0, len(misfits), _ANCHORS_A_LINE):
                some = misfits[first : first + _ANCHORS_A_LINE]
                reported = {
                    "anchors": " ".join(a.fingerprint for a in some),
                    "newest": f"{some[-1].seq}:{some[-1].hash}",
                }
                entry = _blank(SET_ASIDE, actor, "ok", at=self._time(last), detail=reported)
                last = self._write(last, replace(entry, why=why[:_LONGEST]))
            return misfits

    def set_clock(self, *, actor: str, why: str) -> Entry:
        """Go on from the time the clock says now: lines that are later than it were written while it leapt."""
        with self.turn():
            last = self._fixed(self._last())
            reported = {"before": self._before(last).isoformat()}
            entry = _blank(CLOCK, actor, "ok", at=self.clock(), detail=reported)
            return self._write(last, replace(entry, why=why[:_LONGEST]))

    def renew_head(self) -> None:
        """Sign the head with the key in force, after a rotation, before the old key is gone. Raises AuditError."""
        with self.turn():
            last, head = _last_of(self._whole()), self._head()
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

    def _read(self) -> tuple[ChainVerdict, bytes]:
        """The verdict on the chain, and the log's bytes."""
        content = self.path.read_bytes() if self.path.is_file() else b""
        head, checked = self._head(), self.folder / "audit.checked"
        known = read_checkpoint(checked, self.key, content)
        verdict, reached = read_chain(content[known.size :], self._macs, head, known.reached)
        if not _may_go_on(verdict) and known.seq:
            verdict, reached = read_chain(content, self._macs, head)  # to tell what was done, where it was done
        if _may_go_on(verdict):
            note_checkpoint(checked, self.key, content, reached, known)
        return verdict, content

    def _whole(self) -> bytes:
        """The finished lines. Raises AuditError unless all hold and none that was noted is gone."""
        verdict, content = self._read()
        misfits = self._misfits(content) if _may_go_on(verdict) else []
        _refuse(self.path, _rewound(verdict, misfits) if misfits else verdict)
        return content[: content.rfind(b"\n") + 1]

    def _misfits(self, content: bytes) -> list[Anchor]:
        """Anchors that are of no line of the log, but for those that somebody set aside."""
        lines = _Lines(content)
        noted = [] if self.anchors is None else self.anchors.noted()
        found = [anchor for anchor in noted if not lines.has(anchor.seq, anchor.hash)]
        aside = lines.set_aside() if found else frozenset()
        return [anchor for anchor in found if anchor.fingerprint not in aside]

    def _last(self) -> Entry | None:
        return _last_of(self._whole())

    def _before(self, last: Entry | None) -> datetime:
        """A time that is known to have been: the last line's, or that of the lake's ledger; else the clock's."""
        run = None if self.anchors is None else self.anchors.newest_run()
        known = [datetime.fromisoformat(last.at)] if last else []
        return max(known + ([run] if run is not None else []), default=self.clock())

    def _time(self, last: Entry | None) -> datetime:
        return max(self.clock(), datetime.fromisoformat(last.at)) if last else self.clock()

    def _refuse_leap(self, last: Entry | None) -> None:
        now, way_on = self.clock(), "see that the clock is right, then let an approver note it: `fundwatch audit clock`"
        line = datetime.fromisoformat(last.at) if last else now
        if line - now > _BACK:
            raise ClockError(
                f"the clock says {_minute(now)}, the last line of the audit log {_minute(line)}: one of them leapt",
                where=str(self.path),
                do=way_on,
            )
        if now - self._before(last) > _SILENCE:
            raise ClockError(
                f"the clock says {_minute(now)}, {(now - self._before(last)).days} days after anything that is known",
                where=str(self.path),
                do=way_on,
            )

    def _fixed(self, last: Entry | None) -> Entry | None:
        """The last line, once an unfinished one after it is cut off (a command was killed while it wrote)."""
        content = self.path.read_bytes() if self.path.is_file() else b""
        torn = len(content) - (content.rfind(b"\n") + 1)
        if not torn:
            return last
        with self.path.open("r+b") as stream:
            stream.truncate(len(content) - torn)
            os.fsync(stream.fileno())
        at = datetime.fromisoformat(last.at) if last else self._before(last)
        entry = _blank("log mended", "fundwatch", "ok", at=at)
        return self._write(last, replace(entry, why=f"{torn} bytes of an unfinished line dropped"))

    def _write(self, last: Entry | None, entry: Entry) -> Entry:
        if last is None and self._head() is None:
            self._note_head(Held(0, GENESIS))  # before the first line: a log without a head has lost it
        after = last or Entry(0, "", "", "", "", "", "", "", "", hash=GENESIS)
        made = replace(entry, seq=after.seq + 1, previous=after.hash, account=self.account()).signed(self._mac)
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "ab") as stream:
            stream.write(made.line() + b"\n")
            stream.flush()
            os.fsync(stream.fileno())
        self._note_head(Held(made.seq, made.hash))
        if self.anchors is not None:
            self.anchors.note(Held(made.seq, made.hash))
        return made

    def _head(self) -> Held | None:
        """The head on file; None without a file. A head that was edited counts as one that fits nothing."""
        if not self.head_path.is_file():
            return None
        try:
            reported = json.loads(self.head_path.read_text(encoding="utf-8"))
            seq, last, mac = int(reported["seq"]), str(reported["hash"]), str(reported["mac"])
        except (ValueError, KeyError, TypeError):
            return Held(-1, "")
        keys = [key for key in (self.key, self.key.old) if key is not None]  # old: a rotation was killed since
        is_ours = any(hmac.compare_digest(mac, _head_mac(key, seq, last)) for key in keys)
        return Held(seq, last) if is_ours else Held(-1, "")

    def _note_head(self, head: Held) -> None:
        reported = asdict(head) | {"mac": _head_mac(self.key, head.seq, head.hash)}
        replace_secret(self.head_path, json.dumps(reported) + "\n")


def _hex_mac(secret: bytes, message: bytes) -> str:
    return keyed(secret, message).hex()


def _head_mac(key: SealingKey, seq: int, last: str) -> str:
    return keyed(key.derived("audit head"), f"{seq}|{last}".encode()).hex()


class _Lines:
    """The lines of a log that holds by itself, looked up by number."""

    def __init__(self, content: bytes) -> None:
        self._lines = content.split(b"\n")[:-1]

    def has(self, seq: int, known: str) -> bool:
        """Whether the line of this number is there, with this hash."""
        return seq == 0 or (seq <= len(self._lines) and read_entry(self._lines[seq - 1]).hash == known)

    def set_aside(self) -> frozenset[str]:
        """Fingerprints of the anchors that named persons set aside."""
        mark = f'"action":"{SET_ASIDE}"'.encode()
        reported = [read_entry(line) for line in self._lines if mark in line]
        return frozenset(p for entry in reported if entry.action == SET_ASIDE for p in entry.detail["anchors"].split())


def _last_of(content: bytes) -> Entry | None:
    whole = content[: max(content.rfind(b"\n"), 0)]
    return read_entry(whole[whole.rfind(b"\n") + 1 :]) if whole else None


def _blank(
    action: str, actor: str, outcome: str, *, at: datetime, request: str = "", detail: Mapping[str, str] | None = None
) -> Entry:
    reported = {name: str(value)[:_LONGEST] for name, value in (detail or {}).items()}
    return Entry(0, at.isoformat(), actor[:_LONGEST], "", action, request, "", outcome, "", reported)


def _may_go_on(verdict: ChainVerdict) -> bool:
    return verdict.kind in ("", "torn")  # a killed command tears a line that never counted


def _refuse(path: Path, verdict: ChainVerdict) -> None:
    if not _may_go_on(verdict):
        restored = "; if they are such a copy, let an approver say so: `fundwatch audit set-aside`"
        do = _KEEP + (restored if verdict.kind == "rewound" else "; see `fundwatch audit verify`")
        raise AuditError(f"the audit log does not hold: {verdict.reported}", where=str(path), do=do)


def _rewound(verdict: ChainVerdict, misfits: Sequence[Anchor]) -> ChainVerdict:
    """The log was put back, or replaced: the newest line that was noted and is not there."""
    last = misfits[-1]
    noted = f"line {last.seq} was noted in {last.where}{f' at {last.at}' if last.at else ''}"
    there = f"the log ends at line {verdict.count}" if last.seq > verdict.count else "the log has another line there"
    return ChainVerdict(verdict.count, verdict.head, "rewound", min(last.seq, verdict.count), f"{noted}; {there}")


def _minute(time: datetime) -> str:
    return time.isoformat(timespec="minutes")


def audit_log(settings: Settings) -> AuditLog:
    """The log in force, with its anchors. Raises KeyMissingError without the vault's key."""
    anchors = Anchors(settings.lake_address, settings.reports_dir)
    return AuditLog(settings.vault_dir, read_vault_key(settings.vault_key_path), anchors=anchors)


def new_request_id() -> str:
    """A name for a request; random, so that a log begun again repeats none."""
    return uuid.uuid4().hex[:10]
