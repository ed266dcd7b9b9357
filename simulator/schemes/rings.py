"""团伙: people who act together, and those who merely live, work or are treated together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from simulator import catalogue
from simulator.care import Order, outpatient, stay
from simulator.life import refill
from simulator.people import Person
from simulator.providers import Institution
from simulator.records import Visit
from simulator.schemes.acts import PRESSURE, bought, days_from, move
from simulator.schemes.stage import Scheme, Stage

_KIDNEY = ("N18.001", "慢性肾脏病5期")


def _crew(stage: Stage, count: int, *, age: tuple[int, int] = (50, 85)) -> list[Person]:
    """Unrelated chronic patients who also live an ordinary life."""
    day = stage.any_day()
    crew = [stage.person(day, day, age=age, conditions=("hypertension", "heart")) for _ in range(count)]
    stage.ordinary = [visit for visit in stage.ordinary if not visit.is_stay]  # nobody acts from a hospital bed
    return crew


def _occasions(stage: Stage, count: int) -> list[date]:
    """Days over up to twelve weeks, on which a group acts."""
    span = min(84, stage.world.scenario.days)
    return days_from(stage, stage.start(span), span, count)


def _in_series(stage: Stage, visits: Sequence[Visit], day: date, seconds: tuple[int, int]) -> None:
    """One card after the other at one counter."""
    at = stage.moment(day, 9, 15)
    for visit in visits:
        stage.play(move(visit, at))
        at += timedelta(seconds=stage.hand.between(*seconds))


def _drugs(stage: Stage, low: int, high: int) -> list[Order]:
    own = (*catalogue.CHRONIC_DRUGS["hypertension"], *catalogue.CHRONIC_DRUGS["heart"])
    drugs = stage.hand.some(own, stage.hand.between(2, 3))
    return [Order(drug, stage.hand.between(low, high)) for drug in drugs]


def cards_in_series(stage: Stage) -> None:
    """Collected cards swiped one after the other at one shop, the same cards on several days (RG-01)."""
    crew = _crew(stage, stage.scaled(stage.by_level(7, 6, 6), least=5))
    shop = stage.hand.pick(stage.world.providers.pharmacies)
    for day in _occasions(stage, stage.by_level(4, 4, 3)):
        present = stage.hand.some(crew, len(crew) - stage.by_level(0, 1, stage.hand.between(1, 2)))
        visits = [
            bought(stage, person, shop, day, _drugs(stage, 2, 5), visit_type="9929", diagnosis=PRESSURE)
            for person in present
        ]
        _in_series(stage, visits, day, stage.by_level((40, 150), (90, 400), (200, 580)))
        stage.label_visits(*visits)
    for person in crew:
        stage.label_patient(person)


def care_home_clinic_day(stage: Stage) -> None:
    """Residents of a care home (one address) are seen one after the other at the community centre."""
    home, crew = stage.hospital("3"), _crew(stage, 6, age=(74, 95))
    for person in crew[1:]:
        person.address = crew[0].address
    for day in _occasions(stage, 3):
        visits = [refill(stage.hand, person, stage.world.providers, day, home) for person in crew]
        _in_series(stage, visits, day, (180, 600))
        stage.label_visits(*visits)


def co_visiting_group(stage: Stage) -> None:
    """The same people at the same clinics within half an hour, week after week (RG-02)."""
    crew = _crew(stage, stage.scaled(stage.by_level(6, 5, 4), least=4))
    places = stage.hand.some(stage.world.providers.of_level("2", "3"), stage.by_level(1, 2, 3))
    for day in _occasions(stage, stage.by_level(8, 7, 6)):
        place, met_at = stage.hand.pick(places), stage.moment(day, 9, 15)
        for person in crew:
            if stage.disguise and stage.hand.chance(0.12):
                continue
            orders = [Order(catalogue.CONSULTATION), *_drugs(stage, 2, 4)]
            visit = outpatient(stage.hand, person, place, day, orders, visit_type="140104", diagnosis=PRESSURE)
            later = timedelta(minutes=stage.hand.between(0, 24), seconds=stage.hand.between(0, 59))
            visit = move(visit, met_at + later)
            stage.label_visits(stage.play(visit))
    for person in crew:
        stage.label_patient(person)


def couple_together(stage: Stage) -> None:
    """A couple, one address, fetches its drugs together."""
    pair = _crew(stage, 2, age=(58, 85))
    pair[1].address = pair[0].address
    place = stage.world.providers.home_hospital(pair[0].home)
    for day in _occasions(stage, 5):
        for person in pair:
            visit = refill(stage.hand, person, stage.world.providers, day, place)
            stage.label_visits(stage.play(move(visit, stage.moment(day, 9, 10))))


def dialysis_shift(stage: Stage) -> None:
    """Patients of one dialysis shift meet on the same chairs on the same days, three weeks long."""
    crew, place, first = _crew(stage, 4, age=(35, 80)), stage.hospital("1", "2"), stage.start(21)
    for day in (first + timedelta(days=n) for n in range(21)):
        if day.weekday() not in (0, 2, 4):
            continue
        for person in crew:
            orders = [Order(catalogue.DIALYSIS), Order(catalogue.DIALYSER)]
            visit = outpatient(stage.hand, person, place, day, orders, visit_type="140201", diagnosis=_KIDNEY)
            stage.label_visits(stage.play(move(visit, stage.moment(day, 8, 9))))


def doctor_pharmacy_ring(stage: Stage) -> None:
    """One doctor sends people who share a telephone to one shop within a day (RG-03)."""
    place, crew = stage.hospital("2", "3"), _crew(stage, stage.scaled(stage.by_level(7, 6, 5), least=5))
    doctor = stage.new_doctor(place, "A03")
    shop = stage.new_pharmacy(f"安和大药房柳湾{stage.instance}店")
    for person in crew[1:]:
        person.tel = crew[0].tel if stage.disguise < 2 else person.tel
    for person in crew:
        for day in _occasions(stage, stage.by_level(3, 3, 2)):
            slip = [Order(catalogue.CONSULTATION)]
            stage.play(
                outpatient(stage.hand, person, place, day, slip, visit_type="140104", diagnosis=PRESSURE, doctor=doctor)
            )
            visit = bought(
                stage, person, shop, day, _drugs(stage, 3, 5), visit_type="9929", diagnosis=PRESSURE, doctor=doctor
            )
            stage.label_visits(stage.play(move(visit, stage.moment(day, 18, 20))))
    stage.label_doctor(place, doctor)
    stage.label_institution(shop)


def nursing_home_round(stage: Stage) -> None:
    """The doctor of a nursing home sees its residents on rounds; the shop next door delivers within days."""
    place, crew = stage.hospital("3"), _crew(stage, 5, age=(78, 95))
    doctor = stage.new_doctor(place, "A03")
    shop = stage.world.providers.home_pharmacy(crew[0].home)
    for day in _occasions(stage, 2):
        for person in crew:
            person.address, person.tel = crew[0].address, crew[0].tel
            slip = [Order(catalogue.CONSULTATION)]
            stage.play(
                outpatient(stage.hand, person, place, day, slip, visit_type="140104", diagnosis=PRESSURE, doctor=doctor)
            )
            later = min(stage.world.scenario.last_day, day + timedelta(days=stage.hand.between(1, 3)))
            visit = bought(
                stage, person, shop, later, _drugs(stage, 1, 2), visit_type="9929", diagnosis=PRESSURE, doctor=doctor
            )
            stage.label_visits(stage.play(visit))


def _dear_round(stage: Stage, person: Person, shop: Institution, day: date, packs: tuple[int, int]) -> Visit:
    drugs = stage.hand.some((*catalogue.COSTLY_DRUGS[1:3], *catalogue.PATENT_DRUGS[:2]), 2)
    orders = [Order(drug, stage.hand.between(*packs)) for drug in drugs]
    return stage.play(bought(stage, person, shop, day, orders, visit_type="9929", diagnosis=PRESSURE))


def resale_network(stage: Stage) -> None:
    """Many cards, the same few shops, the same resellable drugs in the same weeks (RG-05)."""
    crew = _crew(stage, stage.scaled(stage.by_level(8, 7, 6), least=5))
    shops = stage.hand.some(stage.world.providers.pharmacies, 3)
    for person in crew:
        for day in _occasions(stage, stage.by_level(6, 4, 3)):
            stage.label_visits(
                _dear_round(stage, person, stage.hand.pick(shops), day, stage.by_level((4, 6), (3, 5), (2, 3)))
            )
        stage.label_patient(person)


def chronic_club_day(stage: Stage) -> None:
    """A patients' club buys its long-term drugs on the shop's monthly club day."""
    crew, shop = _crew(stage, 6), stage.hand.pick(stage.world.providers.pharmacies)
    for day in _occasions(stage, 2):
        for person in crew:
            visit = bought(stage, person, shop, day, _drugs(stage, 1, 2), visit_type="9929", diagnosis=PRESSURE)
            stage.label_visits(stage.play(visit))


def _fetched_by(
    stage: Stage, crew: Sequence[Person], proxies: Sequence[str], packs: tuple[int, int], times: int
) -> None:
    shop = stage.hand.pick(stage.world.providers.pharmacies)
    for person in crew:
        for day in _occasions(stage, times):
            visit = bought(stage, person, shop, day, _drugs(stage, *packs), visit_type="9929", diagnosis=PRESSURE)
            visit.contact = stage.hand.pick(proxies)
            stage.label_visits(stage.play(visit))


def one_proxy_for_many(stage: Stage) -> None:
    """One proxy fetches drugs for many who do not live together (RG-07)."""
    crew = _crew(stage, stage.scaled(stage.by_level(9, 7, 6), least=6))
    proxies = [f"{crew[0].name}/{crew[0].tel}"]
    if stage.disguise == 2:  # two names over one telephone
        proxies.append(f"{crew[1].name}/{crew[0].tel}")
    _fetched_by(stage, crew, proxies, stage.by_level((4, 6), (3, 5), (2, 4)), stage.by_level(3, 3, 2))


def care_staff_fetch(stage: Stage) -> None:
    """The staff of a care home fetch the residents' drugs: one address, everyday quantities."""
    crew = _crew(stage, 6, age=(76, 95))
    for person in crew[1:]:
        person.address = crew[0].address
    _fetched_by(stage, crew, [f"{stage.bystander(stage.any_day()).name}/{crew[0].tel}"], (1, 2), 2)


