"""A crew: unrelated chronic patients, the days on which they act together, and what they buy."""

from __future__ import annotations

from datetime import date

from simulator.care.care import Order
from simulator.care.records import Visit
from simulator.city import items as catalogue
from simulator.city.people import Person
from simulator.city.providers import Institution
from simulator.staging.acts import PRESSURE, bought, days_from
from simulator.staging.stage import SchemeStage


def crew_of(stage: SchemeStage, count: int, *, age: tuple[int, int] = (50, 85)) -> list[Person]:
    """Unrelated chronic patients who also live an ordinary life."""
    day = stage.any_day()
    crew = [stage.person(day, day, age=age, conditions=("hypertension", "heart")) for _ in range(count)]
    stage.ordinary = [visit for visit in stage.ordinary if not visit.is_stay]  # nobody acts from a hospital bed
    return crew


def occasions(stage: SchemeStage, count: int) -> list[date]:
    """Days over up to twelve weeks, on which a group acts."""
    span = min(84, stage.world.scenario.days)
    return days_from(stage, stage.start(span), span, count)


def common_drugs(stage: SchemeStage, low: int, high: int) -> list[Order]:
    own = (*catalogue.CHRONIC_DRUGS["hypertension"], *catalogue.CHRONIC_DRUGS["heart"])
    drugs = stage.hand.some(own, stage.hand.between(2, 3))
    return [Order(drug, stage.hand.between(low, high)) for drug in drugs]


def dear_round(stage: SchemeStage, person: Person, shop: Institution, day: date, packs: tuple[int, int]) -> Visit:
    drugs = stage.hand.some((*catalogue.COSTLY_DRUGS[1:3], *catalogue.PATENT_DRUGS[:2]), 2)
    orders = [Order(drug, stage.hand.between(*packs)) for drug in drugs]
    return stage.play(bought(stage, person, shop, day, orders, visit_type="9929", diagnosis=PRESSURE))
