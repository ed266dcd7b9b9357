"""Editions of imported knowledge: which versions are live on a night, by what people said of them. No lake here.

An edition is a named import. Each import of other content is another version of it; a version is live from a business
date on, once a second person approved it. An edition that replaces another ends it by the date of service: until the
day before it begins the earlier one holds, from then on the later.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Self

TABLE = "knowledge_edition"
COLUMNS: Mapping[str, str] = {
    "entry_id": "string",
    "action": "string",
    "edition": "string",
    "version": "string",
    "region": "string",
    "replaces": "string",
    "begins": "date",
    "points": "bigint",
    "curated": "bigint",
    "files": "string",
    "from_date": "date",
    "proposed_by": "string",
    "proposed_account": "string",
    "approved_by": "string",
    "reason": "string",
}


class EditionAction(StrEnum):
    """What an entry is."""

    IMPORTED = "imported"
    APPROVED = "approved"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class EditionEntry:
    """One entry: somebody imported a version of an edition, another approved it, or it was withdrawn.

    `replaces` is the edition that it ends, from the date of service `begins` on; `from_date` is the business date from
    which an approval or a withdrawal holds; `points` are those of the version and `curated` the rows left to people.
    """

    entry_id: str
    action: EditionAction
    edition: str
    version: str
    region: str
    replaces: str
    begins: date | None
    points: int
    curated: int
    files: str
    proposed_by: str
    proposed_account: str
    from_date: date | None = None
    approved_by: str = ""
    reason: str = ""
    at: datetime | None = None

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> Self:
        """The entry of the table's row."""
        given: dict[str, Any] = {f.name: row.get(f.name) for f in fields(cls)}
        return cls(**given | {"action": EditionAction(row["action"])})

    def row(self) -> dict[str, Any]:
        """The values of COLUMNS."""
        return {name: getattr(self, name) for name in COLUMNS} | {"action": str(self.action)}


@dataclass(frozen=True)
class LiveEdition:
    """A version that holds on a night. `place` says which of several of a region speaks last; `ends_before` is the date
    of service from which another one replaces it."""

    edition: str
    version: str
    region: str
    points: int
    place: int
    ends_before: date | None = None

    @property
    def fingerprint(self) -> tuple[object, ...]:
        """What of it changes a night's hits: its version has its content."""
        return self.version, self.region, self.place, self.ends_before


def live_editions(entries: Iterable[EditionEntry], night: date, chain: Sequence[str]) -> tuple[LiveEdition, ...]:
    """The versions that hold on the night in a chain of regions, the widest first, each region's in the order in which
    they became live: of what several of a region say of a code, the last holds."""
    known = [e for e in entries if e.from_date is not None and e.from_date <= night and e.region in chain]
    last: dict[str, EditionEntry] = {}
    for entry in sorted(known, key=lambda e: e.from_date or date.min):  # a stable sort: of one day the later word holds
        last[entry.edition] = entry
    live = [entry for entry in last.values() if entry.action == EditionAction.APPROVED]
    live.sort(key=lambda e: (chain.index(e.region), e.from_date, e.edition))
    ends: dict[str, date] = {}
    for entry in live:
        if entry.replaces and entry.begins is not None:
            ends[entry.replaces] = min(entry.begins, ends.get(entry.replaces, date.max))
    return tuple(
        LiveEdition(e.edition, e.version, e.region, e.points, place, ends.get(e.edition))
        for place, e in enumerate(live, start=1)
    )


def imported(entries: Iterable[EditionEntry], edition: str) -> EditionEntry | None:
    """The edition's newest import."""
    found = [e for e in entries if e.edition == edition and e.action == EditionAction.IMPORTED]
    return found[-1] if found else None


def is_decided(entries: Iterable[EditionEntry], asked: EditionEntry) -> bool:
    """Whether the import was approved or withdrawn already."""
    return any(e.entry_id == asked.entry_id and e.action != EditionAction.IMPORTED for e in entries)
