"""A tiny lake written by delta-rs, with a truth beside it: what a test does not say is honest and ordinary."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from shutil import rmtree
from typing import Any

import pandas as pd
import pyarrow as pa
from deltalake import write_deltalake

from fundwatch.contracts import TABLES
from fundwatch.lake.ledger import Ledger
from fundwatch.settings import Settings
from privacy.keys.ring import PseudonymKey, make_key
from privacy.tokens.pseudonyms import token_of
from tests.places import folder_of

NIGHT = date(2026, 3, 31)
_TYPES = {"string": pa.string(), "int": pa.int32(), "bigint": pa.int64(), "double": pa.float64(), "date": pa.date32()}
_TYPES |= {"boolean": pa.bool_(), "timestamp": pa.timestamp("us", tz="UTC")}
RowValues = Mapping[str, Any]


@dataclass
class TruthWorld:
    """Settings of a lake and a truth in one folder, and what fills them."""

    root: Path

    def __post_init__(self) -> None:
        self.settings = Settings(var=self.root)
        self.key: PseudonymKey = make_key(self.settings.key_path)
        self.put("delivery", [{"business_date": NIGHT, "file_name": "f", "key_id": self.key.key_id}])

    def person(self, number: str) -> str:
        return token_of(self.key, "person", number) or ""

    def doctor(self, number: str) -> str:
        return token_of(self.key, "doctor", number) or ""

    def put(self, table: str, rows: Sequence[RowValues]) -> None:
        """Rows with some of the contract's columns; the others are null."""
        contract = TABLES[table]
        columns = [c for c in contract.columns if c.type in _TYPES or c.type.startswith("decimal")]
        schema = pa.schema([(c.name, _TYPES.get(c.type, pa.decimal128(16, 2))) for c in columns])
        write_deltalake(str(folder_of(self.settings, table)), pa.Table.from_pylist(list(map(dict, rows)), schema))

    def ran(self, *jobs: str) -> None:
        """Note in the ledger that the jobs stand for the night."""
        ledger = Ledger(self.settings.lake_address)
        for job in jobs:
            ledger.commit(ledger.start(job, NIGHT, "p"), job, NIGHT, "p", {})

    def lines(self, *rows: RowValues) -> None:
        """Fee lines of 100 yuan, of which a settlement's fund paid 60, with their encounters and settlement."""
        usual = {
            "patient_id": self.person("1"), "institution_id": "H1", "settlement_id": "S", "encounter_id": "E",
            "charged_at": datetime(2026, 3, 4, 9), "known_from": NIGHT, "covered_amount": Decimal(100),
        }  # fmt: skip
        lines = [usual | dict(row) for row in rows]
        self.put("claim_line", lines)
        visits = {line["encounter_id"]: line for line in lines}.values()
        self.put("encounter", [dict(line) | {"ended_at": line["charged_at"]} for line in visits])
        settled = {"settlement_id": "S", "fund_amount": Decimal(600), "covered_amount": Decimal(1000)}
        self.put("settlement", [settled | {"known_from": NIGHT}])

    def hits(self, *rows: RowValues) -> None:
        """Hits of one line each (`line_id`), or of the lines named in `lines`."""
        usual: dict[str, Any] = {
            "business_date": NIGHT, "subject_type": "institution", "subject_id": "H1", "institution_id": "H1",
            "amount_at_risk": Decimal(30), "is_estimate": False, "grain": "line",
            "period_start": date(2026, 3, 4), "period_end": date(2026, 3, 4),
        }  # fmt: skip
        hits = [usual | {"hit_id": f"h{n}"} | dict(row) for n, row in enumerate(rows)]
        self.put("rule_hit", [{k: v for k, v in hit.items() if k not in ("lines", "line_id")} for hit in hits])
        reported = {"business_date": NIGHT, "settlement_id": "S", "amount_at_risk": Decimal(30)}
        proofs = [
            reported | {"hit_id": hit["hit_id"], "line_id": line}
            for hit in hits
            for line in hit.get("lines", [hit.get("line_id")])
            if line is not None
        ]
        self.put("hit_line", proofs)

    def hits_again(self, *rows: RowValues) -> None:
        """Other hits in place of those that are there."""
        for table in ("rule_hit", "hit_line"):
            rmtree(folder_of(self.settings, table))
        self.hits(*rows)

    def rules(self, *, in_shadow: Collection[str] = (), **why_not: str) -> None:
        """The coverage of rules by id (with _ for -): they ran, or why they did not."""
        window = {"business_date": NIGHT, "period_start": date(2026, 1, 1), "period_end": NIGHT}
        self.put(
            "rule_coverage",
            [
                window
                | {"rule_id": name.replace("_", "-"), "state": "not_run" if why else "run", "why_not": why or None}
                | ({"rule_state": "shadow"} if name.replace("_", "-") in in_shadow else {})
                for name, why in why_not.items()
            ],
        )
        self.ran("rules")

    def scores(self, **percentile_of: float) -> None:
        """Scores of patients by their token."""
        usual = {"business_date": NIGHT, "entity_type": "patient", "model": "forest", "peer_count": 50}
        usual |= {"model_fingerprint": "m"}
        rows = [
            usual | {"entity_id": token, "percentile": value, "score": value, "state": "scored"}
            for token, value in percentile_of.items()
        ]
        self.put("score", rows)
        self.ran("score")

    def leads(self, *subjects: tuple[str, str], hit_count: int = 1) -> None:
        """The night's leads in order of place."""
        usual = {"business_date": NIGHT, "hit_count": hit_count, "amount_at_risk": Decimal(30)}
        rows = [
            usual | {"place": place, "subject_type": kind, "subject_id": subject}
            for place, (kind, subject) in enumerate(subjects, 1)
        ]
        self.put("lead", rows)
        self.ran("leads")

    def truth(self, *rows: RowValues) -> None:
        """Labels: lines of a scheme of DC-03 unless said otherwise."""
        usual = {
            "scheme": "repeated_line", "instance": 1, "kind": "scheme", "rule_id": "DC-03", "entity_type": "line",
            "psn_no": "1", "mdtrt_id": "E", "feedetl_sn": "", "fixmedins_code": "H1", "dr_code": "",
            "service_date": "2026-03-04",
        }  # fmt: skip
        self.settings.truth_dir.mkdir(parents=True, exist_ok=True)
        labels = pd.DataFrame([usual | dict(row) for row in rows])
        labels.to_csv(self.settings.truth_dir / "labels.csv", index=False)
