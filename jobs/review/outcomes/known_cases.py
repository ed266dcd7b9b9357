"""The cases of a lead as the lake knows them: hits, lines with what they cost, the steps so far. Without Spark."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from fundwatch.contracts.versions import known_on
from fundwatch.errors import FundwatchError, some
from fundwatch.lake.store import Lake
from jobs.review.outcomes.people_said import PeopleSaid
from jobs.review.outcomes.proof_lines import decided_lines, proof_lines
from jobs.review.read_leads import quoted, rows_of, sample_of
from leads.cards import TIERS, WEAKEST_TIER
from leads.outcomes.closing import CaseKnown, LineKnown
from leads.outcomes.work import not_decided
from leads.publishing.rows import LeadRow
from leads.ranking.cases import SCORE_KIND, CaseState

SAMPLE_KIND = "sample"  # of a case that nothing found: its subject was drawn
_AT_ONCE = 5_000  # ids in one condition


def cases_of_lead(lake: Lake, night: date, lead: LeadRow, said: PeopleSaid, kind: str = "") -> list[CaseKnown]:
    """The cases of the lead's subject that the night's list found, or the one of a kind. Raises FundwatchError where
    there is none."""
    of_subject = f"subject_type = '{lead.subject_type}' AND subject_id IN ({quoted([lead.subject_id])})"
    where = f"business_date = DATE '{night}' AND state <> '{CaseState.FADED}' AND {of_subject}"
    query = f"SELECT case_id, kind FROM case WHERE {where} ORDER BY kind"
    rows = lake.rows("case", query) if lake.exists("case") else []
    kinds = [row["kind"] for row in rows]
    found = [row for row in rows if not kind or row["kind"] == kind]
    if not found:
        raise FundwatchError(
            f"the lead {lead.lead_id} of {night} has no case{f' of {kind}' if kind else ''}",
            where="--kind" if kind else "LEAD",
            do=f"name one of: {', '.join(kinds)}" if kinds else "run the night again: its list knows no cases",
        )
    hits = _hits(lake, night, lead, [row["kind"] for row in found])
    lines = _lines(lake, night, [hit["hit_id"] for of_kind in hits.values() for hit in of_kind])
    return [_case(lake, row, lead, night, hits.get(row["kind"], ()), lines, said) for row in found]


def sampled_case(lake: Lake, night: date, name: str, said: PeopleSaid) -> list[CaseKnown]:
    """The case of a subject that was drawn beside the night's list, by what the sample calls it. It rests on no hit and
    no line. Raises FundwatchError where nobody was drawn by that name."""
    sample = sample_of(lake, night)
    found = next((row for row in sample if row.name == name), None)
    if found is None:
        raise FundwatchError(
            f"nobody was drawn as '{name:.40}' on {night}",
            where="LEAD",
            do=f"name one of: {some([row.name for row in sample])}" if sample else "no sample was drawn that night",
        )
    parts = (found.subject_type, found.subject_id, SAMPLE_KIND, night.isoformat())
    case_id = hashlib.sha256("|".join(parts).encode()).hexdigest()[:16]
    steps = said.steps.get(case_id, [])
    return [CaseKnown(case_id, "", night, found.subject_type, found.subject_id, SAMPLE_KIND, steps=steps)]


def _case(
    lake: Lake,
    row: Mapping[str, Any],
    lead: LeadRow,
    night: date,
    hits: Sequence[Mapping[str, Any]],
    lines: Mapping[str, Mapping[str, LineKnown]],
    said: PeopleSaid,
) -> CaseKnown:
    ids = tuple(hit["hit_id"] for hit in hits)
    tiers = [hit["tier"] for hit in hits if hit["tier"] in TIERS]
    starts = [hit["period_start"] for hit in hits if hit["period_start"]]
    case_id = said.case_of(row["case_id"])
    steps = said.steps.get(case_id, [])
    is_decided = bool(steps) and bool(steps[-1].outcome_id)
    known = said.decided_about.get(case_id, {})
    new = _new_hits(lake, known, {hit: {*lines.get(hit, ())} for hit in ids}) if is_decided else []
    return CaseKnown(
        case_id=case_id, lead_id=lead.lead_id, night=night, subject_type=lead.subject_type,
        subject_id=lead.subject_id, kind=row["kind"], tier=min(tiers, key=TIERS.index, default=WEAKEST_TIER),
        rule_version=hits[0]["rule_version"] or "" if hits else "", hit_ids=ids,
        lines={line_id: line for hit in ids for line_id, line in lines.get(hit, {}).items()},
        first_service=min(starts, default=None), steps=steps, new_hits=len(new),
    )  # fmt: skip


def _new_hits(lake: Lake, known: Mapping[str, date], hits: Mapping[str, Collection[str]]) -> list[str]:
    """Of a decided case's hits, with their lines, those that its outcomes were not about."""
    is_known = all(hit in known for hit in hits)
    return [] if is_known else not_decided(hits, known, decided_lines(lake, known))


def _hits(lake: Lake, night: date, lead: LeadRow, kinds: Collection[str]) -> dict[str, list[dict[str, Any]]]:
    """By rule, the hits on the lead's subject, in order of their ids."""
    rules = {kind for kind in kinds if kind != SCORE_KIND}
    if not rules or not lake.exists("rule_hit"):
        return {}
    rows = rows_of(
        lake, "rule_hit", ("business_date", "==", night), ("subject_id", "==", lead.subject_id),
        ("subject_type", "==", lead.subject_type), ("rule_id", "in", rules),
        columns=["hit_id", "rule_id", "rule_version", "tier", "period_start"],
    )  # fmt: skip
    found: dict[str, list[dict[str, Any]]] = {}
    for row in sorted(rows, key=lambda row: row["hit_id"]):
        found.setdefault(row["rule_id"], []).append(row)
    return found


def _lines(lake: Lake, night: date, hits: Sequence[str]) -> dict[str, dict[str, LineKnown]]:
    """By hit, the fee lines that prove it."""
    proofs = proof_lines(lake, night, hits)
    known = _known_lines(lake, night, sorted({line for lines in proofs.values() for line in lines}))
    return {
        hit: {line: known.get(line) or LineKnown(line, None, None) for line in sorted(lines)}
        for hit, lines in proofs.items()
    }


def _known_lines(lake: Lake, night: date, ids: Sequence[str]) -> dict[str, LineKnown]:
    if not lake.exists("claim_line"):
        return {}
    found = {}
    for first in range(0, len(ids), _AT_ONCE):
        some = quoted(ids[first : first + _AT_ONCE])
        query = f"SELECT line_id, amount, charged_at FROM claim_line WHERE {known_on(night)} AND line_id IN ({some})"
        for row in lake.rows("claim_line", query):
            day = None if row["charged_at"] is None else row["charged_at"].date()
            found[row["line_id"]] = LineKnown(row["line_id"], row["amount"], day)
    return found
