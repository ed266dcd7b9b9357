"""Show a night's list, or one lead with its evidence: read without Spark, so the answer comes in a second."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from fundwatch.errors import FundwatchError, NotReadyError
from fundwatch.lake.ledger import Ledger
from fundwatch.lake.lock import refuse_no_lake
from fundwatch.lake.store import Lake
from fundwatch.nights import nights_said
from fundwatch.regions import CURRENCY
from fundwatch.settings import Settings
from jobs.belonging import Belonging
from jobs.review.read_leads import (
    cases_of,
    cases_that,
    evidence_of,
    faded_cases,
    given_leads,
    hits_of,
    lines_seen,
    listed_leads,
    rows_of,
    sample_of,
    shadow_hits,
    skipped_models,
    standings_of,
    which_of,
)
from jobs.stages import night_jobs
from leads.publishing.console import LINES_SHOWN
from leads.publishing.published import FADED_LISTED, HITS_PER_RULE
from leads.publishing.rows import CaseRow, EvidenceRow, HitRow, LeadRow, LinesSeen, SampleRow, to_rows
from leads.ranking.teams import GivenLead
from privacy.erasure.record import ErasureLog


@dataclass(frozen=True)
class NightList:
    """The first leads of a night's list, their cases, what is gone, and what the reader must know beside them.

    `shadow` is by rule in shadow how often it hit: none of that is in the list. `unlisted` are cases that make no lead,
    because they are decided and have not grown, or quiet; `recovered` cases in hand whose lines were reversed.
    `given` says which team takes which lead; nothing where no team is declared.
    `stale` says why the list no longer belongs to what is committed and what to do, `erased` that it can no longer be
    made again because data were erased; both are empty for a list that is committed.
    """

    night: date
    leads: list[LeadRow]
    cases: list[CaseRow]
    faded: list[CaseRow]
    skipped_models: dict[str, str]
    lines_seen: LinesSeen | None
    workbook: Path
    stale: dict[str, Any]
    erased: str
    currency: str = CURRENCY
    shadow: Mapping[str, int] = field(default_factory=dict)
    given: Sequence[GivenLead] = ()
    unlisted: Sequence[CaseRow] = ()
    recovered: Sequence[CaseRow] = ()
    sample: Sequence[SampleRow] = ()

    def as_json(self) -> dict[str, Any]:
        """The list with its cases."""
        return {
            "business_date": self.night,
            "currency": self.currency,
            **self.stale,
            "lines_seen": None if self.lines_seen is None else asdict(self.lines_seen),
            "shadow": dict(self.shadow),
            "teams": [asdict(one) for one in self.given],
            "leads": [asdict(lead) for lead in self.leads],
            "cases": [asdict(case) for case in self.cases],
            "faded": [asdict(case) for case in self.faded],
            "unlisted": [asdict(case) for case in self.unlisted],
            "recovered": [asdict(case) for case in self.recovered],
            "sample": [asdict(row) | {"name": row.name} for row in self.sample],
        }


@dataclass(frozen=True)
class LeadShown:
    """One lead with its cases, hits and evidence; `stale` as for a list."""

    night: date
    lead: LeadRow
    cases: list[CaseRow]
    hits: list[HitRow]
    evidence: list[EvidenceRow]
    stale: dict[str, Any]
    currency: str = CURRENCY

    def as_json(self) -> dict[str, Any]:
        """All of it."""
        return {
            "business_date": self.night,
            "currency": self.currency,
            **self.stale,
            "lead": asdict(self.lead),
            "cases": [asdict(case) for case in self.cases],
            "hits": [asdict(hit) for hit in self.hits],
            "evidence": [asdict(row) for row in self.evidence],
        }


def night_list(settings: Settings, night: date, top: int = 20) -> NightList:
    """The night's first leads; those that share the last place are all there."""
    lake = Lake(settings.lake_address)
    leads, standings = listed_leads(lake, night, top), standings_of(lake, night)
    return NightList(
        night=night,
        leads=leads,
        cases=cases_of(lake, night, leads),
        faded=faded_cases(lake, night, FADED_LISTED),
        skipped_models=skipped_models(lake, night),
        lines_seen=lines_seen(Ledger(settings.lake_address), night),
        workbook=settings.lists_dir / night.isoformat() / "leads.xlsx",
        stale=_stale(settings, night),
        erased=ErasureLog(settings.lake_address).marked_nights().get(night, ""),
        currency=_currency(settings, night),
        shadow=shadow_hits(lake, night),
        given=given_leads(lake, night),
        unlisted=cases_that(lake, night, [one for one in standings if one.is_quiet], FADED_LISTED),
        recovered=cases_that(lake, night, [one for one in standings if one.recovered_line_count], FADED_LISTED),
        sample=sample_of(lake, night),
    )


def one_lead(settings: Settings, night: date, name: str) -> LeadShown:
    """The lead with this place, id or beginning of an id. Raises FundwatchError unless there is exactly one."""
    lake, lead = Lake(settings.lake_address), find_lead(settings, night, name)
    return LeadShown(
        night=night,
        lead=lead,
        cases=cases_of(lake, night, [lead]),
        hits=hits_of(lake, night, [lead], HITS_PER_RULE),
        evidence=evidence_of(lake, night, [lead.lead_id], LINES_SHOWN),
        stale=_stale(settings, night),
        currency=_currency(settings, night),
    )


def _stale(settings: Settings, night: date) -> dict[str, Any]:
    """Why the night's list no longer belongs to what is committed, and what to do; empty for one that does."""
    return Belonging(Ledger(settings.lake_address), night_jobs()).reported(night)


def _currency(settings: Settings, night: date) -> str:
    """That of the list as it was published; lists that do not say were all of the nation's."""
    committed = Ledger(settings.lake_address).committed("leads", night)
    return CURRENCY if committed is None else str(committed.detail.get("currency", CURRENCY))


def find_lead(settings: Settings, night: date, lead: str) -> LeadRow:
    """The lead with this place, id or beginning of an id. Raises FundwatchError unless there is exactly one."""
    lake = Lake(settings.lake_address)
    if lead.isdigit() and len(lead) < 8:
        found = rows_of(lake, "lead", ("business_date", "==", night), ("place", "==", int(lead)))
    else:
        ids = [row["lead_id"] for row in rows_of(lake, "lead", ("business_date", "==", night), columns=["lead_id"])]
        same = {lead_id for lead_id in ids if lead_id.startswith(lead)}
        found = rows_of(lake, "lead", ("business_date", "==", night), ("lead_id", "in", same)) if same else []
    if not found:
        raise FundwatchError(
            f"no lead of {night} named '{lead}'", do="give a place or an id that `fundwatch show` lists"
        )
    if len(found) > 1:
        raise FundwatchError(f"{len(found)} leads of {night} are named '{lead}'", do=which_of(found))
    return to_rows(LeadRow, found)[0]


def newest_list(settings: Settings, given: date | None = None) -> date:
    """The night asked for, or the newest whose list is committed. Raises NotReadyError naming those that do."""
    refuse_no_lake(settings.lake_address)
    nights = Ledger(settings.lake_address).nights("leads")
    night = given or (nights[-1] if nights else None)
    if night is None or night not in nights:
        raise NotReadyError(
            "no list has been published yet" if given is None else f"no list of {given} is committed",
            where=str(settings.lake_address),
            do=f"run `fundwatch nightly --date {given or 'DATE'}`; {nights_said(nights)}",
        )
    return night
