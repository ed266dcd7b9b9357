"""个人与待遇 and 其它: people who use a benefit that is not theirs, and doctors who let them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from simulator.care.care import CHRONIC_DIAGNOSES, Order, outpatient, stay
from simulator.city import items as catalogue
from simulator.city import variants
from simulator.city.people import Person
from simulator.city.providers import Doctor, Institution
from simulator.staging.acts import PRESSURE, bought, days_from, lines_of, passer_by
from simulator.staging.stage import Scheme, SchemeStage

_FOUR = ("hypertension", "diabetes", "heart", "lung")
_CANCER = ("C34.900", "支气管或肺恶性肿瘤")
_KIDNEY = ("N18.001", "慢性肾脏病5期")


def reseller_profile(stage: SchemeStage) -> None:
    """Collects resellable drugs at many counters, never tested, never ill of anything else (PS-03)."""
    scenario = stage.world.scenario
    person = stage.person(scenario.history_start, scenario.last_day, age=(50, 78), conditions=_FOUR, benefit=True)
    places = [
        *stage.pharmacies(stage.by_level(5, 4, 2)),
        *stage.hospitals_of(2, "2", "3"),
    ]
    resold = (*catalogue.COSTLY_DRUGS[1:3], *catalogue.CHRONIC_DRUGS["diabetes"][2:], *catalogue.PATENT_DRUGS)
    for week in range(scenario.days // 7):
        for offset in stage.hand.some(range(7), stage.by_level(2, 2, 1)):
            day, place = scenario.history_start + timedelta(days=7 * week + offset), stage.hand.pick(places)
            drugs = [
                Order(drug, stage.hand.between(*stage.by_level((3, 6), (2, 4), (2, 3))))
                for drug in stage.hand.some(resold, 3)
            ]
            if stage.disguise == 2 and stage.hand.chance(0.3):
                drugs.append(Order(stage.hand.pick(catalogue.ACUTE_DRUGS), 1))
            illness = CHRONIC_DIAGNOSES[stage.hand.pick(_FOUR)]
            if place.is_pharmacy:
                stage.add(bought(stage, person, place, day, drugs, visit_type="9929", diagnosis=illness))
            else:
                orders = [Order(catalogue.CONSULTATION), *drugs]
                stage.add(outpatient(stage.hand, person, place, day, orders, visit_type="140104", diagnosis=illness))
    stage.label_patient(person)


def truly_ill(stage: SchemeStage) -> None:
    """As many drugs for somebody who is truly ill: one hospital, tests with them, doses that add up."""
    scenario, providers = stage.world.scenario, stage.world.providers
    person = stage.person(scenario.history_start, scenario.last_day, age=(60, 85), conditions=_FOUR, benefit=True)
    place = providers.home_hospital(person.home)
    for week in range(0, scenario.days // 7, 2):
        day = scenario.history_start + timedelta(days=7 * week + stage.hand.between(0, 6))
        own = [stage.hand.pick(catalogue.CHRONIC_DRUGS[condition]) for condition in _FOUR]
        tests = [Order(lab) for lab in stage.hand.some(catalogue.LABS, 2)]
        orders = [Order(catalogue.CONSULTATION), *(Order(drug, 2) for drug in own), *tests]
        stage.add(outpatient(stage.hand, person, place, day, orders, visit_type="140104", diagnosis=PRESSURE))
    stage.label_patient(person)


def enrolled_when_ill(stage: SchemeStage) -> None:
    """Insured through a shell employer days before costly care, with others who did the same (PS-05)."""
    employer, place = "E" + stage.hand.new_id(8), stage.hospital("1")
    for _ in range(stage.scaled(stage.by_level(4, 3, 2))):
        day = stage.start(12)
        person = stage.person(day, day + timedelta(days=11), age=(35, 62), conditions=())
        person.insurance, person.person_type, person.employer = "310", "11", employer
        person.enrolled_on = day - timedelta(days=stage.hand.between(*stage.by_level((2, 9), (10, 20), (21, 29))))
        visit = stay(stage.hand, person, place, day, stage.hand.between(6, 9), surgery="heart")
        visit.diagnoses = (_CANCER, *visit.diagnoses[1:]) if stage.disguise == 0 else visit.diagnoses
        stage.label_visits(stage.play(visit))
        stage.label_patient(person)


def new_job(stage: SchemeStage) -> None:
    """A young person's first job, and an appendix a fortnight later."""
    day = stage.start(8)
    person = stage.person(day, day + timedelta(days=7), age=(20, 30), conditions=())
    person.insurance, person.person_type = "310", "11"
    person.employer = person.employer or "E" + stage.hand.new_id(8)
    person.enrolled_on = day - timedelta(days=stage.hand.between(10, 25))
    visit = stay(stage.hand, person, stage.hospital("1", "2"), day, 4, surgery="appendix")
    stage.label_visits(stage.play(visit))
    stage.label_patient(person)


