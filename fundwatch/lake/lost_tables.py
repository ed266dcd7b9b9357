"""A table that was there and is gone, or has gone back: reported before anything is computed on its absence.

A table that no night delivered is not there either, and rules are then reported as not run. Only the ledger knows the
difference: at which version each table was last committed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from fundwatch.contracts import TABLES
from fundwatch.errors import ExitCode, FundwatchError, SettingsError, problems
from fundwatch.lake.ledger import Ledger
from fundwatch.lake.store import Lake


class LostTableError(FundwatchError):
    """A table is not what the ledger says was committed."""

    exit_code = ExitCode.FAULT


def refuse_lost(lake: Lake, ledger: Ledger, tables: Collection[str], rebuilt: str = "") -> None:
    """Raise LostTableError for tables that are gone or older than the ledger says.

    Tables named in `rebuilt` may be gone, which the ledger records once: from then on they are made again.
    """
    given = {name.strip() for name in rebuilt.split(",")} - {""}
    known = dict(ledger.newest_versions())
    if wrong := sorted(given - {*TABLES}):
        reported = f"no table is named {', '.join(wrong)}"
        raise SettingsError(reported, where="rebuilt_tables", do="name tables of the lake, with commas between")
    for name in sorted(given & {*known}):
        if not lake.exists(name):
            ledger.lost(name)
            known.pop(name)
    found = list(_lost(lake, {name: known[name] for name in sorted({*tables} & {*known})}))
    if found:
        raise LostTableError(
            problems("tables are not what was committed to them", [text for _, text in found]),
            where=str(lake.address),
            do="restore their folders from a copy; or, if they are lost for good, run the nights that write them again "
            f"with --set rebuilt_tables={','.join(name for name, _ in found)}",
        )


def _lost(lake: Lake, versions: dict[str, int]) -> Iterator[tuple[str, str]]:
    for name, version in versions.items():
        if not lake.exists(name):
            yield name, f"{name} is gone: version {version} was committed"
        elif (now := lake.version(name)) < version:
            yield name, f"{name} is at version {now}: version {version} was committed"
