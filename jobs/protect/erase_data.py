"""Erase a person's data, or all before a date: lake, quarantine, vault and lists, with a record. Without Spark.

Two persons answer for it, one who asks and one who approves. What lies in the landing zone is not the lake's: it goes
by its own retention; a delivery that names the person again is reported by the intake (see intake.rows.erased).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from fundwatch.errors import FundwatchError, problems, some
from fundwatch.lake.ledger import Ledger
from fundwatch.lake.lock import held
from fundwatch.lake.store import Lake
from fundwatch.logs import log
from fundwatch.regions import region_of
from fundwatch.settings import Settings
from jobs.protect.erase_lists import mark_lists, redact_lists, remove_profiles
from jobs.protect.erase_rows import ErasableVault as Forgetting
from jobs.protect.erase_rows import Eraser
from jobs.protect.journals.legal_hold import HeldBack, held_evidence
from leads.outcomes.practice import read_practice
from privacy.audit.log import audit_log
from privacy.erasure.record import ErasureLog, ErasureRequest, mark_of
from privacy.keys.ring import read_key
from privacy.vault.sealing import read_vault_key
from privacy.vault.vault import Vault

_TOKEN = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class ErasureArguments:
    """What is to be erased, a `person` by token or all `before` a date; who asks, who approves, and why."""

    kind: str
    token: str | None
    before: date | None
    by: str
    approve: str
    why: str


@dataclass(frozen=True)
class Erased:
    """What went, by table, and the nights whose lists can no longer be made again. What the `held_cases` rest on was
    spared: they are open."""

    erasure_id: str
    mark: str
    rows: dict[str, int]
    nights_not_reproducible: list[date]
    kind: str
    held_cases: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Without the kind."""
        return {name: value for name, value in asdict(self).items() if name != "kind"}


def erase_data(settings: Settings, asked: ErasureArguments) -> Erased:
    """Erase it from lake, quarantine, vault and lists. Raises FundwatchError naming everything that is missing."""
    _refuse_incomplete(asked)
    key = read_key(settings.key_path)
    lake = Lake(settings.lake_address)
    rows: Counter[str] = Counter()
    nights: set[date] = set()
    with held(lake.address):
        vault = _vault(settings)
        if vault is not None:
            audit_log(settings).now()  # nothing is erased that cannot be logged
        evidence = held_evidence(lake)
        for token, forgetting in _subjects(asked, vault):
            _refuse_held(token, evidence)
            mark = mark_of(token, key) if token else str(asked.before)
            request = ErasureRequest(asked.kind, mark, asked.by.strip(), asked.approve.strip(), asked.why.strip())
            before = None if token else asked.before
            turn = nullcontext if vault is None else audit_log(settings).turn
            eraser = Eraser(
                lake, request, token, before, forgetting, lambda step: log.info("  %s", step), evidence,
                *_own_retention(settings, before), turn,
            )  # fmt: skip
            rows.update(eraser.run())
            nights.update(finish(eraser, settings))
            _note(settings, request, "ok")
    spared = () if asked.kind == "person" else evidence.cases
    return Erased(eraser.erasure_id, mark, dict(rows), sorted(nights), request.kind, spared)


def _refuse_held(token: str | None, held: HeldBack) -> None:
    """Raise FundwatchError where open cases rest on a person's data: a procedure that has begun needs its evidence."""
    if token is not None and token in held.of("patient_id"):
        cases = some(list(held.cases))
        raise FundwatchError(
            f"legal hold: the evidence of open cases names this person; open are {cases}",
            where="--token",
            do="close the cases first (`fundwatch leads late` has who holds them), then erase",
        )


def _own_retention(settings: Settings, before: date | None) -> tuple[date | None, date | None]:
    """Before which dates leads, and what people wrote about them, may go: their own retention, counted back from the
    newest night, and never later than what was asked for."""
    nights = Ledger(settings.lake_address).nights("leads")
    if before is None or not nights:
        return None, None
    kept = read_practice(region_of(settings), settings.conf).retention_days
    leads_before, entries_before = (min(before, nights[-1] - timedelta(days=n)) for n in (kept.leads, kept.outcomes))
    return leads_before, entries_before


@dataclass(frozen=True)
class _ButPersons:
    """A vault that forgets all but the person: who else the token stands for is known only while it is held."""

    vault: Forgetting

    def forget(self, domain: str, tokens: Sequence[str]) -> object:
        return None if domain == "person" else self.vault.forget(domain, tokens)


def _subjects(asked: ErasureArguments, vault: Vault | None) -> Iterator[tuple[str | None, Forgetting | None]]:
    """The tokens to be erased one after the other, each with the vault as it is to hear of it; None for an old year.

    While a key is rotated a person has two tokens: parts of the lake and published lists may hold either. The one that
    was given comes last, and with it the vault forgets both.
    """
    if asked.kind != "person" or asked.token is None:
        yield None, vault
        return
    if vault is not None:
        for other in sorted(vault.tokens_of_both_keys("person", [asked.token]) - {asked.token}):
            yield other, _ButPersons(vault)
    yield asked.token, vault


def finish(eraser: Eraser, settings: Settings) -> list[date]:
    """Redact and mark the published lists, and note the end; the nights whose lists can no longer be made again."""
    redacted = redact_lists(settings.lists_dir, eraser.token) if eraser.token else []
    remove_profiles(settings.reports_dir)
    first = eraser.first_night()
    since = [n for n in Ledger(eraser.lake.address).nights("leads") if first is not None and n >= first]
    nights = sorted({*redacted, *since})
    mark_lists(settings.lists_dir, nights, eraser.request.why)
    ErasureLog(eraser.lake.address).done(eraser.erasure_id, eraser.request, nights)
    return nights


def _refuse_incomplete(arguments: ErasureArguments) -> None:
    of_whom = {"--token": arguments.token} if arguments.kind == "person" else {"--date": arguments.before}
    asked = {**of_whom, "--as": arguments.by, "--approve": arguments.approve, "--why": arguments.why}
    found = [f"{name} is missing" for name, value in asked.items() if not str(value or "").strip()]
    if arguments.by.strip() and arguments.by.strip().casefold() == arguments.approve.strip().casefold():
        found.append("--approve must be another person than --as")
    if arguments.kind == "person" and arguments.token and not _TOKEN.fullmatch(arguments.token):
        found.append("--token is not 32 hex digits")
    if found:
        raise FundwatchError(problems("nothing was erased", found), do="give what is named")


def _vault(settings: Settings) -> Vault | None:
    """The vault beside the lake; None when none was ever made. Raises KeyMissingError when it cannot be opened."""
    if not settings.vault_dir.exists():
        return None
    return Vault(settings.vault_dir, read_vault_key(settings.vault_key_path))


def _note(settings: Settings, request: ErasureRequest, outcome: str) -> None:
    """A line in the audit log, where there is a vault."""
    if settings.vault_dir.exists():
        detail = {"mark": request.mark, "approved by": request.approved_by}
        audit_log(settings).append(
            f"erase {request.kind}", actor=request.by, outcome=outcome, why=request.why, detail=detail
        )
