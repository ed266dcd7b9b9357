"""Schemes seen on how often somebody registers or buys: repeated fees, daily purchases, many pharmacies."""

from __future__ import annotations

from datetime import date, timedelta

from simulator.care.care import CHRONIC_DIAGNOSES, Order, outpatient
from simulator.care.life import refill
from simulator.city import items as catalogue
from simulator.city.people import Person
from simulator.staging.cast import move, spread_days, window
from simulator.staging.stage import Scheme, SchemeStage

_HEART = CHRONIC_DIAGNOSES["heart"]


def repeat_registration(stage: SchemeStage) -> None:
    """Two or three consultations with one department on one day (FQ-03); careful: spread over departments or days."""
    day, place = stage.start(5), stage.hospital("2", "3")
    person = stage.person(day, day + timedelta(days=4))
    doctors = stage.hand.some(place.doctors, 3)
    for n in range(stage.by_level(stage.hand.between(2, 3), 2, 3)):
        drugs = [Order(drug) for drug in stage.hand.some(catalogue.ACUTE_DRUGS, 2)]
        when = day + timedelta(days=stage.by_level(0, 0, n))
        doctor = doctors[stage.by_level(0, n, 0) % len(doctors)]
        visit = outpatient(stage.hand, person, place, when, [Order(catalogue.CONSULTATION), *drugs], doctor=doctor)
        stage.label_visits(stage.play(move(visit, 8 + 2 * n, stage.hand.between(0, 59))))


def return_with_result(stage: SchemeStage) -> None:
    """Back the same day with the result: no second consultation fee."""
    day, place = stage.start(2), stage.hospital("2", "3")
    person, doctor = stage.person(day, day), stage.hand.pick(place.doctors)
    first = [Order(catalogue.CONSULTATION), *(Order(lab) for lab in stage.hand.some(catalogue.LABS, 2))]
    again = [Order(drug) for drug in stage.hand.some(catalogue.ACUTE_DRUGS, 2)]
    for n, orders in enumerate((first, again)):
        visit = outpatient(stage.hand, person, place, day, orders, doctor=doctor)
        stage.label_visits(stage.play(move(visit, 8 + 5 * n, stage.hand.between(0, 59))))


def frequent_purchases(stage: SchemeStage) -> None:
    """Ten to fourteen purchases in a month (FQ-04); careful: eight dearer ones."""
    first, days = window(stage, 28)
    person = stage.person(first, first + timedelta(days=days), age=(50, 80), conditions=("heart", "hypertension"))
    count = stage.by_level(max(10, stage.scaled(12)), 8, 7)
    for day in spread_days(stage, first, days, count):
        shop = stage.pharmacy()
        drugs = stage.hand.some((*catalogue.CHRONIC_DRUGS["heart"], *catalogue.PATENT_DRUGS), 2)
        orders = [Order(drug, stage.hand.between(2, 4)) for drug in drugs]
        stage.play(outpatient(stage.hand, person, shop, day, orders, visit_type="9929", diagnosis=_HEART))
    stage.label_patient(person)


def several_drugs_on_several_days(stage: SchemeStage) -> None:
    """A chronic patient who buys each drug when it runs out: five or six purchases in a month."""
    first, days = window(stage, 28)
    person = stage.person(first, first + timedelta(days=days), age=(50, 80), conditions=("heart", "hypertension"))
    shop = stage.world.providers.home_pharmacy(person.home)
    for day in spread_days(stage, first, days, stage.hand.between(5, 6)):
        stage.play(refill(stage.hand, person, stage.world.providers, day, shop))
    stage.label_patient(person)