def _benefit_user(stage: SchemeStage, doctor: Doctor, place: Institution, *, tested: bool, visits: int) -> Person:
    scenario, condition = stage.world.scenario, stage.hand.pick(_FOUR)
    day = stage.any_day()
    person = stage.person(day, day, age=(45, 80), conditions=())  # nothing chronic in the ordinary life
    person.conditions, person.health = (condition,), replace(person.health, is_registered=True)
    span = min(70, scenario.days)
    for at in days_from(stage, stage.start(span), span, visits):
        drugs = [
            Order(drug, stage.hand.between(2, 4)) for drug in stage.hand.some(catalogue.CHRONIC_DRUGS[condition], 3)
        ]
        tests = [Order(lab) for lab in stage.hand.some(catalogue.LABS, 2)] if tested else []
        orders = [Order(catalogue.CONSULTATION), *drugs, *tests]
        illness = CHRONIC_DIAGNOSES[condition]
        stage.play(
            outpatient(stage.hand, person, place, at, orders, visit_type="140104", diagnosis=illness, doctor=doctor)
        )
    return person


def false_chronic_registration(stage: SchemeStage) -> None:
    """One doctor registers people for the chronic benefit whom nobody ever tested (PS-06)."""
    place = stage.hospital("2", "3")
    doctor = stage.new_doctor(place, "A03")
    for n in range(stage.scaled(stage.by_level(6, 5, 4))):
        tested = stage.disguise == 2 and n % 2 == 1
        stage.label_patient(_benefit_user(stage, doctor, place, tested=tested, visits=stage.by_level(4, 3, 3)))
    stage.label_doctor(place, doctor)


def tested_elsewhere(stage: SchemeStage) -> None:
    """Newly registered after tests at the big hospital; the community centre hands out the drugs."""
    place, day = stage.hospital("3"), stage.start(2)
    person = _benefit_user(stage, stage.hand.pick(place.doctors), place, tested=False, visits=2)
    tests = [Order(catalogue.EXPERT_CONSULTATION), *(Order(lab) for lab in catalogue.LABS[:5])]
    stage.play(outpatient(stage.hand, person, stage.hospital("1"), day, tests, diagnosis=PRESSURE))
    stage.label_patient(person)


def _paid_by_family(stage: SchemeStage, users: int, packs: tuple[int, int], *, goods: bool) -> None:
    shop = stage.pharmacy()
    for _ in range(users):
        day = stage.start(4)
        person = stage.person(day, day, age=(20, 80))
        pool = (*catalogue.PATENT_DRUGS, variants.COVER_DRUG) if goods else catalogue.ACUTE_DRUGS
        orders = [Order(drug, stage.hand.between(*packs)) for drug in stage.hand.some(pool, 2)]
        visit = bought(stage, person, shop, day, orders)
        total = sum(line.amount for line in visit.lines)
        visit.family_account, visit.account_share = total, 100
        stage.label_visits(stage.play(visit))
        stage.label_patient(person)


def family_account_misuse(stage: SchemeStage) -> None:
    """One account pays as "family" for many people who are none, for goods as good as cash (PS-07)."""
    _paid_by_family(
        stage, stage.scaled(stage.by_level(9, 7, 6), least=6), stage.by_level((6, 10), (4, 7), (2, 4)), goods=True
    )


def big_family(stage: SchemeStage) -> None:
    """A family account of four: small sums for colds."""
    _paid_by_family(stage, 4, (1, 2), goods=False)


def _registrations(stage: SchemeStage, empty: float, count: int, *, price: bool) -> None:
    place = stage.hospital("2", "3")
    doctor = stage.new_doctor(place, "A03")
    for n in range(count):
        day, orders = stage.any_day(), [Order(variants.REGISTRATION), Order(catalogue.CONSULTATION)]
        if n and not stage.hand.chance(empty):
            orders += [Order(drug, 1) for drug in stage.hand.some(catalogue.ACUTE_DRUGS, 2)]
        if price:
            orders[1] = Order(catalogue.EXPERT_CONSULTATION)
        visit = stage.play(outpatient(stage.hand, stage.bystander(day), place, day, orders, doctor=doctor))
        if len(visit.lines) == 2:
            stage.label_visits(visit)
    stage.label_doctor(place, doctor)


