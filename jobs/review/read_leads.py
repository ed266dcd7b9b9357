"""Small, bounded reads of what a night made, without Spark: a list, one lead's evidence, what ran."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import date
from typing import Any

from pyarrow.parquet import filters_to_expression

from fundwatch.contracts.versions import known_on
from fundwatch.errors import NotReadyError
from fundwatch.lake.ledger import Ledger
from fundwatch.lake.store import Lake
from leads.outcomes.work import CaseStanding
from leads.publishing.rows import (
    CaseRow,
    CoverageRow,
    EvidenceRow,
    HitRow,
    LeadRow,
    LinesSeen,
    SampleRow,
    to_rows,
)
from leads.ranking.teams import GivenLead
from rules.catalogue.rule import RuleState

Condition = tuple[str, str, object]
_IDS_SHOWN = 8


def rows_of(
    lake: Lake, table: str, *conditions: Condition, columns: Sequence[str] | None = None
) -> list[dict[str, Any]]:
    """The table's rows that meet all conditions (column, operator, value). Raises NotReadyError without a table,
    DamagedFileError when one of its files is not what was written."""
    if not lake.exists(table):
        raise NotReadyError(
            f"the table {table} has not been made yet",
            where=str(lake.table_address(table)),
            do="run `fundwatch nightly`",
        )
    chosen = filters_to_expression(list(conditions)) if conditions else None
    found = lake.dataset(table).to_table(columns=None if columns is None else list(columns), filter=chosen)
    return list(found.to_pylist())


def listed_leads(lake: Lake, night: date, top: int) -> list[LeadRow]:
    """The night's first leads, in order of place; leads that share the last place are all there."""
    rows = rows_of(lake, "lead", ("business_date", "==", night), ("place", "<=", top))
    return sorted(to_rows(LeadRow, rows), key=lambda lead: (lead.place, lead.lead_id))


def minor_leads(lake: Lake, night: date) -> list[LeadRow]:
    """The leads whose money is below what is worth a letter, the dearest first."""
    if "is_minor" not in lake.columns("lead"):  # a table of before there was a limit
        return []
    rows = to_rows(LeadRow, rows_of(lake, "lead", ("business_date", "==", night), ("is_minor", "==", True)))
    return sorted(rows, key=lambda lead: (-(lead.amount_at_risk + lead.estimated_amount), lead.lead_id))


def which_of(leads: Sequence[Mapping[str, Any]]) -> str:
    """What to do where several leads bear what was given: a place that they share, or the beginning of an id."""
    ids = sorted(str(lead["lead_id"]) for lead in leads)
    return f"give one of their ids: {', '.join(ids[:_IDS_SHOWN])}{' …' if len(ids) > _IDS_SHOWN else ''}"


def lead_total(lake: Lake, night: date) -> int:
    """How many leads the night has, listed or not."""
    return len(rows_of(lake, "lead", ("business_date", "==", night), columns=["place"]))


def evidence_of(lake: Lake, night: date, lead_ids: Sequence[str], lines_each: int) -> list[EvidenceRow]:
    """Evidence of some leads, in order: at most `lines_each` lines of each (they come first), and all indicators."""
    if not lead_ids:
        return []
    of_leads: tuple[Condition, ...] = (("business_date", "==", night), ("lead_id", "in", set(lead_ids)))
    rows = rows_of(lake, "lead_evidence", *of_leads, ("kind", "==", "line"), ("place", "<=", lines_each))
    rows += rows_of(lake, "lead_evidence", *of_leads, ("kind", "==", "indicator"))
    return sorted(to_rows(EvidenceRow, rows), key=lambda row: (row.lead_id, row.place))


