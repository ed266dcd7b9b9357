"""Verify the audit log: every line, their order, its end, its anchors; and go on after a restored copy or a leap."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fundwatch.errors import FundwatchError, KeyMissingError
from fundwatch.lake.journal import wall_clock
from fundwatch.settings import Settings
from privacy.access.desk import scrubbed
from privacy.access.people import AccessRefusedError, read_access
from privacy.audit.anchors import AnchorError, Anchors
from privacy.audit.log import AuditError, AuditLog, audit_log

_SHORTEST = 10


@dataclass(frozen=True)
class AuditState:
    """What a report says of the log: whether it holds (None: not looked at), its head, and one sentence."""

    holds: bool | None
    line: int
    hash: str
    reported: str

    @property
    def incomplete(self) -> list[str]:
        """What keeps a night from being complete."""
        return [f"the audit log does not hold: {self.reported}"] if self.holds is False else []

    @property
    def record(self) -> dict[str, Any]:
        """As a report carries it: an anchor of the head, where the log holds."""
        known = {"line": self.line, "hash": self.hash} if self.holds else {}
        return {"holds": self.holds, **known, "told": self.reported, "at": wall_clock().isoformat(timespec="seconds")}


@dataclass(frozen=True)
class AuditVerified:
    """The log holds: its lines, its head, and one sentence on it."""

    lines: int
    head: str
    path: Path
    reported: str

    def as_json(self) -> dict[str, Any]:
        """That it holds, and its head."""
        return {"holds": True, "lines": self.lines, "head": self.head, "path": self.path}


@dataclass(frozen=True)
class AnchorsSetAside:
    """How many anchors were ahead of the log, by whom they were set aside, and where the newest of them stood."""

    set_aside: int
    by: str
    newest: str

    def as_json(self) -> dict[str, Any]:
        """How many, by whom."""
        return {name: value for name, value in asdict(self).items() if name != "newest"}


@dataclass(frozen=True)
class ClockSet:
    """From when the log goes on, when it stood before, by whom."""

    at: str
    before: str
    by: str


def audit_state(settings: Settings) -> AuditState:
    """How the log stands, its head noted in the lake where it holds. An account without its key does not look."""
    try:
        if not settings.vault_dir.exists() and not Anchors(settings.lake_address, settings.reports_dir).noted():
            return AuditState(None, 0, "", "there is no vault")
        log = audit_log(settings)
        verdict = log.verify()
        if verdict.holds:
            log.anchor()
    except (KeyMissingError, PermissionError) as error:
        return AuditState(None, 0, "", f"not looked at: {error}".splitlines()[0])
    except AnchorError as error:
        return AuditState(False, 0, "", error.what)
    return AuditState(verdict.kind in ("", "torn"), verdict.count, verdict.head, verdict.reported)


def verify(settings: Settings, noted: str = "") -> AuditVerified:
    """Verify every line of the log and its anchors, and a head that was noted. Raises AuditError naming the first line
    that does not hold."""
    log = audit_log(settings)
    verdict = log.verify(_noted(noted))
    if not verdict.holds:
        aside = " or, for a log that was restored, `fundwatch audit set-aside`" if verdict.kind == "rewound" else ""
        raise AuditError(
            f"the audit log does not hold: {verdict.reported}",
            where=str(log.path),
            do=f"keep both files as they are, find out who changed them, and compare with their copy{aside}",
        )
    return AuditVerified(verdict.count, f"{verdict.count}:{verdict.head}", log.path, verdict.reported)


def set_aside(settings: Settings, person: str, why: str) -> AnchorsSetAside:
    """Go on from a log that was restored from a copy and is behind its anchors. Raises AccessRefusedError."""
    log = audit_log(settings)
    person, why = _approver(settings, log, person, why)
    found = log.set_aside(actor=person, why=why)
    return AnchorsSetAside(len(found), person, f"line {found[-1].seq} in {found[-1].where}" if found else "")


def set_clock(settings: Settings, person: str, why: str) -> ClockSet:
    """Go on from the time that the clock says now, after it leapt. Raises AccessRefusedError."""
    log = audit_log(settings)
    person, why = _approver(settings, log, person, why)
    entry = log.set_clock(actor=person, why=why)
    return ClockSet(entry.at, entry.detail["before"], person)


def _approver(settings: Settings, log: AuditLog, person: str, why: str) -> tuple[str, str]:
    """Who answers for it, and why. Raises AccessRefusedError."""
    person, why = scrubbed(person.strip()), scrubbed(why.strip())
    read_access(settings.access, settings.conf).refuse_unless("approvers", person, log.account())
    if len(why) < _SHORTEST:
        raise AccessRefusedError(f"say what happened, in {_SHORTEST} characters or more", where="--why")
    return person, why


def _noted(text: str) -> tuple[int, str] | None:
    if not text:
        return None
    number, _, known = text.partition(":")
    if not number.isdecimal() or len(known) != 64:
        raise FundwatchError("this is no head", where="--noted", do="give N:HASH as printed")
    return int(number), known
