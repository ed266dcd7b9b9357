"""Editions imported by one person and approved, or withdrawn, by another. Every call is logged.

What an approval is for is a version: import other content, and it waits for an approval of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from fundwatch.cells import csv_for_people
from fundwatch.errors import FundwatchError, problems
from fundwatch.lake.lock import refuse_no_lake
from fundwatch.lake.store import Lake
from fundwatch.pages import publish
from fundwatch.regions import NATIONAL, read_region, region_of
from fundwatch.settings import Settings
from jobs.curate.edition_rows import EditionDiff, compared, is_whole, put, said_by, said_in_lake, version_of
from jobs.curate.in_force import editions_in, entries_of
from jobs.curate.read_sheet import COLUMNS, read_map, read_sheet
from privacy.access.desk import scrubbed
from privacy.access.people import Access, AccessRefusedError, Role, read_access, same_person
from privacy.audit.log import AuditLog, audit_log, new_request_id
from rules.knowledge.editions import EditionAction, EditionEntry, imported, is_decided
from rules.knowledge.sheets import LeftOver, SheetPoints, UsualValues, points_of_rows

_NAME = re.compile(r"[0-9A-Za-z\u4e00-\u9fff][0-9A-Za-z\u4e00-\u9fff._-]{0,59}")
_SHORTEST, _LONGEST = 10, 500
_EXAMPLES = 3
TO_CURATE = "to_curate.csv"


class EditionError(FundwatchError):
    """An edition cannot be imported or changed, or not now."""


@dataclass(frozen=True)
class ImportAsked:
    """Which files become which edition, for whom, by whom; what holds of rows that do not say it. `replaces` is ended
    from the date of service `begins` on: without one, from `valid_from` on."""

    files: tuple[Path, ...]
    edition: str
    by: str
    region: str = ""
    columns: Path | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    source: str = ""
    replaces: str = ""


@dataclass(frozen=True)
class ChangeAsked:
    """Which edition, by whom, from which business date on, why."""

    edition: str
    by: str
    since: date | None = None
    reason: str = ""


@dataclass(frozen=True)
class LeftKind:
    """Rows that are left to people for one reason: how many, of which class of the library, and examples."""

    rule_class: str
    why: str
    do: str
    count: int
    examples: tuple[str, ...]


@dataclass(frozen=True)
class EditionImported:
    """What an import did. `is_new` is False where the version was imported before; `curate` is where the rows that are
    left to people lie."""

    edition: str
    version: str
    region: str
    is_new: bool
    rows: int
    points: int
    repeated: int
    by_class: dict[str, int]
    left: tuple[LeftKind, ...]
    curate: Path | None
    diff: EditionDiff

    @property
    def left_rows(self) -> int:
        """How many rows are left to people."""
        return sum(kind.count for kind in self.left)

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"left_rows": self.left_rows, "curate": str(self.curate) if self.curate else ""}


@dataclass(frozen=True)
class EditionChanged:
    """The entry that was added."""

    entry: EditionEntry

    def as_json(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self.entry).items() if name != "at"}


@dataclass(frozen=True)
class EditionDesk:
    """Serves the calls: each is checked and logged within one turn of the log; a night may run meanwhile."""

    settings: Settings
    log: AuditLog
    access: Access

    @classmethod
    def of(cls, settings: Settings) -> EditionDesk:
        """Raises KeyMissingError without the vault's key, SettingsError for roles that do not hold."""
        return cls(settings, audit_log(settings), read_access(settings.access, settings.conf))

    def take(self, asked: ImportAsked) -> EditionImported:
        """Import files as an edition: nothing of it holds before another person approves it. Raises FundwatchError
        for a sheet that cannot be read, EditionError where nothing of it can be taken, AccessRefusedError."""
        _refuse_incomplete(asked)
        region = asked.region or region_of(self.settings).chain[-1]
        if region != NATIONAL:
            read_region(region, self.settings.conf)
        by = read_map(asked.columns)
        rows = [row for file in asked.files for row in read_sheet(file, by)]
        source = asked.source or asked.edition
        usual = UsualValues(asked.valid_from, asked.valid_to, source, by.codes_parted_by)
        found = points_of_rows(rows, usual)
        curate = self._curated(asked.edition, found.left)
        if not found.points:
            raise EditionError(
                f"none of {len(rows):,} rows gives a point", where=str(curate or asked.files[0]),
                do="see why row by row in the file that is named; nothing was imported",
            )  # fmt: skip
        begins = asked.valid_from if asked.replaces else None
        version = version_of((asked.edition, region, asked.replaces, str(begins)), found.points)
        lake = Lake(self.settings.lake_address)
        lake.make()
        with self._call("import", "rule_authors", asked.edition, asked.by):
            entries = entries_of(self.settings)
            if asked.replaces and imported(entries, asked.replaces) is None:
                raise EditionError(f"there is no edition '{asked.replaces}'", where="--replaces", do="name one that is")
            newest = imported(entries, asked.edition)
            is_new = newest is None or newest.version != version
            before = next((e for e in reversed(entries) if e.edition == asked.edition and e.version != version), None)
            before = before or imported(entries, asked.replaces)
            if is_new or not is_whole(lake, version, len(found.points)):  # lost points come back so
                put(lake, found.points, version, asked.edition, region)
            if is_new:
                self._added("import", self._import_entry(asked, region, version, begins, found))
        earlier = said_in_lake(lake, before.version) if before else {}
        named = (f"{before.edition}@{before.version}" if before else "", f"{asked.edition}@{version}")
        return EditionImported(
            asked.edition, version, region, is_new, len(rows), len(found.points), found.repeated,
            _by_class(found), _kinds(found.left), curate, compared(earlier, said_by(found.points), named),
        )  # fmt: skip

    def approve(self, asked: ChangeAsked) -> EditionChanged:
        """Approve the newest import of an edition, from a business date on: by another person, from another account.
        Raises AccessRefusedError, EditionError."""
        with self._call("approve", "rule_approvers", asked.edition, asked.by):
            entries = entries_of(self.settings)
            proposal = self._imported(entries, asked)
            if is_decided(entries, proposal):
                raise EditionError(
                    f"nothing of {asked.edition} waits for an approval", do="`fundwatch knowledge import` does"
                )
            self._refuse_same(asked, proposal)
            self._refuse_no_date(asked)
            done = replace(
                proposal, action=EditionAction.APPROVED, approved_by=asked.by.strip(), from_date=asked.since,
                reason=scrubbed(asked.reason.strip()), at=None,
            )  # fmt: skip
            return self._added("approve", done)

    def withdraw(self, asked: ChangeAsked) -> EditionChanged:
        """Take an edition back, from a business date on. Raises AccessRefusedError, EditionError."""
        with self._call("withdraw", "rule_approvers", asked.edition, asked.by):
            proposal = self._imported(entries_of(self.settings), asked)
            self._refuse_no_date(asked)
            if not _SHORTEST <= len(asked.reason.strip()) <= _LONGEST:
                raise EditionError("nothing was changed", do=f"--reason takes {_SHORTEST} to {_LONGEST} characters")
            gone = replace(
                proposal, action=EditionAction.WITHDRAWN, approved_by=asked.by.strip(), from_date=asked.since,
                reason=scrubbed(asked.reason.strip()), at=None,
            )  # fmt: skip
            return self._added("withdraw", gone)

    @contextmanager
    def _call(self, action: str, role: Role, edition: str, person: str) -> Iterator[None]:
        """One turn of the log; what is refused is logged as that. A night may run meanwhile."""
        refuse_no_lake(self.settings.lake_address)
        with self.log.turn():
            try:
                self.access.refuse_unless(role, person, self.log.account())
                yield
            except FundwatchError as error:
                why = scrubbed(error.what.replace("\n", " "))
                detail = {"edition": scrubbed(edition)}
                self.log.append(
                    f"knowledge {action}", actor=scrubbed(person), outcome="refused", why=why, detail=detail
                )
                raise

    def _added(self, action: str, entry: EditionEntry) -> EditionChanged:
        """The entry, logged and then added to the lake: what cannot be logged is not done."""
        reported = {name: str(value) for name, value in entry.row().items() if value and name != "reason"}
        actor = entry.approved_by or entry.proposed_by
        self.log.append(f"knowledge {action}", actor=scrubbed(actor), why=entry.reason, detail=reported)
        editions_in(self.settings.lake_address).append([entry.row()])
        return EditionChanged(entry)

    def _import_entry(
        self, asked: ImportAsked, region: str, version: str, begins: date | None, found: SheetPoints
    ) -> EditionEntry:
        return EditionEntry(
            entry_id=new_request_id(),
            action=EditionAction.IMPORTED,
            edition=asked.edition,
            version=version,
            region=region,
            replaces=asked.replaces,
            begins=begins,
            points=len(found.points),
            curated=len(found.left),
            files=", ".join(file.name for file in asked.files),
            proposed_by=asked.by.strip(),
            proposed_account=self.log.account(),
        )

    def _imported(self, entries: Sequence[EditionEntry], asked: ChangeAsked) -> EditionEntry:
        found = imported(entries, asked.edition)
        if found is None:
            known = sorted({entry.edition for entry in entries})
            raise EditionError(
                f"there is no edition '{asked.edition}'", do=f"name one of: {', '.join(known) or 'none'}"
            )
        return found

    def _refuse_same(self, asked: ChangeAsked, proposal: EditionEntry) -> None:
        if same_person(asked.by) == same_person(proposal.proposed_by):
            raise AccessRefusedError("nobody approves an import of their own", do="let another person approve")
        if self.log.account() == proposal.proposed_account and not self.settings.reidentify_same_account:
            raise AccessRefusedError(
                "the import came from the same operating-system account",
                do="approve from an account of your own (reidentify_same_account=true lifts this, for a trial)",
            )

    def _refuse_no_date(self, asked: ChangeAsked) -> None:
        if asked.since is None:
            raise EditionError("--date is missing", do="give the business date from which it holds")

    def _curated(self, edition: str, left: Sequence[LeftOver]) -> Path | None:
        """Put the rows that are left to people where they fill them in, with why; None where there are none."""
        if not left:
            return None
        header = (*COLUMNS, "file", "row", "why", "do")
        rows = ([*(one.row[c] for c in COLUMNS), one.row.file, one.row.number, one.why, one.do] for one in left)
        table = csv_for_people(header, rows)
        folder = publish(self.settings.reports_dir / "knowledge" / edition, {TO_CURATE: table.content})
        return folder / TO_CURATE


