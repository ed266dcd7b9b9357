"""Schemes seen on who is admitted and when: low standards, check-ups, villages, families, split and relayed stays."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise

from simulator.care.care import Order, outpatient, stay
from simulator.care.records import Visit
from simulator.city import items as catalogue
from simulator.city import rare_items
from simulator.city.people import Person
from simulator.city.providers import Institution
from simulator.staging.cast import add_lines, diagnosed, household, keep_only, move, village, ward
from simulator.staging.stage import Scheme, SchemeStage

_MINOR = (("J06.900", "急性上呼吸道感染"), ("K29.700", "胃炎"), ("M54.500", "腰痛"), ("R51.x00", "头痛"))
_PNEUMONIA = ("J18.900", "肺炎")
_STROKE = ("I63.900", "脑梗死")
_BED_CLASSES = ("01", "02", "07")  # bed, ward round, nursing


def low_standard_admission(stage: SchemeStage) -> None:
    """Two or three nights for what a clinic treats (IA-01); careful: a graver name, or some nights more."""
    nights = stage.by_level(stage.hand.between(2, 3), 3, stage.hand.between(4, 5))
    illness = stage.by_level(stage.hand.pick(_MINOR), _PNEUMONIA, stage.hand.pick(_MINOR))
    visit = ward(stage, nights, "2", diagnosis=illness)
    cheap = [line for line in visit.lines if line.item.charge_class in (*_BED_CLASSES, "04")]
    keep_only(visit, visit.lines if stage.disguise == 2 else cheap)
    stage.label_visits(visit)


def observed_for_chest_pain(stage: SchemeStage) -> None:
    """Chest pain watched for two nights, with monitoring."""
    visit = ward(stage, 2, "1", "2", age=(45, 80), diagnosis=("R07.400", "胸痛"))
    monitors = [Order(catalogue.HEART_MONITOR, 20), Order(catalogue.OXYGEN_MONITOR, 20)]
    add_lines(stage, visit, visit.begin.date() + timedelta(days=1), monitors, (17, 18))
    stage.label_visits(visit)


def childs_febrile_fit(stage: SchemeStage) -> None:
    """A child with a febrile fit, watched for two nights."""
    stage.label_visits(ward(stage, 2, "1", "2", age=(1, 5), diagnosis=("R56.000", "热性惊厥")))


def check_up_admission(stage: SchemeStage) -> None:
    """A bed for three to five nights to have every test done (IA-02); careful: with drugs beside them."""
    visit = ward(stage, stage.hand.between(3, 5), "2", age=(40, 75), diagnosis=("R42.x00", "头晕"))
    tests = [*catalogue.LABS, *catalogue.EXAMS, *rare_items.LARGE_EXAMS]
    if stage.disguise < 2:
        keep_only(visit, [line for line in visit.lines if line.item.charge_class in _BED_CLASSES])
    first = visit.begin.date()
    for n in range(2):
        orders = [Order(test) for test in tests[n :: stage.by_level(2, 2, 4)]]
        add_lines(stage, visit, first + timedelta(days=n), orders, (17, 18))
    if stage.disguise == 1:
        drugs = [Order(drug, stage.hand.between(11, 15)) for drug in catalogue.WARD_DRUGS[3:6]]
        add_lines(stage, visit, first + timedelta(days=1), drugs, (17, 18))
    stage.label_visits(visit)


def admitted_for_angiography(stage: SchemeStage) -> None:
    """Examined for days, then the vessels of the heart are shown: a diagnosis that needed the bed."""
    visit = ward(stage, 4, "1", "2", age=(45, 80), surgery="heart")
    add_lines(stage, visit, visit.begin.date(), [Order(exam) for exam in catalogue.EXAMS], (17, 18))
    stage.label_visits(visit)


def village_on_the_ward(stage: SchemeStage) -> None:
    """A village admitted together, hardly treated (IA-04); careful: over weeks, two hospitals, some really treated."""
    size, first = max(6, stage.scaled(7)), stage.start(5 + stage.by_level(2, 12, 14))
    places = [stage.new_hospital("2", f"云溪市{stage.hand.pick('福寿康宁')}泽{stage.instance}号医院", beds=40)]
    if stage.disguise:
        places.append(stage.hospital("2"))
    for n, person in enumerate(village(stage, size, first, first + timedelta(days=18))):
        day = first + timedelta(days=stage.by_level(n % 3, 2 * (n % 6), 2 * (n % 7)))
        visit = diagnosed(stay(stage.hand, person, places[n % len(places)], day, 5), stage.hand.pick(_MINOR))
        if stage.disguise < 2 or n % 2:
            last = visit.begin.date() + timedelta(days=1)
            bare = [line for line in visit.lines if line.item.charge_class in _BED_CLASSES or line.at.date() < last]
            keep_only(visit, bare)
        stage.label_visits(stage.play(visit))
    stage.acted("institution", places[0].code)


def food_poisoning(stage: SchemeStage) -> None:
    """A village feast: six guests admitted the same night, treated, home after two days."""
    first, place = stage.start(5), stage.hospital("2")
    for person in village(stage, 6, first, first + timedelta(days=3), age=(20, 80)):
        visit = diagnosed(stay(stage.hand, person, place, first, 2), ("A05.900", "细菌性食物中毒"))
        stage.label_visits(stage.play(visit))


def family_on_the_ward(stage: SchemeStage) -> None:
    """Three or four of one household admitted within three days (IA-05); careful: a week apart, or two hospitals."""
    _family(stage, stage.hand.between(3, 4), stage.hand.pick(_MINOR))


def flu_in_the_family(stage: SchemeStage) -> None:
    """Influenza in one household."""
    _family(stage, 3, ("J10.100", "流行性感冒伴肺炎"))


def _family(stage: SchemeStage, size: int, illness: tuple[str, str]) -> None:
    step = stage.by_level(1, 5, 1)
    first = stage.start(5 + step * size)
    places = stage.hospitals_of(stage.by_level(1, 1, 2), "1", "2")
    for n, person in enumerate(household(stage, size, first, first + timedelta(days=5 + step * size))):
        day = first + timedelta(days=min(n, 2) if step == 1 else step * n)
        visit = diagnosed(stay(stage.hand, person, places[n % len(places)], day, 4), illness)
        stage.label_visits(stage.play(visit))


def split_stay(stage: SchemeStage) -> None:
    """Discharged and back after three to nine days for the same illness (SA-01); careful: beyond 15 days, renamed."""
    gap = stage.by_level(stage.hand.between(3, 9), 16, stage.hand.between(5, 9))
    names = (_STROKE, stage.by_level(_STROKE, _STROKE, ("G45.900", "短暂性脑缺血发作")))
    stage.label_visits(*_chain(stage, [stage.hospital("2")] * 2, gap, names))


def course_of_chemotherapy(stage: SchemeStage) -> None:
    """The next course of chemotherapy, ten days on."""
    illness = ("Z51.102", "恶性肿瘤维持性化学治疗")
    visits = _chain(stage, [stage.hospital("1")] * 2, 10, (illness, illness))
    for visit in visits:
        add_lines(stage, visit, visit.begin.date() + timedelta(days=1), [Order(rare_items.CHEMOTHERAPY)])
    stage.label_visits(*visits)


def relay_of_hospitals(stage: SchemeStage) -> None:
    """From hospital to linked hospital and back, three stays for one illness (SA-05); careful: days between."""
    here, there = stage.hospitals_of(2, "1", "2")
    gap = stage.by_level(stage.hand.between(1, 2), 4, 2)
    names = (_STROKE, stage.by_level(_STROKE, _STROKE, ("I69.300", "脑梗死后遗症")), _STROKE)
    stage.label_visits(*_chain(stage, (here, there, here), gap, names))


def referred_up_and_back(stage: SchemeStage) -> None:
    """Up to the big hospital for the operation, back to recover; the papers of referral are there."""
    low, high = stage.hospital("2"), stage.hospital("1")
    illness = ("K80.100", "胆囊结石伴慢性胆囊炎")
    visits = _chain(stage, (low, high, low), 0, (illness, illness, illness), surgery=("", "gallbladder", ""))
    for visit, onward in pairwise(visits):
        visit.way_out, onward.referral = "2", (visit.id, visit.place.code)
    stage.label_visits(*visits)


def _chain(
    stage: SchemeStage,
    places: Sequence[Institution],
    gap: int,
    names: Sequence[tuple[str, str]],
    surgery: Sequence[str] = ("", "", ""),
) -> list[Visit]:
    """Stays of one person one after the other, `gap` days between."""
    nights = [stage.hand.between(4, 5) for _ in places]
    total = sum(nights) + gap * (len(places) - 1)
    day = stage.start(total + 1)
    person = stage.somebody(day, day + timedelta(days=total), age=(45, 85), conditions=())
    visits = []
    for n, place in enumerate(places):
        visits.append(_stay(stage, person, place, day, nights[n], names[n], surgery[n]))
        day += timedelta(days=nights[n] + gap)
    return visits


def _stay(
    stage: SchemeStage, person: Person, place: Institution, day: date, nights: int, name: tuple[str, str], surgery: str
) -> Visit:
    return stage.play(diagnosed(stay(stage.hand, person, place, day, nights, surgery=surgery), name))


def shifted_to_the_clinic(stage: SchemeStage) -> None:
    """The dear tests of a stay billed as an outpatient's the day before (SA-04); careful: earlier, or next door."""
    _clinic_then_ward(stage, stage.by_level(stage.hand.between(1, 2), 5, 2), stage.by_level("11", "11", "11"))