def hits_of(lake: Lake, night: date, leads: Sequence[LeadRow], each: int) -> list[HitRow]:
    """The hits on some leads' subjects by rule, the dearest first, at most `each` of one rule."""
    subjects = {lead.subject_id for lead in leads}
    if not subjects or not lake.exists("rule_hit"):
        return []
    columns = ", ".join(field.name for field in fields(HitRow))
    order = "coalesce(amount_at_risk, 0) DESC, period_start, encounter_id, hit_id"
    placed = f"row_number() OVER (PARTITION BY subject_type, subject_id, rule_id ORDER BY {order}) AS place"
    rows = lake.rows(
        "rule_hit",
        f"SELECT * FROM (SELECT {columns}, {placed} FROM rule_hit WHERE business_date = DATE '{night}' "
        f"AND subject_id IN ({quoted(subjects)}){_active(lake)}) AS placed WHERE place <= {each} "
        "ORDER BY subject_type, subject_id, rule_id, place",
    )
    return to_rows(HitRow, rows)


def _active(lake: Lake) -> str:
    """Without hits of shadow rules, which make no lead; a table of before there were any has no such column."""
    return " AND coalesce(rule_state, 'active') = 'active'" if "rule_state" in lake.columns("rule_hit") else ""


def cases_of(lake: Lake, night: date, leads: Sequence[LeadRow]) -> list[CaseRow]:
    """The cases of some leads' subjects: those that go on first, by kind; none in a lake that has no cases yet."""
    subjects = {lead.subject_id for lead in leads}
    if not subjects:
        return []
    return _cases(lake, night, f"subject_id IN ({quoted(subjects)})", "faded_since IS NOT NULL, kind, case_id")


def faded_cases(lake: Lake, night: date, most: int) -> list[CaseRow]:
    """What is gone tonight, of whomever: what went last first, the dearest ahead."""
    order = "faded_since DESC, coalesce(earlier_amount, 0) DESC, subject_type, kind, case_id"
    return _cases(lake, night, "state = 'faded'", f"{order} LIMIT {most}")


def _cases(lake: Lake, night: date, where: str, order: str) -> list[CaseRow]:
    if not lake.exists("case"):
        return []
    query = f"SELECT * FROM case WHERE business_date = DATE '{night}' AND {where} ORDER BY {order}"
    said = {one.finding: one for one in standings_of(lake, night)}
    return [replace(case, standing=said.get(case.finding)) for case in to_rows(CaseRow, lake.rows("case", query))]


def standings_of(lake: Lake, night: date) -> list[CaseStanding]:
    """How the cases stood of which people had said something, as the night's list knew it."""
    if not lake.exists("case_status"):
        return []
    names = [field.name for field in fields(CaseStanding)]
    rows = rows_of(lake, "case_status", ("business_date", "==", night), columns=names)
    return [CaseStanding(**row) for row in rows]


def cases_that(lake: Lake, night: date, standings: Collection[CaseStanding], most: int) -> list[CaseRow]:
    """The cases of some standings, the dearest first; those that are gone are left out unless their lines came back."""
    subjects = {one.subject_id for one in standings}
    if not subjects:
        return []
    findings = {one.finding for one in standings}
    order = "coalesce(amount, 0) DESC, subject_type, subject_id, kind"
    rows = _cases(lake, night, f"subject_id IN ({quoted(subjects)}) AND state <> 'faded'", order)
    return [case for case in rows if case.finding in findings][:most]


def sample_of(lake: Lake, night: date) -> list[SampleRow]:
    """The subjects that were drawn at random, by type and place."""
    if not lake.exists("inspection_sample"):
        return []
    rows = to_rows(SampleRow, rows_of(lake, "inspection_sample", ("business_date", "==", night)))
    return sorted(rows, key=lambda row: (row.subject_type, row.place))


def quiet_coverage(cases: Sequence[CaseRow]) -> list[CoverageRow]:
    """Grain: rule that is quiet for some subjects: for how many, until when at most, and what it hit there."""
    found: dict[str, list[CaseRow]] = {}
    for case in cases:
        if case.standing is not None and case.standing.snoozed_until is not None:
            found.setdefault(case.kind, []).append(case)
    return [
        CoverageRow(
            kind, "quiet", f"暂停 quiet for {len(rows)}, until {_last(rows)}", 0, 0, sum(c.hit_count for c in rows)
        )
        for kind, rows in sorted(found.items())
    ]


def _last(cases: Sequence[CaseRow]) -> date | None:
    return max((c.standing.snoozed_until for c in cases if c.standing and c.standing.snoozed_until), default=None)


