"""团伙: people tied to each other by a proxy, a telephone or a ward, and those who share them honestly."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from simulator.care.care import stay
from simulator.city.people import Person
from simulator.city.providers import Institution
from simulator.staging.acts import PRESSURE, bought
from simulator.staging.crews import common_drugs, crew_of, dear_round, occasions
from simulator.staging.stage import Scheme, SchemeStage


def _fetched_by(
    stage: SchemeStage, crew: Sequence[Person], proxies: Sequence[str], packs: tuple[int, int], times: int
) -> None:
    shop = stage.pharmacy()
    for person in crew:
        for day in occasions(stage, times):
            visit = bought(stage, person, shop, day, common_drugs(stage, *packs), visit_type="9929", diagnosis=PRESSURE)
            visit.contact = stage.hand.pick(proxies)
            stage.label_visits(stage.play(visit))


def one_proxy_for_many(stage: SchemeStage) -> None:
    """One proxy fetches drugs for many who do not live together (RG-07)."""
    crew = crew_of(stage, stage.scaled(stage.by_level(9, 7, 6), least=6))
    proxies = [f"{crew[0].name}/{crew[0].tel}"]
    if stage.disguise == 2:  # two names over one telephone
        proxies.append(f"{crew[1].name}/{crew[0].tel}")
    _fetched_by(stage, crew, proxies, stage.by_level((4, 6), (3, 5), (2, 4)), stage.by_level(3, 3, 2))


def care_staff_fetch(stage: SchemeStage) -> None:
    """The staff of a care home fetch the residents' drugs: one address, everyday quantities."""
    crew = crew_of(stage, 6, age=(76, 95))
    for person in crew[1:]:
        person.address = crew[0].address
    _fetched_by(stage, crew, [f"{stage.bystander(stage.any_day()).name}/{crew[0].tel}"], (1, 2), 2)


def shared_telephone(stage: SchemeStage) -> None:
    """People of different households registered under one telephone, and all of them heavy buyers (RG-10)."""
    crew = crew_of(stage, stage.scaled(stage.by_level(9, 7, 6), least=6))
    shops = stage.pharmacies(3)
    for person in crew:
        person.tel = crew[0].tel
        for day in occasions(stage, stage.by_level(4, 3, 2)):
            dear_round(stage, person, stage.hand.pick(shops), day, stage.by_level((3, 5), (2, 4), (1, 3)))
        stage.label_patient(person)


def village_telephone(stage: SchemeStage) -> None:
    """Old villagers registered under the village office's telephone; they buy what they need."""
    crew = crew_of(stage, 7, age=(66, 90))
    for person in crew:
        person.tel = crew[0].tel
        stage.label_patient(person)


def _admitted_together(
    stage: SchemeStage, crew: Sequence[Person], places: Sequence[Institution], times: int, slip: int
) -> None:
    """The same people in and out of one ward on the same days (or `slip` days apart), some weeks between."""
    room = max(14, (stage.world.scenario.days - 12) // times)
    first = stage.world.scenario.history_start + timedelta(days=stage.hand.between(0, 4))
    for n in range(times):
        nights, day = stage.hand.between(5, 7), first + timedelta(days=n * room)
        for person in crew:
            own = day + timedelta(days=stage.hand.between(0, slip))
            visit = stay(stage.hand, person, places[n % len(places)], own, nights)
            if visit.end.date() <= stage.world.scenario.last_day:
                stage.label_visits(stage.play(visit))


def co_admission_group(stage: SchemeStage) -> None:
    """The same people admitted and discharged together, twice (RG-12)."""
    scenario = stage.world.scenario
    count = stage.scaled(stage.by_level(5, 4, 3), least=3)
    crew = [stage.person(scenario.history_start, scenario.last_day, age=(55, 80)) for _ in range(count)]
    places = stage.hospitals_of(stage.by_level(1, 1, 2), "2")
    _admitted_together(stage, crew, places, 2, stage.by_level(0, 0, 1))
    for person in crew:
        stage.label_patient(person)


def couple_in_hospital(stage: SchemeStage) -> None:
    """A couple with the flu, admitted together once."""
    scenario = stage.world.scenario
    pair = [stage.person(scenario.history_start, scenario.last_day, age=(60, 85)) for _ in range(2)]
    pair[1].address = pair[0].address
    _admitted_together(stage, pair, stage.hospitals_of(1, "2"), 1, 0)


BONDS = (
    Scheme("one_proxy_for_many", "scheme", "RG-07", 0.25, one_proxy_for_many, actor="ring"),
    Scheme("care_staff_fetch", "lookalike", "RG-07", 0.25, care_staff_fetch),
    Scheme("shared_telephone", "scheme", "RG-10", 0.2, shared_telephone, actor="ring"),
    Scheme("village_telephone", "lookalike", "RG-10", 0.2, village_telephone),
    Scheme("co_admission_group", "scheme", "RG-12", 0.2, co_admission_group, actor="ring"),
    Scheme("couple_in_hospital", "lookalike", "RG-12", 0.4, couple_in_hospital),
)
