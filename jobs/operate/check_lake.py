"""Verify the lake: files, recorded versions, counts, money, spans, evidence, access. Reads only, without Spark."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from fundwatch.contracts import TABLES
from fundwatch.errors import ExitCode, FundwatchError
from fundwatch.lake.check import (
    Finding,
    Outcome,
    finding,
    ledger_findings,
    mode_finding,
    run_findings,
    storage_findings,
    tables_of,
)
from fundwatch.lake.checked_files import DamagedFileError
from fundwatch.lake.ledger import Ledger
from fundwatch.lake.lock import held
from fundwatch.lake.store import STAGING, Lake
from fundwatch.scratch import Scratch
from fundwatch.settings import Settings
from fundwatch.terminal import new_table, show
from intake.source.load import read_mapping
from intake.source.mapping import ENTRY_OF
from jobs.belonging import Belonging
from jobs.command_line import settings_of
from jobs.copying import say
from jobs.model_shelf import model_findings
from jobs.operate.accounts import Accounts
from jobs.stages import night_jobs
from privacy.keys.shares import share_paths

_ALL = "every check: `fundwatch lake check --details`"
_OTHERS, _ALL_BUT_OWNER = 0o007, 0o077
_STYLE = {Outcome.OK: "green", Outcome.WRONG: "bold red", Outcome.NOT_CHECKED: "yellow"}
_CHINESE = {Outcome.OK: "一致", Outcome.WRONG: "不一致", Outcome.NOT_CHECKED: "未检查"}


class LakeCheckError(FundwatchError):
    """Something in the lake does not hold."""

    exit_code = ExitCode.FAULT


def serve(options: argparse.Namespace) -> Any:
    """`fundwatch lake check [--date D] [--deep] [--details]`: ends with one line, the verdict.

    Raises LakeCheckError when something does not hold.
    """
    settings = settings_of(options).settings
    with held(settings.lake_dir):
        found = list(_findings(settings, options))
    result = {"findings": [asdict(f) for f in found]}
    if options.details and not options.json:
        _print(found)
    wrong = [f for f in found if f.outcome is Outcome.WRONG]
    if wrong:
        told = "\n".join(f"  - {f.check}, {f.subject}: {f.figures}; do: {f.do}" for f in wrong)
        said = f"the lake {settings.lake_dir} does not hold:\n{told}\n{_ALL}\n{_verdict(found)}"
        raise LakeCheckError(said, result=result)
    if not options.details:
        say(options, _ALL)
    say(options, _verdict(found))
    return result


def _verdict(found: Sequence[Finding]) -> str:
    wrong, not_checked = (sum(f.outcome is o for f in found) for o in (Outcome.WRONG, Outcome.NOT_CHECKED))
    told = f"不一致 {wrong} of {len(found)} checks do not hold" if wrong else f"一致 all {len(found)} checks hold"
    skipped = f", of which 未检查 {not_checked} could not be made" if not_checked else ""
    return told + skipped


def _findings(settings: Settings, options: argparse.Namespace) -> Iterator[Finding]:
    """Storage first: accounts are only looked at where every table they read can be read."""
    root = settings.lake_dir
    tables = tables_of(root)
    stored = [f for name in tables for f in storage_findings(root, name, deep=options.deep)]
    yield from stored
    broken = {f.subject for f in stored if f.outcome is not Outcome.OK}
    if broken & {"run", "run_table", "erasure"}:
        yield Finding("accounts", "lake", Outcome.NOT_CHECKED, "the ledger cannot be read")
        return
    yield from ledger_findings(root, tables)
    yield from run_findings(root, options.date)
    yield from model_findings(settings)
    yield Belonging(Ledger(root), night_jobs()).finding(options.date)
    if broken & set(TABLES):
        told = f"they read {', '.join(sorted(broken & set(TABLES)))}"
        yield Finding("accounts", "lake", Outcome.NOT_CHECKED, told, "mend the tables first")
    else:
        yield from _accounts(Accounts(Lake(root), options.date, _matched_by_content(settings)))
    yield from _access(settings)
    yield from _left_over(settings)


def _accounts(accounts: Accounts) -> Iterator[Finding]:
    import pyarrow as pa

    try:
        yield from accounts.findings()
    except (pa.ArrowException, DamagedFileError) as fault:
        told = f"a data file cannot be read ({type(fault).__name__})"
        yield finding("accounts", "lake", [told], "", "see which with `fundwatch lake check --deep`")


def _matched_by_content(settings: Settings) -> frozenset[str]:
    tables = read_mapping(settings.source, settings.conf).tables
    return frozenset(t for t in ENTRY_OF if t in tables and tables[t].reversal is not None)


def _access(settings: Settings) -> Iterator[Finding]:
    """The vault and the keys are their owner's alone; the quarantine is closed to those outside the group."""
    yield mode_finding(settings.vault_dir, _ALL_BUT_OWNER)
    for path in (settings.key_path, settings.vault_key_path):
        for file in share_paths(path) or (path,):
            yield mode_finding(file, _ALL_BUT_OWNER)
    quarantine = settings.lake_dir / "quarantine"
    if quarantine.is_dir():
        yield mode_finding(quarantine, _OTHERS)
    else:
        yield finding("access", "quarantine", [], "there is none", "")


def _left_over(settings: Settings) -> Iterator[Finding]:
    """Temporary files of runs that were killed, which may name persons. The lake is held: nobody is at work in it."""
    places = (Scratch(settings.scratch_dir), Scratch(settings.vault_dir / "scratch"))
    found = [path for place in places for path in place.left()]
    found += [path for root in (settings.lake_dir, settings.vault_dir) if (path := root / STAGING).is_dir()]
    do = "the next run that takes the lake removes them, like `fundwatch nightly`; or remove them yourself"
    yield finding("left over", "runs", list(map(str, found)), "nothing of killed runs", do)
    yield mode_finding(settings.scratch_dir, _ALL_BUT_OWNER)


def _print(found: Sequence[Finding]) -> None:
    from rich.text import Text

    table = new_table("数据湖核对 Lake check")
    for heading in ("核对项\nCheck", "对象\nSubject", "结果\nResult", "数字\nFigures"):
        table.add_column(heading, overflow="fold")
    for f in found:
        result = Text(f"{_CHINESE[f.outcome]} {f.outcome}", style=_STYLE[f.outcome])
        figures = f.figures if f.outcome is Outcome.OK or not f.do else f"{f.figures}; 处理 do: {f.do}"
        table.add_row(f.check, f.subject, result, Text(figures))
    show(table)
