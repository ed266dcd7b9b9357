"""What a decision can say: each problem with the field that it is of."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from fundwatch.regions import read_region
from leads.outcomes.closing import CaseKnown, Closing, LineKnown, closing_problems, with_found
from leads.outcomes.deadlines import Waiting, late_cases
from leads.outcomes.entries import Status, StatusEntry
from leads.outcomes.practice import read_practice
from leads.outcomes.steps import move_problem

NIGHT, ON, SERVICE = date(2026, 3, 31), date(2026, 4, 7), date(2026, 3, 4)
PRACTICE = read_practice(read_region("default"))
LINES = {name: LineKnown(name, Decimal(cost), SERVICE) for name, cost in (("L1", 100), ("L2", 60))}
_OF: dict[str, Any] = {
    "case_id": "c", "lead_id": "l", "night": NIGHT, "subject_type": "doctor", "subject_id": "d", "kind": "DC-03",
}  # fmt: skip
HEARD = tuple(
    StatusEntry(entry_id=status, status=status, on_date=NIGHT, **_OF) for status in ("assigned", "in_check", "heard")
)
CASE = CaseKnown(**_OF, lines=LINES, first_service=SERVICE, steps=HEARD)


def _problems(case: CaseKnown = CASE, **given: Any) -> set[str]:
    asked = Closing(**{"decision": Status.CONFIRMED, "on_date": ON, **given})
    return {problem.field for problem in closing_problems(asked, case, PRACTICE)}


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({"found_amount": Decimal(160), "recovered_amount": Decimal(160)}, set()),
        ({"found_amount": Decimal("160.01")}, {"found_amount"}),
        ({"found_amount": Decimal("0.001")}, {"found_amount"}),
        ({"found_amount": Decimal("NaN")}, {"found_amount"}),
        ({"found_amount": Decimal(100), "accepted": ("L2",)}, {"found_amount"}),
        ({"recovered_amount": Decimal(1)}, {"recovered_amount"}),
        ({"prevented_amount": Decimal("-1")}, {"prevented_amount"}),
        ({"found_amount": Decimal(100), "fined_amount": Decimal(200), "article": "条例 38(3)"}, set()),
        ({"found_amount": Decimal(100), "fined_amount": Decimal(201), "article": "条例 38"}, {"fined_amount"}),
        ({"found_amount": Decimal(100), "fined_amount": Decimal(500), "article": "条例 40"}, set()),
        ({"fined_amount": Decimal(50_001), "article": "条例 39"}, {"fined_amount"}),
        ({"fined_amount": Decimal(1)}, {"article"}),
        ({"article": "38"}, {"article"}),
        ({"accepted": ("L1", "L9")}, {"lines"}),
        ({"accepted": ("L1",), "cleared": ("L1",), "decision": Status.PARTLY}, {"lines"}),
        ({"on_date": date(2026, 3, 3)}, {"on_date"}),
        ({"decision": Status.CLEARED, "reason_code": "lawful", "found_amount": Decimal(1)}, {"found_amount"}),
        ({"decision": Status.CLEARED}, {"reason_code"}),
        ({"decision": Status.REFERRED, "referred_to": "army"}, {"referred_to"}),
        ({"decision": Status.HEARD}, {"decision"}),
        ({"hours": -1.0, "chosen_by": "mood", "note": "x" * 2_001}, {"hours", "chosen_by", "note"}),
    ],
)
def test_what_speaks_against_a_decision_is_named_by_its_field(given: dict[str, Any], fields: set[str]) -> None:
    assert _problems(**given) == fields


def test_there_is_no_fine_before_statement_and_defence_of_this_round() -> None:
    fine = {"found_amount": Decimal(10), "fined_amount": Decimal(10), "article": "条例 38"}
    assert _problems(replace(CASE, steps=HEARD[:2]), **fine) == {"fined_amount"}
    closed = replace(HEARD[0], entry_id="x", status="confirmed")
    again = (*HEARD, closed, *HEARD[:2])  # the case grew and was taken up again
    assert _problems(replace(CASE, steps=again), **fine) == {"fined_amount"}


def test_what_is_found_is_what_the_accepted_lines_cost_where_nobody_says_it() -> None:
    asked = Closing(Status.PARTLY, ON, accepted=("L2",), cleared=("L1",))
    assert with_found(asked, CASE).found_amount == Decimal(60)
    assert with_found(replace(asked, found_amount=Decimal(5)), CASE).found_amount == Decimal(5)


def test_a_decided_case_is_taken_up_again_when_it_grew_and_by_no_other_way() -> None:
    assert move_problem(Status.CONFIRMED, Status.ASSIGNED, is_grown=True) == ""
    assert "无新增" in move_problem(Status.CONFIRMED, Status.ASSIGNED, is_grown=False)
    assert "withdraw that first" in move_problem(Status.CONFIRMED, Status.CLEARED, is_grown=True)
    assert "after it comes" in move_problem(Status.NEW, Status.CONFIRMED, is_grown=False)


def test_a_case_is_late_by_the_days_that_held_when_it_got_there() -> None:
    def waits(step: str) -> Waiting:
        return Waiting("c", "doctor", "d", "DC-03", step, NIGHT)

    late = late_cases([waits("assigned"), waits("in_check"), waits("second_review")], PRACTICE, date(2026, 4, 9))
    assert [(one.waiting.step, one.days_late) for one in late] == [("assigned", 4), ("second_review", 2)]
