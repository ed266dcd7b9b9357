"""Small, bounded reads of what evidence files show beside the rows of the listed leads, without Spark."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from fundwatch.contracts.entities import ENTITIES
from fundwatch.contracts.versions import known_on
from fundwatch.lake.store import Lake
from jobs.review.read_leads import institution_names, quoted
from leads.cards import Cards
from leads.evidence.facts import (
    ALL_RULES,
    CostlyItem,
    CostlyVisit,
    Dimension,
    Drivers,
    EncounterFacts,
    EvidenceFacts,
    PeerLadder,
    Subtotal,
)
from leads.publishing.rows import EvidenceRow, HitRow, LeadRow
from leads.ranking.naming import DEPARTMENTS

# How many subtotals of a lead, rule and dimension are shown: all days of a quarter, else what a person goes through.
SUBTOTALS: Mapping[Dimension, int] = {Dimension.STAY: 40, Dimension.DAY: 92, Dimension.DOCTOR: 20}
_KEYS: Mapping[Dimension, str] = {
    Dimension.STAY: "encounter_id",
    Dimension.DAY: "CAST(CAST(charged_at AS DATE) AS VARCHAR)",
    Dimension.DOCTOR: "ordering_doctor_id",
}
DRIVERS_SHOWN, PERSONS_SHOWN = 10, 6
_OF_ENCOUNTER = tuple(f.name for f in fields(EncounterFacts) if f.name != "diagnosis_name")
_MONEY = "DECIMAL(28, 2)"
_CENT = Decimal("0.01")
_Of = TypeVar("_Of", EncounterFacts, CostlyVisit, CostlyItem)


def evidence_facts(
    lake: Lake, night: date, leads: Sequence[LeadRow], evidence: Sequence[EvidenceRow], hits: Sequence[HitRow],
    cards: Cards,
) -> EvidenceFacts:  # fmt: skip
    """All that the evidence files of the leads show beside their lines, hits and indicators."""
    subtotals = subtotals_of(lake, night, leads)
    drivers = drivers_of(lake, night, [lead for lead in leads if not lead.line_count], evidence, cards)
    wanted = {row.encounter_id for row in evidence} | {hit.encounter_id for hit in hits}
    wanted |= {one.key for one in subtotals if one.dimension == Dimension.STAY}
    wanted |= {visit.encounter_id for driver in drivers.values() for visit in driver.visits}
    encounters = encounters_of(lake, night, {one for one in wanted if one})
    doctors = {row.ordering_doctor_id for row in evidence} | {e.attending_doctor_id for e in encounters.values()}
    doctors |= {one.key for one in subtotals if one.dimension == Dimension.DOCTOR}
    return EvidenceFacts(
        encounters=encounters,
        subtotals=subtotals,
        ladders=ladders_of(lake, night, leads, evidence),
        doctors=workplaces_of(lake, night, {one for one in doctors if one}),
        drivers=drivers,
        stays=stays_of(lake, night, leads, hits),
    )


def subtotals_of(lake: Lake, night: date, leads: Sequence[LeadRow]) -> list[Subtotal]:
    """Of each lead the lines that count, by rule (and by all of them) and stay, day and doctor, the dearest first; of a
    dimension with more groups than are shown those that come to most."""
    columns = lake.columns("lead_evidence") if lake.exists("lead_evidence") else {}
    if not leads or "amount_in_question" not in columns:  # a table of before it was counted
        return []
    ids = quoted(lead.lead_id for lead in leads)
    sums = ", ".join(f"sum(CAST({name} AS {_MONEY})) AS {name}" for name in _SUMMED)
    groups = " UNION ALL ".join(
        f"SELECT lead_id, rule_id, '{dimension}' AS dimension, coalesce({key}, '') AS key, count(*) AS line_count, "
        f"{sums}, min(CAST(charged_at AS DATE)) AS first_day, max(CAST(charged_at AS DATE)) AS last_day "
        f"FROM by_rule GROUP BY lead_id, rule_id, coalesce({key}, '')"
        for dimension, key in _KEYS.items()
    )
    limits = " ".join(f"WHEN '{dimension}' THEN {most}" for dimension, most in SUBTOTALS.items())
    each = "PARTITION BY lead_id, rule_id, dimension"
    query = f"""
        WITH counted AS (
            SELECT lead_id, rule_ids, encounter_id, charged_at, ordering_doctor_id, {", ".join(_SUMMED)}
            FROM lead_evidence WHERE business_date = DATE '{night}' AND kind = 'line' AND lead_id IN ({ids})
            AND coalesce(role, 'counted') = 'counted'
        ), by_rule AS (
            SELECT lead_id, unnest(rule_ids) AS rule_id, encounter_id, charged_at, ordering_doctor_id,
                   {", ".join(_SUMMED)} FROM counted
            UNION ALL
            SELECT lead_id, '{ALL_RULES}' AS rule_id, encounter_id, charged_at, ordering_doctor_id,
                   {", ".join(_SUMMED)} FROM counted
        ), sums AS ({groups}), placed AS (
            SELECT *, count(*) OVER ({each}) AS groups,
                   row_number() OVER ({each} ORDER BY amount_at_risk DESC, amount DESC, key) AS place FROM sums
        )
        SELECT * FROM placed WHERE place <= CASE dimension {limits} END
        ORDER BY lead_id, rule_id, dimension, place
    """
    return [_subtotal(row) for row in lake.rows("lead_evidence", query)]


_SUMMED = ("amount", "amount_in_question", "amount_at_risk")


def _subtotal(row: Mapping[str, Any]) -> Subtotal:
    given = {f.name: row[f.name] for f in fields(Subtotal)}
    return Subtotal(**given | {"amount": _money(row["amount"]), "amount_at_risk": _money(row["amount_at_risk"])})


def _money(value: Any) -> Decimal:
    return Decimal("0.00") if value is None else Decimal(value).quantize(_CENT)


def encounters_of(lake: Lake, night: date, ids: Collection[str]) -> dict[str, EncounterFacts]:
    """Visits and stays by id, as known after the night, with the name of the main diagnosis where one was delivered."""
    if not ids or not lake.exists("encounter"):
        return {}
    where = f"WHERE {known_on(night)} AND encounter_id IN ({quoted(ids)})"
    rows = lake.rows("encounter", f"SELECT {', '.join(_OF_ENCOUNTER)} FROM encounter {where}")
    names: dict[tuple[str, str], str] = {}
    if lake.exists("diagnosis"):
        diagnoses = lake.rows(
            "diagnosis", f"SELECT encounter_id, diagnosis_code, diagnosis_name FROM diagnosis {where}"
        )
        names = {(row["encounter_id"], row["diagnosis_code"]): row["diagnosis_name"] for row in diagnoses}
    return {
        row["encounter_id"]: _of(
            EncounterFacts,
            row | {"diagnosis_name": names.get((row["encounter_id"], row["main_diagnosis_code"]))},
        )
        for row in rows
    }


def stays_of(
    lake: Lake, night: date, leads: Sequence[LeadRow], hits: Sequence[HitRow]
) -> dict[str, list[EncounterFacts]]:
    """By lead the stays, within its period, of the first persons that its hits name: the stay before a readmission is
    in no line of the hit."""
    persons: dict[str, list[str]] = {}
    for lead in leads:
        own = (h.patient_id for h in hits if (h.subject_type, h.subject_id) == (lead.subject_type, lead.subject_id))
        persons[lead.lead_id] = [*dict.fromkeys(person for person in own if person)][:PERSONS_SHOWN]
    wanted = {person for own in persons.values() for person in own}
    if not wanted or not lake.exists("encounter"):
        return {}
    query = (
        f"SELECT {', '.join(_OF_ENCOUNTER)} FROM encounter WHERE {known_on(night)} AND is_inpatient "
        f"AND patient_id IN ({quoted(wanted)}) AND CAST(started_at AS DATE) <= DATE '{night}' "
        f"AND CAST(coalesce(ended_at, started_at) AS DATE) >= DATE '{min(lead.period_start for lead in leads)}' "
        "ORDER BY started_at, encounter_id"
    )
    stays = [_of(EncounterFacts, row | {"diagnosis_name": None}) for row in lake.rows("encounter", query)]
    return {lead_id: [stay for stay in stays if stay.patient_id in own] for lead_id, own in persons.items()}


def _of(kind: type[_Of], row: Mapping[str, Any]) -> _Of:
    """A typed row; times lose their zone, which is nominal."""
    plain: dict[str, Any] = {k: v.replace(tzinfo=None) if isinstance(v, datetime) else v for k, v in row.items()}
    return kind(**{f.name: plain[f.name] for f in fields(kind)})


def workplaces_of(lake: Lake, night: date, doctors: Collection[str]) -> dict[str, str]:
    """By doctor where he or she is registered: hospital and department by public name."""
    if not doctors or not lake.exists("doctor"):
        return {}
    query = (
        f"SELECT doctor_id, institution_id, department FROM doctor WHERE {known_on(night)} "
        f"AND doctor_id IN ({quoted(doctors)}) ORDER BY doctor_id, started_on DESC, institution_id"
    )
    rows = lake.rows("doctor", query)
    names = institution_names(lake, night, {row["institution_id"] for row in rows if row["institution_id"]})
    found: dict[str, list[str]] = {}
    for row in rows:
        place = names.get(row["institution_id"]) or row["institution_id"] or "–"
        found.setdefault(row["doctor_id"], []).append(f"{place} {department_text(row['department'])}".strip())
    return {doctor: "; ".join(dict.fromkeys(places)) for doctor, places in found.items()}


def department_text(code: str | None) -> str:
    """A department by its code and name; the text itself where it is no code of the national catalogue."""
    return " ".join(filter(None, (code, DEPARTMENTS.get(code or ""))))


def ladders_of(lake: Lake, night: date, leads: Sequence[LeadRow], evidence: Sequence[EvidenceRow]) -> list[PeerLadder]:
    """How the peers of each lead's subject behave in the indicators that the lead shows."""
    shown: dict[str, set[str]] = {}
    for row in evidence:
        if row.kind == "indicator" and row.indicator:
            shown.setdefault(row.lead_id, set()).add(row.indicator)
    subjects = {(lead.subject_type, lead.subject_id): lead.lead_id for lead in leads if lead.lead_id in shown}
    if not subjects or not lake.exists("peer_statistic"):
        return []
    groups = _peer_groups(lake, night, subjects)
    if not groups:
        return []
    names = {name for indicators in shown.values() for name in indicators}
    query = (
        f"SELECT entity_type, peer_group, indicator, ladder FROM peer_statistic WHERE business_date = DATE '{night}' "
        f"AND indicator IN ({quoted(names)}) AND peer_group IN ({quoted(set(groups.values()))})"
    )
    statistics = {
        (row["entity_type"], row["peer_group"], row["indicator"]): tuple(row["ladder"] or ())
        for row in lake.rows("peer_statistic", query)
    }
    return [
        PeerLadder(lead_id, indicator, group, ladder)
        for (kind, subject_id), lead_id in sorted(subjects.items())
        if (group := groups.get((kind, subject_id)))
        for indicator in sorted(shown[lead_id])
        if (ladder := statistics.get((kind, group, indicator)))
    ]


