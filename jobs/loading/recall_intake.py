"""What earlier runs of the job intake left: a night's delivery is taken in once, and all of the lake with one key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from fundwatch.errors import DeliveryError, KeyMissingError, problems
from fundwatch.settings import Settings
from intake.files.batches import RecordedFile
from intake.files.delivery import Delivery
from intake.rows.clean import Supplied
from intake.rows.totals import Total
from intake.source.usual_size import Band, Figures
from jobs.job import Night
from privacy.keys.ring import KeyRing


@dataclass(frozen=True)
class Before:
    """The keys used so far, the files accepted so far, and the columns that the source last supplied: by (table,
    column), whether a timestamp has times of day."""

    key_ids: frozenset[str] = frozenset()
    files: tuple[RecordedFile, ...] = ()
    supplied: Supplied = field(default_factory=dict)

    def refuse(self, delivery: Delivery, ring: KeyRing, settings: Settings) -> None:
        """Raise KeyMissingError for another key than the lake's, DeliveryError for another delivery of the night.

        The same content under other names or packings is the same delivery.
        """
        others = sorted(self.key_ids - {ring.active.key_id})
        if ring.retiring is not None and ring.retiring.key_id in others:
            raise KeyMissingError(
                f"the key is being rotated: the lake still holds tokens of {ring.retiring.key_id}",
                where=str(settings.lake_address),
                do="carry the lake over with `fundwatch keys carry`",
            )
        if others:
            raise KeyMissingError(
                f"the lake was made with the key {', '.join(others)}, not with {ring.active.key_id}",
                where=str(settings.key_path),
                do="give the lake's own key: with another one nobody could be recognised again",
            )
        taken = [r for r in self.files if (r.business_date, r.source) == (delivery.business_date, delivery.source)]
        gone = [r.file_name for r in taken if not any(r.holds(file) for file in delivery.files)]
        new = [file.name for file in delivery.files if not any(r.holds(file) for r in taken)]
        if taken and (gone or new):
            texts = [f"{name} differs" for name in sorted({*gone, *new})]
            raise DeliveryError(
                problems(f"another delivery was taken in for {delivery.business_date}", texts),
                where=str(settings.landing_dir),
                do="deliver corrections with a later night, as reversals and new lines",
            )


def recall(night: Night, source: str) -> Before:
    """Read it without Spark: these tables have a row per file, or per column and night."""
    if not night.exists("delivery"):
        return Before()
    rows = night.rows("delivery", "SELECT * FROM delivery")
    files = tuple(
        RecordedFile(
            row["business_date"], row["source"], row["batch_id"], row["file_name"], row["table_name"], row["sha256"],
            row.get("content_sha256"), row["row_count"],
        )
        for row in rows
    )  # fmt: skip
    supplied = _last_supplied(night, source) if night.exists("supplied_column") else {}
    return Before(frozenset(row["key_id"] for row in rows), files, supplied)


def earlier_totals(night: Night, again: Sequence[tuple[str, RecordedFile]], tables: dict[str, str]) -> list[Total]:
    """What a file (its name tonight) that was taken in before counts for tonight: all of it duplicates.

    `tables` names the canonical table of each kind of file.
    """
    totals = []
    for name, was in again:
        query = f"SELECT * FROM control_total WHERE business_date = DATE '{was.business_date}'"
        reported = [r for r in night.rows("control_total", query) if r["file_name"] == was.file_name]
        amount = reported[0]["delivered_amount"] if reported else None
        zero = None if amount is None else Decimal(0)
        # where each line became several rows, those were counted
        of_file = reported[0].get("file_lines") if reported else None
        lines = was.rows if of_file is None else reported[0]["delivered_lines"]
        total = Total(name, tables[was.kind], lines, 0, 0, lines, amount, zero, zero, amount, 0)
        totals.append(replace(total, file_lines=of_file))
    return totals


def usual_figures(night: Night, source: str, band: Band) -> list[Figures]:
    """Rows, bytes and money by file of what was accepted in the days of the band."""
    if not (night.exists("delivery") and night.exists("control_total")):
        return []
    since = night.date - timedelta(days=band.days)
    where = f"WHERE business_date >= DATE '{since}' AND business_date < DATE '{night.date}'"
    amounts: dict[tuple[Any, str], Decimal | None] = {
        (row["business_date"], row["file_name"]): row["delivered_amount"]
        for row in night.rows("control_total", f"SELECT * FROM control_total {where}")
        if row["source"] == source
    }
    return [
        Figures(
            row["table_name"], row["business_date"], row["row_count"], row["byte_count"],
            amounts.get((row["business_date"], row["file_name"])),
        )
        for row in night.rows("delivery", f"SELECT * FROM delivery {where}")
        if row["source"] == source
    ]  # fmt: skip


def _last_supplied(night: Night, source: str) -> Supplied:
    """The columns that the source supplied on the last night before this one. Of a lake that an earlier version made
    nothing is known of its times."""
    rows = night.rows("supplied_column", f"SELECT * FROM supplied_column WHERE business_date < DATE '{night.date}'")
    of_source = [row for row in rows if row["source"] == source]
    last = max((row["business_date"] for row in of_source), default=None)
    return {
        (row["table_name"], row["column_name"]): row.get("has_time")
        for row in of_source
        if row["business_date"] == last
    }
