"""Schemes seen on tests: screening without indication, marker bundles, repeats, panels beside their components."""

from __future__ import annotations

from datetime import timedelta

from simulator.care.care import Order, charge, outpatient, stay, take_back
from simulator.care.records import Visit
from simulator.city import items as catalogue
from simulator.city import rare_items
from simulator.staging.cast import add_lines, clinic, diagnosed, move
from simulator.staging.stage import Scheme, SchemeStage

_DIABETES = ("E11.900", "2型糖尿病")
_BACK_PAIN = ("M54.500", "腰痛")


def screening_ward(stage: SchemeStage) -> None:
    """A ward that runs the same dear tests on every admission, whatever the illness (OT-01)."""
    _screened_ward(
        stage, stage.by_level(1.0, 0.5, 0.35), (("M51.202", "腰椎间盘突出"), ("K80.100", "胆囊结石伴慢性胆囊炎"))
    )


def heart_ward(stage: SchemeStage) -> None:
    """A heart ward needs the same tests."""
    _screened_ward(stage, 1.0, (("I50.900", "心力衰竭"), ("I26.900", "肺栓塞")))


def _screened_ward(stage: SchemeStage, share: float, illnesses: tuple[tuple[str, str], ...]) -> None:
    place = stage.new_hospital("2", f"云溪市{stage.hand.pick('东南西北')}郊{stage.instance}号医院", beds=30)
    doctor = stage.hand.pick(place.doctors)
    count = stage.scaled(9, least=7)
    tested = stage.hand.some(range(count), round(share * count))
    for n in range(count):
        day = stage.start(4)
        person = stage.somebody(day, day + timedelta(days=3), age=(40, 80))
        visit = diagnosed(stay(stage.hand, person, place, day, 2), stage.hand.pick(illnesses))
        visit.doctor = doctor
        if n in tested:
            lines = add_lines(stage, visit, day, [Order(lab) for lab in rare_items.SCREENING_LABS], (17, 18))
            stage.label_lines(visit, lines)
        for line in visit.lines:
            line.doctor = doctor
        stage.play(visit)
    stage.acted("institution", place.code)
    stage.label_institution(place)


def marker_bundle(stage: SchemeStage) -> None:
    """Five to seven tumour markers for a back pain (OT-08); careful: three, or spread over two visits."""
    day, place = stage.start(6), stage.hospital("1", "2")
    person = stage.somebody(day, day + timedelta(days=5), age=(35, 75), conditions=())
    markers = stage.hand.some(rare_items.TUMOUR_MARKERS, stage.by_level(stage.hand.between(5, 7), 3, 6))
    parts = (markers[:3], markers[3:]) if stage.disguise == 2 else (markers,)
    for n, part in enumerate(parts):
        orders = [Order(catalogue.CONSULTATION), *(Order(marker) for marker in part)]
        visit = clinic(stage, person, place, day + timedelta(days=4 * n), orders, _BACK_PAIN)
        stage.label_lines(visit, visit.lines[1:])


def mass_worked_up(stage: SchemeStage) -> None:
    """A mass was found: the markers are in order."""
    day = stage.start(2)
    person = stage.somebody(day, day, age=(40, 80), conditions=())
    illness = stage.hand.pick((("R91.x00", "肺部阴影"), ("C34.900", "肺恶性肿瘤"), ("R19.000", "腹部肿块")))
    markers = [Order(marker) for marker in stage.hand.some(rare_items.TUMOUR_MARKERS, stage.hand.between(4, 6))]
    orders = [Order(catalogue.EXPERT_CONSULTATION), Order(rare_items.CHEST_CT), *markers]
    visit = clinic(stage, person, stage.hospital("1", "2"), day, orders, illness)
    stage.label_lines(visit, visit.lines[2:])


def glycated_too_soon(stage: SchemeStage) -> None:
    """Glycated haemoglobin again after two or three weeks (OT-07; once in 60 days)."""
    gap = stage.hand.between(12, 22)
    day = stage.start(gap + 1)
    person = stage.somebody(day, day + timedelta(days=gap), age=(45, 75), conditions=())
    places = stage.hospitals_of(2, "2", "3")
    for n in range(2):
        others = [Order(lab) for lab in stage.hand.some(catalogue.LABS, stage.by_level(0, 2, 2))]
        orders = [Order(catalogue.HBA1C), Order(catalogue.CONSULTATION), *others]
        visit = clinic(stage, person, places[stage.by_level(0, n, n)], day + timedelta(days=gap * n), orders, _DIABETES)
        if n:
            stage.label_lines(visit, visit.lines[:1])


def first_result_lost(stage: SchemeStage) -> None:
    """The sample was spoilt and its charge taken back; drawn again a week later."""
    day, place = stage.start(9), stage.hospital("2", "3")
    person = stage.somebody(day, day + timedelta(days=8), age=(45, 75), conditions=())
    for n in range(2):
        orders = [Order(catalogue.HBA1C), Order(catalogue.CONSULTATION)]
        visit = clinic(stage, person, place, day + timedelta(days=7 * n), orders, _DIABETES)
        if n == 0:
            take_back(stage.hand, visit, visit.lines[0], 1)
    stage.label_lines(visit, visit.lines[:1])


