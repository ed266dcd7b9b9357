"""Schemes seen on single lines: repeats, prices, day limits, dates, sex."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from simulator.care.care import Order, charge, copy_line, outpatient, stay, take_back
from simulator.care.records import Line, Visit
from simulator.city import items as catalogue
from simulator.staging.stage import Scheme, SchemeStage


def _clinic_visit(stage: SchemeStage, *orders: Order) -> Visit:
    """An outpatient of the scheme's own: a consultation, two labs, then what is ordered."""
    day = stage.start(2)
    usual = [Order(catalogue.CONSULTATION), *(Order(lab) for lab in stage.hand.some(catalogue.LABS, 2))]
    place = stage.hospital("2", "3")
    return stage.play(outpatient(stage.hand, stage.somebody(day, day), place, day, [*usual, *orders]))


def _short_stay(stage: SchemeStage, nights: int) -> Visit:
    day = stage.start(nights + 8)
    person = stage.somebody(day, day + timedelta(days=nights))
    return stage.play(stay(stage.hand, person, stage.hospital("2"), day, nights))


def repeated_line(stage: SchemeStage) -> None:
    """The same examination charged two to four times to the second (DC-03); careful: minutes apart, other orders."""
    visit = _clinic_visit(stage, Order(stage.hand.pick(catalogue.EXAMS)))
    original = visit.lines[-1]
    copies = [copy_line(stage.hand, visit, original) for _ in range(stage.by_level(stage.hand.between(1, 3), 1, 1))]
    if stage.disguise:
        for copy in copies:
            copy.at = min(visit.end, copy.at + timedelta(minutes=stage.hand.between(2, 5)))
            copy.on_sheet_of = stage.by_level(original.id, original.id, "")
        stage.label_lines(visit, copies)
        return
    # Nothing tells a copy from its original: by convention the lowest id is the original.
    stage.label_lines(visit, sorted((original, *copies), key=lambda line: line.id)[1:])


def repeat_taken_back(stage: SchemeStage) -> None:
    """A retried upload doubled the line, and the copy was taken back, sometimes a day later."""
    visit = _clinic_visit(stage, Order(stage.hand.pick(catalogue.EXAMS)))
    copy = copy_line(stage.hand, visit, visit.lines[-1])
    take_back(stage.hand, visit, copy, 1, days_later=stage.hand.between(0, 1))
    stage.label_lines(visit, [copy])


def limb_by_limb(stage: SchemeStage) -> None:
    """One treatment per limb, one after the other."""
    visit = _clinic_visit(stage)
    at, lines = visit.begin + timedelta(minutes=20), []
    for n in range(stage.hand.between(2, 4)):
        later = at + timedelta(minutes=20 * n, seconds=stage.hand.between(1, 50))
        lines += charge(stage.hand, visit, later, [Order(catalogue.LIMB_PUMP)], memo=f"第{n + 1}肢")
    visit.end = visit.settled_at = max(visit.end, lines[-1].at + timedelta(minutes=stage.hand.between(5, 40)))
    stage.label_lines(visit, lines)


def price_above_limit(stage: SchemeStage) -> None:
    """An examination priced a fifth to four fifths above the limit (OP-01); careful: by a twentieth."""
    visit = _clinic_visit(stage, Order(stage.hand.pick(catalogue.EXAMS)))
    line = visit.lines[-1]
    percent = stage.by_level(stage.hand.between(120, 180), stage.hand.between(103, 106), 101)
    line.price = line.item.price * percent // 100
    stage.label_lines(visit, [line])


def private_ward(stage: SchemeStage) -> None:
    """A dear bed in a private ward: self-paid, no limit."""
    nights = stage.hand.between(3, 7)
    day = stage.start(nights + 1)
    person = stage.somebody(day, day + timedelta(days=nights))
    place = stage.hospital("1", "2")
    visit = stage.play(stay(stage.hand, person, place, day, nights, bed=catalogue.PRIVATE_WARD))
    stage.label_lines(visit, [line for line in visit.lines if line.item is catalogue.PRIVATE_WARD])


def day_item_twice(stage: SchemeStage) -> None:
    """Nursing or ward round charged twice on some days of a stay (OP-02); careful: on one day."""
    visit = _short_stay(stage, stage.hand.between(4, 8))
    rounds = [line for line in visit.lines if line.item is catalogue.WARD_ROUND]
    for line in stage.hand.some(rounds, stage.by_level(stage.hand.between(2, 3), 1, 1)):
        sheet = [other for other in visit.lines if other.at == line.at and other.item.charge_class == "07"]
        twice = stage.hand.pick([line, *sheet])
        again = charge(stage.hand, visit, line.at + timedelta(minutes=40), [Order(twice.item)])
        stage.label_lines(visit, [twice, *again])


