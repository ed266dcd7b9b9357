"""What earlier runs of the job intake left: a night's delivery is taken in once, and all of the lake with one key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fundwatch.errors import DeliveryError, KeyMissingError, faults
from fundwatch.keys import KeyRing
from fundwatch.settings import Settings
from intake.delivery import Delivery
from jobs.job import Night


@dataclass(frozen=True)
class Before:
    """The keys used so far, this night's files by hash if it was begun before, the (table, column) last supplied."""

    key_ids: frozenset[str] = frozenset()
    hashes: Mapping[str, str] = field(default_factory=dict)
    supplied: frozenset[tuple[str, str]] = frozenset()

    def refuse(self, delivery: Delivery, ring: KeyRing, settings: Settings) -> None:
        """Raise KeyMissingError for another key than the lake's, DeliveryError for another delivery of the night."""
        others = sorted(self.key_ids - {ring.active.key_id})
        if ring.retiring is not None and ring.retiring.key_id in others:
            raise KeyMissingError(
                f"the key is being rotated: the lake still holds tokens of {ring.retiring.key_id}",
                where=str(settings.lake_dir),
                do="carry the lake over with `fundwatch keys carry`",
            )
        if others:
            raise KeyMissingError(
                f"the lake was made with the key {', '.join(others)}, not with {ring.active.key_id}",
                where=str(settings.key_path),
                do="give the lake's own key: with another one nobody could be recognised again",
            )
        now = {file.name: file.measured.sha256 for file in delivery.files}
        if self.hashes and self.hashes != now:
            changed = [n for n in sorted({*self.hashes, *now}) if self.hashes.get(n) != now.get(n)]
            raise DeliveryError(
                faults(
                    f"another delivery was taken in for {delivery.business_date}", [f"{n} differs" for n in changed]
                ),
                where=str(settings.landing_dir),
                do="deliver corrections with a later night, as reversals and new lines",
            )


def recall(night: Night, source: str) -> Before:
    """Read it without Spark: these tables have a row per file, or per column and night."""
    key_ids: frozenset[str] = frozenset()
    hashes: dict[str, str] = {}
    if night.exists("delivery"):
        key_ids = frozenset(r["key_id"] for r in night.rows("delivery", "SELECT DISTINCT key_id FROM delivery"))
        tonight = f"SELECT file_name, sha256 FROM delivery WHERE business_date = DATE '{night.date}'"
        hashes = {row["file_name"]: row["sha256"] for row in night.rows("delivery", tonight)}
    return Before(key_ids, hashes, _last_supplied(night, source) if night.exists("supplied_column") else frozenset())


def _last_supplied(night: Night, source: str) -> frozenset[tuple[str, str]]:
    """The columns that the source supplied on the last night before this one."""
    columns = "SELECT business_date, source, table_name, column_name FROM supplied_column"
    rows = night.rows("supplied_column", f"{columns} WHERE business_date < DATE '{night.date}'")
    of_source = [row for row in rows if row["source"] == source]
    last = max((row["business_date"] for row in of_source), default=None)
    return frozenset((row["table_name"], row["column_name"]) for row in of_source if row["business_date"] == last)
