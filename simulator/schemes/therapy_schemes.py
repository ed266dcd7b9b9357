"""Schemes seen on imaging and courses of treatment: repeats, rehabilitation, infusions, dialysis, check-ups."""

from __future__ import annotations

from datetime import timedelta

from simulator.care.care import Order
from simulator.city import items as catalogue
from simulator.city import rare_items
from simulator.staging.cast import clinic, colleagues, spread_days, window
from simulator.staging.stage import Scheme, SchemeStage

_COLD = ("J06.900", "急性上呼吸道感染")
_KIDNEY = ("N18.001", "慢性肾脏病5期")
_PALSY = ("G81.900", "偏瘫")
_HEADACHE = ("R51.x00", "头痛")


def scanned_again(stage: SchemeStage) -> None:
    """The same part scanned two or three times within a week (OT-04); careful: on the eighth day."""
    part = stage.hand.pick((rare_items.HEAD_CT, rare_items.ABDOMEN_CT, rare_items.BRAIN_MRI))
    gap, times = stage.by_level(stage.hand.between(2, 3), 8, 9), stage.by_level(stage.hand.between(2, 3), 2, 2)
    day, place = stage.start(gap * times + 1), stage.hospital("1", "2")
    person = stage.somebody(day, day + timedelta(days=gap * times), conditions=())
    for n in range(times):
        others = [Order(drug) for drug in stage.hand.some(catalogue.ACUTE_DRUGS, stage.by_level(0, 1, 3))]
        orders = [Order(part), Order(catalogue.CONSULTATION), *others]
        visit = clinic(stage, person, place, day + timedelta(days=gap * n), orders, _HEADACHE)
        if n:
            stage.label_lines(visit, visit.lines[:1])


def stroke_followed(stage: SchemeStage) -> None:
    """A stroke is scanned again after a day and after three."""
    day, place = stage.start(5), stage.hospital("1", "2")
    person = stage.somebody(day, day + timedelta(days=4), age=(50, 85), conditions=())
    for offset in (0, 1, 3):
        orders = [Order(rare_items.HEAD_CT), Order(catalogue.EMERGENCY_CONSULTATION)]
        illness = ("I63.900", "脑梗死")
        visit = clinic(stage, person, place, day + timedelta(days=offset), orders, illness, "13")
        stage.label_lines(visit, visit.lines[:1])


def scanned_elsewhere(stage: SchemeStage) -> None:
    """A recognised scan repeated at the next hospital within days (RT-03); careful: after 15 days."""
    gap = stage.by_level(stage.hand.between(1, 5), 15, 16)
    day = stage.start(gap + 1)
    person = stage.somebody(day, day + timedelta(days=gap), conditions=())
    for n, place in enumerate(stage.hospitals_of(2, "1", "2")):
        others = [Order(lab) for lab in stage.hand.some(catalogue.LABS, stage.by_level(0, 1, 3))]
        orders = [Order(rare_items.CHEST_CT), Order(catalogue.CONSULTATION), *others]
        visit = clinic(stage, person, place, day + timedelta(days=gap * n), orders, _COLD)
    stage.label_lines(visit, visit.lines[:1])


def scanned_after_a_fall(stage: SchemeStage) -> None:
    """The condition changed: a fall between the two scans."""
    day = stage.start(8)
    person = stage.somebody(day, day + timedelta(days=7), age=(50, 85), conditions=())
    for n, place in enumerate(stage.hospitals_of(2, "1", "2")):
        illness = ("S22.300", "肋骨骨折") if n else _COLD
        orders = [Order(rare_items.CHEST_CT), Order(catalogue.EMERGENCY_CONSULTATION)]
        visit = clinic(stage, person, place, day + timedelta(days=5 * n), orders, illness, "13" if n else "11")
    stage.label_lines(visit, visit.lines[:1])


def rehab_all_day(stage: SchemeStage) -> None:
    """Five or six rehabilitation items a day (OT-09, four are allowed); careful: four, for weeks."""
    first, days = window(stage, stage.by_level(10, 24, 24))
    person, place = (
        stage.somebody(first, first + timedelta(days=days), age=(45, 80), conditions=()),
        stage.hospital("2"),
    )
    pool = (*catalogue.REHAB, *rare_items.REHAB_COURSES)
    for day in spread_days(stage, first, days, stage.by_level(stage.scaled(6), 14, 12)):
        count = stage.by_level(stage.hand.between(5, 6), 4, stage.hand.between(3, 4))
        visit = clinic(stage, person, place, day, [Order(item) for item in stage.hand.some(pool, count)], _PALSY)
        stage.label_lines(visit, visit.lines)


