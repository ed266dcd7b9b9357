"""Tiny lakes made without Spark: two persons, two nights, one reversal, one quarantined row, a hit, a lead, a list."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
from deltalake import write_deltalake

from fundwatch.contracts import TABLES
from fundwatch.contracts.table import Replaced
from fundwatch.lake.ledger import Ledger
from fundwatch.lake.store import Lake, Written
from fundwatch.settings import Settings
from privacy.keys.ring import make_key
from tests.places import folder_of

FIRST, SECOND = date(2026, 3, 24), date(2026, 3, 31)
ANNA, BERT = "a" * 32, "b" * 32
JOBS = {"rule_hit": "rules", "hit_line": "rules", "lead": "leads", "lead_evidence": "leads", "case": "leads"}
_NESTED = {
    "timestamp": pa.timestamp("us", tz="UTC"),
    "array<string>": pa.list_(pa.string()),
    "array<double>": pa.list_(pa.float64()),
    "map<string,string>": pa.map_(pa.string(), pa.string()),
    "map<string,array<string>>": pa.map_(pa.string(), pa.list_(pa.string())),
}
RowValues = Mapping[str, Any]


def put(lake: Lake, table: str, rows: Sequence[RowValues], night: date = SECOND) -> None:
    """Append rows to a table in one commit, with the ledger's word of it. Columns a row does not name are null."""
    from fundwatch.contracts.table import arrow_type

    contract = TABLES[table]
    kinds = {c.name: _NESTED.get(c.type) or arrow_type(c.type) for c in contract.columns}
    columns = [pa.array([row.get(name) for row in rows], type=kind) for name, kind in kinds.items()]
    nightly = contract.replaced is Replaced.BY_NIGHT
    write_deltalake(
        str(lake.table_address(table)),
        pa.table(columns, names=list(kinds)),
        mode="append",
        partition_by=["business_date"] if nightly else None,
    )
    ledger, job = Ledger(lake.address), JOBS.get(table, "intake")
    ledger.written("run", job, night, Written(table, lake.version(table), len(rows)))


def note_committed(lake: Lake, job: str, night: date) -> None:
    """Say in the ledger that the job stands for the night."""
    ledger = Ledger(lake.address)
    ledger.commit(ledger.start(job, night, "p"), job, night, "p", {})


def line(line_id: str, patient: str, amount: str, **other: Any) -> dict[str, Any]:
    """A fee line of a person's only encounter and settlement."""
    quantity = Decimal(-1 if amount.startswith("-") else 1)
    at = datetime(2026, 3, 2, 9, 0)
    own = {"encounter_id": f"E{patient[0]}", "settlement_id": f"S{patient[0]}", "patient_id": patient}
    return {"line_id": line_id, **own, "quantity": quantity, "amount": Decimal(amount), "charged_at": at, **other}


def make_lake(var: Path) -> Settings:
    """Two lines of Anna (one taken back on the second night), one of Bert; a duplicate and a quarantined row."""
    settings = Settings(var=var)
    make_key(settings.key_path)
    lake = Lake(settings.lake_address)
    entries = [line("L1", ANNA, "10.00"), line("L2", ANNA, "20.50"), line("L3", BERT, "40.00")]
    put(lake, "claim_line_entry", [{**e, "business_date": FIRST} for e in entries], FIRST)
    taken_back = line("L2-", ANNA, "-20.50", business_date=SECOND, original_line_id="L2")
    put(lake, "claim_line_entry", [taken_back])
    known = {"known_from": FIRST}
    versions = [{**e, **known, "known_to": SECOND if e["line_id"] == "L2" else None} for e in entries]
    put(lake, "claim_line", versions)
    for table, columns in (("encounter", {}), ("settlement", {"total_amount": Decimal(50)})):
        rows = [
            {"encounter_id": f"E{p[0]}", "settlement_id": f"S{p[0]}", "patient_id": p, **known, **columns,
             "started_at": datetime(2026, 3, 2), "settled_at": datetime(2026, 3, 3)}
            for p in (ANNA, BERT)
        ]  # fmt: skip
        put(lake, table, rows, FIRST)
    put(
        lake,
        "patient",
        [{"patient_id": p, "certificate_id": f"c{p[0]}", "address_id": "shared", **known} for p in (ANNA, BERT)],
    )
    put(lake, "diagnosis", [{"encounter_id": f"E{p[0]}", "diagnosis_code": "I10", **known} for p in (ANNA, BERT)])
    _account(lake)
    _found(lake)
    for night in (FIRST, SECOND):
        for job in ("intake", "rules", "leads"):
            note_committed(lake, job, night)
    os.chmod(folder_of(lake, "quarantine"), 0o750)
    return settings


