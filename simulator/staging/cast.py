"""Who plays together and when: households, villages, colleagues; days to act on and moments to act at."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from simulator.care.care import Order, charge, outpatient, stay
from simulator.care.records import Line, Visit
from simulator.city.people import Person
from simulator.city.providers import Institution
from simulator.staging.stage import SchemeStage


def household(
    stage: SchemeStage, size: int, first: date, last: date, *, age: tuple[int, int] = (20, 80)
) -> list[Person]:
    """People under one roof: one address, one telephone."""
    members = [stage.person(first, last, age=age) for _ in range(size)]
    for member in members[1:]:
        member.address, member.tel, member.household = members[0].address, members[0].tel, members[0].household
    return members


def village(stage: SchemeStage, size: int, first: date, last: date, *, age: tuple[int, int] = (50, 85)) -> list[Person]:
    """Neighbours: one street, houses of their own."""
    eldest = stage.person(first, last, age=age)
    street = re.sub(r"\d.*$", "", eldest.address)
    return [eldest, *(stage.person(first, last, age=age, street=street) for _ in range(size - 1))]


def colleagues(stage: SchemeStage, size: int, first: date, last: date) -> list[Person]:
    """Employees of one employer."""
    people = [stage.person(first, last, age=(23, 58)) for _ in range(size)]
    employers = [person.employer for person in people if person.employer]
    employer = employers[0] if employers else "E" + stage.hand.new_id(8)
    for person in people:
        person.employer = employer
    return people


def window(stage: SchemeStage, days: int) -> tuple[date, int]:
    """A first day and as many days from it as the history has, at most `days`."""
    days = min(days, stage.world.scenario.days)
    return stage.start(days), days


def spread_days(stage: SchemeStage, first: date, days: int, count: int) -> list[date]:
    """Different days of a window, in order: at most as many as it has."""
    return [first + timedelta(days=n) for n in sorted(stage.hand.some(range(days), count))]


def move(visit: Visit, hour: int, minute: int) -> Visit:
    """The visit at another time of its day, everything in it alike; its seconds stay."""
    begin = datetime.combine(visit.begin.date(), time(hour, minute, visit.begin.second))
    return shift(visit, begin - visit.begin)


def shift(visit: Visit, by: timedelta) -> Visit:
    """The visit earlier or later, everything in it alike."""
    visit.begin, visit.end, visit.settled_at = visit.begin + by, visit.end + by, visit.settled_at + by
    for line in visit.lines:
        line.at += by
        line.uploaded = max(line.uploaded, line.at.date())
    return visit


def clinic(
    stage: SchemeStage,
    person: Person,
    place: Institution,
    day: date,
    orders: Sequence[Order],
    diagnosis: tuple[str, str] = ("J06.900", "急性上呼吸道感染"),
    visit_type: str = "11",
) -> Visit:
    """An outpatient put on stage."""
    visit = outpatient(stage.hand, person, place, day, orders, visit_type=visit_type, diagnosis=diagnosis)
    return stage.play(visit)


def ward(
    stage: SchemeStage,
    nights: int,
    *levels: str,
    age: tuple[int, int] = (30, 85),
    sex: str = "",
    surgery: str = "",
    room: int = 1,
    diagnosis: tuple[str, str] | None = None,
) -> Visit:
    """A stay of somebody new put on stage, with `room` days left after it."""
    day = stage.start(nights + room)
    person = stage.somebody(day, day + timedelta(days=nights + room), age=age, sex=sex)
    visit = stay(stage.hand, person, stage.hospital(*levels), day, nights, surgery=surgery)
    return stage.play(diagnosed(visit, diagnosis) if diagnosis else visit)


def diagnosed(visit: Visit, *diagnoses: tuple[str, str]) -> Visit:
    """The visit with these diagnoses and no others, the main one first."""
    visit.complaint = visit.complaint.replace(visit.diagnoses[0][1], diagnoses[0][1])
    visit.diagnoses = tuple(diagnoses)
    return visit


def add_lines(
    stage: SchemeStage, visit: Visit, day: date, orders: Sequence[Order], hours: tuple[int, int] = (8, 17)
) -> list[Line]:
    """One more order sheet in a visit, at some moment of that day."""
    return charge(stage.hand, visit, stage.moment(day, *hours), orders)


def on_one_slip(lines: Sequence[Line]) -> None:
    """These lines under one order number, however many they are."""
    for line in lines[1:]:
        line.on_sheet_of = lines[0].id


def keep_only(visit: Visit, lines: Sequence[Line]) -> None:
    """Drop all other lines before the visit is settled."""
    kept = {line.id for line in lines}
    visit.lines = [line for line in visit.lines if line.id in kept]
