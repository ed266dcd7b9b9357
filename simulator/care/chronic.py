"""What a chronically ill person is given at a visit or fetches from a pharmacy.

Amounts follow calibration.md (outpatient chronic-benefit users of one city): about 505 yuan a visit, of it
western drugs 260, patent drugs 90, herb pieces 65, the rest tests and treatments; a consultation is rarely charged.
"""

from __future__ import annotations

from simulator.care.care import CHRONIC_DIAGNOSES
from simulator.care.illness import Diagnosis
from simulator.city import items as catalogue
from simulator.city.items import Item
from simulator.city.people import Person
from simulator.streams import Hand

_MORE = {"hypertension": "heart_more", "diabetes": "sugar_more", "heart": "heart_more", "lung": "lung_more"}
BENEFIT_DRUGS = {name: (*own, *catalogue.families()[_MORE[name]]) for name, own in catalogue.CHRONIC_DRUGS.items()}
_PATENTS = (*catalogue.PATENT_DRUGS, *catalogue.families()["patent_more"])
_HERBS = (*catalogue.HERBS, *catalogue.families()["herbs_more"])
_TREAT, _SUPPLY = catalogue.families()["treatments"], catalogue.families()["supplies"]
# What dear drugs are for, and paid for.
COSTLY_FOR: tuple[tuple[Item, Diagnosis], ...] = tuple(
    zip(
        catalogue.COSTLY_DRUGS,
        (
            ("M06.900", "类风湿性关节炎"),
            ("I48.x00", "心房颤动"),
            CHRONIC_DIAGNOSES["diabetes"],
            ("M81.900", "骨质疏松"),
        ),
        strict=True,
    )
)
_THINNER, _FOR_DIABETES = catalogue.COSTLY_DRUGS[1], catalogue.COSTLY_DRUGS[2]
_BIOLOGICS = (COSTLY_FOR[0], COSTLY_FOR[3])
_PACKS_A_MONTH = 4.0
_STATINS = "XC10AA"  # nobody is given two of them
_SETS: tuple[tuple[Item, ...], ...] = (
    (catalogue.INFUSION, catalogue.INFUSION_SET, catalogue.WARD_DRUGS[0], _SUPPLY[1]),
    (catalogue.ACUPUNCTURE, _TREAT[8]),
    (_TREAT[0], _SUPPLY[4]),
    (_TREAT[6], catalogue.REHAB[2]),
    (catalogue.INJECTION, _SUPPLY[0]),
)
_BARE_SETS = tuple(found for found in _SETS if all(item.charge_class == "05" for item in found))
# How often something is done, whether supplies go with it, how often there are more; three, four and three in ten.
_HABITS = (*[(0.16, False, 0.0)] * 3, *[(0.60, True, 0.17)] * 4, *[(0.95, True, 0.75)] * 3)
_COMORBID: tuple[Diagnosis, ...] = (
    ("E78.500", "高脂血症"), ("K29.500", "慢性胃炎"), ("G47.000", "失眠"), ("M81.900", "骨质疏松"),
    ("E79.000", "高尿酸血症"), ("I67.200", "脑动脉硬化"), ("M47.800", "颈椎病"), ("K76.000", "脂肪肝"),
    ("H52.400", "老视"), ("N28.100", "肾囊肿"), ("I70.900", "动脉硬化"), ("K59.000", "便秘"),
)  # fmt: skip
_WESTERN_QUANTITY, _PATENT_QUANTITY = 2.15, 2.6
_PATENT_VISITS, _HERB_VISITS, _COSTLY_VISITS, _LAB_VISITS, _IMAGE_VISITS = 0.72, 0.53, 0.36, 0.18, 0.05
_CONSULTATIONS, _DAYS_NOTED = 0.1, 0.45
# An ordinary prescription is for a week; a long one is written for whom it saves the way, not for who comes every week.
_ORDINARY_DAYS, _MOST_VISITS_OF_THE_STABLE = 7, 2.0

Sheet = list[tuple[Item, int, int]]  # item, quantity, days supplied


def given(hand: Hand, person: Person, condition: str, *, at_shop: bool) -> Sheet:
    """What is given at one visit: western drugs, patent drugs, herbs, tests, treatment."""
    health = person.health
    found = drugs_given(hand, person, condition)
    if hand.chance(_PATENT_VISITS):
        found += [
            (drug, _times(hand, _PATENT_QUANTITY * health.spending * health.patents), 0)
            for drug in hand.some(_PATENTS, hand.between(1, 2))
        ]
    if at_shop:
        return found
    if health.uses_herbs and hand.chance(_HERB_VISITS):
        doses = 10 * hand.between(5, 10)
        found += [(herb, doses, 0) for herb in hand.some(_HERBS, hand.between(9, 13))]
    return [*found, *_tests(hand, person), *_treatment(hand, person)]


