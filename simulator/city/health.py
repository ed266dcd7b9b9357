"""What a person suffers from, how often that takes him to a doctor and how much he is given."""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass

from simulator.streams import Hand

CONDITIONS = ("hypertension", "diabetes", "heart", "lung")
# Prevalence of diagnosed disease by age (upper bound of the class), of the order of national surveys of adults:
# hypertension a quarter of adults, diabetes a tenth, both twice that among the old.
_AGES = (30, 40, 50, 60, 70, 200)
_PREVALENCE = {
    "hypertension": (0.005, 0.05, 0.13, 0.27, 0.41, 0.50),
    "diabetes": (0.003, 0.025, 0.06, 0.12, 0.18, 0.20),
    "heart": (0.001, 0.005, 0.02, 0.07, 0.15, 0.22),
    "lung": (0.001, 0.003, 0.01, 0.05, 0.10, 0.13),
}
# Of those with a condition, who is registered for the outpatient chronic benefit. Their half-year is that of
# calibration.md: 22 / 32 / 46 visits at the quartiles.
_REGISTERED = 0.17
_VISITS_MU, _VISITS_SIGMA = 1.63, 0.61
_UNREGISTERED_MU, _UNREGISTERED_SIGMA = -1.25, 0.6
_MOST_VISITS_PER_MONTH = 14.0
# Those who cheat with the benefit use it more than others: published labelled persons have 1.7 times the visits of all.
_EXCESS, _EXCESS_SPREAD = 2.1, 1.4  # deviations
_MOST_VISITS_OF_ABUSERS = 45.0
_SHOP_OF_SOME, _SHOP_OF_ABUSERS = 0.37, 0.55
_FREQUENT, _FREQUENT_VISITS = 0.012, (15, 28)  # honest people who are seen nearly every day: share, visits a month
_DIALYSIS, _CANCER, _BIOLOGIC = 0.055, 0.035, 0.025  # of the registered


@dataclass(frozen=True, slots=True)
class Health:
    """Standing traits. `spending` multiplies what is given at a visit; half the sick like herbs."""

    is_registered: bool = False
    visits_per_month: float = 0.0
    spending: float = 1.0
    uses_herbs: bool = False
    uses_costly: bool = False
    patents: float = 1.0  # how much more than others this person is given of patent drugs, tests, costly drugs
    tests: float = 1.0
    costly: float = 1.0
    on_biologic: bool = False  # one of the dearest drugs, month after month
    wanders: bool = False  # now and then to other institutions
    goes_on_to_shop: float = 0.0  # chance of a pharmacy in the evening of a clinic day
    likes_infusions: bool = False
    comorbid: int = 0  # how many more diagnoses the doctor writes down over time
    on_dialysis: bool = False
    has_cancer: bool = False
    is_frequent: bool = False  # seen at a clinic nearly every day, be it for worry or for gain

    @property
    def needs_a_place(self) -> bool:
        """Treated by a plan at one hospital: dialysis or chemotherapy."""
        return self.on_dialysis or self.has_cancer


HEALTHY = Health()


def draw_conditions(hand: Hand, years: int) -> tuple[str, ...]:
    """The chronic conditions at this age; one brings others along."""
    if years < 20:
        return ()
    column = bisect(_AGES, years)
    found: list[str] = []
    for name in CONDITIONS:
        if hand.random() < _PREVALENCE[name][column] * (1.35 if found else 0.9):
            found.append(name)
    return tuple(found)


def draw_health(
    hand: Hand, conditions: tuple[str, ...], *, asked_for: bool, benefit: bool, abuses: bool = False
) -> Health:
    """Traits that go with the conditions, registered ones with `benefit`; who was asked for has no plan of his own.

    Who `abuses` the benefit comes more often, and is given no less at a time for it.
    """
    if not conditions:
        return HEALTHY
    registered = benefit or hand.chance(_REGISTERED + 0.12 * (len(conditions) - 1))
    if not registered:
        monthly = hand.lognormal(_UNREGISTERED_MU, _UNREGISTERED_SIGMA)
        return Health(visits_per_month=monthly, uses_herbs=hand.chance(0.2), comorbid=hand.between(0, 2))
    return _registered(hand, is_free=asked_for, abuses=abuses)


def _registered(hand: Hand, *, is_free: bool, abuses: bool) -> Health:
    """Whoever comes often is given less at a time: a half-year's cost varies less than its visits."""
    often = hand.gauss(0.0, 1.0)
    excess = hand.gauss(_EXCESS, _EXCESS_SPREAD) if abuses else 0.0
    most = _MOST_VISITS_OF_ABUSERS if abuses else _MOST_VISITS_PER_MONTH
    monthly = min(most, 2.718281828 ** (_VISITS_MU + _VISITS_SIGMA * (often + excess)))
    spending = 2.718281828 ** (-0.36 * often - 0.08 * excess + 0.22 * hand.gauss(0.0, 1.0))
    is_frequent = not is_free and hand.chance(_FREQUENT)
    if is_frequent:
        monthly = float(hand.between(*_FREQUENT_VISITS))
    return Health(
        is_registered=True,
        visits_per_month=monthly,
        spending=spending,
        uses_herbs=hand.chance(0.535),
        uses_costly=hand.chance(0.58),
        patents=hand.lognormal(-0.01, 0.68),
        tests=hand.lognormal(-1.0, 1.6),
        costly=hand.lognormal(-0.62, 0.8),
        on_biologic=hand.chance(_BIOLOGIC),
        wanders=hand.chance(0.33) or excess > 1.0,
        goes_on_to_shop=_SHOP_OF_ABUSERS if excess > 1.0 else _SHOP_OF_SOME if hand.chance(0.3) else 0.0,
        likes_infusions=hand.chance(0.25),
        comorbid=hand.between(0, 7),
        on_dialysis=not is_free and hand.chance(_DIALYSIS),
        has_cancer=not is_free and hand.chance(_CANCER),
        is_frequent=is_frequent or monthly > _MOST_VISITS_PER_MONTH,
    )