def many_pharmacies(stage: SchemeStage) -> None:
    """Dear drugs from six to eight pharmacies (FQ-06); careful: four, or smaller sums."""
    first, days = window(stage, 60)
    person = _buyer(stage, first, days)
    shops = stage.pharmacies(stage.by_level(stage.hand.between(6, 8), 4, 4))
    for n, day in enumerate(spread_days(stage, first, days, 2 * len(shops))):
        dear = Order(stage.hand.pick(catalogue.COSTLY_DRUGS[1:]), stage.by_level(2, 2, 1))
        usual = [Order(drug, 2) for drug in stage.hand.some(catalogue.CHRONIC_DRUGS["heart"], 2)]
        orders = [dear, *usual]
        shop = shops[n % len(shops)]
        stage.play(outpatient(stage.hand, person, shop, day, orders, visit_type="9929", diagnosis=_HEART))
    stage.label_patient(person)


def on_the_road(stage: SchemeStage) -> None:
    """Somebody who travels buys little, each time where he is."""
    first, days = window(stage, 60)
    person = _buyer(stage, first, days)
    shops = stage.pharmacies(6)
    for shop, day in zip(shops, spread_days(stage, first, days, 6), strict=False):
        orders = [Order(drug, 1) for drug in stage.hand.some(catalogue.CHRONIC_DRUGS["heart"], 2)]
        stage.play(outpatient(stage.hand, person, shop, day, orders, visit_type="9929", diagnosis=_HEART))
    stage.label_patient(person)


def same_drug_day_after_day(stage: SchemeStage) -> None:
    """One drug bought on four to six days in a row (FQ-08); careful: every other day."""
    run = max(4, stage.scaled(5))
    step = stage.by_level(1, 2, 2)
    first = stage.start(run * step + 1)
    person = _buyer(stage, first, run * step)
    drug = stage.hand.pick((*catalogue.CHRONIC_DRUGS["heart"], *catalogue.PATENT_DRUGS))
    shops = stage.pharmacies(stage.by_level(2, 2, 5))
    for n in range(run):
        orders = [Order(drug, stage.hand.between(1, 3))]
        if stage.disguise == 2:
            orders.append(Order(stage.hand.pick(catalogue.ACUTE_DRUGS)))
        day, shop = first + timedelta(days=n * step), shops[n % len(shops)]
        visit = outpatient(stage.hand, person, shop, day, orders, visit_type="9929", diagnosis=_HEART)
        stage.label_lines(stage.play(visit), visit.lines[:1])


def rest_of_the_order(stage: SchemeStage) -> None:
    """Out of stock: half of the drug today, the rest tomorrow."""
    first = stage.start(3)
    person = _buyer(stage, first, 2)
    shop, drug = stage.pharmacy(), stage.hand.pick(catalogue.CHRONIC_DRUGS["heart"])
    for n in range(2):
        visit = outpatient(
            stage.hand, person, shop, first + timedelta(days=n), [Order(drug)], visit_type="9929", diagnosis=_HEART
        )
        stage.label_lines(stage.play(visit), visit.lines)


def _buyer(stage: SchemeStage, first: date, days: int) -> Person:
    return stage.person(first, first + timedelta(days=days), age=(45, 80), conditions=("heart",))


PURCHASE_SCHEMES = (
    Scheme("repeat_registration", "scheme", "FQ-03", 1.0, repeat_registration, actor="institution"),
    Scheme("return_with_result", "lookalike", "FQ-03", 0.8, return_with_result),
    Scheme("frequent_purchases", "scheme", "FQ-04", 0.8, frequent_purchases),
    Scheme("several_drugs_on_several_days", "lookalike", "FQ-04", 0.6, several_drugs_on_several_days),
    Scheme("many_pharmacies", "scheme", "FQ-06", 0.6, many_pharmacies),
    Scheme("on_the_road", "lookalike", "FQ-06", 0.5, on_the_road),
    Scheme("same_drug_day_after_day", "scheme", "FQ-08", 0.8, same_drug_day_after_day, actor="patient"),
    Scheme("rest_of_the_order", "lookalike", "FQ-08", 0.6, rest_of_the_order),
)
