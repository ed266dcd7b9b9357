"""What a night's list takes from people: what earlier outcomes teach, and which team takes which lead.

Of what the list sees only entries of earlier lists that are dated by the night count, so that what is said of a list
cannot change it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from fundwatch.contracts.versions import known_on
from fundwatch.lake.store import Lake
from fundwatch.settings import Settings
from jobs.review.outcomes.night_standing import DecisionsSeen
from jobs.review.read_leads import quoted
from jobs.workplace import Workplace
from leads.ledger.weights import NOTHING_LEARNED, Learned, learned_by
from leads.outcomes.entries import Outcome, Status, StatusEntry
from leads.outcomes.journals import LEAD_STATUS, OUTCOME
from leads.outcomes.standing import known_before, latest_status
from leads.publishing.rows import EvidenceRow, LeadRow
from leads.ranking.teams import GivenLead, LeadToGive, Subject, Team, give_out, read_teams


def learned_for(settings: Settings, seen: DecisionsSeen, night: date) -> Learned:
    """The weights of the night's ranking; none where the setting says so."""
    if not settings.learned_weights:
        return NOTHING_LEARNED
    return learned_by([Outcome.of_row(row) for row in seen.rows[OUTCOME.name]], night)


def weight_rows(night: date, learned: Learned) -> list[tuple[date, str, int, int, float, int, str]]:
    """The rows of the table learned_weight."""
    return [
        (night, one.kind, one.right, one.judged, one.weight, learned.seen, learned.seen_fingerprint)
        for one in learned.weights.values()
    ]


def teams_now(settings: Settings, seen: DecisionsSeen, night: date) -> tuple[tuple[Team, ...], dict[Subject, str]]:
    """The teams that are declared, and which of them holds which subject on the night."""
    teams = read_teams(settings.teams, settings.conf).teams
    if not teams:
        return (), {}
    statuses = [StatusEntry.of_row(row) for row in seen.rows[LEAD_STATUS.name]]
    latest = latest_status(known_before(statuses, night))
    open_cases = (entry for entry in latest.values() if entry.team and not Status(entry.status).is_decided)
    return teams, {(entry.subject_type, entry.subject_id): entry.team for entry in open_cases}


def given_out(
    place: Workplace, seen: DecisionsSeen, night: date, leads: Sequence[LeadRow], evidence: Sequence[EvidenceRow]
) -> list[GivenLead]:
    """Which team takes which listed lead; none where no team is declared. A lead is where its evidence is."""
    teams, held = teams_now(place.settings, seen, night)
    if not teams:
        return []
    at: dict[str, set[str]] = {lead.lead_id: set() for lead in leads}
    for lead in leads:
        at[lead.lead_id] |= {lead.subject_id} if lead.subject_type == "institution" else set()
    for row in evidence:
        at[row.lead_id] |= {row.institution_id} if row.institution_id else set()
    codes = _region_codes(place.lake, night, {one for of_lead in at.values() for one in of_lead})
    to_give = [
        LeadToGive(
            lead.lead_id,
            lead.place,
            (lead.subject_type, lead.subject_id),
            tuple(sorted({codes[one] for one in at[lead.lead_id] if one in codes})),
        )
        for lead in leads
    ]
    return give_out(to_give, teams, held)


def _region_codes(lake: Lake, night: date, ids: set[str]) -> dict[str, str]:
    """By institution its region code, as the register was known after the night."""
    if not ids or not lake.exists("institution"):
        return {}
    rows = lake.rows(
        "institution",
        "SELECT institution_id, region_code FROM institution "
        f"WHERE {known_on(night)} AND institution_id IN ({quoted(ids)})",
    )
    return {row["institution_id"]: row["region_code"] for row in rows if row["region_code"]}
