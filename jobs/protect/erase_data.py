"""Erase a person's data, or all before a date: lake, quarantine, vault and lists, with a record. Without Spark.

Two persons answer for it, one who asks and one who approves. What lies in the landing zone is not the lake's: it goes
by its own retention; a delivery that names the person again is told by the intake (see intake.rows.erased).
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from fundwatch.errors import FundwatchError, faults
from fundwatch.lake.ledger import Ledger
from fundwatch.lake.lock import held
from fundwatch.lake.store import Lake
from fundwatch.logs import log
from fundwatch.settings import Settings
from jobs.command_line import settings_of
from jobs.protect.erase_lists import mark_lists, redact_lists
from jobs.protect.erase_rows import Eraser
from jobs.protect.erase_rows import Vault as Forgetting
from privacy.audit.log import audit_log
from privacy.erasure.record import ErasureLog, Request, mark_of
from privacy.keys.ring import read_key
from privacy.vault.sealing import read_vault_key
from privacy.vault.vault import Vault

_TOKEN = re.compile(r"[0-9a-f]{32}")


def serve(options: argparse.Namespace) -> Any:
    """`fundwatch erase person --token T` or `erase before --date D`, with --as, --approve and --why."""
    settings = settings_of(options).settings
    _refuse_incomplete(options)
    key = read_key(settings.key_path)
    lake = Lake(settings.lake_dir)
    rows: Counter[str] = Counter()
    nights: set[date] = set()
    with held(lake.root):
        vault = _vault(settings)
        if vault is not None:
            audit_log(settings).now()  # nothing is erased that cannot be logged
        for token, forgetting in _subjects(options, vault):
            mark = mark_of(token, key) if token else str(options.date)
            request = Request(options.action, mark, options.by.strip(), options.approve.strip(), options.why.strip())
            before = None if token else options.date
            eraser = Eraser(lake, request, token, before, forgetting, lambda step: log.info("  %s", step))
            rows.update(eraser.run())
            nights.update(finish(eraser, settings))
            _note(settings, request, "ok")
    if not options.json:
        _print(request, rows, sorted(nights))
    told = {"erasure_id": eraser.erasure_id, "mark": mark, "rows": dict(rows)}
    return told | {"nights_not_reproducible": sorted(nights)}


@dataclass(frozen=True)
class _ButPersons:
    """A vault that forgets all but the person: who else the token stands for is known only while it is held."""

    vault: Forgetting

    def forget(self, domain: str, tokens: Sequence[str]) -> object:
        return None if domain == "person" else self.vault.forget(domain, tokens)


def _subjects(options: argparse.Namespace, vault: Vault | None) -> Iterator[tuple[str | None, Forgetting | None]]:
    """The tokens to be erased one after the other, each with the vault as it is to hear of it; None for an old year.

    While a key is rotated a person has two tokens: parts of the lake and published lists may hold either. The one that
    was given comes last, and with it the vault forgets both.
    """
    if options.action != "person":
        yield None, vault
        return
    if vault is not None:
        for other in sorted(vault.tokens_of_both_keys("person", [options.token]) - {options.token}):
            yield other, _ButPersons(vault)
    yield options.token, vault


def finish(eraser: Eraser, settings: Settings) -> list[date]:
    """Redact and mark the published lists, and note the end; the nights whose lists can no longer be made again."""
    redacted = redact_lists(settings.lists_dir, eraser.token) if eraser.token else []
    first = eraser.first_night()
    since = [n for n in Ledger(eraser.lake.root).nights("leads") if first is not None and n >= first]
    nights = sorted({*redacted, *since})
    mark_lists(settings.lists_dir, nights, eraser.request.why)
    ErasureLog(eraser.lake.root).done(eraser.erasure_id, eraser.request, nights)
    return nights


def _refuse_incomplete(options: argparse.Namespace) -> None:
    found = [f"{name} is missing" for name, value in _asked(options).items() if not str(value or "").strip()]
    if options.by.strip() and options.by.strip().casefold() == options.approve.strip().casefold():
        found.append("--approve must be another person than --as")
    if options.action == "person" and options.token and not _TOKEN.fullmatch(options.token):
        found.append("--token is not 32 hex digits")
    if found:
        raise FundwatchError(faults("nothing was erased", found), do="give what is named")


def _asked(options: argparse.Namespace) -> dict[str, object]:
    what = {"--token": options.token} if options.action == "person" else {"--date": options.date}
    return {**what, "--as": options.by, "--approve": options.approve, "--why": options.why}


def _vault(settings: Settings) -> Vault | None:
    """The vault beside the lake; None when none was ever made. Raises KeyMissingError when it cannot be opened."""
    if not settings.vault_dir.exists():
        return None
    return Vault(settings.vault_dir, read_vault_key(settings.vault_key_path))


def _note(settings: Settings, request: Request, outcome: str) -> None:
    """A line in the audit log, where there is a vault."""
    if settings.vault_dir.exists():
        detail = {"mark": request.mark, "approved by": request.approved_by}
        audit_log(settings).append(
            f"erase {request.kind}", actor=request.by, outcome=outcome, why=request.why, detail=detail
        )


def _print(request: Request, rows: Mapping[str, int], nights: Sequence[date]) -> None:
    print(f"erased: {sum(rows.values()):,} rows of {len(rows)} tables ({request.kind} {request.mark})")
    for name, number in rows.items():
        print(f"  {name:<28} {number:,}")
    told = ", ".join(map(str, nights)) or "none"
    print(f"lists that can no longer be made again: {told}")
