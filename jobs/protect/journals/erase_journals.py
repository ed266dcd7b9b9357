"""What people wrote about leads, at an erasure: a person's token leaves the entries, which stay for the sums; entries
older than their own retention go, but for those of open cases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from fundwatch.lake.delta_rows import is_made, opened, query_rows, version_of
from fundwatch.lake.store import Lake
from fundwatch.places import LakeAddress
from jobs.protect.journals.legal_hold import HeldBack
from leads.outcomes.journals import JOURNALS, PeoplesJournal
from privacy.erasure.purge import holding, purge, strip
from privacy.erasure.record import ErasureLog, ErasureRequest, Gone


def strip_journals(lake: Lake, token: str, note: Callable[[str, int, int], None]) -> None:
    """Take a person's token out of what people wrote. `note` hears of each journal before it changes: its name, how
    many rows go (none does), its version."""
    for declared in JOURNALS:
        table = lake.address.within(declared.name)
        if not is_made(table) or not (where := holding(table, token)):
            continue
        if _count(table, declared.name, where):
            note(declared.name, 0, version_of(table))
            strip(table, declared.key, token, where)
            purge(table)


def erase_old_entries(lake: Lake, before: date, held: HeldBack, note: Callable[[str, int, int], None]) -> None:
    """Erase what people wrote before the date of cases that nobody has open. Lines and hits go with their outcome."""
    of_open = held.spared(["case_id"])
    old = f"on_date < DATE '{before}'" + (f" AND NOT ({of_open})" if of_open else "")
    gone: set[str] = set()
    for declared in JOURNALS:
        table = lake.address.within(declared.name)
        if is_made(table) and declared.columns.get("outcome_id") and "on_date" in declared.columns:
            rows = query_rows(table, declared.name, f"SELECT outcome_id FROM {declared.name} WHERE {old}")
            gone |= {row["outcome_id"] for row in rows if row["outcome_id"]}
    for declared in sorted(
        JOURNALS, key=lambda one: not one.goes_with
    ):  # an interrupted erasure finds the outcomes again
        table = lake.address.within(declared.name)
        where = _old(declared, old, before, gone)
        if not where or not is_made(table) or not (count := _count(table, declared.name, where)):
            continue
        note(declared.name, count, version_of(table))
        opened(table).delete(where)
        purge(table)


def _old(declared: PeoplesJournal, old: str, before: date, gone: set[str]) -> str:
    if declared.goes_with:
        among = ", ".join(f"'{one}'" for one in sorted(gone))
        return f"outcome_id IN ({among})" if gone else ""
    return old if declared.cases else f"until < DATE '{before}'"


def _count(table: LakeAddress, name: str, where: str) -> int:
    return int(query_rows(table, name, f"SELECT count(*) AS n FROM {name} WHERE {where}")[0]["n"])


def noted_by(log: ErasureLog, erasure_id: str, request: ErasureRequest) -> Callable[[str, int, int], None]:
    """What notes in the journal of erasures that a journal of people's is about to change."""

    def note(name: str, rows: int, version: int) -> None:
        log.intend(erasure_id, request, name, [Gone(None, rows)], version)

    return note
