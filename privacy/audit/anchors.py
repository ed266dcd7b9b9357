"""Anchors: the audit log's head, noted where who holds the vault does not write: in the lake, and in daily reports.

A log and head that are both put back to an earlier state hold by themselves; the anchors are ahead of them then. What
an anchor says is checked against the log's own line, so a false one can stop calls, but never let one pass.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from fundwatch.errors import ExitCode, FundwatchError
from fundwatch.fingerprint import fingerprint
from fundwatch.lake.checked_files import DamagedFileError
from fundwatch.lake.delta_rows import is_made, opened, seal
from fundwatch.lake.journal import Journal
from fundwatch.lake.stores.delta_table import delta_table
from fundwatch.logs import log
from fundwatch.places import LakeAddress
from privacy.audit.chain import Held

JOURNAL = "audit_anchor"
REPORTED = "audit"  # the key under which a report tells the head
_COLUMNS = {"line": "bigint", "hash": "string"}
_FILES = 50
_REPORTS = 31  # the newest of them: an earlier anchor that fits is implied by a later one that does


class AnchorError(FundwatchError):
    """The anchors in the lake cannot be read, so nobody can say whether the log was put back."""

    exit_code = ExitCode.FAULT


@dataclass(frozen=True)
class Anchor:
    """A line of the log that was noted: its number and hash, where that stands, and when it was noted."""

    seq: int
    hash: str
    where: str
    at: str

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.seq, self.hash)


@dataclass(frozen=True)
class Anchors:
    """Of one lake and its reports. Who may not write into the lake reads them only."""

    lake: LakeAddress
    reports: Path

    def noted(self) -> list[Anchor]:
        """Every anchor there is, once, by line."""
        found = {(a.seq, a.hash): a for a in (*self._of_reports(), *self._of_lake())}
        return [found[key] for key in sorted(found)]

    def note_once(self, head: Held) -> None:
        """The same for a line that may have been noted before."""
        if not any((a.seq, a.hash) == (head.seq, head.hash) for a in self._of_lake()):
            self.note(head)

    def note(self, head: Held) -> None:
        """Note a line that is on the disk in the lake, where there is one that this account may write."""
        from deltalake.exceptions import DeltaError

        if not head.seq or not self._journal.may_be_written:
            return
        place = self._journal.address
        try:
            self._journal.append([{"line": head.seq, "hash": head.hash}])
            if len(delta_table(place).file_uris()) > _FILES:  # a file a line: every call reads them all
                opened(place).optimize.compact()
                seal(place)
        except (DamagedFileError, DeltaError, OSError) as error:
            log.warning("the audit log's head was not noted in the lake: %s", type(error).__name__)

    def newest_run(self) -> datetime | None:
        """When the lake's ledger was last written; None without a ledger."""
        from deltalake.exceptions import DeltaError

        ledger = self.lake.within("run")
        if not is_made(ledger):
            return None
        try:
            commit = delta_table(ledger).history(1)[0]
        except (DeltaError, OSError, IndexError):
            return None  # a ledger that cannot be read is reported by whoever needs it
        return datetime.fromtimestamp(int(commit["timestamp"]) / 1000, UTC)

    @property
    def _journal(self) -> Journal:
        return Journal(self.lake, JOURNAL, _COLUMNS)

    def _of_lake(self) -> Iterator[Anchor]:
        from deltalake.exceptions import DeltaError

        try:
            rows = self._journal.rows()
        except (DamagedFileError, DeltaError, OSError, ValueError) as error:
            raise AnchorError(
                f"the anchors of the audit log cannot be read ({type(error).__name__})",
                where=str(self._journal.address),
                do="see what is wrong with `fundwatch lake check`, and restore the table from a copy",
            ) from error
        for row in rows:
            yield Anchor(row["line"], row["hash"], f"the lake's {JOURNAL}", row["at"].isoformat(timespec="seconds"))

    def _of_reports(self) -> Iterator[Anchor]:
        files = sorted(self.reports.glob("????-??-??/privacy/privacy.json"))[-_REPORTS:]
        for file in files:
            try:
                reported = json.loads(file.read_text(encoding="utf-8")).get(REPORTED) or {}
                seq, known = int(reported.get("line", 0)), str(reported.get("hash", ""))
            except (ValueError, AttributeError, TypeError, OSError):
                continue  # a report is for people: who damages one damages no other anchor
            if seq:
                yield Anchor(seq, known, f"the report of {file.parent.parent.name}", str(reported.get("at", "")))
