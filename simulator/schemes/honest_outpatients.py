"""Second look-alikes of outpatient rules: what else is honest though it looks like a scheme."""

from __future__ import annotations

from datetime import timedelta

from simulator.care.care import CHRONIC_DIAGNOSES, Order, outpatient, take_back
from simulator.care.life import refill
from simulator.city import items as catalogue
from simulator.city import rare_items
from simulator.city.people import person_name
from simulator.staging.cast import clinic, colleagues, move, spread_days, window
from simulator.staging.stage import Scheme, SchemeStage

_HEART = CHRONIC_DIAGNOSES["heart"]
_COLD = ("J06.900", "急性上呼吸道感染")


def two_departments_a_day(stage: SchemeStage) -> None:
    """Two departments on one day, a fee each (beside FQ-03)."""
    day, place = stage.start(2), stage.hospital("2")
    person = stage.person(day, day)
    departments = {doctor.department: doctor for doctor in place.doctors}
    for n, doctor in enumerate(stage.hand.some(list(departments.values()), 2)):
        orders = [Order(catalogue.CONSULTATION), Order(stage.hand.pick(catalogue.ACUTE_DRUGS))]
        visit = outpatient(stage.hand, person, place, day, orders, doctor=doctor)
        stage.label_visits(stage.play(move(visit, 8 + 3 * n, stage.hand.between(0, 59))))


def family_account(stage: SchemeStage) -> None:
    """One account pays for a family: seven small purchases in a month (beside FQ-04)."""
    first, days = window(stage, 28)
    person = stage.person(first, first + timedelta(days=days), age=(30, 60), conditions=())
    shop = stage.world.providers.home_pharmacy(person.home)
    for day in spread_days(stage, first, days, 7):
        visit = clinic(stage, person, shop, day, [Order(stage.hand.pick(catalogue.ACUTE_DRUGS))], _COLD, "41")
        visit.contact = f"{person_name(stage.hand)}/100{stage.hand.new_id(8)}"
    stage.label_patient(person)


def supply_lost(stage: SchemeStage) -> None:
    """The month's supply was lost in the first days and given once more (beside OD-02)."""
    first = stage.start(8)
    person = stage.person(first, first + timedelta(days=7), age=(60, 85), conditions=("heart",))
    place, drug = stage.world.providers.home_hospital(person.home), rare_items.STATINS[1]
    for offset in (0, stage.hand.between(2, 6)):
        orders = [Order(drug, 4, catalogue.DRUGS_SUPPLIED_DAYS)]
        visit = clinic(stage, person, place, first + timedelta(days=offset), orders, _HEART, "140104")
    stage.label_lines(visit, visit.lines)


def worker_abroad(stage: SchemeStage) -> None:
    """A seasonal worker leaves with twelve weeks, as his benefit allows (beside OD-01)."""
    day = stage.start(2)
    person = stage.person(day, day, age=(30, 58), conditions=("heart",), benefit=True)
    visit = refill(stage.hand, person, stage.world.providers, day, stage.hospital("2", "3"))
    for line in visit.lines:
        line.days_supplied = 84 if line.item.list_type == "101" else 0
    stage.label_lines(stage.play(visit), [line for line in visit.lines if line.days_supplied])


def herbs_by_the_gram(stage: SchemeStage) -> None:
    """Herb pieces are counted in grams: three-figure quantities are ordinary (beside HC-05)."""
    day = stage.start(2)
    person, place = stage.person(day, day, age=(40, 80)), stage.hospital("2", "3")
    orders = [Order(herb, 14 * stage.hand.between(6, 12)) for herb in stage.hand.some(catalogue.HERBS, 5)]
    visit = clinic(stage, person, place, day, [*orders, Order(catalogue.CONSULTATION)], ("K29.700", "胃炎"), "16")
    stage.label_lines(visit, visit.lines[:-1])


def spoilt_sample(stage: SchemeStage) -> None:
    """The sample was spoilt: drawn again the same day, the first charge taken back (beside RT-01)."""
    day, place = stage.start(2), stage.hospital("2", "3")
    person, test = stage.person(day, day, conditions=()), stage.hand.pick(catalogue.LABS)
    visits = []
    for n in range(2):
        visit = outpatient(stage.hand, person, place, day, [Order(test)])
        visits.append(stage.play(move(visit, 9 + 3 * n, stage.hand.between(0, 59))))
    take_back(stage.hand, visits[0], visits[0].lines[0], 1)
    stage.label_lines(visits[1], visits[1].lines)


