"""Schemes seen on which drug is given to whom: sex, age, indication, twice the same class, too many at once."""

from __future__ import annotations

from datetime import timedelta

from simulator.care.care import CHRONIC_DIAGNOSES, Order, charge, copy_line, outpatient, take_back
from simulator.city import items as catalogue
from simulator.city import rare_items
from simulator.city.people import person_name
from simulator.staging.cast import clinic, on_one_slip, spread_days, ward, window
from simulator.staging.stage import Scheme, SchemeStage

_HEART = CHRONIC_DIAGNOSES["heart"]
_SPONDYLITIS = ("M45.x00", "强直性脊柱炎")
_VAGUE_PAIN = ("M25.500", "关节痛")


def womens_drug_for_a_man(stage: SchemeStage) -> None:
    """A drug only women take, bought on a man's card two or three times (ID-03); careful: once."""
    first, days = window(stage, 28)
    person = stage.person(first, first + timedelta(days=days), sex="1", age=(25, 70), conditions=("heart",))
    for day in spread_days(stage, first, days, stage.by_level(stage.hand.between(2, 3), 1, 1)):
        own = [Order(drug) for drug in stage.hand.some(catalogue.CHRONIC_DRUGS["heart"], stage.by_level(0, 1, 3))]
        shop = stage.pharmacy()
        visit = clinic(stage, person, shop, day, [Order(rare_items.WOMENS_DRUG, 2), *own], _HEART, "41")
        stage.label_lines(visit, visit.lines[:1])


def fetched_for_his_wife(stage: SchemeStage) -> None:
    """A husband fetches his wife's drug once; the pharmacy noted for whom."""
    day = stage.start(2)
    person = stage.person(day, day, sex="1", age=(25, 50), conditions=())
    shop = stage.world.providers.home_pharmacy(person.home)
    visit = clinic(stage, person, shop, day, [Order(rare_items.WOMENS_DRUG)], ("N92.600", "月经不规则"), "41")
    visit.contact = f"{person_name(stage.hand)}/100{stage.hand.new_id(8)}"
    stage.label_lines(visit, visit.lines)


def quinolone_for_a_child(stage: SchemeStage) -> None:
    """An antibiotic barred under eighteen (IM-03); careful: at sixteen, among fitting drugs."""
    day = stage.start(2)
    person = stage.person(day, day, age=stage.by_level((5, 15), (15, 16), (15, 16)), conditions=())
    others = [Order(drug) for drug in stage.hand.some(catalogue.ACUTE_DRUGS, stage.by_level(1, 3, 3))]
    orders = [Order(catalogue.CONSULTATION), Order(rare_items.QUINOLONE, 2), *others]
    visit = clinic(stage, person, stage.hospital("2", "3"), day, orders, ("J20.900", "急性支气管炎"))
    stage.label_lines(visit, visit.lines[1:2])


def just_of_age(stage: SchemeStage) -> None:
    """The same antibiotic at nineteen."""
    day = stage.start(2)
    person = stage.person(day, day, age=(19, 20), conditions=())
    orders = [Order(catalogue.CONSULTATION), Order(rare_items.QUINOLONE, 2)]
    visit = clinic(stage, person, stage.hospital("2", "3"), day, orders, ("J20.900", "急性支气管炎"))
    stage.label_lines(visit, visit.lines[1:2])


def without_the_indication(stage: SchemeStage) -> None:
    """A costly drug paid for one illness, given for another (IM-04); careful: for a vague pain near it."""
    first, days = window(stage, 28)
    person = stage.person(first, first + timedelta(days=days), age=(25, 60), conditions=())
    illness = stage.by_level(("J06.900", "急性上呼吸道感染"), _VAGUE_PAIN, _VAGUE_PAIN)
    place = stage.hospital("1", "2")
    for day in spread_days(stage, first, days, stage.by_level(stage.scaled(3), 2, 2)):
        tests = [Order(lab) for lab in stage.hand.some(catalogue.LABS, stage.by_level(0, 1, 3))]
        orders = [Order(catalogue.COSTLY_DRUGS[0]), Order(catalogue.CONSULTATION), *tests]
        visit = clinic(stage, person, place, day, orders, illness)
        stage.label_lines(visit, visit.lines[:1])


def indication_in_the_history(stage: SchemeStage) -> None:
    """The illness was established at the first visit; the next one states why the patient came that day."""
    first = stage.start(16)
    person, place = stage.person(first, first + timedelta(days=15), age=(25, 60), conditions=()), stage.hospital("1")
    for offset, illness in ((0, _SPONDYLITIS), (14, _VAGUE_PAIN)):
        orders = [Order(catalogue.COSTLY_DRUGS[0]), Order(catalogue.EXPERT_CONSULTATION)]
        visit = clinic(stage, person, place, first + timedelta(days=offset), orders, illness)
        stage.label_lines(visit, visit.lines[:1])


def too_many_drugs_at_once(stage: SchemeStage) -> None:
    """Seven to nine drugs on one slip (IM-17); careful: on two slips, or on two days."""
    day = stage.start(4)
    person = stage.person(day, day + timedelta(days=3), age=(55, 80), conditions=("heart", "diabetes"))
    place = stage.hospital("2", "3")
    stock = [drug for own in catalogue.CHRONIC_DRUGS.values() for drug in own]
    drugs = [Order(drug, stage.hand.between(2, 4)) for drug in stage.hand.some(stock, stage.hand.between(7, 9))]
    cut = stage.by_level(len(drugs), 5, 4)
    visit = outpatient(stage.hand, person, place, day, drugs[:cut], visit_type="140104", diagnosis=_HEART)
    on_one_slip(visit.lines)
    visits = [stage.play(visit)]
    if stage.disguise == 1:
        charge(stage.hand, visit, visit.begin + timedelta(minutes=8), drugs[cut:])
    elif stage.disguise == 2:
        visits.append(clinic(stage, person, place, day + timedelta(days=2), drugs[cut:], _HEART, "140104"))
    for played in visits:
        stage.label_lines(played, played.lines)


