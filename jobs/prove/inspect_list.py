"""An inspection model works through a night's list: it is given leads, checks them, hears whom it fines, and enters
what it found through the same desk as people do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from evaluation.findings import OTHER, TRUE, to_hit_classes
from evaluation.inspecting import CaseTruth, InspectionModel, Judged
from evaluation.labels import to_matches, to_own_subjects, with_compared
from fundwatch.contracts.entities import ENTITIES
from fundwatch.lake.store import Lake
from fundwatch.settings import Settings
from jobs.prove.read_truth import read_found, read_labels, read_seen
from jobs.review.outcomes.asked import LeadAsked
from jobs.review.outcomes.known_cases import cases_of_lead
from jobs.review.outcomes.lead_desk import LeadDesk
from jobs.review.outcomes.people_said import PeopleSaid
from jobs.review.read_leads import listed_leads, rows_of
from leads.outcomes.closing import CaseKnown, Closing
from leads.outcomes.entries import Status
from leads.publishing.rows import LeadRow

Subject = tuple[str, str]
MANAGER, INSPECTOR, REVIEWER, TEAM = "simulated manager", "simulated inspector", "simulated reviewer", "simulation"
_ARTICLE, _LAWFUL = "条例 38", "lawful"


@dataclass(frozen=True)
class NightTruth:
    """What is true of a night's findings: the hits that are right about a scheme, and the subjects of schemes."""

    right_hits: frozenset[str]
    staged: frozenset[Subject]
    subject_of_hit: Mapping[str, Subject]

    def is_staged(self, subject: Subject) -> bool:
        """Whether the subject is one of a scheme, or any hit on it is right."""
        return subject in self.staged or any(self.subject_of_hit[hit] == subject for hit in self.right_hits)


def night_truth(settings: Settings, night: date) -> NightTruth:
    """The truth of the night's findings, by the simulator's labels. Raises FundwatchError without labels."""
    lake = Lake(settings.lake_address)
    labels = read_labels(settings.truth_dir, settings, lake, night).rows
    made = read_found(lake, night)
    named = {*made.hit_lines["line_id"].dropna(), *made.compared["line_id"].dropna()}
    seen = read_seen(lake, labels, named, night)
    ids = ["encounter_id", *(entity.id_column for entity in ENTITIES.values()), "day"]
    proofs, compared = (
        rows.merge(seen.lines[["line_id", *ids]], on="line_id") for rows in (made.hit_lines, made.compared)
    )
    matches = with_compared(to_matches(labels, made.hits, proofs), labels, made.hits, compared)
    classes = to_hit_classes(made.hits, matches, labels)
    own = to_own_subjects(labels[labels["kind"] == "scheme"])
    subjects = zip(made.hits["subject_type"], made.hits["subject_id"], strict=True)
    return NightTruth(
        right_hits=frozenset(classes.index[classes.isin([TRUE, OTHER])]),
        staged=frozenset(zip(own["subject_type"], own["subject_id"], strict=True)),
        subject_of_hit=dict(zip(made.hits["hit_id"], subjects, strict=True)),
    )


def inspect_list(settings: Settings, night: date, model: InspectionModel, truth: NightTruth) -> list[Judged]:
    """Work through the first leads of the night's list; what was decided, case by case. A case that is closed or in
    somebody's hands already is left alone, so that the same list is not inspected twice."""
    trial = settings.model_copy(update={"reidentify_same_account": True})  # one account plays three people
    lake, desk = Lake(settings.lake_address), LeadDesk.of(trial)
    done: list[Judged] = []
    for lead in listed_leads(lake, night, model.capacity):
        cases = [
            case for case in cases_of_lead(lake, night, lead, PeopleSaid(settings.lake_address))
            if case.status == Status.NEW
        ]  # fmt: skip
        if cases:
            done += _inspected(desk, lake, lead, cases, model, truth)
    return done


def _inspected(
    desk: LeadDesk, lake: Lake, lead: LeadRow, cases: Sequence[CaseKnown], model: InspectionModel, truth: NightTruth
) -> list[Judged]:
    night = cases[0].night
    judged = [model.judge(case_truth(lake, case, truth), night) for case in cases]
    for case, one in sorted(zip(cases, judged, strict=True), key=lambda pair: pair[1].on_date):
        asked = LeadAsked(lead.lead_id, MANAGER, night, case.kind, night)
        desk.assign(asked, TEAM)
        desk.note(replace(asked, by=INSPECTOR), Status.IN_CHECK)
        checked = replace(asked, by=INSPECTOR, on_date=one.on_date)
        if one.fined_amount:
            desk.note(checked, Status.HEARD)
        taken = desk.close(checked, _closing(one))
        if any(step.waits for step in taken.steps):
            desk.confirm(replace(checked, by=REVIEWER))
    return judged


def _closing(one: Judged) -> Closing:
    return Closing(
        decision=Status(one.decision),
        on_date=one.on_date,
        found_amount=one.found_amount if one.is_right else None,
        recovered_amount=one.recovered_amount if one.is_right else None,
        fined_amount=one.fined_amount or None,
        article=_ARTICLE if one.is_right else "",
        hours=one.hours,
        reason_code="" if one.is_right else _LAWFUL,
        accepted=one.accepted,
        cleared=one.cleared if one.is_right else (),
    )


def case_truth(lake: Lake, case: CaseKnown, truth: NightTruth) -> CaseTruth:
    """What is true of a case: of a rule by its hits and their lines, of scores and tips by its subject."""
    right = [hit for hit in case.hit_ids if hit in truth.right_hits]
    if not case.hit_ids:
        return CaseTruth(case.case_id, case.kind, (case.subject_type, case.subject_id) in truth.staged)
    conditions = (("business_date", "==", case.night), ("hit_id", "in", {*right}))
    rows = rows_of(lake, "hit_line", *conditions, columns=["line_id"]) if right else []
    staged = {row["line_id"] for row in rows} & {*case.lines}
    costs = {line: known.amount or Decimal(0) for line, known in sorted(case.lines.items())}
    return CaseTruth(
        case_id=case.case_id,
        kind=case.kind,
        is_staged=bool(right),
        staged_lines={line: cost for line, cost in costs.items() if line in staged},
        other_lines={line: cost for line, cost in costs.items() if line not in staged},
    )