def diagnoses(hand: Hand, person: Person, condition: str, sheet: Sheet) -> tuple[Diagnosis, ...]:
    """What the doctor writes beside the main diagnosis: what dear drugs are for, other conditions, what age brings."""
    more = [CHRONIC_DIAGNOSES[other] for other in person.conditions if other != condition and hand.chance(0.35)]
    if person.health.comorbid and hand.chance(0.4):
        more.append(_COMORBID[(person.home + hand.between(0, person.health.comorbid - 1)) % len(_COMORBID)])
    return tuple(dict.fromkeys((*paid_for(condition, sheet), *more)))


def paid_for(condition: str, sheet: Sheet) -> tuple[Diagnosis, ...]:
    """The illnesses that the dear drugs of the sheet are for, beside the condition; a thinner serves the heart."""
    illnesses = {drug: illness for drug, illness in COSTLY_FOR if drug is not _THINNER}
    found = dict.fromkeys(illnesses[item] for item, *_ in sheet if item in illnesses)
    return tuple(illness for illness in found if illness != CHRONIC_DIAGNOSES[condition])


def biologic_of(person: Person) -> tuple[Item, Diagnosis]:
    """The dear drug that somebody is on month after month, and the illness that it is for."""
    return _BIOLOGICS[person.home % len(_BIOLOGICS)]


def drugs_given(hand: Hand, person: Person, condition: str) -> Sheet:
    """Western drugs for the condition, often for another one too."""
    drugs = hand.some(BENEFIT_DRUGS[condition], hand.between(2, 3))
    if len(person.conditions) > 1 and hand.chance(0.6):
        other = hand.pick(person.conditions)
        drugs += [drug for drug in hand.some(BENEFIT_DRUGS[other], hand.between(1, 2)) if drug not in drugs]
    statins = [drug for drug in drugs if drug.code.startswith(_STATINS)]
    drugs = [drug for drug in drugs if drug not in statins[1:]]
    days = _days_of(person) if hand.chance(_DAYS_NOTED) else 0
    spending = person.health.spending
    sheet = [(drug, _times(hand, _WESTERN_QUANTITY * spending * min(1.0, 60_00 / drug.price)), days) for drug in drugs]
    if person.health.uses_costly and hand.chance(min(0.9, _COSTLY_VISITS * person.health.costly)):
        sheet.insert(0, _costly(hand, person))
    if person.health.on_biologic:
        packs = _PACKS_A_MONTH / max(1.0, person.visits_per_month)
        sheet.insert(0, (biologic_of(person)[0], max(1, int(packs + hand.random())), 0))
    return sheet[:5]


def _days_of(person: Person) -> int:
    """For how many days a prescription is."""
    return _ORDINARY_DAYS if person.visits_per_month > _MOST_VISITS_OF_THE_STABLE else catalogue.DRUGS_SUPPLIED_DAYS


def _costly(hand: Hand, person: Person) -> tuple[Item, int, int]:
    """The injection for diabetes, or where there is none two packs of a blood thinner, which are about as dear."""
    drug = hand.pick((_THINNER, _FOR_DIABETES))
    return (drug, 1, 0) if drug is _THINNER or "diabetes" in person.conditions else (_THINNER, 2, 0)


def _tests(hand: Hand, person: Person) -> Sheet:
    """Consultation, blood and images."""
    taste = person.health.tests
    done: list[Item] = [catalogue.CONSULTATION] if hand.chance(_CONSULTATIONS) else []
    if hand.chance(min(0.8, _LAB_VISITS * taste)):
        done += hand.some(catalogue.LABS, hand.between(2, 4))
    if hand.chance(min(0.4, _IMAGE_VISITS * taste)):
        done.append(hand.pick(catalogue.EXAMS[2:6]))
    return [(item, 1, 0) for item in done]


def _treatment(hand: Hand, person: Person) -> Sheet:
    """What is done on the spot, and what is needed for it; some are never pricked, others at most visits."""
    often, with_supplies, supplies = _HABITS[person.home // 1000 % 10]
    done: list[Item] = []
    if hand.chance(min(0.95, often * (1.5 if person.health.likes_infusions else 1.0))):
        done += hand.pick(_SETS if with_supplies else _BARE_SETS)
    if hand.chance(supplies):
        done += [item for item in hand.some(_SUPPLY, 3) if item not in done]
    return [(item, 1, 0) for item in done]


def _times(hand: Hand, mean: float) -> int:
    """A whole number of packs around the mean, one at least."""
    return max(1, int(mean * (0.6 + 0.8 * hand.random()) + hand.random()))