def diabetes_in_pregnancy(stage: SchemeStage) -> None:
    """A pregnant woman with diabetes is tested more often."""
    day, place = stage.start(24), stage.hospital("1", "2")
    person = stage.somebody(day, day + timedelta(days=23), sex="2", age=(22, 40), conditions=())
    for n in range(2):
        orders = [Order(catalogue.HBA1C), Order(catalogue.CONSULTATION)]
        visit = clinic(stage, person, place, day + timedelta(days=21 * n), orders, ("O24.900", "妊娠期糖尿病"))
    stage.label_lines(visit, visit.lines[:1])


def same_test_twice_a_day(stage: SchemeStage) -> None:
    """The same tests twice or three times on one day (RT-01); careful: again the next day."""
    day, place = stage.start(3), stage.hospital("2", "3")
    person = stage.somebody(day, day + timedelta(days=1), conditions=())
    tests = stage.hand.some(catalogue.LABS[:5], 2)
    visits: list[Visit] = []
    for n in range(2 if stage.disguise else stage.hand.between(2, 3)):
        orders = [*(Order(test) for test in tests), Order(stage.hand.pick(catalogue.ACUTE_DRUGS))]
        visit = outpatient(stage.hand, person, place, day + timedelta(days=n if stage.disguise else 0), orders)
        visits.append(stage.play(move(visit, 8 + 3 * n, stage.hand.between(0, 59))))
    for visit in visits[1:]:
        stage.label_lines(visit, visit.lines[:2])


def glucose_profile(stage: SchemeStage) -> None:
    """Blood sugar before and after meals: four to seven a day."""
    day = stage.start(2)
    person, place = stage.somebody(day, day, age=(45, 80), conditions=()), stage.hospital("2", "3")
    visit = move(clinic(stage, person, place, day, [Order(catalogue.CONSULTATION)], _DIABETES), 8, 5)
    lines = []
    for n in range(stage.hand.between(4, 7)):
        lines += charge(stage.hand, visit, visit.begin + timedelta(minutes=80 * n + 10), [Order(rare_items.GLUCOSE)])
    visit.end = visit.settled_at = lines[-1].at + timedelta(minutes=stage.hand.between(5, 40))
    stage.label_lines(visit, lines)


def panel_and_components(stage: SchemeStage) -> None:
    """The panel and two to four of its components on one sheet (RT-02); careful: another day or hospital."""
    day = stage.start(4)
    person = stage.somebody(day, day + timedelta(days=2), conditions=())
    places = stage.hospitals_of(2, "2", "3")
    parts = [Order(part) for part in stage.hand.some(rare_items.LIVER_COMPONENTS, stage.hand.between(2, 4))]
    panel = [Order(catalogue.CONSULTATION), Order(rare_items.LIVER_PANEL)]
    visit = clinic(stage, person, places[0], day, panel if stage.disguise else [*panel, *parts])
    if stage.disguise:
        later = day + timedelta(days=stage.by_level(0, 1, 2))
        visit = clinic(stage, person, places[stage.disguise - 1], later, parts)
    stage.label_lines(visit, visit.lines[-len(parts) :])


def component_tested_again(stage: SchemeStage) -> None:
    """A critical value: one component once more, hours later."""
    day, place = stage.start(2), stage.hospital("2", "3")
    person = stage.somebody(day, day, conditions=())
    visit = clinic(stage, person, place, day, [Order(catalogue.CONSULTATION), Order(rare_items.LIVER_PANEL)])
    move(visit, 8, stage.hand.between(0, 40))
    visit.end = visit.settled_at = visit.end + timedelta(hours=6)
    again = Order(stage.hand.pick(rare_items.LIVER_COMPONENTS))
    later = visit.begin + timedelta(hours=5, minutes=stage.hand.between(0, 30))
    stage.label_lines(visit, charge(stage.hand, visit, later, [again]))


LABORATORY_SCHEMES = (
    Scheme("screening_ward", "scheme", "OT-01", 0.15, screening_ward),
    Scheme("heart_ward", "lookalike", "OT-01", 0.15, heart_ward),
    Scheme("marker_bundle", "scheme", "OT-08", 0.8, marker_bundle),
    Scheme("mass_worked_up", "lookalike", "OT-08", 0.8, mass_worked_up),
    Scheme("glycated_too_soon", "scheme", "OT-07", 0.8, glycated_too_soon, levels=(0, 1)),
    Scheme("first_result_lost", "lookalike", "OT-07", 0.6, first_result_lost),
    Scheme("diabetes_in_pregnancy", "lookalike", "OT-07", 0.5, diabetes_in_pregnancy),
    Scheme("same_test_twice_a_day", "scheme", "RT-01", 0.8, same_test_twice_a_day),
    Scheme("glucose_profile", "lookalike", "RT-01", 0.6, glucose_profile),
    Scheme("panel_and_components", "scheme", "RT-02", 1.0, panel_and_components),
    Scheme("component_tested_again", "lookalike", "RT-02", 0.6, component_tested_again),
)
