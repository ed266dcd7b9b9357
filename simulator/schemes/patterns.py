"""Schemes below every rule's threshold: only a comparison with peers shows them."""

from __future__ import annotations

from datetime import timedelta

from simulator.care.care import CHRONIC_DIAGNOSES, Order, outpatient
from simulator.care.life import refill
from simulator.city import items as catalogue
from simulator.city.staffing import CHIEFS
from simulator.staging.stage import Scheme, SchemeStage

_LAB_BUNDLE = catalogue.LABS[2:10]
_CHECK_UP = ("Z00.001", "健康查体")
_DOCTOR_VISITS, _MILL_VISITS = 32, 32


def drug_reseller(stage: SchemeStage) -> None:
    """Collects drugs for resale: several institutions, many drugs, three visit days a week; careful: two or one."""
    scenario = stage.world.scenario
    conditions = ("hypertension", "diabetes", "heart", "lung")
    person = stage.person(scenario.history_start, scenario.last_day, age=(55, 80), conditions=conditions, benefit=True)
    places = [*stage.hospitals_of(3, "1", "2", "3"), *stage.pharmacies(3)]
    for week in range(scenario.days // 7):
        for offset in stage.hand.some(range(7), stage.by_level(3, 2, 1)):
            day = scenario.history_start + timedelta(days=7 * week + offset)
            for place in stage.hand.some(places, stage.hand.between(1, stage.by_level(3, 2, 2))):
                illness = CHRONIC_DIAGNOSES[stage.hand.pick(conditions)]
                drugs = stage.hand.some(
                    [d for c in conditions for d in catalogue.CHRONIC_DRUGS[c]], stage.by_level(5, 5, 3)
                )
                drugs.append(catalogue.PATENT_DRUGS[1])
                orders = [Order(drug, stage.hand.between(4, 6)) for drug in drugs]
                kind = "9929" if place.is_pharmacy else "140104"
                visit = outpatient(stage.hand, person, place, day, orders, visit_type=kind, diagnosis=illness)
                stage.add(visit)
    stage.label_patient(person)


def many_illnesses(stage: SchemeStage) -> None:
    """An old person with four conditions: many drugs, one hospital, one pharmacy."""
    scenario, providers = stage.world.scenario, stage.world.providers
    conditions = ("hypertension", "diabetes", "heart", "lung")
    person = stage.person(scenario.history_start, scenario.last_day, age=(72, 92), conditions=conditions, benefit=True)
    usual = (providers.home_hospital(person.home), providers.home_pharmacy(person.home))
    for week in range(scenario.days // 7):
        day = scenario.history_start + timedelta(days=7 * week + stage.hand.between(0, 6))
        stage.add(refill(stage.hand, person, providers, day, stage.hand.pick(usual)))
    stage.label_patient(person)


def drug_pushing_doctor(stage: SchemeStage) -> None:
    """A doctor whose patients leave with the dearest drugs, whatever they have; careful: every second or third does."""
    place = stage.hospital("2")
    doctor = stage.new_doctor(place, "A03")
    for _ in range(_DOCTOR_VISITS):
        day = stage.any_day()
        is_pushed = stage.hand.chance(stage.by_level(1.0, 0.5, 0.35))
        dear = (*stage.hand.some(catalogue.COSTLY_DRUGS, 2), *catalogue.PATENT_DRUGS[:3])
        drugs = dear if is_pushed else stage.hand.some(catalogue.ACUTE_DRUGS, 2)
        orders = [Order(drug, stage.hand.between(2, 4)) for drug in drugs]
        orders.append(Order(catalogue.CONSULTATION))
        stage.add(outpatient(stage.hand, stage.bystander(day), place, day, orders, doctor=doctor))
    stage.label_doctor(place, doctor)


def rare_disease_doctor(stage: SchemeStage) -> None:
    """A specialist whose patients need one costly drug, and are examined for it."""
    place = stage.hospital("1")
    doctor = stage.new_doctor(place, "A03")
    doctor.title = CHIEFS[0]
    illness = ("M45.x00", "强直性脊柱炎")
    for _ in range(_DOCTOR_VISITS // 2):
        day = stage.any_day()
        tests = [Order(test) for test in (catalogue.EXAMS[2], catalogue.LABS[0], catalogue.LABS[8])]
        orders = [Order(catalogue.EXPERT_CONSULTATION), Order(catalogue.COSTLY_DRUGS[0]), *tests]
        stage.add(outpatient(stage.hand, stage.bystander(day), place, day, orders, diagnosis=illness, doctor=doctor))
    stage.label_doctor(place, doctor)


def laboratory_mill(stage: SchemeStage) -> None:
    """A clinic that runs the same tests on everyone; careful: most of them on most."""
    place = stage.new_hospital("3", f"云溪市康测{stage.instance}号门诊部", beds=10)
    for _ in range(_MILL_VISITS):
        day = stage.any_day()
        tests = stage.hand.some(_LAB_BUNDLE, stage.by_level(len(_LAB_BUNDLE), 6, stage.hand.between(3, 6)))
        orders = [Order(catalogue.CONSULTATION), *(Order(lab) for lab in tests)]
        stage.add(outpatient(stage.hand, stage.bystander(day), place, day, orders, diagnosis=_CHECK_UP))
    stage.label_institution(place)


def screening_days(stage: SchemeStage) -> None:
    """A community centre screens the chronically ill on two days: many tests, then everyday care again."""
    place = stage.hospital("3")
    first = stage.start(1)
    for n in range(12):
        day = first + timedelta(days=n % 2)
        orders = [Order(lab) for lab in catalogue.LABS[:6]]
        illness = CHRONIC_DIAGNOSES["hypertension"]
        stage.add(outpatient(stage.hand, stage.bystander(day), place, day, orders, diagnosis=illness))
    stage.label_institution(place)


PATTERNS = (
    Scheme("drug_reseller", "scheme", "", 2.0, drug_reseller, group="个人与待遇"),
    Scheme("many_illnesses", "lookalike", "", 2.0, many_illnesses, group="个人与待遇"),
    Scheme("drug_pushing_doctor", "scheme", "", 0.4, drug_pushing_doctor, group="超量用药"),
    Scheme("rare_disease_doctor", "lookalike", "", 0.4, rare_disease_doctor, group="超量用药"),
    Scheme("laboratory_mill", "scheme", "", 0.3, laboratory_mill, group="过度诊疗"),
    Scheme("screening_days", "lookalike", "", 0.4, screening_days, group="过度诊疗"),
)