def institution_names(lake: Lake, night: date, ids: Collection[str]) -> dict[str, str]:
    """Public names by id, as the register was known after the night."""
    if not ids or not lake.exists("institution"):
        return {}
    rows = lake.rows(
        "institution",
        "SELECT institution_id, institution_name FROM institution "
        f"WHERE {known_on(night)} AND institution_id IN ({quoted(ids)})",
    )
    return {row["institution_id"]: row["institution_name"] for row in rows if row["institution_name"]}


def quoted(texts: Iterable[str]) -> str:
    """The texts as SQL has them between the brackets of IN."""
    return ", ".join("'" + text.replace("'", "''") + "'" for text in sorted(texts))


def rule_coverage(lake: Lake, night: date) -> list[CoverageRow]:
    """Grain: rule and state. How many institutions and things a rule judged, or why it did not run."""
    columns = ["rule_id", "institution_id", "state", "why_not", "judged_count", "hit_count"]
    columns += ["rule_state"] if "rule_state" in lake.columns("rule_coverage") else []  # an old table has none
    groups: dict[tuple[str, str, str, bool], list[dict[str, Any]]] = {}
    for row in rows_of(lake, "rule_coverage", ("business_date", "==", night), columns=columns):
        key = (row["rule_id"], row["state"], row["why_not"] or "", row.get("rule_state") == RuleState.SHADOW)
        groups.setdefault(key, []).append(row)
    return [
        CoverageRow(
            what=rule_id,
            state=state,
            why_not=why_not,
            institution_count=len({row["institution_id"] for row in rows if row["institution_id"]}),
            judged_count=sum(row["judged_count"] or 0 for row in rows),
            hit_count=sum(row["hit_count"] or 0 for row in rows),
            is_shadow=is_shadow,
        )
        for (rule_id, state, why_not, is_shadow), rows in sorted(groups.items())
    ]


def given_leads(lake: Lake, night: date) -> list[GivenLead]:
    """Which team takes which listed lead, in order of place; nothing of a list that was given to no team."""
    if not lake.exists("team_lead"):
        return []
    rows = rows_of(lake, "team_lead", ("business_date", "==", night))
    given = [GivenLead(row["lead_id"], row["place"], row["team"] or "", row["why_not"] or "") for row in rows]
    return sorted(given, key=lambda one: (one.place, one.lead_id))


def shadow_hits(lake: Lake, night: date) -> dict[str, int]:
    """By rule in shadow that ran what it hit, which is in no lead; none where no scan left a coverage."""
    if not lake.exists("rule_coverage"):
        return {}
    return {row.what: row.hit_count for row in rule_coverage(lake, night) if row.is_shadow and row.state == "run"}


def lines_seen(ledger: Ledger, night: date) -> LinesSeen | None:
    """What of the lake's lines the night's scan covered; None where no scan says so."""
    committed = ledger.committed("rules", night)
    reported = None if committed is None else committed.detail.get("lines_seen")
    return LinesSeen(**reported) if reported else None


def models_not_run(lake: Lake, night: date) -> list[CoverageRow]:
    """Grain: entity type and model that could not score, with the reason."""
    columns = ["entity_type", "model", "why_not"]
    rows = rows_of(lake, "score", ("business_date", "==", night), ("state", "==", "not_run"), columns=columns)
    found = sorted({(f"{row['entity_type']} {row['model']}", row["why_not"] or "") for row in rows})
    return [CoverageRow(what, "not_run", why_not, 0, 0, 0) for what, why_not in found]


def skipped_models(lake: Lake, night: date) -> dict[str, str]:
    """The models that spoke for nobody that night, by entity type and name, with the reason."""
    columns = ["entity_type", "model", "why_not"]
    of_models: tuple[Condition, ...] = (
        ("business_date", "==", night),
        ("state", "==", "not_run"),
        ("entity_id", "==", ""),
    )
    if not lake.exists("score"):
        return {}
    rows = rows_of(lake, "score", *of_models, columns=columns)
    return {f"{row['entity_type']} {row['model']}": row["why_not"] or "" for row in rows}