def _peer_groups(lake: Lake, night: date, subjects: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """By subject the group it is compared with, as the tables of indicators name it."""
    found: dict[tuple[str, str], str] = {}
    for kind in sorted({kind for kind, _ in subjects}):
        entity = ENTITIES[kind]
        ids = [subject_id for of_kind, subject_id in subjects if of_kind == kind]
        if lake.exists(entity.indicator_table):
            query = (
                f"SELECT {entity.id_column} AS id, peer_group FROM {entity.indicator_table} "
                f"WHERE business_date = DATE '{night}' AND {entity.id_column} IN ({quoted(ids)})"
            )
            found |= {(kind, row["id"]): row["peer_group"] for row in lake.rows(entity.indicator_table, query)}
    return found


def drivers_of(
    lake: Lake, night: date, leads: Sequence[LeadRow], evidence: Sequence[EvidenceRow], cards: Cards
) -> dict[str, Drivers]:
    """What the figures of leads come from that no line proves, scores and indicators, by lead."""
    found = {}
    for kind in sorted({lead.subject_type for lead in leads}):
        of_kind = [lead for lead in leads if lead.subject_type == kind]
        visits, totals = _costly_visits(lake, night, of_kind)
        items = _costly_items(lake, night, of_kind)
        for lead in of_kind:
            charged, count = totals.get(lead.lead_id, (Decimal("0.00"), 0))
            shown = [row.indicator for row in evidence if row.lead_id == lead.lead_id and row.indicator]
            money = {name: cards.indicator(name).money for name in shown if cards.indicator(name).money}
            found[lead.lead_id] = Drivers(
                charged=charged,
                visit_count=count,
                visits=[one for one in visits if one.lead_id == lead.lead_id],
                items=[one for one in items if one.lead_id == lead.lead_id],
                money=_window_sums(lake, night, lead, money, cards),
            )
    return found


def _lines_of(night: date, leads: Sequence[LeadRow]) -> str:
    """SQL for the subjects' lines of the leads' period, as known after the night."""
    column, first = ENTITIES[leads[0].subject_type].line_id, min(lead.period_start for lead in leads)
    last = max(lead.period_end for lead in leads)
    ids = quoted(lead.subject_id for lead in leads)
    return (
        f"FROM claim_line WHERE {known_on(night)} AND {column} IN ({ids}) "
        f"AND CAST(charged_at AS DATE) BETWEEN DATE '{first}' AND DATE '{last}'"
    )


def _costly_visits(
    lake: Lake, night: date, leads: Sequence[LeadRow]
) -> tuple[list[CostlyVisit], dict[str, tuple[Decimal, int]]]:
    """The costliest visits of the subjects, and by lead all that was charged, in how many visits."""
    column, lead_of = ENTITIES[leads[0].subject_type].line_id, {lead.subject_id: lead.lead_id for lead in leads}
    query = f"""
        WITH sums AS (
            SELECT {column} AS subject_id, encounter_id, count(*) AS line_count,
                   sum(CAST(amount AS {_MONEY})) AS amount, sum(CAST(covered_amount AS {_MONEY})) AS covered_amount,
                   min(CAST(charged_at AS DATE)) AS first_day, max(CAST(charged_at AS DATE)) AS last_day
            {_lines_of(night, leads)} GROUP BY {column}, encounter_id
        ), placed AS (
            SELECT *, sum(amount) OVER (PARTITION BY subject_id) AS charged,
                   count(*) OVER (PARTITION BY subject_id) AS visit_count,
                   row_number() OVER (PARTITION BY subject_id ORDER BY amount DESC, encounter_id) AS place FROM sums
        ) SELECT * FROM placed WHERE place <= {DRIVERS_SHOWN} ORDER BY subject_id, place
    """
    rows = [row | {"lead_id": lead_of[row["subject_id"]]} for row in lake.rows("claim_line", query)]
    totals = {row["lead_id"]: (_money(row["charged"]), int(row["visit_count"])) for row in rows}
    return [_of(CostlyVisit, row | {"amount": _money(row["amount"])}) for row in rows], totals


def _costly_items(lake: Lake, night: date, leads: Sequence[LeadRow]) -> list[CostlyItem]:
    column, lead_of = ENTITIES[leads[0].subject_type].line_id, {lead.subject_id: lead.lead_id for lead in leads}
    query = f"""
        WITH sums AS (
            SELECT {column} AS subject_id, coalesce(item_code, '') AS item_code, max(item_name) AS item_name,
                   count(*) AS line_count, sum(CAST(amount AS {_MONEY})) AS amount
            {_lines_of(night, leads)} GROUP BY {column}, coalesce(item_code, '')
        ), placed AS (
            SELECT *, row_number() OVER (PARTITION BY subject_id ORDER BY amount DESC, item_code) AS place FROM sums
        ) SELECT * FROM placed WHERE place <= {DRIVERS_SHOWN} ORDER BY subject_id, place
    """
    rows = lake.rows("claim_line", query)
    return [_of(CostlyItem, row | {"lead_id": lead_of[row["subject_id"]], "amount": _money(row["amount"])})
            for row in rows]  # fmt: skip


def _window_sums(lake: Lake, night: date, lead: LeadRow, money: Mapping[str, str], cards: Cards) -> dict[str, Decimal]:
    """By indicator the money that it is a part or a mean of, summed over its window as the night knew the days."""
    entity = ENTITIES[lead.subject_type]
    if not money or not lake.exists(entity.rollup_table):
        return {}
    held = lake.columns(entity.rollup_table)
    sums = {
        name: f"sum(CASE WHEN day > DATE '{night}' - INTERVAL '{cards.indicator(name).days}' DAY THEN {column} END)"
        for name, column in money.items()
        if column in held
    }
    if not sums:
        return {}
    chosen = ", ".join(f"{sql} AS {name}" for name, sql in sums.items())
    columns = ", ".join(sorted({money[name] for name in sums}))
    query = f"""
        WITH newest AS (
            SELECT day, row_count, {columns}, row_number() OVER (PARTITION BY day ORDER BY business_date DESC) AS place
            FROM {entity.rollup_table} WHERE {entity.id_column} IN ({quoted([lead.subject_id])})
            AND business_date <= DATE '{night}' AND day <= DATE '{night}'
        ) SELECT {chosen} FROM newest WHERE place = 1 AND row_count > 0
    """
    (row,) = lake.rows(entity.rollup_table, query)
    return {name: (Decimal(int(fen)) / 100).quantize(_CENT) for name, fen in row.items() if fen is not None}