def _account(lake: Lake) -> None:
    def total(night: date, *figures: Any) -> dict[str, Any]:
        names = [f"{p}_{u}" for u in ("lines", "amount") for p in ("delivered", "accepted", "quarantined", "duplicate")]
        head = {
            "business_date": night,
            "source": "national",
            "file_name": "fee_list.csv.gz",
            "table_name": "claim_line",
        }
        return head | dict(zip(names, figures, strict=True))

    money = [Decimal(text) for text in ("90.50", "70.50", "5.00", "15.00", "-20.50", "0.00")]
    put(lake, "control_total", [total(FIRST, 5, 3, 1, 1, *money[:4])], FIRST)
    put(lake, "control_total", [total(SECOND, 1, 1, 0, 0, money[4], money[4], money[5], money[5])])
    content = json.dumps({"line_id": "L9", "encounter_id": "Ea", "patient_id": ANNA, "amount": 5.00})
    row = {"business_date": FIRST, "source": "national", "file_name": "fee_list.csv.gz", "table_name": "claim_line",
           "line_number": 5, "error_codes": ["AMOUNT_MISMATCH"], "row_json": content.replace(" ", "")}  # fmt: skip
    put(lake, "quarantine", [row], FIRST)


def _found(lake: Lake) -> None:
    hits = [
        {"business_date": SECOND, "hit_id": f"h{p[0]}", "patient_id": p, "subject_type": "patient", "subject_id": p,
         "facts": [("seen", "1")]}
        for p in (ANNA, BERT)
    ]  # fmt: skip
    hits.append({"business_date": SECOND, "hit_id": "hd", "subject_id": "d" * 32, "facts": [("whom", ANNA)]})
    put(lake, "rule_hit", hits)
    put(
        lake,
        "hit_line",
        [{"business_date": SECOND, "hit_id": h, "line_id": n} for h, n in (("ha", "L1"), ("hb", "L3"))],
    )
    leads = [(ANNA, "la", 1), (BERT, "lb", 2)]
    put(lake, "lead", [{"business_date": SECOND, "lead_id": i, "place": n, "subject_id": s} for s, i, n in leads])
    seen = {"first_seen": FIRST, "last_seen": SECOND, "hit_count": 1, "amount": Decimal(1), "is_estimate": False}
    finding = {"subject_type": "patient", "kind": "DC-03", "state": "same", **seen}
    put(
        lake,
        "case",
        [{"business_date": SECOND, "case_id": f"c{i}", "subject_id": s, **finding} for s, i, _ in leads],
    )
    evidence = [
        {"business_date": SECOND, "lead_id": i, "place": n, "kind": kind, "patient_id": s if kind == "line" else None,
         "line_id": ("L1" if s == ANNA else "L3") if kind == "line" else None}
        for s, i, _ in leads
        for n, kind in enumerate(("line", "indicator"), 1)
    ]  # fmt: skip
    put(lake, "lead_evidence", evidence)
    day = {"business_date": FIRST, "day": date(2026, 3, 2), "row_count": 3.0}
    sets = [("patients", [ANNA, BERT])]
    put(lake, "rollup_institution_day", [{**day, "institution_id": "H1", "sets": sets}], FIRST)
    put(lake, "rollup_patient_day", [{**day, "patient_id": p, "sets": [("items", ["X"])]} for p in (ANNA, BERT)], FIRST)
