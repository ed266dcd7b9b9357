"""The ordinary life of one insured person: refills, passing illness, a stay now and then."""

from __future__ import annotations

from datetime import date, timedelta

from simulator import catalogue
from simulator.care import CHRONIC_DIAGNOSES, Order, charge, outpatient, stay
from simulator.people import Person
from simulator.providers import Institution, Providers
from simulator.records import Visit
from simulator.streams import Hand

_PASSING = (
    ("J06.900", "急性上呼吸道感染"),
    ("K29.700", "胃炎"),
    ("J20.900", "急性支气管炎"),
    ("M54.500", "腰痛"),
    ("L30.900", "皮炎"),
    ("R51.x00", "头痛"),
)


def ordinary_life(hand: Hand, person: Person, providers: Providers, first: date, last: date) -> list[Visit]:
    """One person's encounters from `first` to `last`: at most one a day, none in a stay or after death."""
    alive_to = min(last, person.death - timedelta(days=1)) if person.death else last
    taken: set[date] = set()
    visits = _stays(hand, person, providers, first, alive_to, taken)
    months = max(0, (alive_to - first).days) / 30
    refills = int(hand.rng.poisson(person.visits_per_month * months))
    illnesses = int(hand.rng.poisson((0.22 if 15 < person.age_on(first) < 60 else 0.4) * months))
    for n in range(refills + illnesses):
        day = first + timedelta(days=hand.between(0, max(0, (alive_to - first).days)))
        if day in taken or day > alive_to:
            continue
        taken.add(day)
        visits.append(refill(hand, person, providers, day) if n < refills else _illness(hand, person, providers, day))
    if "diabetes" in person.conditions:
        _add_quarterly_test(hand, visits)
    return visits


def refill(hand: Hand, person: Person, providers: Providers, day: date, place: Institution | None = None) -> Visit:
    """A chronic patient fetches drugs for one or two conditions, mostly at the usual hospital or pharmacy."""
    at_shop = place.is_pharmacy if place else hand.chance(0.3)
    if place is None:
        usual = providers.home_pharmacy(person.home) if at_shop else providers.home_hospital(person.home)
        place = usual if hand.chance(0.95) else hand.pick(providers.pharmacies if at_shop else providers.hospitals)
    condition = hand.pick(person.conditions)
    orders = [
        Order(drug, hand.between(1, 4), catalogue.DRUGS_SUPPLIED_DAYS if hand.chance(0.2) else 0)
        for drug in hand.some(catalogue.CHRONIC_DRUGS[condition], hand.between(2, 4))
    ]
    if hand.chance(0.4):
        orders.append(Order(hand.pick(catalogue.PATENT_DRUGS), hand.between(1, 3)))
    if not at_shop:
        orders.append(Order(catalogue.CONSULTATION))
        if hand.chance(0.25):
            orders += [Order(lab) for lab in hand.some(catalogue.LABS, hand.between(1, 4))]
        if hand.chance(0.15):
            orders += [Order(herb, 10 * hand.between(5, 14)) for herb in hand.some(catalogue.HERBS, hand.between(3, 6))]
    visit_type = "9929" if at_shop else "140104"
    return outpatient(hand, person, place, day, orders, visit_type=visit_type, diagnosis=CHRONIC_DIAGNOSES[condition])


def free_of(visits: list[Visit], first: date, last: date) -> list[Visit]:
    """The encounters that touch no day from `first` to `last`."""
    return [visit for visit in visits if visit.end.date() < first or visit.begin.date() > last]


def _illness(hand: Hand, person: Person, providers: Providers, day: date) -> Visit:
    drugs = [Order(drug, hand.between(1, 2)) for drug in hand.some(catalogue.ACUTE_DRUGS, hand.between(1, 3))]
    if hand.chance(0.3):
        return outpatient(hand, person, providers.home_pharmacy(person.home), day, drugs, visit_type="41")
    urgent = hand.chance(0.12)
    place = providers.home_hospital(person.home) if hand.chance(0.85) else hand.pick(providers.hospitals)
    usual = catalogue.EXPERT_CONSULTATION if hand.chance(0.2) else catalogue.CONSULTATION
    orders = [Order(catalogue.EMERGENCY_CONSULTATION if urgent else usual), *drugs]
    if hand.chance(0.5):
        orders += [Order(lab) for lab in hand.some(catalogue.LABS, hand.between(1, 3))]
    if hand.chance(0.2):
        orders.append(Order(hand.pick(catalogue.EXAMS)))
    if hand.chance(0.25):
        orders += [Order(catalogue.INFUSION), Order(catalogue.INFUSION_SET), Order(catalogue.WARD_DRUGS[0])]
    if hand.chance(0.08):
        orders += [Order(act) for act in hand.some(catalogue.REHAB, 2)]
    if hand.chance(0.03) and person.age_on(day) >= 18:
        orders.append(Order((catalogue.MALE_ITEMS if person.sex == "1" else catalogue.FEMALE_ITEMS)[0]))
    visit_type = "13" if urgent else "11"
    return outpatient(hand, person, place, day, orders, visit_type=visit_type, diagnosis=hand.pick(_PASSING))


def _stays(hand: Hand, person: Person, providers: Providers, first: date, last: date, taken: set[date]) -> list[Visit]:
    """At most one stay in a quarter, so that no honest person is readmitted within days."""
    stays = []
    quarter = first
    while quarter <= last:
        yearly = 0.10 + 0.12 * len(person.conditions) + 0.004 * max(0, person.age_on(quarter) - 50)
        day = quarter + timedelta(days=hand.between(0, 60))
        nights = min(20, max(2, round(float(hand.rng.lognormal(1.95, 0.45)))))
        if hand.chance(yearly / 4) and day + timedelta(days=nights) <= last:
            level = "1" if hand.chance(0.35) else ("2" if hand.chance(0.8) else "3")
            surgery = hand.pick(list(catalogue.SURGERY)) if level != "3" and hand.chance(0.25) else ""
            visit = stay(hand, person, hand.pick(providers.of_level(level)), day, nights, surgery=surgery)
            taken.update(visit.days)
            stays.append(visit)
        quarter += timedelta(days=91)
    return stays


def _add_quarterly_test(hand: Hand, visits: list[Visit]) -> None:
    """Glycated haemoglobin once, on the first clinic visit: more often would break its limit."""
    clinic = [v for v in visits if v.visit_type == "140104" and v.lines]
    if clinic and hand.chance(0.6):
        visit = min(clinic, key=lambda v: v.begin)
        charge(hand, visit, visit.lines[0].at, [Order(catalogue.HBA1C)])