def ward_orders_in_one(stage: SchemeStage) -> None:
    """A ward that sends a day's drugs under one number."""
    visit = ward(stage, stage.hand.between(4, 7), "2")
    drugs = [Order(drug) for drug in (*catalogue.WARD_DRUGS, *catalogue.CHRONIC_DRUGS["heart"][:2])]
    at = stage.moment(visit.begin.date() + timedelta(days=1), 17, 18)
    lines = charge(stage.hand, visit, at, drugs)
    on_one_slip(lines)
    stage.label_lines(visit, lines)


def two_of_a_class(stage: SchemeStage) -> None:
    """Two drugs of one class on one slip, visit after visit (RT-05); careful: days or hospitals apart."""
    first, days = window(stage, 28)
    person = stage.person(first, first + timedelta(days=days + 4), age=(50, 80), conditions=("heart",))
    pair = stage.hand.pick(rare_items.DUPLICATES)
    places = stage.hospitals_of(2, "2", "3")
    for day in spread_days(stage, first, days - 4, stage.by_level(stage.scaled(2), 1, 1)):
        for n, drug in enumerate(pair):
            when = day + timedelta(days=stage.by_level(0, 2, 3) * n)
            place = places[stage.by_level(0, n, n)]
            orders = [Order(drug, 4, catalogue.DRUGS_SUPPLIED_DAYS), Order(catalogue.CHRONIC_DRUGS["heart"][0], 2)]
            visit = clinic(stage, person, place, when, orders, _HEART, "140104")
            stage.label_lines(visit, visit.lines[:1])


def switched_over(stage: SchemeStage) -> None:
    """The first drug was not borne: it is taken back and another of its class given the same day."""
    day = stage.start(3)
    person = stage.person(day, day + timedelta(days=1), age=(50, 80), conditions=("heart",))
    old, new = stage.hand.pick(rare_items.DUPLICATES)
    orders = [Order(old, 4, catalogue.DRUGS_SUPPLIED_DAYS), Order(new, 4, catalogue.DRUGS_SUPPLIED_DAYS)]
    visit = clinic(stage, person, stage.hospital("2", "3"), day, orders, _HEART, "140104")
    take_back(stage.hand, visit, visit.lines[0], 4)
    stage.label_lines(visit, visit.lines[:2])


def quantity_beyond_reason(stage: SchemeStage) -> None:
    """A line of a drug keyed at ten to twenty times its quantity (HC-05); careful: three times it, on two days."""
    day = stage.start(4)
    person, place = (
        stage.person(day, day + timedelta(days=3), conditions=("heart",)),
        stage.hospital("2", "3"),
    )
    drug = stage.hand.pick(catalogue.CHRONIC_DRUGS["heart"])
    for n in range(stage.by_level(1, 1, 2)):
        packs = stage.by_level(10 * stage.hand.between(3, 6), stage.hand.between(10, 14), stage.hand.between(8, 10))
        orders = [Order(drug, packs), Order(catalogue.CONSULTATION)]
        visit = clinic(stage, person, place, day + timedelta(days=2 * n), orders, _HEART, "140104")
        if stage.disguise == 1:
            copy_line(stage.hand, visit, visit.lines[1]).at += timedelta(minutes=stage.hand.between(3, 9))
        stage.label_lines(visit, visit.lines[:1])


def three_months_at_once(stage: SchemeStage) -> None:
    """A long prescription: eight or nine packs for twelve weeks."""
    day = stage.start(2)
    person, place = stage.person(day, day, conditions=("heart",), benefit=True), stage.hospital("2", "3")
    orders = [Order(stage.hand.pick(catalogue.CHRONIC_DRUGS["heart"]), stage.hand.between(8, 9), 84)]
    visit = clinic(stage, person, place, day, orders, _HEART, "140104")
    stage.label_lines(visit, visit.lines)


MEDICINE_SCHEMES = (
    Scheme("womens_drug_for_a_man", "scheme", "ID-03", 0.6, womens_drug_for_a_man, actor="patient"),
    Scheme("fetched_for_his_wife", "lookalike", "ID-03", 0.6, fetched_for_his_wife),
    Scheme("quinolone_for_a_child", "scheme", "IM-03", 0.8, quinolone_for_a_child, actor="doctor"),
    Scheme("just_of_age", "lookalike", "IM-03", 0.5, just_of_age),
    Scheme("without_the_indication", "scheme", "IM-04", 0.5, without_the_indication, actor="doctor"),
    Scheme("indication_in_the_history", "lookalike", "IM-04", 0.4, indication_in_the_history),
    Scheme("too_many_drugs_at_once", "scheme", "IM-17", 0.8, too_many_drugs_at_once, actor="doctor"),
    Scheme("ward_orders_in_one", "lookalike", "IM-17", 0.4, ward_orders_in_one),
    Scheme("two_of_a_class", "scheme", "RT-05", 0.8, two_of_a_class, actor="doctor"),
    Scheme("switched_over", "lookalike", "RT-05", 0.6, switched_over),
    Scheme("quantity_beyond_reason", "scheme", "HC-05", 0.8, quantity_beyond_reason),
    Scheme("three_months_at_once", "lookalike", "HC-05", 0.6, three_months_at_once),
)