def emergency_then_ward(stage: SchemeStage) -> None:
    """Seen in the emergency room, admitted the next day."""
    _clinic_then_ward(stage, 1, "13")


def _clinic_then_ward(stage: SchemeStage, before: int, kind: str) -> None:
    day = stage.start(before + 7)
    person, place = stage.somebody(day, day + timedelta(days=before + 6), age=(40, 85)), stage.hospital("2")
    clinic_place = place if stage.disguise < 2 else stage.hospital("3")
    tests = [Order(test) for test in (rare_items.CHEST_CT, rare_items.BRAIN_MRI, *stage.hand.some(catalogue.LABS, 4))]
    visit = outpatient(stage.hand, person, clinic_place, day, tests, visit_type=kind)
    stage.label_visits(stage.play(move(visit, 9, stage.hand.between(0, 59))))
    stage.play(stay(stage.hand, person, place, day + timedelta(days=before), 5))


ADMISSION_SCHEMES = (
    Scheme("low_standard_admission", "scheme", "IA-01", 1.0, low_standard_admission),
    Scheme("observed_for_chest_pain", "lookalike", "IA-01", 0.6, observed_for_chest_pain),
    Scheme("childs_febrile_fit", "lookalike", "IA-01", 0.4, childs_febrile_fit),
    Scheme("check_up_admission", "scheme", "IA-02", 0.8, check_up_admission),
    Scheme("admitted_for_angiography", "lookalike", "IA-02", 0.5, admitted_for_angiography),
    Scheme("village_on_the_ward", "scheme", "IA-04", 0.2, village_on_the_ward),
    Scheme("food_poisoning", "lookalike", "IA-04", 0.2, food_poisoning),
    Scheme("family_on_the_ward", "scheme", "IA-05", 0.3, family_on_the_ward),
    Scheme("flu_in_the_family", "lookalike", "IA-05", 0.3, flu_in_the_family),
    Scheme("split_stay", "scheme", "SA-01", 0.8, split_stay),
    Scheme("course_of_chemotherapy", "lookalike", "SA-01", 0.5, course_of_chemotherapy),
    Scheme("relay_of_hospitals", "scheme", "SA-05", 0.4, relay_of_hospitals),
    Scheme("referred_up_and_back", "lookalike", "SA-05", 0.4, referred_up_and_back),
    Scheme("shifted_to_the_clinic", "scheme", "SA-04", 0.6, shifted_to_the_clinic),
    Scheme("emergency_then_ward", "lookalike", "SA-04", 0.6, emergency_then_ward),
)
