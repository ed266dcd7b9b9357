"""Schemes seen on one person: elsewhere while in a bed, an organ lost twice."""

from __future__ import annotations

from datetime import timedelta

from simulator.care.care import Order, outpatient, stay
from simulator.care.records import Visit
from simulator.city import items as catalogue
from simulator.city import rare_items
from simulator.staging.stage import Scheme, SchemeStage


def outside_during_a_stay(stage: SchemeStage) -> None:
    """In a hospital bed and, days in a row, seen in person elsewhere (ID-06); careful: drugs only, from a shop."""
    visit = _in_bed(stage)
    elsewhere = [place for place in stage.world.providers.of_level("2", "3") if place is not visit.place]
    for day in stage.hand.some(visit.days[2:-2], stage.by_level(2, 1, 1)):
        drugs = [Order(drug, 2) for drug in stage.hand.some(catalogue.CHRONIC_DRUGS["heart"], 2)]
        if stage.disguise:
            place, kind, orders = stage.pharmacy(), "9929", drugs
        else:
            orders = [Order(catalogue.CONSULTATION), Order(stage.hand.pick(catalogue.EXAMS)), *drugs]
            place, kind = stage.hand.pick(elsewhere), "11"
        other = stage.play(outpatient(stage.hand, visit.person, place, day, orders, visit_type=kind))
        stage.label_visits(other)
    stage.acted("patient", visit.person.psn_no)


def family_fetches_the_drugs(stage: SchemeStage) -> None:
    """The family buys the patient's own chronic drugs; the pharmacy noted who came."""
    visit = _in_bed(stage)
    shop = stage.world.providers.home_pharmacy(visit.person.home)
    drugs = [Order(drug) for drug in catalogue.CHRONIC_DRUGS["heart"][:2]]
    other = outpatient(stage.hand, visit.person, shop, visit.days[3], drugs, visit_type="9929")
    other.contact = f"{visit.person.name[0]}伟/100{stage.hand.new_id(8)}"
    stage.label_visits(stage.play(other))


def sent_out_for_a_scan(stage: SchemeStage) -> None:
    """The ward has no scanner: the patient is driven to the next hospital's."""
    visit = _in_bed(stage)
    there = stage.hand.pick([place for place in stage.world.providers.of_level("1", "2") if place is not visit.place])
    orders = [Order(rare_items.BRAIN_MRI)]
    other = outpatient(stage.hand, visit.person, there, visit.days[2], orders, diagnosis=visit.diagnoses[0])
    for line in other.lines:
        line.memo = "住院期间外送检查"
    stage.label_visits(stage.play(other))


def _in_bed(stage: SchemeStage) -> Visit:
    day, nights = stage.start(9), stage.hand.between(7, 8)
    person = stage.somebody(day, day + timedelta(days=nights), age=(45, 85), conditions=("heart",))
    return stage.play(stay(stage.hand, person, stage.hospital("2"), day, nights))


def organ_removed_twice(stage: SchemeStage) -> None:
    """One gall bladder removed in two hospitals (ID-08); careful: under another name and code."""
    first, second = _operated_twice(stage, "gallbladder")
    if stage.disguise:
        second.operation = ("51.2200", "胆囊切除术")
    stage.label_visits(first, second)


def second_eye(stage: SchemeStage) -> None:
    """One cataract after the other: two eyes."""
    stage.label_visits(*_operated_twice(stage, "cataract"))


def _operated_twice(stage: SchemeStage, surgery: str) -> tuple[Visit, Visit]:
    first = stage.start(26)
    second = first + timedelta(days=stage.hand.between(17, 20))
    person = stage.somebody(first, second + timedelta(days=5), age=(45, 80), conditions=())
    here, there = stage.hospitals_of(2, "1", "2")
    one = stage.play(stay(stage.hand, person, here, first, 4, surgery=surgery))
    return one, stage.play(stay(stage.hand, person, there, second, 4, surgery=surgery))


IDENTITY_SCHEMES = (
    Scheme("outside_during_a_stay", "scheme", "ID-06", 0.8, outside_during_a_stay, actor="patient"),
    Scheme("family_fetches_the_drugs", "lookalike", "ID-06", 0.5, family_fetches_the_drugs),
    Scheme("sent_out_for_a_scan", "lookalike", "ID-06", 0.4, sent_out_for_a_scan),
    Scheme("organ_removed_twice", "scheme", "ID-08", 0.3, organ_removed_twice, levels=(0, 1)),
    Scheme("second_eye", "lookalike", "ID-08", 0.3, second_eye),
)