def poor_film(stage: SchemeStage) -> None:
    """The first hospital's scan was of another part: the second one asks for the one it needs (beside OT-04)."""
    day = stage.start(4)
    person = stage.person(day, day + timedelta(days=3), age=(40, 80), conditions=())
    for n, (level, part) in enumerate((("2", rare_items.ABDOMEN_CT), ("1", rare_items.BRAIN_MRI))):
        orders = [Order(part), Order(catalogue.CONSULTATION)]
        visit = clinic(stage, person, stage.hospital(level), day + timedelta(days=2 * n), orders, ("R10.400", "腹痛"))
    stage.label_lines(visit, visit.lines[:1])


def drip_for_tuberculosis(stage: SchemeStage) -> None:
    """Weeks of infusions against tuberculosis (beside OT-13)."""
    first = stage.start(13)
    person = stage.person(first, first + timedelta(days=12), age=(20, 70), conditions=())
    place = stage.world.providers.home_hospital(person.home)
    for n in range(12):
        orders = [Order(catalogue.INFUSION), Order(catalogue.INFUSION_SET), Order(catalogue.WARD_DRUGS[0])]
        visit = clinic(stage, person, place, first + timedelta(days=n), orders, ("A15.000", "肺结核"))
        stage.label_lines(visit, visit.lines[:1])


def colleagues_each_ill(stage: SchemeStage) -> None:
    """Colleagues who come on one day with complaints of their own (beside OT-17)."""
    day, place = stage.start(3), stage.hospital("2", "3")
    for person in colleagues(stage, 5, day, day):
        tests = [Order(lab) for lab in stage.hand.some(catalogue.LABS, stage.hand.between(1, 3))]
        orders = [Order(catalogue.CONSULTATION), *tests, Order(stage.hand.pick(catalogue.ACUTE_DRUGS))]
        illness = stage.hand.pick((_COLD, ("K29.700", "胃炎"), ("M54.500", "腰痛"), ("L30.900", "皮炎")))
        stage.label_visits(clinic(stage, person, place, day, orders, illness))


def next_drug_after_the_first(stage: SchemeStage) -> None:
    """A drug of the class is replaced by another when it has run out (beside RT-05)."""
    first, days = window(stage, 28)
    person = stage.person(first, first + timedelta(days=days), age=(50, 80), conditions=("heart",))
    place = stage.world.providers.home_hospital(person.home)
    for n, drug in enumerate(stage.hand.pick(rare_items.DUPLICATES)):
        visit = clinic(stage, person, place, first + timedelta(days=14 * n), [Order(drug, 2, 14)], _HEART, "140104")
        stage.label_lines(visit, visit.lines)


def a_slip_for_each_illness(stage: SchemeStage) -> None:
    """Several slips of one visit, five drugs each at most (beside IM-17)."""
    day, place = stage.start(2), stage.hospital("2", "3")
    person = stage.person(day, day, age=(60, 85), conditions=("heart", "diabetes", "hypertension"))
    for n, condition in enumerate(("heart", "diabetes", "hypertension")):
        orders = [Order(drug, 2) for drug in stage.hand.some(catalogue.CHRONIC_DRUGS[condition], 3)]
        illness = CHRONIC_DIAGNOSES[condition]
        visit = outpatient(stage.hand, person, place, day, orders, visit_type="140104", diagnosis=illness)
        stage.label_visits(stage.play(move(visit, 8 + n, stage.hand.between(0, 59))))


HONEST_OUTPATIENTS = (
    Scheme("two_departments_a_day", "lookalike", "FQ-03", 0.6, two_departments_a_day),
    Scheme("family_account_purchases", "lookalike", "FQ-04", 0.5, family_account),
    Scheme("supply_lost", "lookalike", "OD-02", 0.4, supply_lost),
    Scheme("worker_abroad", "lookalike", "OD-01", 0.5, worker_abroad),
    Scheme("herbs_by_the_gram", "lookalike", "HC-05", 0.5, herbs_by_the_gram),
    Scheme("spoilt_sample", "lookalike", "RT-01", 0.5, spoilt_sample),
    Scheme("poor_film", "lookalike", "OT-04", 0.4, poor_film),
    Scheme("drip_for_tuberculosis", "lookalike", "OT-13", 0.3, drip_for_tuberculosis),
    Scheme("colleagues_each_ill", "lookalike", "OT-17", 0.25, colleagues_each_ill),
    Scheme("next_drug_after_the_first", "lookalike", "RT-05", 0.4, next_drug_after_the_first),
    Scheme("a_slip_for_each_illness", "lookalike", "IM-17", 0.4, a_slip_for_each_illness),
)
