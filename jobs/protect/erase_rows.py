"""Erasing a person's or an old year's rows from every table of a lake, in an order that an interruption cannot harm."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from fundwatch.contracts import TABLES, leads
from fundwatch.lake.delta_rows import version_of
from fundwatch.lake.history import files_holding
from fundwatch.lake.store import Lake
from jobs.operate.accounts import query_lake
from jobs.protect.journals.erase_journals import erase_old_entries, noted_by, strip_journals
from jobs.protect.journals.legal_hold import HeldBack
from privacy.erasure.purge import (
    Doomed,
    ErasureError,
    count,
    delete,
    holding,
    purge,
    strip,
)
from privacy.erasure.record import ErasureLog, ErasureRequest, Gone
from privacy.erasure.retention import (
    PERSON,
    id_of,
    in_order,
    other_tokens,
    own_tokens,
    owners,
    tables_of_persons,
    tables_with,
)

_OF_LEADS = frozenset(table.name for table in leads.ALL)
_MONEY = {"claim_line_entry": "amount", "settlement_entry": "total_amount"}


class ErasableVault(Protocol):
    """What holds the way back from tokens to persons."""

    def forget(self, domain: str, tokens: Sequence[str]) -> object:
        """Remove the identities of these tokens; of one it does not hold there is nothing to remove."""


@dataclass
class Eraser:
    """One erasure: of a token, or of everything before a date. `on_step` hears each step before it is taken.

    By age what open cases rest on is spared (`held`), leads and cases go by a date of their own (`leads_before`), and
    what people wrote about them by another (`entries_before`); without these, by the same. While `turn` is held nobody
    writes about leads.
    """

    lake: Lake
    request: ErasureRequest
    token: str | None
    before: date | None
    vault: ErasableVault | None
    on_step: Callable[[str], None] = field(default=lambda _step: None)
    held: HeldBack = field(default_factory=HeldBack)
    leads_before: date | None = None
    entries_before: date | None = None
    turn: Callable[[], AbstractContextManager[None]] = nullcontext
    erasure_id: str = field(default="", init=False)

    def run(self) -> dict[str, int]:
        """Erase; rows by table, over all attempts: what an interrupted one of the same request had begun is finished.

        Raises ErasureError when the token can still be found afterwards.
        """
        self.erasure_id, begun = self._log.begin(self.request)
        self.lake.clear_staging()  # copies of rows that a run put down
        ids = {owner: self._ids(owner) for owner in owners()}
        for name in (n for n in in_order() if self.lake.exists(n)):
            self.on_step(name)
            self._erase(name, ids, is_begun=name in begun)
        with self.turn():
            self._erase_journals()
        if self.vault is not None and self.token:  # whether a register named the person or not
            self.vault.forget("person", [self.token])
        self._refuse_what_is_left()
        return self._log.rows_by_table(self.erasure_id)

    def first_night(self) -> date | None:
        """The first night that knew any of what was erased; lists since then can no longer be made again."""
        nights = [
            r["business_date"] for r in self._log.rows() if r["erasure_id"] == self.erasure_id and r["business_date"]
        ]
        return min(nights, default=None)

    @property
    def _log(self) -> ErasureLog:
        return ErasureLog(self.lake.address)

    def _erase(self, name: str, ids: dict[str, set[str]], *, is_begun: bool) -> None:
        table, doomed = self.lake.table_address(name), self._doomed(name, ids)
        gone = count(table, doomed, _MONEY.get(name))
        is_stained = self.token is not None and any(True for _ in files_holding(table, self.token))
        if not (gone or is_begun or is_stained or self._ages(name)):
            return
        if gone or not is_begun:  # what an interrupted erasure counted and deleted already stays counted
            self._log.intend(self.erasure_id, self.request, name, gone or [Gone(None, 0)], version_of(table))
        if name == PERSON:
            self._forget({token for _, persons in doomed.matching for token in persons})
        self.on_step(f"{name} noted")
        if gone:
            delete(table, doomed)
        if self.token and (held := holding(table, self.token)):
            strip(table, TABLES[name].key, self.token, held)
        self.on_step(f"{name} deleted")
        self._log.erased(self.erasure_id, self.request, name, purge(table))

    def _erase_journals(self) -> None:
        note = noted_by(self._log, self.erasure_id, self.request)
        if self.token:
            strip_journals(self.lake, self.token, note)
        elif (before := self.entries_before or self.before) is not None:
            erase_old_entries(self.lake, before, self.held, note)

    def _ages(self, name: str) -> bool:
        """Whether old versions of the table may hold rows that are older than the date."""
        table = TABLES[name]
        return self.before is not None and (table.dated is not None or bool(table.goes_with) or name == PERSON)

    def _own(self, name: str, ids: dict[str, set[str]]) -> str | None:
        """A predicate: the rows that are the person's own, or older than the date."""
        if self.before is not None:
            dated = TABLES[name].dated
            if not dated:
                return None
            before = self.leads_before if name in _OF_LEADS and self.leads_before else self.before
            spared = self.held.spared(self.lake.columns(name))
            return f"{dated} < DATE '{before}'" + (f" AND NOT ({spared})" if spared else "")
        if name == "quarantine":
            parts = [str(self.token), *(f'"encounter_id":"{_quoted(i)}"' for i in sorted(ids["encounter"]))]
            return " OR ".join(f"strpos(row_json, '{part}') > 0" for part in parts)
        there = self.lake.columns(name)
        own = [column for column in own_tokens(TABLES[name]) if column in there]
        return " OR ".join(f"{column} = '{self.token}'" for column in own) or None

    def _doomed(self, name: str, ids: dict[str, set[str]]) -> Doomed:
        """The rows that go: the own ones, and those that belong to an encounter, settlement, line, hit or lead."""
        found = [(column, ids[kind] - self.held.of(column)) for column, kind in TABLES[name].goes_with]
        if name == PERSON and self.before is not None:
            found.append(("patient_id", self._persons_left() - self.held.of("patient_id")))
        return Doomed(self._own(name, ids), tuple((column, frozenset(of)) for column, of in found if of))

    def _ids(self, owner: str) -> set[str]:
        """Ids of the owner's rows that are erased: encounters, settlements, lines, hits, leads."""
        found: set[str] = set()
        column = id_of(owner)
        for table in tables_with(owner, by_age=self.before is not None):
            if self.lake.exists(table):
                where = self._own(table, {})
                query = f"SELECT DISTINCT {column} AS id FROM {table} WHERE ({where}) AND {column} IS NOT NULL"
                found |= {row["id"] for row in self.lake.rows(table, query)}
        return found

    def _persons_left(self) -> set[str]:
        """Persons known since before the date of whom nothing but the register's row is left."""
        active = [name for name in tables_of_persons() if self.lake.exists(name)]
        used = " UNION ".join(f"SELECT patient_id FROM {name}" for name in active)
        old = f"SELECT patient_id FROM patient GROUP BY patient_id HAVING min(known_from) < DATE '{self.before}'"
        query = f"SELECT patient_id FROM ({old}) AS old" + (f" EXCEPT ({used})" if used else "")
        return {row["patient_id"] for row in query_lake(self.lake, ["patient", *active], query)}

    def _forget(self, persons: Collection[str]) -> None:
        """Tell the vault, before the register's row goes: it alone says which other tokens are the person's."""
        if self.vault is None:
            return
        tokens = {self.token} if self.token else set(persons)
        rows = self.lake.rows("patient", f"SELECT DISTINCT patient_id, {', '.join(other_tokens())} FROM patient")
        self.vault.forget("person", sorted(tokens - {self.token}))
        for column, domain in other_tokens().items():
            theirs = {row[column] for row in rows if row["patient_id"] in tokens}
            others = {row[column] for row in rows if row["patient_id"] not in tokens}
            self.vault.forget(domain, sorted(t for t in theirs - others if t))

    def _refuse_what_is_left(self) -> None:
        if self.token is None:
            return
        left = self.lake.holding(self.token)
        if left:
            raise ErasureError(
                f"the token can still be found in {len(left)} files",
                where=str(left[0]),
                do="see that nobody writes to the lake, and run the same erasure again",
            )


def _quoted(text: str) -> str:
    return text.replace("'", "''")
