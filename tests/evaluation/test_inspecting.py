"""The inspection model, and that a ledger of what it did says what it did."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from evaluation.inspecting import CLEARED, CONFIRMED, PARTLY, CaseTruth, InspectionModel, tally
from jobs.prove.quarter_proof import differences, intervals
from leads.ledger.value import ListedCase, ledger
from leads.outcomes.entries import Outcome

NIGHT = date(2026, 1, 6)
_OF_LEAD: dict[str, Any] = {"lead_id": "l", "subject_type": "institution", "subject_id": "H"}
MODEL = InspectionModel(skill=0.85, error=0.1)


def _case(number: int, kind: str, is_staged: bool) -> CaseTruth:
    staged = {f"s{number}": Decimal("12.34")} if is_staged else {}
    return CaseTruth(f"c{number}", kind, is_staged, staged, {f"o{number}": Decimal("1.10")})


def test_a_case_is_judged_the_same_whenever_it_is_looked_at() -> None:
    case = _case(1, "DC-03", True)
    assert MODEL.judge(case, NIGHT) == MODEL.judge(case, NIGHT)
    assert MODEL.judge(case, NIGHT).on_date > NIGHT


def test_it_finds_with_its_skill_and_errs_at_its_rate_and_accepts_staged_lines_alone() -> None:
    staged = [MODEL.judge(_case(n, "DC-03", True), NIGHT) for n in range(2000)]
    honest = [MODEL.judge(_case(n, "DC-03", False), NIGHT) for n in range(2000)]
    assert 0.82 < sum(one.is_right for one in staged) / 2000 < 0.88
    assert 0.08 < sum(one.is_right for one in honest) / 2000 < 0.12
    assert {one.decision for one in staged} == {PARTLY, CLEARED}
    assert {one.decision for one in honest} == {CONFIRMED, CLEARED}
    assert {one.found_amount for one in staged} == {Decimal("12.34"), Decimal("0.00")}
    assert all(one.fined_amount in (0, one.found_amount) for one in staged)


def test_the_ledger_of_a_year_of_its_work_equals_its_own_count_and_the_intervals_cover_the_truth() -> None:
    """A hundred rules of different precision: of a hundred intervals of 95 percent 93 hold at least."""
    done, listed, outcomes = [], [], []
    for number in range(4000):
        kind = f"R-{number % 100:02d}"
        night = NIGHT + timedelta(days=7 * (number % 52))
        case = _case(number, kind, is_staged=(number * 7919) % 100 < (number % 100))
        one = MODEL.judge(case, night)
        done.append(one)
        listed.append(ListedCase(case.case_id, kind, "v", night, "institution", "H", Decimal(5)))
        outcomes.append(
            Outcome(
                outcome_id=f"o{number}", case_id=case.case_id, night=night, kind=kind, decision=one.decision,
                on_date=one.on_date, **_OF_LEAD, found_amount=one.found_amount, recovered_amount=one.recovered_amount,
                fined_amount=one.fined_amount, hours=one.hours,
            )
        )  # fmt: skip
    truths = tally(done, MODEL)
    rows = [*ledger(listed, outcomes, ()), *ledger(listed, outcomes, ("kind",))]
    assert differences(rows, truths) == []
    found = intervals(rows, truths)
    assert len(found) == 101
    assert sum(one.covers for one in found) >= 93
    cleared = Outcome(
        outcome_id="x", case_id="c0", night=NIGHT, kind="R-00", decision=CLEARED, on_date=NIGHT, **_OF_LEAD
    )
    wrong = [*outcomes[1:], cleared]
    wrong_rows = [*ledger(listed, wrong, ()), *ledger(listed, wrong, ("kind",))]
    assert {one.kind for one in differences(wrong_rows, truths)} == {"*", "R-00"}
