"""An inspection model works through a night's list: it is given leads, checks them, hears whom it fines, and enters
what it found through the same desk as people do."""

from __future__ import annotations

from collections.abc import Mapping
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
from jobs.review.outcomes.known_cases import SAMPLE_KIND, cases_of_lead, sampled_case
from jobs.review.outcomes.lead_desk import LeadDesk
from jobs.review.outcomes.people_said import PeopleSaid
from jobs.review.read_leads import listed_leads, rows_of, sample_of
from leads.outcomes.closing import CaseKnown, Closing
from leads.outcomes.entries import Status

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


@dataclass(frozen=True)
class Checked:
    """A case that the model looked at, the lead or drawn subject by which the desk knows it, and what it decided."""

    lead: str
    case: CaseKnown
    judged: Judged

    @property
    def is_drawn(self) -> bool:
        """Whether the random sample led to it, and no list."""
        return self.case.kind == SAMPLE_KIND


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


def inspect_list(settings: Settings, night: date, model: InspectionModel, truth: NightTruth) -> list[Checked]:
    """Work through the first leads of the night's list and all that were drawn beside it; what was decided, case by
    case. A case that an earlier list knew in somebody's hands is left alone. An inspection that was interrupted goes on
    where it stopped, and one that is done is told again: what the model decides of a case is always the same."""
    trial = settings.model_copy(update={"reidentify_same_account": True})  # one account plays three people
    lake, desk = Lake(settings.lake_address), LeadDesk.of(trial)
    checked = to_check(lake, night, model, truth)
    for one in sorted(checked, key=lambda one: one.judged.on_date):
        _enter(desk, one)
    return checked


def to_check(lake: Lake, night: date, model: InspectionModel, truth: NightTruth) -> list[Checked]:
    """What the model looks at of a night, and decides of it."""
    said = PeopleSaid(lake.address)
    cases = [
        (lead.lead_id, case)
        for lead in listed_leads(lake, night, model.capacity)
        for case in cases_of_lead(lake, night, lead, said)
    ]
    drawn = [(row.name, case) for row in sample_of(lake, night) for case in sampled_case(lake, night, row.name, said)]
    return [
        Checked(lead, case, model.judge(case_truth(lake, case, truth), night))
        for lead, case in (*cases, *drawn)
        if not any(step.night < night for step in case.steps)
    ]


def _enter(desk: LeadDesk, one: Checked) -> None:
    """Take the steps to the decision, but for those that the case has."""
    case, judged = one.case, one.judged
    taken = {step.status for step in case.steps}
    listed = LeadAsked(one.lead, MANAGER, case.night, case.kind, case.night)
    checked = replace(listed, by=INSPECTOR, on_date=judged.on_date)
    if Status.ASSIGNED not in taken:
        desk.assign(listed, TEAM)
    if Status.IN_CHECK not in taken:
        desk.note(replace(listed, by=INSPECTOR), Status.IN_CHECK)
    if judged.fined_amount and Status.HEARD not in taken:
        desk.note(checked, Status.HEARD)
    if judged.decision in taken:
        return
    waits = case.case_id in PeopleSaid(desk.settings.lake_address).waiting
    if not waits:
        waits = any(step.waits for step in desk.close(checked, _closing(judged)).steps)
    if waits:
        desk.confirm(replace(checked, by=REVIEWER))


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
    """What is true of a case: of a rule by its hits and their lines, of scores and tips by its subject, of one
    that was drawn by either."""
    right = [hit for hit in case.hit_ids if hit in truth.right_hits]
    if not case.hit_ids:
        subject = (case.subject_type, case.subject_id)
        is_staged = truth.is_staged(subject) if case.kind == SAMPLE_KIND else subject in truth.staged
        return CaseTruth(case.case_id, case.kind, is_staged)
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