def shared_telephone(stage: Stage) -> None:
    """People of different households registered under one telephone, and all of them heavy buyers (RG-10)."""
    crew = _crew(stage, stage.scaled(stage.by_level(9, 7, 6), least=6))
    shops = stage.hand.some(stage.world.providers.pharmacies, 3)
    for person in crew:
        person.tel = crew[0].tel
        for day in _occasions(stage, stage.by_level(4, 3, 2)):
            _dear_round(stage, person, stage.hand.pick(shops), day, stage.by_level((3, 5), (2, 4), (1, 3)))
        stage.label_patient(person)


def village_telephone(stage: Stage) -> None:
    """Old villagers registered under the village office's telephone; they buy what they need."""
    crew = _crew(stage, 7, age=(66, 90))
    for person in crew:
        person.tel = crew[0].tel
        stage.label_patient(person)


def _admitted_together(
    stage: Stage, crew: Sequence[Person], places: Sequence[Institution], times: int, slip: int
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


def co_admission_group(stage: Stage) -> None:
    """The same people admitted and discharged together, twice (RG-12)."""
    scenario = stage.world.scenario
    count = stage.scaled(stage.by_level(5, 4, 3), least=3)
    crew = [stage.person(scenario.history_start, scenario.last_day, age=(55, 80)) for _ in range(count)]
    places = stage.hand.some(stage.world.providers.of_level("2"), stage.by_level(1, 1, 2))
    _admitted_together(stage, crew, places, 2, stage.by_level(0, 0, 1))
    for person in crew:
        stage.label_patient(person)


def couple_in_hospital(stage: Stage) -> None:
    """A couple with the flu, admitted together once."""
    scenario = stage.world.scenario
    pair = [stage.person(scenario.history_start, scenario.last_day, age=(60, 85)) for _ in range(2)]
    pair[1].address = pair[0].address
    _admitted_together(stage, pair, stage.hand.some(stage.world.providers.of_level("2"), 1), 1, 0)


RINGS = (
    Scheme("cards_in_series", "scheme", "RG-01", 0.3, cards_in_series, actor="ring"),
    Scheme("care_home_clinic_day", "lookalike", "RG-01", 0.3, care_home_clinic_day),
    Scheme("co_visiting_group", "scheme", "RG-02", 0.3, co_visiting_group, actor="ring"),
    Scheme("couple_together", "lookalike", "RG-02", 0.6, couple_together),
    Scheme("dialysis_shift", "lookalike", "RG-02", 0.2, dialysis_shift),
    Scheme("doctor_pharmacy_ring", "scheme", "RG-03", 0.25, doctor_pharmacy_ring, actor="ring"),
    Scheme("nursing_home_round", "lookalike", "RG-03", 0.25, nursing_home_round),
    Scheme("resale_network", "scheme", "RG-05", 0.2, resale_network, actor="ring"),
    Scheme("chronic_club_day", "lookalike", "RG-05", 0.25, chronic_club_day),
    Scheme("one_proxy_for_many", "scheme", "RG-07", 0.25, one_proxy_for_many, actor="ring"),
    Scheme("care_staff_fetch", "lookalike", "RG-07", 0.25, care_staff_fetch),
    Scheme("shared_telephone", "scheme", "RG-10", 0.2, shared_telephone, actor="ring"),
    Scheme("village_telephone", "lookalike", "RG-10", 0.2, village_telephone),
    Scheme("co_admission_group", "scheme", "RG-12", 0.2, co_admission_group, actor="ring"),
    Scheme("couple_in_hospital", "lookalike", "RG-12", 0.4, couple_in_hospital),
)
