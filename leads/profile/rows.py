"""What a profile shows: bounded, already in memory, typed. Nobody is named but institutions, by their public names."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from leads.cards import IndicatorCard
from leads.publishing.rows import CaseRow, HitRow, LeadRow

# Beyond 95 % of the peers is worth a look; beside fewer peers than models take, "unlike its peers" says little.
_STRANGE, MIN_PEERS = 0.95, 20


class CareKind(StrEnum):
    """What an encounter is to who reads a file."""

    STAY = "stay"
    VISIT = "visit"
    PURCHASE = "purchase"


CARE_WORDS: Mapping[str, str] = {
    CareKind.STAY: "住院 stays", CareKind.VISIT: "门诊 visits", CareKind.PURCHASE: "购药 purchases",
}  # fmt: skip


@dataclass(frozen=True)
class Subject:
    """Whom the file is about. `kind` is the word that was asked for, `entity_type` what tables call it."""

    kind: str
    entity_type: str
    id: str
    name: str = ""  # public name of an institution; empty for persons


@dataclass(frozen=True)
class CareDay:
    """One day of one kind of care: how many encounters began, and how many persons had them."""

    day: date
    kind: str
    encounters: int
    patients: int


@dataclass(frozen=True)
class StayRow:
    """One stay, visit or purchase by its public facts; `ended` is null where it is not known."""

    encounter_id: str
    kind: str
    started: date
    ended: date | None
    institution: str
    department: str
    diagnosis: str
    patient_id: str
    amount: Decimal | None


@dataclass(frozen=True)
class LineDay:
    """What was charged on one day."""

    day: date
    lines: int
    patients: int
    amount: Decimal


@dataclass(frozen=True)
class MonthRow:
    """The money of a month, by the series that the file draws."""

    month: str
    amounts: Sequence[Decimal]


@dataclass(frozen=True)
class ItemRow:
    """One item over all the days: lines, persons, days on which it was charged, money."""

    item_code: str
    item_name: str
    lines: int
    patients: int
    days: int
    amount: Decimal


@dataclass(frozen=True)
class IndicatorPlace:
    """Where the subject stands with one indicator among its peers; the ladder holds 101 quantiles of theirs."""

    name: str
    card: IndicatorCard
    direction: str  # which side is strange: high, low, both
    value: float | None
    median: float | None = None
    mad: float | None = None
    peer_count: int | None = None
    ladder: Sequence[float] | None = None

    @property
    def percentile(self) -> float | None:
        """The share of the peers below the value, as models and lists say it: rung i of the ladder is the value that
        i % of the peers do not exceed, so above it stand at least i % of them below."""
        if self.ladder is None or not self.ladder or self.value is None:
            return None
        return max(bisect_left(self.ladder, self.value) - 1, 0) / (len(self.ladder) - 1)

    @property
    def has_peers(self) -> bool:
        """Whether there are enough peers to say who is unlike them."""
        return (self.peer_count or 0) >= MIN_PEERS

    @property
    def robust_z(self) -> float | None:
        """How many robust deviations from the median; None where peers are few, do not differ or are unknown."""
        if self.value is None or self.median is None or not self.mad or not self.has_peers:
            return None
        return (self.value - self.median) / self.mad

    @property
    def strangeness(self) -> float:
        """How far out the value lies on the side that is strange: the share of the peers that it lies beyond, those who
        are alike not among them; 0 where nobody can tell."""
        share = self.percentile
        if share is None or self.ladder is None or self.value is None or not self.has_peers:
            return 0.0
        low = 1 - bisect_right(self.ladder, self.value) / len(self.ladder)
        return {"high": share, "low": low}.get(self.direction, max(share, low))

    @property
    def is_strange(self) -> bool:
        return self.strangeness >= _STRANGE


@dataclass(frozen=True)
class ScoreRow:
    """One model's score of the subject, or why there is none; the indicators that drive it."""

    model: str
    score: float | None
    percentile: float | None
    peer_count: int | None
    why_not: str
    reasons: Sequence[tuple[str, float | None, float | None]] = ()  # indicator, value, robust z


@dataclass(frozen=True)
class PartBeside:
    """What another table says of the subject: columns as headings, and its rows."""

    heading_zh: str
    heading_en: str
    columns: Sequence[str]
    rows: Sequence[Sequence[object]]


@dataclass(frozen=True)
class Care:
    """Stays, visits and purchases: by day, and those that are listed one by one of how many."""

    days: Sequence[CareDay] = ()
    stays: Sequence[StayRow] = ()
    dearest: Sequence[StayRow] = ()
    total: int = 0
    stay_total: int = 0


@dataclass(frozen=True)
class Charges:
    """Fee lines: by day, month and item; how many lines, items and persons there are in all."""

    days: Sequence[LineDay] = ()
    by_class: Sequence[MonthRow] = ()
    items: Sequence[ItemRow] = ()
    lines: int = 0
    item_total: int = 0
    patients: int = 0
    amount: Decimal = Decimal("0.00")


@dataclass(frozen=True)
class SubjectFindings:
    """What nights found: hits of this night by rule, scores, all leads so far, cases of this night."""

    hits: Sequence[HitRow] = ()
    hit_counts: Mapping[str, int] = field(default_factory=dict)
    scores: Sequence[ScoreRow] = ()
    leads: Sequence[tuple[date, LeadRow]] = ()
    cases: Sequence[CaseRow] = ()


@dataclass(frozen=True)
class Profile:
    """The whole file. `not_run` says by part what the night has not made, `read` what was read for it."""

    subject: Subject
    night: date
    first: date
    currency: str
    facts: Sequence[tuple[str, str]]
    care: Care
    charges: Charges
    paid: Sequence[MonthRow]
    peer_group: str
    indicators: Sequence[IndicatorPlace]
    findings: SubjectFindings
    beside: Sequence[PartBeside] = ()
    not_run: Mapping[str, str] = field(default_factory=dict)
    read: Sequence[str] = ()

    def as_json(self) -> dict[str, Any]:
        """The file in short, for programs."""
        return {
            "business_date": self.night,
            "kind": self.subject.kind,
            "id": self.subject.id,
            "name": self.subject.name,
            "facts": dict(self.facts),
            "encounters": self.care.total,
            "lines": self.charges.lines,
            "amount": self.charges.amount,
            "peer_group": self.peer_group,
            "indicators": [
                {"indicator": one.name, "value": one.value, "peer_median": one.median, "percentile": one.percentile,
                 "peer_count": one.peer_count}
                for one in self.indicators
            ],
            "hits": dict(self.findings.hit_counts),
            "leads": [lead.lead_id for _, lead in self.findings.leads],
            "not_run": dict(self.not_run),
        }  # fmt: skip
