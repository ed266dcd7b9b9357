"""Settlements made again by hand-made policies: segments, a year's usage, ceilings, further funds, the unknown."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from fundwatch.resources import conf_root, read_yaml
from rules.benefits.policies import Policies
from rules.benefits.policy import BenefitsFile
from rules.benefits.resettling import resettled
from rules.benefits.steps import steps_of
from tests.rules.frames import inputs_of

pytestmark = pytest.mark.long  # its one action plans and computes for some ten seconds
CONTENT: Any = deepcopy(read_yaml(conf_root() / "regions" / "990000" / "benefits.yaml"))
_STAY = CONTENT["versions"][0]["insurances"]["310"]["benefits"]["stay"]
_STAY["segments"] = [{"above": 0, "shares": {"2": 0.8}}, {"above": 10_000, "shares": {"2": 0.9}}]
_STAY["ceiling"] = 30_000
POLICIES = Policies({"990000": BenefitsFile.model_validate(CONTENT)})


OPEN = ("deductible_amount", "pooled_fund_amount", "covered_amount", "insurance_type", "settled_at")


def _settled(name: str, patient: str | None, day: date, covered: int, paid: Any, **more: Any) -> dict[str, Any]:
    """A settlement whose deductible, pooled and further funds are given; all in scope."""
    deductible, pooled, further = (Decimal(str(amount)) for amount in paid)
    return {
        "settlement_id": name, "encounter_id": name, "patient_id": patient, "institution_id": "H",
        "insurance_type": "310", "settled_at": datetime(day.year, day.month, day.day, 12),
        "total_amount": Decimal(covered),
        "covered_amount": Decimal(covered), "deductible_amount": deductible, "pooled_fund_amount": pooled,
        "large_claim_fund_amount": further, "fund_amount": pooled + further,
        "own_amount": covered - pooled - further, **more,
    }  # fmt: skip


STAYS = [
    _settled("opening", "P0", date(2026, 1, 2), 100, (0, 0, 0)),
    # 500 first; 9,500 lie in the first segment at 0.8
    _settled("first", "P1", date(2026, 1, 10), 10_000, (500, 7_600, 0)),
    # a half of 500; 10,000 at 0.8 and 9,750 at 0.9; what was left in the year is 1,900 + 2,975 and below 10,000
    _settled("second", "P1", date(2026, 2, 10), 20_000, (250, 16_775, 0)),
    # 24,375 of 30,000 are used: 5,625 are left; of 1,900 + 2,975 + 14,125 left in the year 9,000 are beyond: 0.6 of it
    _settled("third", "P1", date(2026, 3, 10), 20_000, (250, 5_625, 5_400)),
    _settled("dear", "P2", date(2026, 3, 1), 10_000, (500, 8_550, 0)),
    _settled("elsewhere", "P3", date(2026, 3, 2), 10_000, (500, 7_600, 0)),
    _settled("nobody", None, date(2026, 3, 3), 10_000, (500, 7_600, 0)),
    _settled("no lines", "P4", date(2026, 3, 4), 10_000, (500, 7_600, 0)),
    _settled("all taken back", "P8", date(2026, 3, 4), 0, (0, 0, 0)),
    _settled("late lines", "P5", date(2026, 3, 5), 10_000, (500, 7_600, 0)),
    _settled("no level", "P6", date(2026, 3, 6), 10_000, (500, 7_600, 0), institution_id="X"),
    _settled("no quantity", "P7", date(2026, 3, 6), 10_000, (500, 7_600, 0)),
    # what was used before is open: how much, of which insurance, when, in which order
    *(_settled(f"open {n}", f"Q{n}", date(2026, 1, 8), 1_000, (500, 400, 0), **{open_: None})
      for n, open_ in enumerate(OPEN)),
    *(_settled(f"after open {n}", f"Q{n}", date(2026, 3, 8), 10_000, (500, 7_600, 0)) for n in range(len(OPEN))),
    *(_settled(f"at once {n}", "R", date(2026, 3, 9), 10_000, (500, 7_600, 0)) for n in range(2)),
]  # fmt: skip


@pytest.fixture(scope="module")
def made(spark: Any) -> dict[str, Any]:
    """All of them, made again in one action."""
    stays = [
        {"encounter_id": s["encounter_id"], "patient_id": s["patient_id"], "visit_type": "21", "is_inpatient": True,
         "person_type": "11", "region_code": "110101" if s["settlement_id"] == "elsewhere" else "990101"}
        for s in STAYS
    ]  # fmt: skip
    lines = [
        {"line_id": f"l {s['settlement_id']}", "settlement_id": s["settlement_id"], "coverage_class": "1",
         "amount": s["total_amount"] - (100 if s["settlement_id"] == "late lines" else 0),
         "quantity": None if s["settlement_id"] == "no quantity" else Decimal(1),
         "covered_amount": s["covered_amount"], "unit_price": s["total_amount"]}
        for s in STAYS if s["settlement_id"] not in ("no lines", "all taken back")
    ]  # fmt: skip
    places = [{"institution_id": "H", "institution_level": "2"}]
    inputs = inputs_of(spark, settlement=STAYS, encounter=stays, claim_line=lines, institution=places)
    rows = resettled(replace(inputs, policies=POLICIES), date(2026, 3, 1)).collect()
    return {row.settlement_id: row.asDict() for row in rows}


def test_what_was_paid_by_the_policy_is_as_due(made: dict[str, Any]) -> None:
    paid = {name: (made[name]["unknown"], made[name]["differs"]) for name in ("first", "second", "third")}
    assert paid == dict.fromkeys(paid, (None, []))
    assert made["third"]["due_large_claim"] == Decimal(5_400)


def test_a_settlement_of_nothing_of_which_no_line_is_left_is_as_due(made: dict[str, Any]) -> None:
    nothing = made["all taken back"]
    assert (nothing["unknown"], nothing["differs"], nothing["due_fund"]) == (None, [], Decimal(0))


def test_a_share_that_is_too_high_is_the_step_that_parts_from_the_policy(made: dict[str, Any]) -> None:
    dear = made["dear"]
    assert (dear["first_difference"], dear["cause"], dear["due_fund"]) == ("pooled", "more_paid", Decimal(7_600))
    steps = {one.en: (one.due, one.paid, one.is_as_due) for one in steps_of(dear)}
    assert steps["deductible"] == (Decimal(500), Decimal(500), True)
    assert steps["pooled fund"] == (Decimal(7_600), Decimal(8_550), False)
    assert steps["the person's part"] == (Decimal(2_400), Decimal(1_450), False)


def test_what_policy_or_data_do_not_say_is_unknown_with_its_reason(made: dict[str, Any]) -> None:
    reasons = {
        "elsewhere": "region", "nobody": "person", "no lines": "lines", "late lines": "lines_not_whole",
        "no level": "level", "no quantity": "lines",
        **{f"after open {n}": "year" for n in range(len(OPEN))}, "at once 0": "year", "at once 1": "year",
    }  # fmt: skip
    assert {name: made[name]["unknown"] for name in reasons} == reasons
    assert {made[name]["due_fund"] for name in reasons} == {None}
