"""The rows that lists, pages and the console show: bounded, already in memory, typed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from leads.outcomes.work import CaseStanding

TOKEN_SHOWN = 8


@dataclass(frozen=True)
class LeadRow:
    """One lead, as the table lead holds it."""

    lead_id: str
    place: int
    subject_type: str
    subject_id: str
    subject_name: str
    period_start: date
    period_end: date
    tier: str
    priority: float
    amount_at_risk: Decimal
    estimated_amount: Decimal
    hit_count: int
    line_count: int
    rule_ids: list[str]
    score: float | None
    reason_zh: str
    reason_en: str
    clear_zh: str
    clear_en: str
    law: list[str]
    workplaces: list[str] | None = None
    amount_in_question: Decimal | None = None
    is_minor: bool | None = None
    severity_factor: float | None = None
    money_factor: float | None = None
    outlier_factor: float | None = None
    tip_factor: float | None = None
    learned_factor: float | None = None
    tip_count: int | None = None

    @property
    def subject(self) -> str:
        """Whom it is about: an institution by its public name, a person by the short form of the token."""
        return self.subject_name or short(self.subject_id)


@dataclass(frozen=True)
class EvidenceRow:
    """One line or one indicator of a lead, as the table lead_evidence holds it."""

    lead_id: str
    place: int
    kind: str
    rule_ids: list[str] | None
    role: str | None
    line_id: str | None
    encounter_id: str | None
    settlement_id: str | None
    patient_id: str | None
    institution_id: str | None
    charged_at: datetime | None
    item_code: str | None
    item_name: str | None
    quantity: Decimal | None
    unit_price: Decimal | None
    amount: Decimal | None
    amount_at_risk: Decimal | None
    indicator: str | None
    value: float | None
    peer_median: float | None
    percentile: float | None
    peer_count: int | None
    amount_in_question: Decimal | None = None
    covered_amount: Decimal | None = None
    ordering_department: str | None = None
    ordering_doctor_id: str | None = None


@dataclass(frozen=True)
class HitRow:
    """One hit of a rule on a lead's subject, as the table rule_hit holds it; the reason names its facts."""

    subject_type: str
    subject_id: str
    rule_id: str
    patient_id: str | None
    institution_id: str | None
    encounter_id: str | None
    period_start: date | None
    period_end: date | None
    amount_at_risk: Decimal | None
    is_estimate: bool | None
    reason_zh: str | None
    reason_en: str | None
    hit_id: str = ""


@dataclass(frozen=True)
class CaseRow:
    """One case of a night, as the table case holds it; with how it stands, where people said something of it."""

    case_id: str
    subject_type: str
    subject_id: str
    subject_name: str | None
    kind: str
    state: str
    first_seen: date
    last_seen: date
    faded_since: date | None
    hit_count: int
    amount: Decimal
    is_estimate: bool
    earlier_hit_count: int | None
    earlier_amount: Decimal | None
    standing: CaseStanding | None = None

    @property
    def subject(self) -> str:
        """Whom it is about: an institution by its public name, a person by the short form of the token."""
        return self.subject_name or short(self.subject_id)

    @property
    def finding(self) -> tuple[str, str, str]:
        return self.subject_type, self.subject_id, self.kind


@dataclass(frozen=True)
class SampleRow:
    """One subject that was drawn at random, as the table inspection_sample holds it."""

    subject_type: str
    subject_id: str
    place: int
    population_count: int

    @property
    def name(self) -> str:
        """What `fundwatch leads` knows it by."""
        return f"sample:{self.subject_type}:{self.place}"


@dataclass(frozen=True)
class CoverageRow:
    """Grain: rule or model. What ran, over how much, and why not; `is_shadow`: a rule whose hits make no lead. Of a
    rule that is quiet for some subjects a further row has the state `quiet`, their number and their hits."""

    what: str
    state: str
    why_not: str
    institution_count: int
    judged_count: int
    hit_count: int
    is_shadow: bool = False


@dataclass(frozen=True)
class LinesSeen:
    """How many fee lines the lake knows, how many lie in the days that the rules looked at, and how many of these no
    settlement has paid; how many days would reach the first of all, and whether no night went before."""

    known: int
    in_window: int
    unsettled: int
    days_to_first: int | None
    is_first_night: bool


_Row = TypeVar("_Row", LeadRow, EvidenceRow, CoverageRow, HitRow, CaseRow, SampleRow)


def to_rows(kind: type[_Row], records: Iterable[Mapping[str, Any]]) -> list[_Row]:
    """Typed rows from mappings; times lose their zone, which is nominal. A column that a table was made without is
    null."""
    names = [f.name for f in fields(kind)]
    return [kind(**{name: _plain(record.get(name)) for name in names}) for record in records]


def _plain(value: Any) -> Any:
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value


def short(token: str | None) -> str:
    """The first eight characters of a token: enough to tell people apart on a page, and kind to the eye."""
    return (token or "")[:TOKEN_SHOWN]