def empty_registrations(stage: SchemeStage) -> None:
    """A doctor whose patients are registered and nothing more (OV-01)."""
    _registrations(stage, stage.by_level(0.95, 0.6, 0.35), stage.scaled(20), price=False)


def consultation_only_clinic(stage: SchemeStage) -> None:
    """A specialist who advises: a third of the patients leave with advice alone."""
    _registrations(stage, 0.25, 16, price=True)


def own_staff_visits(stage: SchemeStage) -> None:
    """A hospital's own staff among its busiest patients (OV-02)."""
    place, employer = stage.hospital("2"), "E" + stage.hand.new_id(8)
    for _ in range(stage.scaled(stage.by_level(5, 4, 3))):
        day = stage.any_day()
        person = stage.person(day, day, age=(28, 58), conditions=())
        person.insurance, person.person_type, person.employer = "310", "11", employer
        span = min(84, stage.world.scenario.days)
        for at in days_from(stage, stage.start(span), span, stage.by_level(22, 15, 10)):
            _staff_visit(stage, person, place, at)
        stage.label_patient(person)


def _staff_visit(stage: SchemeStage, person: Person, place: Institution, day: date) -> None:
    drugs = [Order(drug, stage.hand.between(1, 3)) for drug in stage.hand.some(catalogue.PATENT_DRUGS, 2)]
    stage.add(outpatient(stage.hand, person, place, day, [Order(catalogue.CONSULTATION), *drugs]))


def staff_clinic(stage: SchemeStage) -> None:
    """Staff seen now and then where they work."""
    place, employer = stage.hospital("2"), "E" + stage.hand.new_id(8)
    for _ in range(3):
        day = stage.any_day()
        person = stage.person(day, day, age=(28, 58), conditions=())
        person.insurance, person.person_type, person.employer = "310", "11", employer
        for at in days_from(stage, stage.world.scenario.history_start, stage.world.scenario.days, 3):
            _staff_visit(stage, person, place, at)
        stage.label_patient(person)


def _serious_care(stage: SchemeStage, title: str, count: int) -> None:
    place = stage.hospital("1", "2")
    doctor = stage.new_doctor(place, "A03")
    doctor.title = title
    for _ in range(count):
        day = stage.any_day()
        orders = [Order(catalogue.DIALYSIS), Order(catalogue.DIALYSER)]
        person = passer_by(stage, day, (35, 85))
        visit = outpatient(
            stage.hand, person, place, day, orders, visit_type="140201", diagnosis=_KIDNEY, doctor=doctor
        )
        stage.label_lines(stage.play(visit), lines_of(visit, catalogue.DIALYSIS))
    stage.label_doctor(place, doctor)


def unqualified_doctor(stage: SchemeStage) -> None:
    """A resident in charge of outpatient serious disease (OV-03)."""
    _serious_care(stage, "住院医师", stage.scaled(stage.by_level(8, 5, 3)))


def attending_doctor(stage: SchemeStage) -> None:
    """The same care under an attending doctor."""
    _serious_care(stage, "主治医师", 5)


BENEFITS = (
    Scheme("reseller_profile", "scheme", "PS-03", 0.5, reseller_profile),
    Scheme("truly_ill", "lookalike", "PS-03", 0.5, truly_ill),
    Scheme("enrolled_when_ill", "scheme", "PS-05", 0.3, enrolled_when_ill, actor="employer"),
    Scheme("new_job", "lookalike", "PS-05", 0.5, new_job),
    Scheme("false_chronic_registration", "scheme", "PS-06", 0.2, false_chronic_registration, actor="doctor"),
    Scheme("tested_elsewhere", "lookalike", "PS-06", 0.4, tested_elsewhere),
    Scheme("family_account_misuse", "scheme", "PS-07", 0.25, family_account_misuse, actor="ring"),
    Scheme("big_family", "lookalike", "PS-07", 0.3, big_family),
    Scheme("empty_registrations", "scheme", "OV-01", 0.25, empty_registrations, actor="doctor"),
    Scheme("consultation_only_clinic", "lookalike", "OV-01", 0.25, consultation_only_clinic),
    Scheme("own_staff_visits", "scheme", "OV-02", 0.2, own_staff_visits, actor="staff"),
    Scheme("staff_clinic", "lookalike", "OV-02", 0.3, staff_clinic),
    Scheme("unqualified_doctor", "scheme", "OV-03", 0.3, unqualified_doctor, actor="doctor"),
    Scheme("attending_doctor", "lookalike", "OV-03", 0.3, attending_doctor),
)
