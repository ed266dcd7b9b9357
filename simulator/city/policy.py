"""The benefit policy of the simulated region, stated in one place, and what a person has used of a year's benefits.

Money in cents, shares in percent. Figures are invented within what is published (calibration.md: about four
fifths paid in hospital, a deductible of about a tenth of the local wage and more at higher levels, class B
partly paid first; users of the outpatient chronic benefit have nine tenths paid by the pooled fund).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["stay", "chronic", "visit", "purchase", "birth"]
CHRONIC_TYPES = ("140104", "140201", "9929", "14", "9901")
_BIRTH_TYPES = ("51", "52")


@dataclass(slots=True)
class Usage:
    """What one person has used in one calendar year, in cents; `stays` counts admissions."""

    stays: int = 0
    deductible_visit: int = 0
    fund: int = 0
    chronic_fund: int = 0
    visit_fund: int = 0
    own: int = 0
    large: int = 0
    account: int = 0


@dataclass(frozen=True, slots=True)
class Policy:
    """Deductibles, shares, ceilings and accounts.

    `fund_percent` is by insurance (310 employees, 390 residents), kind of care and level (1 tertiary, 2
    secondary, 3 primary, 9 pharmacy); `retired_bonus` is added for retired employees.
    """

    deductible: Mapping[str, int]  # of a stay, by level
    later_stay_percent: int  # of the deductible, from the year's second stay on
    visit_deductible: Mapping[str, int]  # of a year's ordinary outpatient care, by insurance
    fund_percent: Mapping[str, Mapping[str, Mapping[str, int]]]
    retired_bonus: int
    first_paid_percent: Mapping[str, int]  # by catalogue class
    year_ceiling: Mapping[str, int]  # of what the pooled fund pays, by insurance
    chronic_ceiling: Mapping[str, int]
    visit_ceiling: Mapping[str, int]
    large_claim_from: int  # of what is left in scope, in a year
    large_claim_percent: int
    civil_servant_percent: int
    aid_percent: int
    account_start: int  # balance on 1 January of an employee's account, doubled for the retired
    account_income: int  # of a year, doubled for the retired


def _levels(tertiary: int, secondary: int, primary: int, pharmacy: int) -> dict[str, int]:
    return {"1": tertiary, "2": secondary, "3": primary, "9": pharmacy}


STANDARD = Policy(
    deductible=_levels(80_000, 50_000, 20_000, 0),
    later_stay_percent=50,
    visit_deductible={"310": 20_000, "390": 5_000},
    fund_percent={
        "310": {
            "stay": _levels(82, 86, 91, 0), "chronic": _levels(84, 87, 89, 87), "visit": _levels(50, 60, 70, 0),
            "birth": _levels(90, 92, 95, 0),
        },
        "390": {
            "stay": _levels(62, 72, 82, 0), "chronic": _levels(72, 80, 86, 78), "visit": _levels(30, 45, 55, 0),
            "birth": _levels(60, 70, 80, 0),
        },
    },
    retired_bonus=2,
    first_paid_percent={"1": 0, "2": 5, "3": 100},
    year_ceiling={"310": 30_000_000, "390": 18_000_000},
    chronic_ceiling={"310": 6_500_000, "390": 5_000_000},
    visit_ceiling={"310": 400_000, "390": 60_000},
    large_claim_from=1_000_000,
    large_claim_percent=60,
    civil_servant_percent=20,
    aid_percent=50,
    account_start=360_000,
    account_income=280_000,
)  # fmt: skip


def kind_of(visit_type: str, *, is_stay: bool) -> Kind:
    """The kind of care a visit type is settled as."""
    if visit_type == "41":
        return "purchase"
    if visit_type in _BIRTH_TYPES:
        return "birth"
    if is_stay:
        return "stay"
    return "chronic" if visit_type in CHRONIC_TYPES else "visit"


def deductible_of(policy: Policy, kind: Kind, level: str, insurance: str, usage: Usage) -> int:
    """The deductible in force: of the stay, or what is left of the year's for outpatients."""
    if kind == "stay":
        full = policy.deductible[level]
        return full if usage.stays == 0 else full * policy.later_stay_percent // 100
    if kind == "visit":
        return max(0, policy.visit_deductible.get(insurance, 0) - usage.deductible_visit)
    return 0


def pooled_of(
    policy: Policy, kind: Kind, level: str, insurance: str, person_type: str, usage: Usage, above: int
) -> int:
    """What the pooled fund pays of what is in scope above the deductible, within the year's ceilings."""
    if kind == "purchase":
        return 0
    percent = policy.fund_percent[insurance][kind].get(level, 0)
    if person_type == "12" and percent:
        percent += policy.retired_bonus
    paid = above * percent // 100
    left = policy.year_ceiling[insurance] - usage.fund
    if kind == "chronic":
        left = min(left, policy.chronic_ceiling[insurance] - usage.chronic_fund)
    elif kind == "visit":
        left = min(left, policy.visit_ceiling[insurance] - usage.visit_fund)
    return min(paid, max(0, left))


def account_left(policy: Policy, insurance: str, person_type: str, usage: Usage, month: int, saved: float = 1.0) -> int:
    """The balance of the personal account in that month, in cents; residents have none.

    `saved` is how many times the usual balance was saved up in the years before.
    """
    if insurance != "310":
        return 0
    times = 2 if person_type == "12" else 1
    return max(0, times * (int(policy.account_start * saved) + policy.account_income * month // 12) - usage.account)
