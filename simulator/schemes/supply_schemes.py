"""Schemes seen on how much of a drug is handed out: days of supply, stockpiling, runs on drugs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from simulator.care.care import CHRONIC_DIAGNOSES, Order, charge, outpatient
from simulator.care.life import refill
from simulator.care.records import Visit
from simulator.city import items as catalogue
from simulator.city import rare_items
from simulator.city.people import Person
from simulator.city.providers import Institution
from simulator.staging.cast import spread_days, ward, window
from simulator.staging.stage import Scheme, SchemeStage

_HEART = CHRONIC_DIAGNOSES["heart"]
_MONTH = catalogue.DRUGS_SUPPLIED_DAYS


def beyond_days_of_supply(stage: SchemeStage) -> None:
    """An ordinary outpatient leaves with 45 to 90 days of drugs (OD-01); careful: the days are left out."""
    day = stage.start(2)
    person, place = _chronic(stage, day, 1), stage.hospital("2", "3")
    days = stage.by_level(15 * stage.hand.between(3, 6), 0, 7)
    packs = stage.by_level(stage.hand.between(3, 6), 5, 4)
    orders = [Order(drug, packs, days) for drug in stage.hand.some(catalogue.CHRONIC_DRUGS["heart"], 3)]
    visit = outpatient(stage.hand, person, place, day, [*orders, Order(catalogue.CONSULTATION)], diagnosis=_HEART)
    stage.label_lines(stage.play(visit), visit.lines[:-1])


def long_prescription(stage: SchemeStage) -> None:
    """Twelve weeks on a long prescription of the chronic benefit."""
    day = stage.start(2)
    person, place = _chronic(stage, day, 1, benefit=True), stage.hospital("2", "3")
    drugs = stage.hand.some(catalogue.CHRONIC_DRUGS["heart"], 3)
    visit = _fill(stage, person, place, day, [Order(drug, stage.hand.between(3, 4), 84) for drug in drugs])
    stage.label_lines(visit, visit.lines)


def stockpiling(stage: SchemeStage) -> None:
    """A month's supply of one drug from five or six places within a month (OD-02); careful: fewer, or two makers."""
    first, days = window(stage, 28)
    person = _chronic(stage, first, days)
    drugs = stage.hand.some(rare_items.STATINS, stage.by_level(1, 1, 2))
    near = [*stage.hospitals_of(3, "2", "3"), *stage.pharmacies(3)]
    for n, day in enumerate(spread_days(stage, first, days, stage.by_level(max(5, stage.scaled(5)), 2, 4))):
        usual = [Order(catalogue.CHRONIC_DRUGS["heart"][0])] if stage.disguise else []
        visit = _fill(stage, person, near[n % len(near)], day, [Order(drugs[n % len(drugs)], 4, _MONTH), *usual])
        stage.label_lines(visit, visit.lines[:1])


