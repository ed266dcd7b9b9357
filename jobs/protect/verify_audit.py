"""Verify the audit log: every line, their order, its end, its anchors; and go on after a restored copy or a leap."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fundwatch.errors import FundwatchError, KeyMissingError
from fundwatch.lake.journal import wall_clock
from fundwatch.settings import Settings
from jobs.command_line import settings_of
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
    told: str

    @property
    def incomplete(self) -> list[str]:
        """What keeps a night from being complete."""
        return [f"the audit log does not hold: {self.told}"] if self.holds is False else []

    @property
    def record(self) -> dict[str, Any]:
        """As a report carries it: an anchor of the head, where the log holds."""
        known = {"line": self.line, "hash": self.hash} if self.holds else {}
        return {"holds": self.holds, **known, "told": self.told, "at": wall_clock().isoformat(timespec="seconds")}


def serve(options: argparse.Namespace) -> Any:
    """`fundwatch audit verify|set-aside|clock`. Raises AuditError naming the first line that does not hold."""
    settings = settings_of(options).settings
    action: Callable[[argparse.Namespace, Settings, AuditLog], Any] = _ACTIONS[options.action]
    return action(options, settings, audit_log(settings))


def audit_state(settings: Settings) -> AuditState:
    """How the log stands, its head noted in the lake where it holds. An account without its key does not look."""
    try:
        if not settings.vault_dir.exists() and not Anchors(settings.lake_dir, settings.reports_dir).noted():
            return AuditState(None, 0, "", "there is no vault")
        log = audit_log(settings)
        verdict = log.verify()
        if verdict.holds:
            log.anchor()
    except (KeyMissingError, PermissionError) as fault:
        return AuditState(None, 0, "", f"not looked at: {fault}".splitlines()[0])
    except AnchorError as fault:
        return AuditState(False, 0, "", fault.what)
    return AuditState(verdict.kind in ("", "torn"), verdict.count, verdict.head, verdict.told)


def _verify(options: argparse.Namespace, settings: Settings, log: AuditLog) -> Any:
    verdict = log.verify(_noted(options.noted))
    if not verdict.holds:
        aside = " or, for a log that was restored, `fundwatch audit set-aside`" if verdict.kind == "rewound" else ""
        raise AuditError(
            f"the audit log does not hold: {verdict.told}",
            where=str(log.path),
            do=f"keep both files as they are, find out who changed them, and compare with their copy{aside}",
        )
    if not options.json:
        print(verdict.told)
        print("it is noted in the lake and in each night's privacy report; note it elsewhere too, for --noted")
    return {"holds": True, "lines": verdict.count, "head": f"{verdict.count}:{verdict.head}", "path": log.path}


def _set_aside(options: argparse.Namespace, settings: Settings, log: AuditLog) -> Mapping[str, Any]:
    person, why = _approver(options, settings, log)
    found = log.set_aside(actor=person, why=why)
    if not options.json:
        newest = f", the newest of line {found[-1].seq} in {found[-1].where}" if found else ""
        print(f"{len(found)} anchors set aside by {person}{newest}" if found else "no anchor is ahead of the log")
    return {"set_aside": len(found), "by": person}


def _clock(options: argparse.Namespace, settings: Settings, log: AuditLog) -> Mapping[str, Any]:
    person, why = _approver(options, settings, log)
    entry = log.set_clock(actor=person, why=why)
    if not options.json:
        print(f"the log goes on from {entry.at}, by {person}; what was asked or approved later than that does not hold")
    return {"at": entry.at, "before": entry.detail["before"], "by": person}


def _approver(options: argparse.Namespace, settings: Settings, log: AuditLog) -> tuple[str, str]:
    """Who answers for it, and why. Raises AccessRefusedError."""
    person, why = scrubbed(options.person.strip()), scrubbed(options.why.strip())
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


_ACTIONS = {"verify": _verify, "set-aside": _set_aside, "clock": _clock}
