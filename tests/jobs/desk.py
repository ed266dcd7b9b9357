"""The desk of re-identification: a lake, a vault, and people with accounts of their own."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from shutil import rmtree
from typing import Any

from jobs.command_line import main
from privacy.audit.chain import Entry
from privacy.audit.log import AuditLog
from privacy.vault.sealing import make_vault_key
from privacy.vault.vault import Vault
from tests.jobs.truth_world import NIGHT, TruthWorld
from tests.privacy.vaults import CANARIES, fill

PURPOSE = ["--purpose", "verify the stay with the hospital", "--basis", "Regulation Art. 24, inspection 2026-07"]


@dataclass
class RevealFixture:
    """A lake with two leads, a vault, and people with accounts of their own who call the command."""

    root: Path
    now: datetime = datetime(2026, 4, 1, 9, tzinfo=UTC)
    account: str = ""
    world: TruthWorld = field(init=False)
    vault: Vault = field(init=False)

    def __post_init__(self) -> None:
        self.world = TruthWorld(self.root)
        self.vault = Vault(self.root / "vault", make_vault_key(self.root / "keys" / "vault.key"))
        fill(self.vault, self.world.key, {"value": "1", **CANARIES}, {"value": "7", "name": "欧阳别人"})
        fill(self.vault, self.world.key, {"value": "D1", "name": "金丝雀医师"}, domain="doctor")
        one, doctor = self.world.person("1"), self.world.doctor("D1")
        lead = {"business_date": NIGHT, "amount_at_risk": Decimal(30), "subject_type": "patient"}
        self.world.put("lead", [
            lead | {"place": 1, "lead_id": "a1" * 8, "subject_id": one},
            lead | {"place": 2, "lead_id": "b2" * 8, "subject_id": self.world.person("7")},
        ])  # fmt: skip
        self.add_evidence(2)
        self.world.put("claim_line", [{"line_id": "L1", "known_from": NIGHT, "ordering_doctor_id": doctor}])

    def add_evidence(self, lines: int) -> None:
        """The first lead's evidence becomes this many lines, each of another person."""
        line = {"business_date": NIGHT, "lead_id": "a1" * 8, "kind": "line"}
        persons = [str(n) for n in range(1, lines + 1)]
        rmtree(self.root / "lake" / "lead_evidence", ignore_errors=True)
        self.world.put(
            "lead_evidence",
            [line | {"place": int(n), "line_id": f"L{n}", "patient_id": self.world.person(n)} for n in persons],
        )

    def call(self, person: str, *arguments: str) -> int:
        """Run `fundwatch reidentify` as a person whose account has the same name."""
        self.account = person.lower()
        return main(["reidentify", *arguments, "--as", person, "--var", str(self.root), "--json", "--quiet"])

    def ask(self, person: str = "Wang", *extra: str, lead: str = "1", fields: str = "name,certificate") -> int:
        asked = ["request", "--date", str(NIGHT), "--lead", lead, "--fields", fields]
        return self.call(person, *asked, *PURPOSE, *extra)

    def log(self) -> list[Entry]:
        return AuditLog(self.vault.root, self.vault.key).entries()

    def last(self) -> tuple[str, str]:
        return self.log()[-1].action, self.log()[-1].outcome

    def reveal(self, person: str, request: str, out: str = "answer.json") -> tuple[int, list[dict[str, Any]]]:
        done = self.call(person, "reveal", request, "--out", str(self.root / out))
        answer = self.root / out
        return done, json.loads(answer.read_text())["tokens"] if answer.is_file() else []
