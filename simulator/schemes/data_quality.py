"""数据质量: registers and codes that cannot be right, and those that only look odd."""

from __future__ import annotations

from datetime import timedelta

from simulator.care.care import Order, outpatient, stay
from simulator.care.life import refill
from simulator.care.records import Visit
from simulator.city import items as catalogue
from simulator.city import variants
from simulator.city.people import Person
from simulator.staging.acts import lines_of
from simulator.staging.stage import Scheme, SchemeStage

_NO_CODES = (("X99.999", "其他"), ("ZZ9.000", "待查"), ("U88.801", "未编码"))
_OUTDATED = (("J06.9", "上呼吸道感染"), ("I10", "高血压"), ("K29.7", "胃炎"))
_OTHER_ORGAN = {"appendix": ("H25.900", "老年性白内障"), "cataract": ("K35.800", "急性阑尾炎")}


def _clinic(stage: SchemeStage, diagnosis: tuple[str, str]) -> Visit:
    day = stage.start(2)
    drugs = [Order(drug, stage.hand.between(1, 2)) for drug in stage.hand.some(catalogue.ACUTE_DRUGS, 2)]
    orders = [Order(catalogue.CONSULTATION), *drugs]
    person = stage.person(day, day)
    return stage.play(outpatient(stage.hand, person, stage.hospital("2", "3"), day, orders, diagnosis=diagnosis))


def diagnosis_without_a_code(stage: SchemeStage) -> None:
    """Diagnoses under codes that no version has (DQ-03); disguised, a real code of another illness's drugs."""
    for _ in range(stage.scaled(stage.by_level(4, 3, 2))):
        code = stage.by_level(stage.hand.pick(_NO_CODES), ("J06.999x9", "急性上呼吸道感染"), ("Q90.900", "唐氏综合征"))
        stage.label_visits(_clinic(stage, code))


def older_code_version(stage: SchemeStage) -> None:
    """The short codes of the version before, from a clinic that has not switched yet."""
    stage.label_visits(_clinic(stage, stage.hand.pick(_OUTDATED)))


def _operated(stage: SchemeStage, surgery: str) -> Visit:
    nights = stage.hand.between(3, 6)
    day = stage.start(nights + 1)
    person = stage.person(day, day + timedelta(days=nights), age=(25, 80))
    return stage.play(stay(stage.hand, person, stage.hospital("1", "2"), day, nights, surgery=surgery))


def surgery_without_a_code(stage: SchemeStage) -> None:
    """Surgery and anaesthesia in the bill, no operation on the list (DQ-04)."""
    for _ in range(stage.scaled(stage.by_level(3, 2, 1))):
        visit = _operated(stage, stage.hand.pick(("appendix", "gallbladder")))
        visit.operation = None
        if stage.disguise == 2:
            visit.lines = [line for line in visit.lines if line.item is not catalogue.ANAESTHESIA]
        stage.label_visits(visit)


def wound_sewn_in_the_clinic(stage: SchemeStage) -> None:
    """A small wound sewn in the clinic: charged, and not an operation to be listed."""
    day = stage.start(2)
    orders = [Order(catalogue.EMERGENCY_CONSULTATION), Order(variants.WOUND_SUTURE)]
    place, wound = stage.hospital("2", "3"), ("S61.900", "腕和手开放性伤口")
    visit = outpatient(stage.hand, stage.person(day, day), place, day, orders, visit_type="13", diagnosis=wound)
    stage.label_lines(stage.play(visit), lines_of(visit, variants.WOUND_SUTURE))


def operation_on_another_organ(stage: SchemeStage) -> None:
    """An operation that has nothing to do with any diagnosis on the list (DQ-05)."""
    surgery = stage.hand.pick(list(_OTHER_ORGAN))
    visit = _operated(stage, surgery)
    visit.diagnoses = (_OTHER_ORGAN[surgery], *(visit.diagnoses[1:] if stage.disguise else ()))
    stage.label_visits(visit)


def operated_for_the_second_diagnosis(stage: SchemeStage) -> None:
    """Admitted for pneumonia, operated for the appendicitis that is second on the list."""
    visit = _operated(stage, "appendix")
    visit.diagnoses = (("J18.900", "肺炎"), *visit.diagnoses)
    stage.label_visits(visit)


def _refills(stage: SchemeStage, person: Person, count: int) -> None:
    for _ in range(count):
        stage.add(refill(stage.hand, person, stage.world.providers, stage.any_day()))
    stage.label_patient(person)


def older_than_anyone(stage: SchemeStage) -> None:
    """A register entry of somebody older than anyone alive still fetches drugs (DQ-06)."""
    day, years = stage.any_day(), stage.by_level((122, 140), (113, 118), (106, 109))
    _refills(stage, stage.person(day, day, age=years, conditions=("hypertension",)), 3)


def centenarian(stage: SchemeStage) -> None:
    """A centenarian with a centenarian's needs."""
    day = stage.any_day()
    _refills(stage, stage.person(day, day, age=(99, 102), conditions=("hypertension",)), 2)


def one_person_two_numbers(stage: SchemeStage) -> None:
    """One person insured under two numbers, and using both (DQ-06)."""
    day = stage.any_day()
    first, second = (stage.person(day, day, age=(45, 80), conditions=("heart",), sex="1") for _ in range(2))
    second.name, second.birth, second.sex, second.recorded_sex = first.name, first.birth, first.sex, first.recorded_sex
    second.certno, second.address = first.certno, first.address
    second.tel = stage.by_level(first.tel, second.tel, second.tel)
    for person in (first, second):
        _refills(stage, person, stage.by_level(4, 3, 2))


def namesakes(stage: SchemeStage) -> None:
    """Two people of one name, each with a certificate of their own."""
    day = stage.any_day()
    first, second = (stage.person(day, day, age=(45, 80), conditions=("heart",)) for _ in range(2))
    second.name = first.name
    for person in (first, second):
        _refills(stage, person, 2)


DATA_QUALITY = (
    Scheme("diagnosis_without_a_code", "scheme", "DQ-03", 0.5, diagnosis_without_a_code, actor="institution"),
    Scheme("older_code_version", "lookalike", "DQ-03", 0.6, older_code_version),
    Scheme("surgery_without_a_code", "scheme", "DQ-04", 0.4, surgery_without_a_code, actor="institution"),
    Scheme("wound_sewn_in_the_clinic", "lookalike", "DQ-04", 0.6, wound_sewn_in_the_clinic),
    Scheme("operation_on_another_organ", "scheme", "DQ-05", 0.6, operation_on_another_organ, actor="institution"),
    Scheme("operated_for_the_second_diagnosis", "lookalike", "DQ-05", 0.5, operated_for_the_second_diagnosis),
    Scheme("older_than_anyone", "scheme", "DQ-06", 0.4, older_than_anyone),
    Scheme("centenarian", "lookalike", "DQ-06", 0.4, centenarian),
    Scheme("one_person_two_numbers", "scheme", "DQ-06", 0.4, one_person_two_numbers),
    Scheme("namesakes", "lookalike", "DQ-06", 0.4, namesakes),
)
