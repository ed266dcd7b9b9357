"""Verify the audit log: every line, their order, and its end."""

from __future__ import annotations

import argparse
from typing import Any

from fundwatch.audit import AuditError, audit_log
from fundwatch.errors import FundwatchError
from jobs.command_line import settings_of


def serve(options: argparse.Namespace) -> Any:
    """`fundwatch audit verify [--noted N:HASH]`. Raises AuditError naming the first line that does not hold."""
    settings = settings_of(options).settings
    log = audit_log(settings)
    verdict = log.verify(_noted(options.noted))
    if not verdict.holds:
        raise AuditError(
            f"the audit log does not hold: {verdict.told}",
            where=str(log.path),
            do="keep both files as they are, find out who changed them, and compare with their copy",
        )
    if not options.json:
        print(verdict.told)
        print("note the head elsewhere, and give it next time as --noted: a log put back as a whole shows only so")
    return {"holds": True, "lines": verdict.count, "head": f"{verdict.count}:{verdict.head}", "path": log.path}


def _noted(text: str) -> tuple[int, str] | None:
    if not text:
        return None
    number, _, known = text.partition(":")
    if not number.isdecimal() or len(known) != 64:
        raise FundwatchError("this is no head", where="--noted", do="give N:HASH as printed")
    return int(number), known
