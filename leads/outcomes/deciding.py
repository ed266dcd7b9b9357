"""From a decision as it is asked for to the rows that it becomes. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from leads.outcomes.closing import AMOUNTS, CaseKnown, Closing
from leads.outcomes.entries import NOTHING, DecidedHit, Outcome, OutcomeLine, Status

Decided = Sequence[tuple[CaseKnown, Closing, Outcome]]


def place_of(case: CaseKnown) -> dict[str, Any]:
    """What every entry says of its case."""
    names = ("case_id", "lead_id", "night", "subject_type", "subject_id", "kind")
    return {name: getattr(case, name) for name in names}


def nothing(outcome: Outcome) -> Outcome:
    """An outcome that takes back: it has no money."""
    none: dict[str, Any] = dict.fromkeys(AMOUNTS, NOTHING)
    return replace(outcome, **none)


def lines_of(made: Decided) -> list[OutcomeLine]:
    """Of a case that is confirmed or cleared without a word on its lines, all go with it."""
    return [
        OutcomeLine(outcome.outcome_id, line_id, is_accepted, case.lines[line_id].amount)
        for case, closing, outcome in made
        for is_accepted, named in zip((True, False), _lines_said(case, closing), strict=True)
        for line_id in named
    ]


def _lines_said(case: CaseKnown, closing: Closing) -> tuple[Sequence[str], Sequence[str]]:
    if not closing.accepted and not closing.cleared:
        every = tuple(case.lines)
        whole = {Status.CONFIRMED: (every, ()), Status.CLEARED: ((), every)}
        return whole.get(closing.decision, ((), ()))
    return closing.accepted, closing.cleared


def hits_of(made: Decided) -> list[DecidedHit]:
    """The hits that the outcomes are about."""
    return [DecidedHit(outcome.outcome_id, hit) for case, _, outcome in made for hit in case.hit_ids]
