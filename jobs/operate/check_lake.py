"""Verify the lake: files, recorded versions, counts, money, spans, evidence, access. Reads only, without Spark."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from fundwatch.contracts import TABLES
from fundwatch.errors import ExitCode, FundwatchError
from fundwatch.lake.check import (
    CheckOutcome,
    LakeFinding,
    finding,
    ledger_findings,
    mode_finding,
    run_findings,
    storage_findings,
)
from fundwatch.lake.checked_files import DamagedFileError
from fundwatch.lake.ledger import Ledger
from fundwatch.lake.lock import held
from fundwatch.lake.store import Lake
from fundwatch.places import LakeAddress
from fundwatch.scratch import Scratch
from fundwatch.settings import Settings
from intake.source.load import mapping_in_force
from intake.source.mapping import ENTRY_OF
from jobs.belonging import Belonging
from jobs.declared_stages import verb_of
from jobs.lake_models import model_findings
from jobs.operate.accounts import Accounts
from jobs.stages import night_jobs
from privacy.keys.shares import share_paths

EVERY_CHECK = "every check: `fundwatch lake check --details`"
_OTHERS, _ALL_BUT_OWNER = 0o007, 0o077


class LakeCheckError(FundwatchError):
    """Something in the lake does not hold."""

    exit_code = ExitCode.FAULT


@dataclass(frozen=True)
class LakeCheck:
    """Every finding of a check of the lake."""

    lake: LakeAddress
    findings: tuple[LakeFinding, ...]

    @property
    def verdict(self) -> str:
        """One line: how many checks were made, do not hold, could not be made."""
        wrong, not_checked = (
            sum(f.outcome is o for f in self.findings) for o in (CheckOutcome.WRONG, CheckOutcome.NOT_CHECKED)
        )
        count = len(self.findings)
        stated = f"不一致 {wrong} of {count} checks do not hold" if wrong else f"一致 all {count} checks hold"
        return stated + (f", of which 未检查 {not_checked} could not be made" if not_checked else "")

    @property
    def problem(self) -> LakeCheckError | None:
        """What does not hold, with what to do; None where everything holds."""
        wrong = [f for f in self.findings if f.outcome is CheckOutcome.WRONG]
        if not wrong:
            return None
        lines = "\n".join(f"  - {f.check}, {f.subject}: {f.figures}; do: {f.do}" for f in wrong)
        stated = f"the lake {self.lake} does not hold:\n{lines}\n{EVERY_CHECK}\n{self.verdict}"
        return LakeCheckError(stated, result=self.as_json())

    def as_json(self) -> dict[str, Any]:
        """The findings alone."""
        return {"findings": [asdict(f) for f in self.findings]}


def check_lake(settings: Settings, night: date | None = None, *, deep: bool = False) -> LakeCheck:
    """Every check, of one night or of all; `deep` reads every data file through. The lake is held meanwhile."""
    with held(settings.lake_address):
        return LakeCheck(settings.lake_address, tuple(_findings(settings, night, deep=deep)))


def _again(job: str, night: date) -> str:
    return f"run `fundwatch {verb_of(job)} --date {night}` again"


def _findings(settings: Settings, night: date | None, *, deep: bool) -> Iterator[LakeFinding]:
    """Storage first: accounts are only looked at where every table they read can be read."""
    lake = Lake(settings.lake_address)
    tables = lake.tables()
    stored = [f for name in tables for f in storage_findings(lake.address, name, deep=deep)]
    yield from stored
    broken = {f.subject for f in stored if f.outcome is not CheckOutcome.OK}
    if broken & {"run", "run_table", "erasure"}:
        yield LakeFinding("accounts", "lake", CheckOutcome.NOT_CHECKED, "the ledger cannot be read")
        return
    yield from ledger_findings(lake.address, tables, _again)
    yield from run_findings(lake.address, night, _again)
    yield from model_findings(settings)
    yield Belonging(Ledger(lake.address), night_jobs()).finding(night)
    if broken & set(TABLES):
        text = f"they read {', '.join(sorted(broken & set(TABLES)))}"
        yield LakeFinding("accounts", "lake", CheckOutcome.NOT_CHECKED, text, "fix the tables first")
    else:
        yield from _accounts(Accounts(lake, night, _matched_by_content(settings)))
    yield from _access(settings)
    yield from _left_over(settings)


def _accounts(accounts: Accounts) -> Iterator[LakeFinding]:
    try:
        yield from accounts.findings()
    except (pa.ArrowException, DamagedFileError) as error:
        text = f"a data file cannot be read ({type(error).__name__})"
        yield finding("accounts", "lake", [text], "", "see which with `fundwatch lake check --deep`")


def _matched_by_content(settings: Settings) -> frozenset[str]:
    tables = mapping_in_force(settings).tables
    return frozenset(t for t in ENTRY_OF if t in tables and tables[t].reversal is not None)


def _access(settings: Settings) -> Iterator[LakeFinding]:
    """The vault and the keys are their owner's alone; the quarantine is closed to those outside the group."""
    yield _mode_of(settings.vault_dir)
    for path in (settings.key_path, settings.vault_key_path):
        for file in share_paths(path) or (path,):
            yield _mode_of(file)
    lake = Lake(settings.lake_address)
    yield mode_finding(str(lake.table_address("quarantine")), lake.mode("quarantine"), _OTHERS)


def _mode_of(path: Path) -> LakeFinding:
    mode = stat.S_IMODE(path.stat().st_mode) & 0o777 if path.exists() else None
    return mode_finding(str(path), mode, _ALL_BUT_OWNER)


def _left_over(settings: Settings) -> Iterator[LakeFinding]:
    """Temporary files of runs that were killed, which may name persons. The lake is held: nobody is at work in it."""
    places = (Scratch(settings.scratch_dir), Scratch(settings.vault_dir / "scratch"))
    found = [str(path) for place in places for path in place.left()]
    stores = (Lake(settings.lake_address), Lake(LakeAddress(str(settings.vault_dir))))
    found += [str(staging) for store in stores if (staging := store.staging_left()) is not None]
    do = "the next run that takes the lake removes them, like `fundwatch nightly --date DATE`; or remove them yourself"
    yield finding("left over", "runs", found, "nothing of killed runs", do)
    yield _mode_of(settings.scratch_dir)
