"""What an evidence file shows beside a lead's own rows: stays and visits, subtotals, peers, what drives a score.

All of it is read, bounded, for the listed leads alone; money counts as the lead's lines count it, each line once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

ALL_RULES = ""


@dataclass(frozen=True)
class EncounterFacts:
    """One visit or stay beside which lines are shown."""

    encounter_id: str
    patient_id: str | None
    institution_id: str | None
    is_inpatient: bool | None
    started_at: datetime | None
    ended_at: datetime | None
    admission_department: str | None
    discharge_department: str | None
    main_diagnosis_code: str | None
    diagnosis_name: str | None
    attending_doctor_id: str | None

    @property
    def department(self) -> str | None:
        """Where it ended, else where it began."""
        return self.discharge_department or self.admission_department

    def covers(self, day: date) -> bool:
        """Whether it lasted on the day; one whose end is unknown is known of its first day alone."""
        if self.started_at is None:
            return False
        return self.started_at.date() <= day <= (self.ended_at or self.started_at).date()


class Dimension(StrEnum):
    """By what the lines of a rule are summed."""

    STAY = "stay"
    DAY = "day"
    DOCTOR = "doctor"


@dataclass(frozen=True)
class Subtotal:
    """Lines of a lead by a rule (or by all, each line once) that share a stay, a day or a doctor.

    `groups` counts the subtotals of the same lead, rule and dimension, shown or not.
    """

    lead_id: str
    rule_id: str
    dimension: str
    key: str
    line_count: int
    amount: Decimal
    amount_in_question: Decimal | None
    amount_at_risk: Decimal
    first_day: date | None
    last_day: date | None
    groups: int


@dataclass(frozen=True)
class PeerLadder:
    """How the peers of a lead's subject behave in one indicator: 101 quantiles, 0 to 100 percent."""

    lead_id: str
    indicator: str
    peer_group: str
    ladder: tuple[float, ...]


@dataclass(frozen=True)
class CostlyVisit:
    """One of the costliest visits or stays of a subject, within the lead's period."""

    lead_id: str
    encounter_id: str
    line_count: int
    amount: Decimal
    covered_amount: Decimal | None
    first_day: date | None
    last_day: date | None


@dataclass(frozen=True)
class CostlyItem:
    """One of the items that a subject's charges come from most."""

    lead_id: str
    item_code: str
    item_name: str | None
    line_count: int
    amount: Decimal


@dataclass(frozen=True)
class Drivers:
    """What a subject's score comes from: all that it charged within the period, its costliest visits and items, and by
    indicator the money that the indicator is a part or a mean of."""

    charged: Decimal
    visit_count: int
    visits: Sequence[CostlyVisit] = ()
    items: Sequence[CostlyItem] = ()
    money: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True)
class EvidenceFacts:
    """The facts of the listed leads. `doctors` says by token where a doctor is registered; `drivers` is by lead,
    `stays` by lead the stays of the first persons that its hits name, which a hit may not name itself."""

    encounters: Mapping[str, EncounterFacts] = field(default_factory=dict)
    subtotals: Sequence[Subtotal] = ()
    ladders: Sequence[PeerLadder] = ()
    doctors: Mapping[str, str] = field(default_factory=dict)
    drivers: Mapping[str, Drivers] = field(default_factory=dict)
    stays: Mapping[str, Sequence[EncounterFacts]] = field(default_factory=dict)

    def subtotals_of(self, lead_id: str, rule_id: str, dimension: Dimension) -> list[Subtotal]:
        """Of a lead and rule, the dearest first; days in their order."""
        found = [
            s for s in self.subtotals if (s.lead_id, s.rule_id, s.dimension) == (lead_id, rule_id, dimension.value)
        ]
        return sorted(found, key=lambda s: s.key) if dimension is Dimension.DAY else found

    def ladder_of(self, lead_id: str, indicator: str) -> PeerLadder | None:
        """The peers of a lead's subject in an indicator, where they are known."""
        return next((p for p in self.ladders if (p.lead_id, p.indicator) == (lead_id, indicator)), None)
