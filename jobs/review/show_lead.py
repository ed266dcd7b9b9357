"""Show a night's list, or one lead with its evidence: read without Spark, so the answer comes in a second."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from fundwatch.errors import FundwatchError, NotReadyError
from fundwatch.lake.ledger import Ledger
from fundwatch.lake.lock import refuse_no_lake
from fundwatch.lake.store import Lake
from fundwatch.nights import nights_said
from fundwatch.settings import Settings
from fundwatch.terminal import show
from jobs.belonging import Belonging
from jobs.command_line import settings_of
from jobs.review.read_leads import (
    cases_of,
    evidence_of,
    faded_cases,
    hits_of,
    listed_leads,
    rows_of,
    silent_models,
    which_of,
)
from jobs.stages import night_jobs
from leads.publishing.console import LINES_SHOWN, lead_pack, top_table
from leads.publishing.published import FADED_LISTED, HITS_PER_RULE
from leads.publishing.rows import LeadRow, to_rows
from leads.words import not_run_text
from privacy.erasure.record import ErasureLog


def serve(options: argparse.Namespace) -> Any:
    """`fundwatch show [LEAD] [--date …]`; without a date, the newest night whose list stands."""
    settings = settings_of(options).settings
    night, lake = _night(settings, options.date), Lake(settings.lake_dir)
    stale = _stale(settings, night)
    if options.lead is None:
        leads = listed_leads(lake, night, options.top)
        if not options.json:
            print_list(settings, night, options.top)
        return {
            "business_date": night,
            **stale,
            "leads": [asdict(lead) for lead in leads],
            "cases": [asdict(case) for case in cases_of(lake, night, leads)],
            "faded": [asdict(case) for case in faded_cases(lake, night, FADED_LISTED)],
        }
    lead = find_lead(settings, night, options.lead)
    evidence = evidence_of(lake, night, [lead.lead_id], LINES_SHOWN)
    cases, hits = cases_of(lake, night, [lead]), hits_of(lake, night, [lead], HITS_PER_RULE)
    if not options.json:
        show(lead_pack(lead, evidence, cases))
        _warn(stale)
    return {
        "business_date": night,
        **stale,
        "lead": asdict(lead),
        "cases": [asdict(case) for case in cases],
        "hits": [asdict(hit) for hit in hits],
        "evidence": [asdict(row) for row in evidence],
    }


def print_list(settings: Settings, night: date, top: int = 20) -> None:
    """Print the night's first leads as a table, and where the files lie."""
    lake = Lake(settings.lake_dir)
    leads = listed_leads(lake, night, top)
    title = f"线索清单 {night} Leads (top {len(leads)})"
    show(top_table(leads, title, cases_of(lake, night, leads)))
    if gone := [case for case in faded_cases(lake, night, FADED_LISTED) if case.faded_since == night]:
        print(f"今夜消退 Faded tonight: {len(gone)}(见工作簿“消退 Faded”  see the workbook's sheet)")
    if missing := not_run_text(silent_models(lake, night)):
        print(missing)
    print(f"workbook: {settings.lists_dir / night.isoformat() / 'leads.xlsx'}")
    if told := ErasureLog(settings.lake_dir).marked_nights().get(night):
        print(f"注意:本清单已不可重现 Note: this list can no longer be made again (data erased {told})")
    _warn(_stale(settings, night))


def _stale(settings: Settings, night: date) -> dict[str, Any]:
    """Why the night's list no longer belongs to what stands, and what to do; empty for one that does."""
    return Belonging(Ledger(settings.lake_dir), night_jobs()).told(night)


def _warn(stale: Mapping[str, Any]) -> None:
    """Say why a list is out of date, and what to do."""
    for sentence in stale.get("out_of_date", ()):
        print(f"注意:本清单已不是最新 Note: {sentence}: {stale['do']}")


def find_lead(settings: Settings, night: date, lead: str) -> LeadRow:
    """The lead with this place, id or beginning of an id. Raises FundwatchError unless there is exactly one."""
    lake = Lake(settings.lake_dir)
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


def _night(settings: Settings, given: date | None) -> date:
    """The night asked for, or the newest whose list stands. Raises NotReadyError naming those that do."""
    refuse_no_lake(settings.lake_dir)
    nights = Ledger(settings.lake_dir).nights("leads")
    night = given or (nights[-1] if nights else None)
    if night is None or night not in nights:
        which = "any night" if given is None else str(given)
        raise NotReadyError(
            f"no list of {which} stands",
            where=str(settings.lake_dir),
            do=f"{nights_said(nights)}; or run `fundwatch nightly --date {given or 'DATE'}`",
        )
    return night
