"""Schemes seen on visits: care after death, tours of institutions, daily visits."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from simulator.care.care import Order, outpatient, stay
from simulator.care.life import refill
from simulator.care.records import Visit
from simulator.city import items as catalogue
from simulator.staging.stage import Scheme, SchemeStage


def care_after_death(stage: SchemeStage) -> None:
    """Somebody keeps fetching the drugs of a dead person (ID-04); careful: once, in the first days."""
    death = stage.start(16)
    person = stage.person(death, stage.world.scenario.last_day, age=(60, 92), conditions=("heart",), death=death)
    for n in range(stage.by_level(stage.hand.between(1, 3), 1, 1)):
        day = death + timedelta(days=stage.by_level(2 + 4 * n + stage.hand.between(0, 3), 2, 1))
        visit = stage.play(refill(stage.hand, person, stage.world.providers, day))
        stage.label_lines(visit, visit.lines)


def care_on_the_day_of_death(stage: SchemeStage) -> None:
    """Emergency care on the day of death."""
    death = stage.start(4)
    person = stage.person(death, death, age=(60, 92), death=death)
    dripped = (catalogue.INFUSION, catalogue.INFUSION_SET, *catalogue.WARD_DRUGS[:3])
    orders = [Order(catalogue.EMERGENCY_CONSULTATION), *(Order(item) for item in dripped)]
    visit = outpatient(stage.hand, person, stage.hospital("1", "2"), death, orders, visit_type="13")
    visit.way_out = "5"
    stage.label_lines(stage.play(visit), visit.lines)


def settled_after_death(stage: SchemeStage) -> None:
    """Died in hospital; the family settled a week later."""
    admitted = stage.start(16)
    death = admitted + timedelta(days=6)
    person = stage.person(admitted, death, age=(60, 92), death=death)
    visit = stay(stage.hand, person, stage.hospital("1", "2"), admitted, 6)
    visit.way_out = "5"
    visit.settled_at += timedelta(days=7)
    for line in visit.lines:
        line.uploaded = visit.settled_at.date()
    stage.label_visits(stage.play(visit))


def tour_of_institutions(stage: SchemeStage) -> None:
    """Four to six institutions in one day (FQ-02); careful: three, as an errand would take."""
    day = stage.start(2)
    person = stage.person(day, day, age=(45, 80), conditions=("hypertension", "heart"))
    shops = stage.pharmacies(stage.by_level(stage.hand.between(2, 3), 2, 2))
    clinics = stage.hospitals_of(stage.by_level(stage.hand.between(2, 3), 1, 1), "1", "2", "3")
    _spread(stage, [refill(stage.hand, person, stage.world.providers, day, place) for place in (*clinics, *shops)])
    stage.label_patient(person, day)


def clinics_and_a_pharmacy(stage: SchemeStage) -> None:
    """Two clinics and a pharmacy on one day."""
    day = stage.start(2)
    person = stage.person(day, day, age=(45, 80), conditions=("hypertension", "heart"))
    clinics = stage.hospitals_of(2, "1", "2", "3")
    places = (*clinics, stage.pharmacy())
    _spread(stage, [refill(stage.hand, person, stage.world.providers, day, place) for place in places])
    stage.label_patient(person, day)


def daily_visitor(stage: SchemeStage) -> None:
    """Seventeen to twenty-two visit days within four weeks (FQ-01); careful: fourteen, or thirteen."""
    first = stage.start(28)
    person = stage.person(first, first + timedelta(days=27), age=(50, 80), conditions=("hypertension", "heart"))
    for offset in sorted(stage.hand.some(range(28), stage.by_level(stage.hand.between(17, 22), 14, 13))):
        day = first + timedelta(days=offset)
        place = stage.world.providers.home_hospital(person.home + offset % 2)
        orders = [Order(catalogue.CONSULTATION), Order(stage.hand.pick(catalogue.CHRONIC_DRUGS["heart"]))]
        stage.play(outpatient(stage.hand, person, place, day, orders))
    stage.label_patient(person)


def on_dialysis(stage: SchemeStage) -> None:
    """Dialysis three times a week beside the usual refills, registered for the special outpatient benefit."""
    first = stage.start(28)
    person = stage.person(first, first + timedelta(days=27), age=(35, 80), conditions=("hypertension",))
    place = stage.hospital("1", "2")
    kidney = ("N18.001", "慢性肾脏病5期")
    for day in (first + timedelta(days=n) for n in range(28)):
        if day.weekday() in (0, 2, 4):
            orders = [Order(catalogue.DIALYSIS), Order(catalogue.DIALYSER)]
            stage.play(outpatient(stage.hand, person, place, day, orders, visit_type="140201", diagnosis=kidney))
        elif day.weekday() == 1:
            stage.play(refill(stage.hand, person, stage.world.providers, day))
    stage.label_patient(person)


def _spread(stage: SchemeStage, visits: list[Visit]) -> None:
    """One after the other over the day, as one person would walk."""
    for n, visit in enumerate(visits):
        begin = datetime.combine(visit.begin.date(), time(8, 10)) + timedelta(minutes=75 * n)
        shift = begin - visit.begin
        visit.begin, visit.end, visit.settled_at = begin, visit.end + shift, visit.settled_at + shift
        for line in visit.lines:
            line.at += shift
        stage.play(visit)


VISIT_SCHEMES = (
    Scheme("care_after_death", "scheme", "ID-04", 1.2, care_after_death, actor="patient"),
    Scheme("care_on_the_day_of_death", "lookalike", "ID-04", 0.8, care_on_the_day_of_death),
    Scheme("settled_after_death", "lookalike", "ID-04", 0.8, settled_after_death),
    Scheme("tour_of_institutions", "scheme", "FQ-02", 1.5, tour_of_institutions),
    Scheme("clinics_and_a_pharmacy", "lookalike", "FQ-02", 1.5, clinics_and_a_pharmacy),
    Scheme("daily_visitor", "scheme", "FQ-01", 1.2, daily_visitor),
    Scheme("on_dialysis", "lookalike", "FQ-01", 0.8, on_dialysis),
)