def _refuse_incomplete(asked: ImportAsked) -> None:
    wrong = []
    if not asked.files:
        wrong.append("no file is named")
    if not _NAME.fullmatch(asked.edition):
        wrong.append("--edition takes a name like GZ-2025-b01: letters, digits, . _ -")
    if asked.replaces and asked.valid_from is None:
        wrong.append("--replaces wants --valid-from: the date of service from which the earlier edition ends")
    if asked.replaces == asked.edition:
        wrong.append("--replaces names the edition itself: importing it again is a correction of it")
    if asked.valid_from and asked.valid_to and asked.valid_to < asked.valid_from:
        wrong.append("--valid-to is before --valid-from")
    if wrong:
        raise EditionError(problems("nothing was imported", wrong), do="give what is named")


def _by_class(found: SheetPoints) -> dict[str, int]:
    counts: dict[str, int] = {}
    for point in found.points:
        counts[point.knowledge_class] = counts.get(point.knowledge_class, 0) + 1
    return dict(sorted(counts.items()))


def _kinds(left: Sequence[LeftOver]) -> tuple[LeftKind, ...]:
    """The rows that are left, by class of the library and by reason, the commonest first."""
    kinds: dict[tuple[str, str], list[LeftOver]] = {}
    for one in left:
        reason = re.sub(r"'[^']*'|[0-9][0-9A-Z]{6,}", "…", one.why)
        kinds.setdefault((one.row["rule_class"][:40], reason), []).append(one)
    found = [
        LeftKind(of, why, some[0].do, len(some), tuple(_example(one) for one in some[:_EXAMPLES]))
        for (of, why), some in kinds.items()
    ]
    return tuple(sorted(found, key=lambda kind: (-kind.count, kind.rule_class, kind.why)))


def _example(one: LeftOver) -> str:
    text = f"{one.row['item_name'][:30]}: {one.row['constraint_text'][:60]}"
    return f"{one.row.file} {one.row.number}: {text}"
