"""Schemes seen on what is charged beside what: contained items, sets in parts, exclusive pairs, bills twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from simulator.care.care import Order, charge, outpatient, stay, take_back
from simulator.care.records import Line, Visit
from simulator.city import items as catalogue
from simulator.city import rare_items
from simulator.city.items import Item
from simulator.staging.cast import add_lines, diagnosed, ward
from simulator.staging.stage import Scheme, SchemeStage

_ANGINA = ("I20.000", "不稳定性心绞痛")
_POISONED = ("T60.000", "有机磷中毒")
_HOURS = (17, 18)
_GRADES = (catalogue.NURSING_1, catalogue.NURSING_2, catalogue.NURSING_3)


def contained_item(stage: SchemeStage) -> None:
    """An act and what it contains on one day (UB-01); careful: the part a day later."""
    pair = (rare_items.PERFUSION, catalogue.DIALYSIS)
    visit = ward(stage, stage.hand.between(5, 8), "1", "2", diagnosis=_POISONED)
    day = visit.begin.date() + timedelta(days=1)
    if stage.disguise == 0:
        stage.label_lines(visit, add_lines(stage, visit, day, [Order(item) for item in pair], (9, 15))[1:])
        return
    add_lines(stage, visit, day, [Order(pair[0])], (9, 15))
    others = [Order(lab) for lab in stage.hand.some(catalogue.LABS, stage.by_level(0, 0, 2))]
    later = add_lines(stage, visit, day + timedelta(days=stage.disguise), [Order(pair[1]), *others], (9, 15))
    stage.label_lines(visit, later[:1])


def angiogram_first(stage: SchemeStage) -> None:
    """The angiogram was made the day before, and only then the stent decided on."""
    visit = ward(stage, stage.hand.between(5, 8), "1", "2", diagnosis=_ANGINA)
    day = visit.begin.date() + timedelta(days=1)
    lines = add_lines(stage, visit, day, [Order(catalogue.ANGIOGRAPHY)], (9, 15))
    lines += add_lines(stage, visit, day + timedelta(days=1), [Order(rare_items.STENTING)], (9, 15))
    visit.operation = ("36.0600x004", "冠状动脉支架置入术")
    stage.label_lines(visit, lines)


def two_sessions(stage: SchemeStage) -> None:
    """Perfusion for the poison, dialysis for the kidneys two days later."""
    visit = ward(stage, stage.hand.between(5, 8), "1", "2", diagnosis=_POISONED)
    lines: list[Line] = []
    for n, item in enumerate((rare_items.PERFUSION, catalogue.DIALYSIS)):
        lines += add_lines(stage, visit, visit.begin.date() + timedelta(days=1 + 2 * n), [Order(item)], (9, 15))
    stage.label_lines(visit, lines)


def set_in_parts(stage: SchemeStage) -> None:
    """A set charged part by part (UB-02); careful: three of the four, or over two days."""
    visit = ward(stage, stage.hand.between(5, 8), "1", "2")
    parts = stage.hand.some(rare_items.KIT_PARTS, stage.by_level(4, 3, 4))
    day = visit.begin.date() + timedelta(days=1)
    lines = add_lines(stage, visit, day, [Order(part) for part in parts[:2]], (9, 15))
    later = day + timedelta(days=stage.by_level(0, 0, 2))
    lines += add_lines(stage, visit, later, [Order(part) for part in parts[2:]], (9, 15))
    stage.label_lines(visit, lines)


def one_part_replaced(stage: SchemeStage) -> None:
    """The set once, and a wire that broke."""
    visit = ward(stage, stage.hand.between(5, 8), "1", "2")
    orders = [Order(rare_items.INFUSION_KIT), Order(rare_items.KIT_PARTS[1])]
    lines = add_lines(stage, visit, visit.begin.date() + timedelta(days=1), orders, (9, 15))
    stage.label_lines(visit, lines)


def steps_of_an_operation(stage: SchemeStage) -> None:
    """Suture, drainage, exploration beside the operation they belong to (UB-04); careful: one, or days later."""
    visit = ward(stage, stage.hand.between(6, 9), "1", "2", surgery=stage.hand.pick(("appendix", "gallbladder")))
    steps = stage.hand.some(rare_items.OPERATION_STEPS, stage.by_level(stage.hand.between(2, 3), 1, 2))
    day = visit.begin.date() + timedelta(days=stage.by_level(1, 1, 3))
    stage.label_lines(visit, add_lines(stage, visit, day, [Order(step) for step in steps], (10, 12)))


def bled_after_the_operation(stage: SchemeStage) -> None:
    """A second operation two days on: explored and drained."""
    visit = ward(stage, stage.hand.between(7, 9), "1", "2", surgery="gallbladder")
    orders = [Order(rare_items.EXPLORATION), Order(rare_items.DRAINAGE), Order(catalogue.ANAESTHESIA)]
    lines = add_lines(stage, visit, visit.begin.date() + timedelta(days=3), orders, (2, 6))
    stage.label_lines(visit, lines[:2])


def exclusive_pair(stage: SchemeStage) -> None:
    """Two acts that exclude each other on one day, day after day (DC-01); careful: in turn."""
    visit = ward(stage, stage.hand.between(5, 8), "1", "2")
    lines: list[Line] = []
    for n in range(1, stage.scaled(4, least=2)):
        day = visit.begin.date() + timedelta(days=n)
        hours = Order(rare_items.INVASIVE_PRESSURE, stage.hand.between(6, 20))
        monitor = Order(catalogue.HEART_MONITOR, stage.hand.between(6, 20))
        orders = stage.by_level([hours, monitor], [hours if n % 2 else monitor], [monitor, Order(catalogue.LABS[0])])
        lines += add_lines(stage, visit, day, orders, _HOURS)
    stage.label_lines(visit, lines)


def emergency_room_before_the_ward(stage: SchemeStage) -> None:
    """Watched in the emergency room in one night, on the ward from the next day on: no day has both."""
    day = stage.start(8)
    person, place = stage.somebody(day, day + timedelta(days=7), age=(40, 85)), stage.hospital("1", "2")
    orders = [Order(catalogue.EMERGENCY_CONSULTATION), Order(rare_items.EMERGENCY_MONITORING)]
    visit = stage.play(outpatient(stage.hand, person, place, day, orders, visit_type="13", diagnosis=_ANGINA))
    stage.label_lines(visit, visit.lines[1:])
    stage.play(diagnosed(stay(stage.hand, person, place, day + timedelta(days=1), 5), _ANGINA))


def settled_twice(stage: SchemeStage) -> None:
    """The same visit settled twice under two numbers (DC-04); careful: a line less, or dated the next day."""
    _, again = _twins(stage)
    if stage.disguise == 1:
        again.lines.pop()
    elif stage.disguise == 2:
        day = timedelta(days=1)
        again.begin, again.end, again.settled_at = again.begin + day, again.end + day, again.settled_at + day
        for line in again.lines:
            line.at, line.uploaded = line.at + day, line.uploaded + day
    stage.label_visits(again)


def second_bill_withdrawn(stage: SchemeStage) -> None:
    """A bill sent twice by mistake, the second one taken back line by line."""
    _, again = _twins(stage)
    for line in list(again.lines):
        take_back(stage.hand, again, line, line.quantity)
    stage.label_visits(again)


def _twins(stage: SchemeStage) -> tuple[Visit, Visit]:
    day, place = stage.start(4), stage.hospital("2", "3")
    person = stage.somebody(day, day + timedelta(days=1))
    tests = [Order(test) for test in stage.hand.some((*catalogue.LABS, *catalogue.EXAMS), 3)]
    orders = [Order(catalogue.CONSULTATION), *tests, Order(stage.hand.pick(catalogue.ACUTE_DRUGS), 2)]
    first = stage.play(outpatient(stage.hand, person, place, day, orders))
    again = stage.play(outpatient(stage.hand, person, place, day, orders))
    again.doctor, again.begin, again.end, again.settled_at = first.doctor, first.begin, first.end, first.settled_at
    for line, model in zip(again.lines, first.lines, strict=True):
        line.at, line.doctor = model.at, model.doctor
    return first, again


def nursing_twice_graded(stage: SchemeStage) -> None:
    """Two grades of nursing on the same days (DC-06); careful: on one day only."""
    _nursed(stage, stage.by_level(stage.hand.between(3, 5), 1, 1))


def nursing_grade_changed(stage: SchemeStage) -> None:
    """The grade changed once: both on the day of the change."""
    _nursed(stage, 1)


def _nursed(stage: SchemeStage, days: int) -> None:
    visit = ward(stage, stage.hand.between(6, 8), "2")
    nursed = [line for line in visit.lines if line.item in _GRADES][1:]
    lines: list[Line] = []
    for line in stage.hand.some(nursed, days):
        grade = stage.hand.pick(_other_grades(line.item))
        lines += charge(stage.hand, visit, line.at + timedelta(minutes=stage.hand.between(1, 9)), [Order(grade)])
    stage.label_lines(visit, lines)


def _other_grades(item: Item) -> Sequence[Item]:
    return [grade for grade in _GRADES if grade is not item]


CHARGING_SCHEMES = (
    Scheme("contained_item", "scheme", "UB-01", 1.0, contained_item),
    Scheme("angiogram_first", "lookalike", "UB-01", 0.6, angiogram_first),
    Scheme("two_sessions", "lookalike", "UB-01", 0.4, two_sessions),
    Scheme("set_in_parts", "scheme", "UB-02", 0.6, set_in_parts),
    Scheme("one_part_replaced", "lookalike", "UB-02", 0.4, one_part_replaced),
    Scheme("steps_of_an_operation", "scheme", "UB-04", 0.8, steps_of_an_operation),
    Scheme("bled_after_the_operation", "lookalike", "UB-04", 0.4, bled_after_the_operation),
    Scheme("exclusive_pair", "scheme", "DC-01", 0.8, exclusive_pair),
    Scheme("emergency_room_before_the_ward", "lookalike", "DC-01", 0.5, emergency_room_before_the_ward),
    Scheme("settled_twice", "scheme", "DC-04", 1.0, settled_twice),
    Scheme("second_bill_withdrawn", "lookalike", "DC-04", 0.6, second_bill_withdrawn),
    Scheme("nursing_twice_graded", "scheme", "DC-06", 0.6, nursing_twice_graded),
    Scheme("nursing_grade_changed", "lookalike", "DC-06", 0.5, nursing_grade_changed),
)
