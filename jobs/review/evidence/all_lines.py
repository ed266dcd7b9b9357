"""All lines of one lead as a table for people, however many they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from fundwatch.cells import csv_for_people
from fundwatch.lake.store import Lake
from fundwatch.places import put_file
from fundwatch.settings import Settings
from jobs.review.evidence.read_facts import encounters_of, workplaces_of
from jobs.review.read_leads import institution_names, quoted
from jobs.review.show_lead import find_lead
from leads.evidence.facts import EncounterFacts
from leads.publishing.rows import short

_OF_LINE = (
    "place", "role", "rule_ids", "charged_at", "institution_id", "patient_id", "encounter_id", "settlement_id",
    "line_id", "item_code", "item_name", "quantity", "unit_price", "amount", "amount_in_question", "amount_at_risk",
    "ordering_department", "ordering_doctor_id",
)  # fmt: skip
_BESIDE = ("institution_name", "admitted_at", "discharged_at", "department", "diagnosis", "doctor_workplace")
_IDS_AT_ONCE = 5_000


@dataclass(frozen=True)
class LinesWritten:
    """Where the lines of a lead lie, and how many there are."""

    file: Path
    lead_id: str
    lines: int

    def as_json(self) -> dict[str, Any]:
        return {"file": str(self.file), "lead_id": self.lead_id, "lines": self.lines}


def write_lines(settings: Settings, night: date, lead: str, out: Path | None) -> LinesWritten:
    """Write the lead's lines, the dearest first, to `out`, or beside the night's list. Atomic."""
    found = find_lead(settings, night, lead)
    lake = Lake(settings.lake_address)
    columns = [name for name in _OF_LINE if name in lake.columns("lead_evidence")]
    query = (
        f"SELECT {', '.join(columns)} FROM lead_evidence WHERE business_date = DATE '{night}' AND kind = 'line' "
        f"AND lead_id IN ({quoted([found.lead_id])}) ORDER BY place"
    )
    rows = [row for batch in lake.batches("lead_evidence", query) for row in batch.to_pylist()]
    table = csv_for_people((*columns, *_BESIDE), _cells(lake, night, rows))
    path = out or Path(f"lines_{found.lead_id}_{night}.csv")
    put_file(path, table.content)
    return LinesWritten(path, found.lead_id, len(rows))


def _cells(lake: Lake, night: date, rows: list[dict[str, Any]]) -> Iterator[list[object]]:
    """The rows with what stands beside them, read in pieces."""
    for at in range(0, len(rows), _IDS_AT_ONCE):
        piece = rows[at : at + _IDS_AT_ONCE]
        stays = encounters_of(lake, night, _ids(piece, "encounter_id"))
        doctors = workplaces_of(lake, night, _ids(piece, "ordering_doctor_id"))
        names = institution_names(lake, night, _ids(piece, "institution_id"))
        for row in piece:
            yield [_cell(name, value) for name, value in row.items()] + [
                names.get(row["institution_id"]),
                *_stay(stays.get(row["encounter_id"])),
                doctors.get(row.get("ordering_doctor_id") or ""),
            ]


def _ids(rows: list[dict[str, Any]], column: str) -> set[str]:
    return {row[column] for row in rows if row.get(column)}


def _stay(stay: EncounterFacts | None) -> list[object]:
    if stay is None:
        return [None] * 4
    diagnosis = " ".join(filter(None, (stay.main_diagnosis_code, stay.diagnosis_name)))
    return [stay.started_at, stay.ended_at, stay.department, diagnosis]


def _cell(name: str, value: object) -> object:
    """A value as a person reads it: tokens in short form, as everywhere that leads are shown."""
    if name in ("patient_id", "ordering_doctor_id"):
        return short(value if isinstance(value, str) else None)
    return ";".join(value) if isinstance(value, list) else value
