"""Rows of clean tables as visits that the evaluator reads: one JSON document for each encounter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from fundwatch.contracts import TABLES
from rules.pack.visit import SINGLE
from rules.pack.visit import TABLES as OF_VISIT

Rows = Mapping[str, Sequence[Mapping[str, Any]]]
# by which column of the encounter or its lines the rows of a table are found
_BY = {
    "claim_line": "encounter_id", "encounter": "encounter_id", "settlement": "settlement_id",
    "diagnosis": "encounter_id", "procedure": "encounter_id", "patient": "patient_id", "enrolment": "patient_id",
    "chronic_registration": "patient_id", "institution": "institution_id", "item": "item_code", "doctor": "doctor_id",
}  # fmt: skip
_OF_LINES = {"item": "item_code", "doctor": "ordering_doctor_id", "settlement": "settlement_id"}


def visits_of(rows: Rows, supplied: Mapping[str, frozenset[str]] | None = None) -> Iterator[dict[str, Any]]:
    """A visit for each encounter that has lines, with the columns that are supplied (all, unless said)."""
    found: dict[str, dict[object, list[Mapping[str, Any]]]] = {name: defaultdict(list) for name in OF_VISIT}
    for name in OF_VISIT:
        for row in rows.get(name, ()):
            found[name][row[_BY[name]]].append(row)
    for encounter_id, encounters in found["encounter"].items():
        lines = found["claim_line"][encounter_id]
        if lines and encounter_id is not None:
            yield _visit(found, encounters[0], lines, supplied)


def _visit(
    found: Mapping[str, Mapping[object, list[Mapping[str, Any]]]],
    encounter: Mapping[str, Any],
    lines: Sequence[Mapping[str, Any]],
    supplied: Mapping[str, frozenset[str]] | None,
) -> dict[str, Any]:
    visit: dict[str, Any] = {}
    for table in OF_VISIT:
        given = _columns(table) if supplied is None else _columns(table) & supplied.get(table, frozenset())
        if not given:
            continue
        if table in _OF_LINES:
            keys = dict.fromkeys(line[_OF_LINES[table]] for line in lines)
            rows = [row for key in keys if key is not None for row in found[table][key]]
        else:
            rows = found[table][encounter[_BY[table]]]
        written = [{name: _json(value) for name, value in row.items() if name in given} for row in rows]
        nothing = dict.fromkeys(given)
        visit[table] = (written or [nothing])[0] if table in SINGLE else written
    return visit


def _columns(table: str) -> frozenset[str]:
    contract = TABLES[table]
    return frozenset(
        c.name for c in contract.columns if not c.name.startswith("known_") and c.name not in contract.free_texts
    )


def _json(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat()  # a lake gives the law's local time as that of UTC
    return str(value) if isinstance(value, date | Decimal) else value
