"""Deliveries: everything sorted into its night and written as compressed CSV with a manifest."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from simulator.catalogue import all_items
from simulator.columns import AMOUNT_COLUMNS, COLUMNS
from simulator.mishaps import Mishaps
from simulator.people import Person
from simulator.providers import Doctor, Institution
from simulator.records import Visit
from simulator.rows import (
    Row,
    batch_id,
    diagnosis_rows,
    doctor_row,
    enrolment_row,
    institution_row,
    item_row,
    line_row,
    money,
    operation_rows,
    person_row,
    settlement_row,
    visit_row,
)

MANIFEST_FORMAT = 1
Entry = tuple[str, Row, int]  # sort key, row, cents that count into the manifest's total


@dataclass(slots=True)
class Night:
    """One delivery in the making."""

    business_date: date
    tables: dict[str, list[Entry]] = field(default_factory=lambda: {table: [] for table in COLUMNS})


@dataclass(frozen=True, slots=True)
class DeliveredFile:
    """One file as the manifest states it; `amount` in cents, None for tables without money."""

    table: str
    rows: int
    sha256: str
    size: int
    amount: int | None

    def manifest_entry(self) -> dict[str, str | int]:
        """Its entry in manifest.json."""
        entry: dict[str, str | int] = {
            "name": f"{self.table}.csv.gz",
            "table": self.table,
            "rows": self.rows,
            "sha256": self.sha256,
            "bytes": self.size,
        }
        if self.amount is not None:
            entry |= {"amount_column": AMOUNT_COLUMNS[self.table], "amount_total": money(self.amount)}
        return entry


class Deliveries:
    """The nights of a scenario, filled by upload date; what is due after the last comes with the last."""

    def __init__(self, nights: Sequence[date]) -> None:
        self.nights = [Night(night) for night in nights]
        self._dates = list(nights)

    def add(self, table: str, uploaded: date, key: str, row: Row, cents: int = 0) -> None:
        """A row into the night that carries its upload date."""
        self.nights[self._night_of(uploaded)].tables[table].append((key, row, cents))

    def add_registries(
        self,
        people: Iterable[Person],
        places: Iterable[Institution],
        staff: Iterable[tuple[Institution, Doctor]],
    ) -> None:
        """Registers whole in the first night; a death that was registered later comes as a changed row."""
        first = self._dates[0]
        for person in people:
            self.add("psn_info", first, person.psn_no, person_row(person, first))
            self.add("psn_insu", first, person.psn_no, enrolment_row(person))
            told = person.death_registered
            if told is not None and first < told <= self._dates[-1]:
                self.add("psn_info", told, person.psn_no, person_row(person, told))
        for place in places:
            self.add("medins", first, place.code, institution_row(place))
        for place, doctor in staff:
            self.add("doctor", first, doctor.code, doctor_row(place, doctor))
        for item in all_items():
            self.add("catalogue", first, item.code, item_row(item))

    def add_visit(self, visit: Visit, mishaps: Mishaps) -> None:
        """An encounter with its settlements, lines, diagnoses and operations."""
        uploaded = visit.settled_at.date()
        self.add("mdtrt", uploaded, visit.id, visit_row(visit))
        for row in diagnosis_rows(visit):
            self.add("diag", uploaded, visit.id + row[5], row)
        for row in operation_rows(visit):
            self.add("oprn", uploaded, visit.id, row)
        for settlement in visit.settlements:
            cents = settlement.sums["medfee_sumamt"]
            self.add("setl", settlement.at.date(), settlement.id, settlement_row(settlement), cents)
        for line in visit.lines:
            row = line_row(visit, line, mishaps.bad.get(line.id, ""))
            key = f"{line.at} {line.id}"
            self.add("fee_list", line.uploaded, key, row, line.amount)
            if line.id in mishaps.resent:
                again = line.uploaded + timedelta(days=mishaps.resent[line.id])
                self.add("fee_list", again, key, row, line.amount)

    def write(self, seed: int, landing: Path) -> dict[date, list[DeliveredFile]]:
        """Every night's folder; the manifest last, so that a folder with one is complete."""
        return {night.business_date: _write_night(seed, night, landing) for night in self.nights}

    def _night_of(self, uploaded: date) -> int:
        return min(bisect_left(self._dates, uploaded), len(self._dates) - 1)


def _write_night(seed: int, night: Night, landing: Path) -> list[DeliveredFile]:
    folder = landing / str(night.business_date)
    folder.mkdir(parents=True, exist_ok=True)
    manifest = folder / "manifest.json"
    manifest.unlink(missing_ok=True)
    delivered = []
    for table, entries in night.tables.items():
        path = folder / f"{table}.csv.gz"
        if entries:
            delivered.append(_write_table(table, sorted(entries), path))
        else:
            path.unlink(missing_ok=True)  # of an earlier simulation into the same folder
    content = {
        "format": MANIFEST_FORMAT,
        "source": "national",
        "business_date": str(night.business_date),
        "batch_id": batch_id(seed, night.business_date),
        "files": [file.manifest_entry() for file in delivered],
    }
    manifest.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return delivered


def _write_table(table: str, entries: list[Entry], path: Path) -> DeliveredFile:
    with (
        path.open("wb") as raw,
        gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed,  # no name, no time: the same rows, the same bytes
        io.TextIOWrapper(packed, encoding="utf-8", newline="") as text,
    ):
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(COLUMNS[table])
        writer.writerows(row for _, row, _ in entries)
    content = path.read_bytes()
    amount = sum(cents for _, _, cents in entries) if table in AMOUNT_COLUMNS else None
    return DeliveredFile(table, len(entries), hashlib.sha256(content).hexdigest(), len(content), amount)