def hours_of_monitoring(stage: SchemeStage) -> None:
    """Monitoring charged by the hour, 24 a day."""
    visit = _short_stay(stage, stage.hand.between(3, 6))
    lines = []
    for day in visit.days[1:-1]:
        at = datetime.combine(day, time(23, 30, stage.hand.between(0, 59)))
        hours = [Order(catalogue.HEART_MONITOR, 24), Order(catalogue.OXYGEN_MONITOR, 24)]
        lines += charge(stage.hand, visit, at, hours)
    stage.label_lines(visit, lines)


def outside_the_stay(stage: SchemeStage) -> None:
    """Treatment charged days after discharge, or well before admission (FK-03); careful: the next day, few lines."""
    visit = _short_stay(stage, stage.hand.between(3, 6))
    early = visit.begin.date() - timedelta(days=6) < stage.world.scenario.history_start
    after, lines = early or stage.hand.chance(0.6), []
    for n in range(stage.by_level(2, 1, 1), stage.by_level(2 + stage.hand.between(2, 3), 3, 2)):
        at = visit.end + timedelta(days=n) if after else visit.begin - timedelta(days=n + 2)
        at += timedelta(seconds=stage.hand.between(0, 59))  # a stay ends on the full minute
        lines += charge(stage.hand, visit, at, [Order(drug, 2) for drug in catalogue.WARD_DRUGS[2:4]])
    visit.settled_at = max(visit.settled_at, *(line.at + timedelta(minutes=10) for line in lines))
    for line in visit.lines:
        line.uploaded = visit.settled_at.date()
    stage.label_lines(visit, lines)


def tested_before_admission(stage: SchemeStage) -> None:
    """Blood drawn the day before admission."""
    visit = _short_stay(stage, stage.hand.between(3, 6))
    at = visit.begin - timedelta(days=1)
    stage.label_lines(visit, charge(stage.hand, visit, at, [Order(lab) for lab in catalogue.LABS[:3]], memo="院前检查"))


def drugs_to_take_home(stage: SchemeStage) -> None:
    """Drugs handed out on the day of discharge."""
    visit = _short_stay(stage, stage.hand.between(3, 6))
    orders = [Order(drug, 2) for drug in catalogue.CHRONIC_DRUGS["heart"][:3]]
    at = visit.end - timedelta(hours=1, seconds=stage.hand.between(0, 59))
    stage.label_lines(visit, charge(stage.hand, visit, at, orders, memo="出院带药"))


def other_sex(stage: SchemeStage) -> None:
    """An item that only the other sex can need (ID-01); careful: among tests that fit."""
    sex = stage.hand.pick("12")
    stage.label_lines(*_sexed_visit(stage, sex, "1" if sex == "2" else "2", others=stage.by_level(0, 3, 5)))


def wrong_sex_on_record(stage: SchemeStage) -> None:
    """The right item, but the register has the wrong sex: the certificate's 17th digit gives it away."""
    sex = stage.hand.pick("12")
    visit, lines = _sexed_visit(stage, sex, sex)
    visit.person.recorded_sex = "1" if sex == "2" else "2"
    stage.label_lines(visit, lines)


def _sexed_visit(stage: SchemeStage, sex: str, item_sex: str, others: int = 0) -> tuple[Visit, list[Line]]:
    day = stage.start(2)
    person = stage.person(day, day, sex=sex, age=(25, 70))
    item = stage.hand.pick(catalogue.MALE_ITEMS if item_sex == "1" else catalogue.FEMALE_ITEMS)
    fitting = [Order(test) for test in stage.hand.some(catalogue.LABS, others)]
    orders = [Order(catalogue.CONSULTATION), *fitting, Order(item)]
    visit = outpatient(stage.hand, person, stage.hospital("2", "3"), day, orders)
    stage.play(visit)
    return visit, visit.lines[-1:]


LINE_SCHEMES = (
    Scheme("repeated_line", "scheme", "DC-03", 2.5, repeated_line),
    Scheme("repeat_taken_back", "lookalike", "DC-03", 1.5, repeat_taken_back),
    Scheme("limb_by_limb", "lookalike", "DC-03", 1.5, limb_by_limb),
    Scheme("price_above_limit", "scheme", "OP-01", 2.5, price_above_limit),
    Scheme("private_ward", "lookalike", "OP-01", 0.8, private_ward),
    Scheme("day_item_twice", "scheme", "OP-02", 1.5, day_item_twice),
    Scheme("hours_of_monitoring", "lookalike", "OP-02", 1.0, hours_of_monitoring),
    Scheme("outside_the_stay", "scheme", "FK-03", 1.5, outside_the_stay),
    Scheme("tested_before_admission", "lookalike", "FK-03", 0.8, tested_before_admission),
    Scheme("drugs_to_take_home", "lookalike", "FK-03", 0.8, drugs_to_take_home),
    Scheme("other_sex", "scheme", "ID-01", 2.0, other_sex),
    Scheme("wrong_sex_on_record", "lookalike", "ID-01", 1.0, wrong_sex_on_record),
)