def dose_increased(stage: SchemeStage) -> None:
    """Supply from the ward, then the higher dose: a fortnight's overlap."""
    first = stage.start(20)
    person, drug = _chronic(stage, first, 19), rare_items.STATINS[0]
    place = stage.world.providers.home_hospital(person.home)
    for offset, days in ((0, 14), (stage.hand.between(4, 12), _MONTH)):
        visit = _fill(stage, person, place, first + timedelta(days=offset), [Order(drug, days // 7, days)])
        stage.label_lines(visit, visit.lines)


def same_drug_again_and_again(stage: SchemeStage) -> None:
    """One drug bought five to seven times in a month (OD-03); careful: three times, more at once."""
    first, days = window(stage, 28)
    person = _chronic(stage, first, days)
    drug = stage.hand.pick(catalogue.CHRONIC_DRUGS["heart"][1:])
    for day in spread_days(stage, first, days, stage.by_level(max(5, stage.scaled(6)), 3, 3)):
        basket = [Order(other) for other in stage.hand.some(catalogue.ACUTE_DRUGS, stage.by_level(0, 1, 3))]
        shop = stage.pharmacy()
        visit = _fill(stage, person, shop, day, [Order(drug, stage.by_level(2, 5, 4)), *basket])
        stage.label_lines(visit, visit.lines[:1])


def dispensed_weekly(stage: SchemeStage) -> None:
    """A drug that is given out by the week only."""
    first, days = window(stage, 28)
    person = stage.person(first, first + timedelta(days=days), age=(25, 60), conditions=())
    place = stage.world.providers.home_hospital(person.home)
    for week in range(days // 7):
        orders, illness = [Order(rare_items.CLOZAPINE, 1, 7)], ("F20.900", "精神分裂症")
        day = first + timedelta(days=7 * week)
        visit = outpatient(stage.hand, person, place, day, orders, visit_type="140104", diagnosis=illness)
        stage.label_lines(stage.play(visit), visit.lines)


def taken_home_for_months(stage: SchemeStage) -> None:
    """Discharged with two months of five or six drugs (OD-05); careful: the packs without the days."""
    visit = ward(stage, stage.hand.between(4, 7), "2")
    kinds = stage.by_level(stage.hand.between(5, 6), 4, 3)
    drugs = stage.hand.some([drug for own in catalogue.CHRONIC_DRUGS.values() for drug in own], kinds)
    orders = [Order(drug, stage.by_level(8, 6, 4), stage.by_level(60, 0, 28)) for drug in drugs]
    at = visit.end - timedelta(minutes=70, seconds=stage.hand.between(0, 59))
    lines = charge(stage.hand, visit, at, orders, memo="出院带药")
    stage.label_lines(visit, lines)


def blood_thinner_after_surgery(stage: SchemeStage) -> None:
    """Five weeks of a blood thinner after an operation."""
    visit = ward(stage, stage.hand.between(5, 8), "1", "2", surgery="heart")
    at = visit.end - timedelta(minutes=70, seconds=stage.hand.between(0, 59))
    lines = charge(stage.hand, visit, at, [Order(rare_items.WARFARIN, 2, 35)], memo="出院带药")
    stage.label_lines(visit, lines)


def run_on_drugs(stage: SchemeStage) -> None:
    """Year's end: a patient empties the benefit, eight purchases of many packs in three weeks (OD-09)."""
    first, days = _end_of_year(stage)
    person = _chronic(stage, first, days, benefit=True)
    drugs = (*catalogue.CHRONIC_DRUGS["heart"], *catalogue.PATENT_DRUGS)
    for day in spread_days(stage, first, days, stage.by_level(max(7, stage.scaled(8)), 4, 4)):
        orders = [Order(drug, stage.hand.between(4, 6)) for drug in stage.hand.some(drugs, stage.by_level(4, 2, 2))]
        _fill(stage, person, stage.pharmacy(), day, orders)
    stage.label_patient(person)


def last_refill_of_the_year(stage: SchemeStage) -> None:
    """A chronic patient with two ordinary refills in the same weeks."""
    first, days = _end_of_year(stage)
    person = _chronic(stage, first, days, benefit=True)
    shop = stage.world.providers.home_pharmacy(person.home)
    for day in spread_days(stage, first, days, 2):
        stage.play(refill(stage.hand, person, stage.world.providers, day, shop))
    stage.label_patient(person)


def _end_of_year(stage: SchemeStage) -> tuple[date, int]:
    """The last three weeks of a December in the history, else of the history."""
    scenario, days = stage.world.scenario, 21
    december = [date(year, 12, 31) for year in range(scenario.history_start.year, scenario.last_day.year + 1)]
    known = [day for day in december if scenario.history_start + timedelta(days=days) <= day <= scenario.last_day]
    return (known[-1] if known else scenario.last_day) - timedelta(days=days), days


def _chronic(stage: SchemeStage, first: date, days: int, *, benefit: bool = False) -> Person:
    return stage.person(first, first + timedelta(days=days), age=(50, 82), conditions=("heart",), benefit=benefit)


def _fill(stage: SchemeStage, person: Person, place: Institution, day: date, orders: Sequence[Order]) -> Visit:
    kind = "9929" if place.is_pharmacy else "140104"
    return stage.play(outpatient(stage.hand, person, place, day, orders, visit_type=kind, diagnosis=_HEART))


SUPPLY_SCHEMES = (
    Scheme("beyond_days_of_supply", "scheme", "OD-01", 1.2, beyond_days_of_supply),
    Scheme("long_prescription", "lookalike", "OD-01", 1.0, long_prescription),
    Scheme("stockpiling", "scheme", "OD-02", 0.8, stockpiling, actor="patient"),
    Scheme("dose_increased", "lookalike", "OD-02", 0.6, dose_increased),
    Scheme("same_drug_again_and_again", "scheme", "OD-03", 0.8, same_drug_again_and_again, actor="patient"),
    Scheme("dispensed_weekly", "lookalike", "OD-03", 0.4, dispensed_weekly),
    Scheme("taken_home_for_months", "scheme", "OD-05", 0.6, taken_home_for_months),
    Scheme("blood_thinner_after_surgery", "lookalike", "OD-05", 0.4, blood_thinner_after_surgery),
    Scheme("run_on_drugs", "scheme", "OD-09", 0.6, run_on_drugs),
    Scheme("last_refill_of_the_year", "lookalike", "OD-09", 0.6, last_refill_of_the_year),
)
