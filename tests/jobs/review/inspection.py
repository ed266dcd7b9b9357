"""A lake with a list of two leads, a vault, and people with accounts of their own who work on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from fundwatch.settings import Settings
from jobs.review.outcomes.asked import LeadAsked
from jobs.review.outcomes.lead_desk import LeadDesk
from jobs.review.outcomes.people_said import PeopleSaid
from leads.outcomes.closing import Closing
from leads.outcomes.entries import Status
from privacy.audit.chain import Entry
from privacy.audit.log import audit_log
from privacy.vault.sealing import make_vault_key
from tests.jobs.truth_world import NIGHT, TruthWorld

AFTER = date(2026, 4, 7)
HOSPITAL, DOCTOR = "1", "2"  # the leads by place
VIOLATION, SUSPICION = "DC-03", "FQ-01"


@dataclass
class Inspection:
    """The first lead is hospital H1: two lines of 100 and 60 yuan by a rule of 明确违规, one of 40 by one of 可疑. The
    second is a doctor who stands out by scores."""

    root: Path
    account: str = "wang"
    world: TruthWorld = field(init=False)

    def __post_init__(self) -> None:
        self.world = TruthWorld(self.root)
        make_vault_key(self.world.settings.vault_key_path)
        amounts = {"L1": 100, "L2": 60, "L3": 40}
        self.world.lines(*({"line_id": line, "amount": Decimal(n)} for line, n in amounts.items()))
        self.world.hits(
            {"hit_id": "a" * 32, "rule_id": VIOLATION, "tier": "明确违规", "rule_version": "v1", "line_id": "L1"},
            {"hit_id": "b" * 32, "rule_id": VIOLATION, "tier": "明确违规", "rule_version": "v1", "line_id": "L2"},
            {"hit_id": "c" * 32, "rule_id": SUSPICION, "tier": "可疑", "rule_version": "v2", "line_id": "L3"},
        )
        self.doctor = self.world.doctor("D1")
        self.put_leads(NIGHT)
        self.world.ran("leads")

    def put_leads(self, night: date) -> None:
        at: dict[str, Any] = {"business_date": night, "period_start": date(2026, 1, 1), "period_end": night}
        at |= {"priority": 1.0, "estimated_amount": Decimal(0), "line_count": 3, "subject_name": ""}
        self.world.put("lead", [
            at | {"lead_id": "1a" * 8, "place": 1, "subject_type": "institution", "subject_id": "H1",
                  "tier": "明确违规", "amount_at_risk": Decimal(90), "hit_count": 3, "subject_name": "第一医院"},
            at | {"lead_id": "2b" * 8, "place": 2, "subject_type": "doctor", "subject_id": self.doctor, "tier": "线索",
                  "amount_at_risk": Decimal(0), "hit_count": 0},
        ])  # fmt: skip
        case: dict[str, Any] = {
            "business_date": night,
            "state": "new",
            "first_seen": night,
            "last_seen": night,
            "is_estimate": False,
        }
        hospital = case | {"subject_type": "institution", "subject_id": "H1", "subject_name": "第一医院"}
        doctor = case | {"subject_type": "doctor", "subject_id": self.doctor, "subject_name": ""}
        self.world.put("case", [
            hospital | {"case_id": "c1", "kind": VIOLATION, "hit_count": 2, "amount": Decimal(60)},
            hospital | {"case_id": "c2", "kind": SUSPICION, "hit_count": 1, "amount": Decimal(30)},
            doctor | {"case_id": "c3", "kind": "score", "hit_count": 0, "amount": Decimal(0)},
        ])  # fmt: skip

    @property
    def settings(self) -> Settings:
        return self.world.settings

    def desk(self, person: str) -> LeadDesk:
        """The desk as a person comes to it whose account has the same name."""
        made = LeadDesk.of(self.settings)
        return replace(made, log=replace(audit_log(self.settings), account=lambda: person.lower()))

    def asked(self, person: str, lead: str = HOSPITAL, **more: Any) -> LeadAsked:
        return LeadAsked(lead, person, **more)

    def assigned(self, person: str = "Li", lead: str = HOSPITAL, **more: Any) -> None:
        """Wang gives the lead to a person."""
        self.desk("Wang").assign(self.asked("Wang", lead, **more), "城区一组", person)

    def in_check(self, person: str = "Li", lead: str = HOSPITAL) -> None:
        self.assigned(person, lead)
        self.desk(person).note(self.asked(person, lead), Status.IN_CHECK)

    def heard(self, person: str = "Li", lead: str = HOSPITAL) -> None:
        self.in_check(person, lead)
        self.desk(person).note(self.asked(person, lead), Status.HEARD)

    @property
    def said(self) -> PeopleSaid:
        return PeopleSaid(self.settings.lake_address)

    def status(self, case_id: str) -> str:
        steps = self.said.steps.get(case_id, [])
        return steps[-1].status if steps else Status.NEW

    def log(self) -> Sequence[Entry]:
        return audit_log(self.settings).entries()


def closing(decision: Status = Status.CONFIRMED, on: date = AFTER, **more: Any) -> Closing:
    """A decision of a week after the list."""
    money = {name: Decimal(str(value)) for name, value in more.items() if name.endswith("_amount")}
    return Closing(decision, on, **{**more, **money})
