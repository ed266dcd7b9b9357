"""What a published list consists of, before any file is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from fundwatch.regions import CURRENCY
from leads.cards import TIERS, Cards
from leads.evidence.facts import EvidenceFacts
from leads.publishing.list_diff import LeadChange
from leads.publishing.rows import CaseRow, CoverageRow, EvidenceRow, HitRow, LeadRow, LinesSeen, SampleRow
from leads.ranking.cases import CaseState
from leads.ranking.teams import GivenLead

# More than anybody reads in a workbook; the tables lead_evidence, rule_hit and case hold all of them.
LINES_PER_LEAD = 200
# What a lead's own workbook holds; `fundwatch leads lines` gives the lines of larger ones.
LINES_CARRIED = 2_000
HITS_PER_RULE = 20
FADED_LISTED = 500


_OfSubject = TypeVar("_OfSubject", HitRow, CaseRow, SampleRow, LeadChange)


@dataclass(frozen=True)
class KnowledgeUsed:
    """The points of one class of knowledge that were in force: how it is called, how many, what they are taken from."""

    name_zh: str
    points: int
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Provenance:
    """What determined the list: fingerprints of contents only, no clock and no table version.

    So the same inputs give the same bytes wherever and whenever they are run. `knowledge` is what the rules rested on,
    by class, beside its fingerprint; `currency` that of all money; `models_not_run` says why not.
    """

    business_date: date
    period_start: date
    period_end: date
    source: str
    software: str
    rule_set_fingerprint: str
    knowledge_fingerprint: str
    knowledge: Mapping[str, KnowledgeUsed]
    model_fingerprints: Mapping[str, str]
    settings_fingerprint: str
    data_fingerprint: str
    deliveries: Mapping[str, str]
    models_not_run: Mapping[str, str] = field(default_factory=dict)
    earlier_list: date | None = None
    lines_seen: LinesSeen | None = None
    currency: str = CURRENCY
    learned: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class ListContent:
    """A night's list: its leads in order of place, their evidence, and what ran.

    Of a lead's lines at most `LINES_CARRIED` are here, of its hits by a rule `HITS_PER_RULE`. `lead_total` counts all
    leads of the night, listed or not. `cases` are those of the listed subjects; `faded` those of anybody, the newest
    first. `places` are public names of institutions by their ids, `facts` what evidence files show beside the rows.
    `minor` are leads whose money is below `letter_amount`, the dearest first, and `minor_count` and `minor_amount` what
    there is of them. `unlisted` are cases that make no lead, because they are decided and have not grown, or quiet;
    `recovered` those in hand whose lines were reversed; `sample` the subjects that were drawn at random; `changes` what
    differs from the earlier list; `given` says which team takes which lead.
    """

    leads: Sequence[LeadRow]
    evidence: Sequence[EvidenceRow]
    coverage: Sequence[CoverageRow]
    cards: Cards
    provenance: Provenance
    lead_total: int
    hits: Sequence[HitRow] = ()
    cases: Sequence[CaseRow] = ()
    faded: Sequence[CaseRow] = ()
    places: Mapping[str, str] = field(default_factory=dict)
    facts: EvidenceFacts = field(default_factory=EvidenceFacts)
    minor: Sequence[LeadRow] = ()
    minor_count: int = 0
    minor_amount: Decimal = Decimal("0.00")
    letter_amount: float = 0.0
    unlisted: Sequence[CaseRow] = ()
    recovered: Sequence[CaseRow] = ()
    sample: Sequence[SampleRow] = ()
    changes: Sequence[LeadChange] = ()
    given: Sequence[GivenLead] = ()

    def of_team(self, team: str) -> ListContent:
        """The same with the team's own leads alone, and what belongs to them."""
        ids = {one.lead_id for one in self.given if one.team == team}
        leads = [lead for lead in self.leads if lead.lead_id in ids]
        own = {(lead.subject_type, lead.subject_id) for lead in leads}

        def of_own(rows: Sequence[_OfSubject]) -> list[_OfSubject]:
            return [row for row in rows if (row.subject_type, row.subject_id) in own]

        return replace(
            self,
            leads=leads,
            lead_total=len(leads),
            evidence=[row for row in self.evidence if row.lead_id in ids],
            given=[one for one in self.given if one.lead_id in ids],
            hits=of_own(self.hits),
            cases=of_own(self.cases),
            faded=of_own(self.faded),
            unlisted=of_own(self.unlisted),
            recovered=of_own(self.recovered),
            sample=of_own(self.sample),
            changes=of_own(self.changes),
        )

    def lines_of(self, lead_id: str) -> list[EvidenceRow]:
        """The lines shown for a lead, the dearest first."""
        return [row for row in self.evidence if row.lead_id == lead_id and row.kind == "line"]

    def indicators_of(self, lead_id: str) -> list[EvidenceRow]:
        """The indicators shown for a lead, the strongest first."""
        return [row for row in self.evidence if row.lead_id == lead_id and row.kind == "indicator"]

    def hits_of(self, lead: LeadRow) -> list[HitRow]:
        """The hits shown for a lead, by rule, the dearest first."""
        return [hit for hit in self.hits if (hit.subject_type, hit.subject_id) == (lead.subject_type, lead.subject_id)]

    def cases_of(self, lead: LeadRow) -> list[CaseRow]:
        """The cases of a lead's subject, those that go on first."""
        subject = (lead.subject_type, lead.subject_id)
        return [case for case in self.cases if (case.subject_type, case.subject_id) == subject]

    @property
    def shadow(self) -> dict[str, int]:
        """By rule in shadow that ran what it hit, which is in no lead."""
        return {row.what: row.hit_count for row in self.coverage if row.is_shadow and row.state == "run"}

    def place(self, institution_id: str | None) -> str:
        """An institution by its public name and its id; the id alone where the register has no name."""
        name = self.places.get(institution_id or "")
        return f"{name} ({institution_id})" if name else institution_id or ""

    def summary(self) -> dict[str, Any]:
        """Counts and sums of the list, ready for JSON: money as text, so that it stays exact."""
        tiers = Counter(lead.tier for lead in self.leads)
        subjects = Counter(lead.subject_type for lead in self.leads)
        states = Counter(case.state for case in self.cases)
        return {
            "business_date": self.provenance.business_date.isoformat(),
            "lead_total": self.lead_total,
            "listed": len(self.leads),
            "by_tier": {tier: tiers[tier] for tier in TIERS},
            "by_subject": dict(sorted(subjects.items())),
            "cases_by_state": {state: states[state] for state in CaseState},
            "amount_at_risk": str(sum((lead.amount_at_risk for lead in self.leads), Decimal("0.00"))),
            "estimated_amount": str(sum((lead.estimated_amount for lead in self.leads), Decimal("0.00"))),
            "minor": {"leads": self.minor_count, "amount": str(self.minor_amount), "below": self.letter_amount},
            "evidence_lines": sum(row.kind == "line" for row in self.evidence),
            "ran": sum(row.state == "run" and not row.is_shadow for row in self.coverage),
            "not_run": sum(row.state == "not_run" for row in self.coverage),
            "quiet": {row.what: row.hit_count for row in self.coverage if row.state == "quiet"},
            "unlisted_cases": len(self.unlisted),
            "recovered_cases": len(self.recovered),
            "sample": dict(sorted(Counter(row.subject_type for row in self.sample).items())),
            "changes": dict(sorted(Counter(row.change for row in self.changes).items())),
            "shadow": self.shadow,
            "teams": dict(sorted(Counter(one.team for one in self.given if one.team).items())),
            "carried_over": {one.lead_id: one.why_not for one in self.given if not one.team},
            "provenance": {k: str(v) if isinstance(v, date) else v for k, v in asdict(self.provenance).items()},
        }
