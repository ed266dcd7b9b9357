"""Outcomes as labels: what was looked at, why (by list, by tip, at random) and what it was; as of a date, so that
nothing is learned from what nobody knew yet.

The columns are those of an evaluation's labels, and beside them how each came about. A case that was not pursued or was
referred is no label: nobody said what it was.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date

from fundwatch.contracts.entities import ENTITIES
from leads.ledger.judged import RIGHT
from leads.outcomes.entries import Outcome, OutcomeLine, Status
from leads.outcomes.standing import in_force, latest_outcome
from leads.ranking.cases import SCORE_KIND

WRONG, LAWFUL = "scheme", "lookalike"


@dataclass(frozen=True)
class OutcomeLabel:
    """One thing of which an outcome says what it is."""

    scheme: str
    instance: str
    kind: str
    entity_type: str
    rule_id: str
    line_id: str
    patient_id: str
    doctor_id: str
    institution_id: str
    actor_type: str
    actor_id: str
    chosen_by: str
    decision: str
    listed_on: date
    decided_on: date
    rule_version: str
    outcome_id: str

    @classmethod
    def columns(cls) -> tuple[str, ...]:
        return tuple(f.name for f in fields(cls))

    def cells(self) -> list[object]:
        return [getattr(self, name) for name in self.columns()]


def labels_of(outcomes: Iterable[Outcome], lines: Iterable[OutcomeLine], as_of: date) -> list[OutcomeLabel]:
    """Grain: line of which an outcome says that it is wrong or not; where an outcome names no line, its subject.

    Only what was decided by `as_of` counts, withdrawals too: a later appeal changes nothing of what was known then.
    """
    standing = latest_outcome(in_force(outcome for outcome in outcomes if outcome.on_date <= as_of))
    of_outcome: dict[str, list[OutcomeLine]] = defaultdict(list)
    for line in lines:
        of_outcome[line.outcome_id].append(line)
    found: list[OutcomeLabel] = []
    for outcome in sorted(standing.values(), key=lambda one: (one.on_date, one.outcome_id)):
        if outcome.decision in (*RIGHT, Status.CLEARED):
            found += _labels(outcome, of_outcome[outcome.outcome_id])
    return found


def _labels(outcome: Outcome, lines: Sequence[OutcomeLine]) -> list[OutcomeLabel]:
    if not lines:
        return [_label(outcome, outcome.subject_type, outcome.decision in RIGHT)]
    return [_label(outcome, "line", line.is_accepted, line.line_id) for line in lines]


def _label(outcome: Outcome, entity_type: str, is_wrong: bool, line_id: str = "") -> OutcomeLabel:
    ids = {f"{kind}_id": outcome.subject_id if kind == outcome.subject_type else "" for kind in ENTITIES}
    return OutcomeLabel(
        scheme=outcome.kind,
        instance=outcome.case_id,
        kind=WRONG if is_wrong else LAWFUL,
        entity_type=entity_type,
        rule_id="" if outcome.kind == SCORE_KIND else outcome.kind,
        line_id=line_id,
        actor_type=outcome.subject_type,
        actor_id=outcome.subject_id,
        chosen_by=outcome.chosen_by,
        decision=outcome.decision,
        listed_on=outcome.night,
        decided_on=outcome.on_date,
        rule_version=outcome.rule_version,
        outcome_id=outcome.outcome_id,
        **ids,
    )
