"""团伙: people who act together, and those who merely live, work or are treated together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from simulator.care.care import Order, outpatient
from simulator.care.life import refill
from simulator.care.records import Visit
from simulator.city import items as catalogue
from simulator.staging.acts import PRESSURE, bought, move
from simulator.staging.crews import common_drugs, crew_of, dear_round, occasions
from simulator.staging.stage import Scheme, SchemeStage

_KIDNEY = ("N18.001", "慢性肾脏病5期")


def _in_series(stage: SchemeStage, visits: Sequence[Visit], day: date, seconds: tuple[int, int]) -> None:
    """One card after the other at one counter."""
    at = stage.moment(day, 9, 15)
    for visit in visits:
        stage.play(move(visit, at))
        at += timedelta(seconds=stage.hand.between(*seconds))


def cards_in_series(stage: SchemeStage) -> None:
    """Collected cards swiped one after the other at one shop, the same cards on several days (RG-01)."""
    crew = crew_of(stage, stage.scaled(stage.by_level(7, 6, 6), least=5))
    shop = stage.pharmacy()
    for day in occasions(stage, stage.by_level(4, 4, 3)):
        present = stage.hand.some(crew, len(crew) - stage.by_level(0, 1, stage.hand.between(1, 2)))
        visits = [
            bought(stage, person, shop, day, common_drugs(stage, 2, 5), visit_type="9929", diagnosis=PRESSURE)
            for person in present
        ]
        _in_series(stage, visits, day, stage.by_level((40, 150), (90, 400), (200, 580)))
        stage.label_visits(*visits)
    for person in crew:
        stage.label_patient(person)


def care_home_clinic_day(stage: SchemeStage) -> None:
    """Residents of a care home (one address) are seen one after the other at the community centre."""
    home, crew = stage.hospital("3"), crew_of(stage, 6, age=(74, 95))
    for person in crew[1:]:
        person.address = crew[0].address
    for day in occasions(stage, 3):
        visits = [refill(stage.hand, person, stage.world.providers, day, home) for person in crew]
        _in_series(stage, visits, day, (180, 600))
        stage.label_visits(*visits)


def co_visiting_group(stage: SchemeStage) -> None:
    """The same people at the same clinics within half an hour, week after week (RG-02)."""
    crew = crew_of(stage, stage.scaled(stage.by_level(6, 5, 4), least=4))
    places = stage.hospitals_of(stage.by_level(1, 2, 3), "2", "3")
    for day in occasions(stage, stage.by_level(8, 7, 6)):
        place, met_at = stage.hand.pick(places), stage.moment(day, 9, 15)
        for person in crew:
            if stage.disguise and stage.hand.chance(0.12):
                continue
            orders = [Order(catalogue.CONSULTATION), *common_drugs(stage, 2, 4)]
            visit = outpatient(stage.hand, person, place, day, orders, visit_type="140104", diagnosis=PRESSURE)
            later = timedelta(minutes=stage.hand.between(0, 24), seconds=stage.hand.between(0, 59))
            visit = move(visit, met_at + later)
            stage.label_visits(stage.play(visit))
    for person in crew:
        stage.label_patient(person)


def couple_together(stage: SchemeStage) -> None:
    """A couple, one address, fetches its drugs together."""
    pair = crew_of(stage, 2, age=(58, 85))
    pair[1].address = pair[0].address
    place = stage.world.providers.home_hospital(pair[0].home)
    for day in occasions(stage, 5):
        for person in pair:
            visit = refill(stage.hand, person, stage.world.providers, day, place)
            stage.label_visits(stage.play(move(visit, stage.moment(day, 9, 10))))


def dialysis_shift(stage: SchemeStage) -> None:
    """Patients of one dialysis shift meet on the same chairs on the same days, three weeks long."""
    crew, place, first = crew_of(stage, 4, age=(35, 80)), stage.hospital("1", "2"), stage.start(21)
    for day in (first + timedelta(days=n) for n in range(21)):
        if day.weekday() not in (0, 2, 4):
            continue
        for person in crew:
            orders = [Order(catalogue.DIALYSIS), Order(catalogue.DIALYSER)]
            visit = outpatient(stage.hand, person, place, day, orders, visit_type="140201", diagnosis=_KIDNEY)
            stage.label_visits(stage.play(move(visit, stage.moment(day, 8, 9))))


def doctor_pharmacy_ring(stage: SchemeStage) -> None:
    """One doctor sends people who share a telephone to one shop within a day (RG-03)."""
    place, crew = stage.hospital("2", "3"), crew_of(stage, stage.scaled(stage.by_level(7, 6, 5), least=5))
    doctor = stage.new_doctor(place, "A03")
    shop = stage.new_pharmacy(f"安和大药房柳湾{stage.instance}店")
    for person in crew[1:]:
        person.tel = crew[0].tel if stage.disguise < 2 else person.tel
    for person in crew:
        for day in occasions(stage, stage.by_level(3, 3, 2)):
            slip = [Order(catalogue.CONSULTATION)]
            stage.play(
                outpatient(stage.hand, person, place, day, slip, visit_type="140104", diagnosis=PRESSURE, doctor=doctor)
            )
            visit = bought(
                stage,
                person,
                shop,
                day,
                common_drugs(stage, 3, 5),
                visit_type="9929",
                diagnosis=PRESSURE,
                doctor=doctor,
            )
            stage.label_visits(stage.play(move(visit, stage.moment(day, 18, 20))))
    stage.label_doctor(place, doctor)
    stage.label_institution(shop)


def nursing_home_round(stage: SchemeStage) -> None:
    """The doctor of a nursing home sees its residents on rounds; the shop next door delivers within days."""
    place, crew = stage.hospital("3"), crew_of(stage, 5, age=(78, 95))
    doctor = stage.new_doctor(place, "A03")
    shop = stage.world.providers.home_pharmacy(crew[0].home)
    for day in occasions(stage, 2):
        for person in crew:
            person.address, person.tel = crew[0].address, crew[0].tel
            slip = [Order(catalogue.CONSULTATION)]
            stage.play(
                outpatient(stage.hand, person, place, day, slip, visit_type="140104", diagnosis=PRESSURE, doctor=doctor)
            )
            later = min(stage.world.scenario.last_day, day + timedelta(days=stage.hand.between(1, 3)))
            visit = bought(
                stage,
                person,
                shop,
                later,
                common_drugs(stage, 1, 2),
                visit_type="9929",
                diagnosis=PRESSURE,
                doctor=doctor,
            )
            stage.label_visits(stage.play(visit))


def resale_network(stage: SchemeStage) -> None:
    """Many cards, the same few shops, the same resellable drugs in the same weeks (RG-05)."""
    crew = crew_of(stage, stage.scaled(stage.by_level(8, 7, 6), least=5))
    shops = stage.pharmacies(3)
    for person in crew:
        for day in occasions(stage, stage.by_level(6, 4, 3)):
            stage.label_visits(
                dear_round(stage, person, stage.hand.pick(shops), day, stage.by_level((4, 6), (3, 5), (2, 3)))
            )
        stage.label_patient(person)


def chronic_club_day(stage: SchemeStage) -> None:
    """A patients' club buys its long-term drugs on the shop's monthly club day."""
    crew, shop = crew_of(stage, 6), stage.pharmacy()
    for day in occasions(stage, 2):
        for person in crew:
            visit = bought(stage, person, shop, day, common_drugs(stage, 1, 2), visit_type="9929", diagnosis=PRESSURE)
            stage.label_visits(stage.play(visit))


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
)
