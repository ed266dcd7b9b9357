"""The record of erasures: what was erased, by whom, with whose approval and why; never whose data it was.

A person is named by a keyed fingerprint of the token. Rows and money are noted by table and night before they go, so
that a night's accounts still balance: accepted = still there + erased.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from fundwatch.lake.journal import Journal
from fundwatch.places import LakeAddress
from privacy.keys.ring import PseudonymKey

_COLUMNS = {
    "erasure_id": "string",
    "kind": "string",
    "mark": "string",
    "state": "string",
    "table_name": "string",
    "business_date": "date",
    "rows": "bigint",
    "amount": "money",
    "version_before": "bigint",
    "version_after": "bigint",
    "nights": "string",
    "by": "string",
    "approved_by": "string",
    "why": "string",
}
PERSON, BEFORE = "person", "before"
STARTED, INTENT, ERASED, DONE = "started", "intent", "erased", "done"


@dataclass(frozen=True)
class ErasureRequest:
    """What is to be erased, and who answers for it. `mark` is the token's keyed fingerprint, or the date."""

    kind: str
    mark: str
    by: str
    approved_by: str
    why: str


@dataclass(frozen=True)
class Gone:
    """Rows (and their money, CNY) of one table and night; no night for a table of versions."""

    business_date: date | None
    rows: int
    amount: Decimal | None = None


def mark_of(token: str, key: PseudonymKey) -> str:
    """A fingerprint of a token that only who holds the key can make."""
    return hmac.new(key.secret, b"fundwatch erasure\x1f" + token.encode(), hashlib.sha256).hexdigest()[:32]


@dataclass(frozen=True)
class ErasureLog:
    """The journal `erasure` of a lake."""

    lake: LakeAddress

    def begin(self, request: ErasureRequest) -> tuple[str, frozenset[str]]:
        """The erasure's id, and the tables an interrupted one of the same mark had begun with: it is taken up."""
        rows = self._journal.rows()
        same = [row for row in rows if (row["kind"], row["mark"]) == (request.kind, request.mark)]
        if same and same[-1]["state"] != DONE:
            erasure_id = same[-1]["erasure_id"]
            begun = {r["table_name"] for r in same if r["erasure_id"] == erasure_id and r["state"] == INTENT}
            return erasure_id, frozenset(begun)
        erasure_id = uuid.uuid4().hex
        self._note(erasure_id, request, [{"state": STARTED}])
        return erasure_id, frozenset()

    def intend(self, erasure_id: str, request: ErasureRequest, table: str, gone: Sequence[Gone], version: int) -> None:
        """Note what is about to leave a table: before it does, because afterwards nobody could count it."""
        head = {"state": INTENT, "table_name": table, "version_before": version}
        self._note(
            erasure_id,
            request,
            [head | {"business_date": g.business_date, "rows": g.rows, "amount": g.amount} for g in gone],
        )

    def erased(self, erasure_id: str, request: ErasureRequest, table: str, version: int) -> None:
        """Note that the table and its old versions hold nothing of it any more."""
        self._note(erasure_id, request, [{"state": ERASED, "table_name": table, "version_after": version}])

    def done(self, erasure_id: str, request: ErasureRequest, nights: Sequence[date]) -> None:
        """Note the end, and the nights whose published lists can no longer be made again."""
        reported = json.dumps([night.isoformat() for night in nights])
        self._note(erasure_id, request, [{"state": DONE, "nights": reported}])

    def gone(self, table: str, made_at: Mapping[date, datetime] | None = None) -> dict[date | None, Gone]:
        """What erasures took out of a table, by night. Of a night that was made again (`made_at`), those since then:
        its accounts know nothing of what was taken out of what it had made before."""
        summed: dict[date | None, Gone] = {}
        for row in (r for r in self._counted() if r["table_name"] == table):
            if made_at is not None and row["business_date"] in made_at and made_at[row["business_date"]] > row["at"]:
                continue
            before = summed.get(row["business_date"], Gone(row["business_date"], 0))
            amount = None if row["amount"] is None else row["amount"] + (before.amount or Decimal(0))
            summed[row["business_date"]] = Gone(row["business_date"], before.rows + row["rows"], amount)
        return summed

    def rows_by_table(self, erasure_id: str) -> dict[str, int]:
        """How many rows one erasure took out of each table, over all its attempts."""
        found: dict[str, int] = {}
        for row in self._counted():
            if row["erasure_id"] == erasure_id and row["rows"]:
                found[row["table_name"]] = found.get(row["table_name"], 0) + row["rows"]
        return found

    def _counted(self) -> list[dict[str, Any]]:
        """The last count of every erasure and table: a second attempt counts again what was still there."""
        attempts: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for row in self._journal.rows():
            if row["state"] == INTENT:
                key = row["erasure_id"], row["table_name"]
                earlier = attempts.get(key, [])
                attempts[key] = [*earlier, row] if earlier and earlier[0]["at"] == row["at"] else [row]
        return [row for rows in attempts.values() for row in rows]

    def marked_nights(self) -> dict[date, str]:
        """The nights whose lists can no longer be made again, each with the day it was noted and why."""
        marked: dict[date, str] = {}
        for row in self._journal.rows():
            if row["state"] == DONE:
                text = f"{row['at']:%Y-%m-%d} {row['kind']}: {row['why']}"
                marked |= {date.fromisoformat(night): text for night in json.loads(row["nights"])}
        return marked

    def has_erased(self, mark: str) -> bool:
        """Whether a person's data were erased before."""
        return any(row["mark"] == mark and row["state"] == DONE for row in self._journal.rows())

    def marks(self) -> frozenset[str]:
        """The marks of all persons of whom an erasure was begun; none, without a query, where there was no erasure."""
        return frozenset(row["mark"] for row in self._journal.rows() if row["kind"] == PERSON)

    def rows(self) -> list[dict[str, Any]]:
        """Everything noted, the oldest first."""
        return self._journal.rows()

    @property
    def _journal(self) -> Journal:
        return Journal(self.lake, "erasure", _COLUMNS)

    def _note(self, erasure_id: str, request: ErasureRequest, rows: Sequence[Mapping[str, Any]]) -> None:
        head = {
            "erasure_id": erasure_id,
            "kind": request.kind,
            "mark": request.mark,
            "by": request.by,
            "approved_by": request.approved_by,
            "why": request.why,
        }
        self._journal.append([{**head, **row} for row in rows])
