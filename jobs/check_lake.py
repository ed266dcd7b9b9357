"""Verify the lake: files, recorded versions, counts, money, spans, evidence, access. Reads only, without Spark."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from fundwatch.contracts import TABLES
from fundwatch.errors import ExitCode, FundwatchError
from fundwatch.key_shares import share_paths
from fundwatch.lake_check import (
    Finding,
    Outcome,
    finding,
    ledger_findings,
    mode_finding,
    run_findings,
    storage_findings,
    tables_of,
)
from fundwatch.ledger import Ledger
from fundwatch.lock import held
from fundwatch.settings import Settings
from fundwatch.store import Lake
from intake.mapping import ENTRY_OF, read_mapping
from jobs.command_line import settings_of
from jobs.lake_accounts import Accounts
from jobs.stages import night_jobs
from jobs.standing import Standing

_NARROWEST = 150
_OTHERS, _ALL_BUT_OWNER = 0o007, 0o077
_STYLE = {Outcome.OK: "green", Outcome.WRONG: "bold red", Outcome.NOT_CHECKED: "yellow"}
_CHINESE = {Outcome.OK: "一致", Outcome.WRONG: "不一致", Outcome.NOT_CHECKED: "未检查"}


class LakeCheckError(FundwatchError):
    """Something in the lake does not hold."""

    exit_code = ExitCode.FAULT


def serve(options: argparse.Namespace) -> Any:
    """`fundwatch lake check [--date D] [--deep]`. Raises LakeCheckError when something does not hold."""
    settings = settings_of(options).settings
    if not settings.lake_dir.is_dir():
        raise FundwatchError("there is no lake", where=str(settings.lake_dir), do="name another --lake or --var")
    with held(settings.lake_dir):
        found = list(_findings(settings, options))
    if not options.json:
        _print(found)
    wrong = [f for f in found if f.outcome is Outcome.WRONG]
    if wrong:
        if options.json:
            _print_json(found)
        told = "\n".join(f"  - {f.check}, {f.subject}: {f.figures}; do: {f.do}" for f in wrong)
        raise LakeCheckError(
            f"{len(wrong)} of {len(found)} checks do not hold:\n{told}",
            where=str(settings.lake_dir),
            do="as said above",
        )
    return {"findings": [asdict(f) for f in found]}


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
    yield Standing(Ledger(root), night_jobs()).finding(options.date)
    if broken & set(TABLES):
        told = f"they read {', '.join(sorted(broken & set(TABLES)))}"
        yield Finding("accounts", "lake", Outcome.NOT_CHECKED, told, "mend the tables first")
    else:
        yield from _accounts(Accounts(Lake(root), options.date, _matched_by_content(settings)))
    yield from _access(settings)


def _accounts(accounts: Accounts) -> Iterator[Finding]:
    import pyarrow as pa

    try:
        yield from accounts.findings()
    except pa.ArrowException as fault:
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


def _print(found: Sequence[Finding]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title="数据湖核对 Lake check", header_style="bold")
    for heading in ("核对项\nCheck", "对象\nSubject", "结果\nResult", "数字\nFigures", "处理\nWhat to do"):
        table.add_column(heading, overflow="fold")
    for f in found:
        result = Text(f"{_CHINESE[f.outcome]} {f.outcome}", style=_STYLE[f.outcome])
        table.add_row(f.check, f.subject, result, Text(f.figures), Text(f.do if f.outcome is not Outcome.OK else ""))
    console = Console()
    console.width = max(console.width, _NARROWEST)  # a log or a pipe has no width of its own
    console.print(table)


def _print_json(found: Sequence[Finding]) -> None:
    import json

    print(json.dumps({"findings": [asdict(f) for f in found]}, ensure_ascii=False, indent=2, default=str))