def rehab_without_end(stage: SchemeStage) -> None:
    """A course paid for 30 days goes on to the fortieth (OT-09); careful: two courses that follow."""
    first, days = window(stage, 50)
    person, place = (
        stage.somebody(first, first + timedelta(days=days), age=(45, 80), conditions=()),
        stage.hospital("2"),
    )
    courses = rare_items.REHAB_COURSES[: stage.by_level(1, 2, 3)]
    for n, day in enumerate(spread_days(stage, first, days, stage.by_level(max(36, stage.scaled(40)), 40, 36))):
        others = [Order(item) for item in stage.hand.some(catalogue.REHAB, stage.by_level(0, 1, 2))]
        course = courses[min(n * len(courses) // 40, len(courses) - 1)]
        visit = clinic(stage, person, place, day, [Order(course), *others], _PALSY)
        if stage.disguise or n >= 30:
            stage.label_lines(visit, visit.lines[:1])
    stage.label_patient(person)


def rehab_after_a_stroke(stage: SchemeStage) -> None:
    """Four weeks of training after a stroke, three items a day."""
    first, days = window(stage, 28)
    person, place = (
        stage.somebody(first, first + timedelta(days=days), age=(50, 80), conditions=()),
        stage.hospital("2"),
    )
    for day in spread_days(stage, first, days, 18):
        pool = (catalogue.REHAB[0], *rare_items.REHAB_COURSES[:2])
        visit = clinic(stage, person, place, day, [Order(item) for item in pool], _PALSY)
        stage.label_lines(visit, visit.lines)


def drip_for_a_cold(stage: SchemeStage) -> None:
    """Infusions on eleven to fourteen days in a row for a cold (OT-13); careful: a pause, or two illnesses."""
    _infused(stage, _COLD, stage.by_level(max(11, stage.scaled(12)), 9, 8))


def drip_for_a_bone(stage: SchemeStage) -> None:
    """An infected bone needs weeks of infusions."""
    _infused(stage, ("M86.900", "骨髓炎"), 13)


def _infused(stage: SchemeStage, illness: tuple[str, str], run: int) -> None:
    total = run + stage.by_level(0, 5, 6)
    first = stage.start(total + 2)
    person = stage.somebody(first, first + timedelta(days=total + 1), conditions=())
    place = stage.world.providers.home_hospital(person.home)
    for n in range(total):
        day = first + timedelta(days=n + (n >= run))  # a day's pause after the run
        fluid = stage.hand.some(catalogue.WARD_DRUGS[:3], 2)
        orders = [Order(catalogue.INFUSION), Order(catalogue.INFUSION_SET), *(Order(drug) for drug in fluid)]
        visit = clinic(stage, person, place, day, orders, illness)
        stage.label_lines(visit, visit.lines[:1])


def dialysis_too_often(stage: SchemeStage) -> None:
    """Seventeen to twenty dialyses in four weeks (OT-19, fourteen a month allowed); careful: fourteen, thirteen."""
    _dialysed(stage, stage.by_level(min(22, max(17, stage.scaled(18))), 14, 13))


def dialysis_four_times_a_week(stage: SchemeStage) -> None:
    """Acute overload: one extra session in the month."""
    _dialysed(stage, 13)


def _dialysed(stage: SchemeStage, sessions: int) -> None:
    first, days = window(stage, 28)
    person, place = (
        stage.somebody(first, first + timedelta(days=days), age=(35, 80), conditions=()),
        stage.hospital("1", "2"),
    )
    for day in spread_days(stage, first, days, sessions):
        clinic(stage, person, place, day, [Order(catalogue.DIALYSIS), Order(catalogue.DIALYSER)], _KIDNEY, "140201")
    stage.acted("institution", place.code)
    stage.label_patient(person)


def firms_check_up(stage: SchemeStage) -> None:
    """The firm's health check billed as illness: the same tests for all on one day (OT-17)."""
    day, size = stage.start(12), max(6, stage.scaled(7))
    tests = (*catalogue.LABS[2:7], catalogue.EXAMS[2], catalogue.EXAMS[4])
    place = stage.hospital("2", "3")
    for n, person in enumerate(colleagues(stage, size, day, day + timedelta(days=9))):
        own = tests if stage.disguise < 2 else stage.hand.some(tests, 5)
        drugs = [Order(drug) for drug in stage.hand.some(catalogue.ACUTE_DRUGS, stage.by_level(0, 1, 1))]
        when = day + timedelta(days=stage.by_level(0, n % 3, n))
        visit = clinic(stage, person, place, when, [*(Order(test) for test in own), *drugs], _HEADACHE)
        stage.label_visits(visit)


def flu_at_work(stage: SchemeStage) -> None:
    """Colleagues with the same fever on the same day: few tests, and drugs."""
    day, place = stage.start(3), stage.hospital("2", "3")
    for person in colleagues(stage, 6, day, day):
        tests = [Order(lab) for lab in (catalogue.LABS[0], catalogue.LABS[8])]
        drugs = [Order(drug) for drug in stage.hand.some(catalogue.ACUTE_DRUGS, 2)]
        orders = [Order(catalogue.CONSULTATION), *tests, *drugs]
        stage.label_visits(clinic(stage, person, place, day, orders, ("J11.100", "流行性感冒")))


THERAPY_SCHEMES = (
    Scheme("scanned_again", "scheme", "OT-04", 0.8, scanned_again),
    Scheme("stroke_followed", "lookalike", "OT-04", 0.6, stroke_followed),
    Scheme("scanned_elsewhere", "scheme", "RT-03", 0.8, scanned_elsewhere),
    Scheme("scanned_after_a_fall", "lookalike", "RT-03", 0.6, scanned_after_a_fall),
    Scheme("rehab_all_day", "scheme", "OT-09", 0.5, rehab_all_day),
    Scheme("rehab_without_end", "scheme", "OT-09", 0.3, rehab_without_end),
    Scheme("rehab_after_a_stroke", "lookalike", "OT-09", 0.4, rehab_after_a_stroke),
    Scheme("drip_for_a_cold", "scheme", "OT-13", 0.4, drip_for_a_cold),
    Scheme("drip_for_a_bone", "lookalike", "OT-13", 0.3, drip_for_a_bone),
    Scheme("dialysis_too_often", "scheme", "OT-19", 0.4, dialysis_too_often),
    Scheme("dialysis_four_times_a_week", "lookalike", "OT-19", 0.3, dialysis_four_times_a_week),
    Scheme("firms_check_up", "scheme", "OT-17", 0.25, firms_check_up, actor="institution"),
    Scheme("flu_at_work", "lookalike", "OT-17", 0.25, flu_at_work),
)
