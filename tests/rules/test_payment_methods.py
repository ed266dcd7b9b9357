"""What other methods would pay for a stay: quotas less the person's part, and what is not known is not priced."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from rules.benefits.methods import Encounter, MethodResult, methods_of
from rules.benefits.policies import read_policies
from rules.benefits.policy import PaymentMethods

PAYMENT: PaymentMethods = read_policies().by_region["990000"].versions[0].payment
STAY = Encounter(
    total=Decimal(10_000), own=Decimal(2_400), fund=Decimal(7_600), kind="stay", level="2", is_inpatient=True,
    started_at=datetime(2026, 3, 1, 9), ended_at=datetime(2026, 3, 11, 9), diagnosis="K35.800", operations=("47.0100",),
    group_code="GD29", group_amount=Decimal(9_500),
)  # fmt: skip


def _by_name(stay: Encounter) -> dict[str, MethodResult]:
    return {one.name[1]: one for one in methods_of(stay, PAYMENT)}


def _money(one: MethodResult) -> tuple[Any, Any, Any]:
    return one.standard, one.fund, one.balance


def test_the_funds_pay_a_quota_less_the_persons_part_and_the_rest_is_the_institutions() -> None:
    found = _by_name(STAY)
    assert {name: _money(one) for name, one in found.items()} == {
        "by item": (10_000, 7_600, 0),
        "quota of a disease": (9_000, 6_600, -1_000),
        "payment group": (9_500, 7_100, -500),
        "quota of a day in bed": (7_500, 5_100, -2_500),
        "quota of a visit or stay": (9_000, 6_600, -1_000),
    }
    assert found["quota of a day in bed"].how == "10 × 750"


def test_a_quota_below_the_persons_part_takes_nothing_from_the_fund() -> None:
    dear = replace(STAY, own=Decimal(9_200), fund=Decimal(800))
    assert _money(_by_name(dear)["quota of a disease"]) == (9_000, 0, -800)


def test_what_is_not_known_is_not_priced() -> None:
    unknown = replace(STAY, ended_at=None, group_amount=None, operations=(), level=None)
    found = _by_name(unknown)
    assert {name for name, one in found.items() if one.why_unknown is not None} == found.keys() - {"by item"}
    assert found["quota of a day in bed"].why_unknown == ("住院起止未知", "begin or end of the stay is unknown")


def test_a_disease_whose_operation_is_lacking_has_no_quota_and_a_visit_no_bed() -> None:
    assert _by_name(replace(STAY, operations=()))["quota of a disease"].standard is None
    visit = replace(STAY, is_inpatient=False, kind="visit", ended_at=STAY.started_at)
    assert _by_name(visit).keys() == {"by item", "quota of a disease", "quota of a visit or stay"}
