"""How care is given and charged: an outpatient visit, a purchase, a stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from simulator.care.illness import Diagnosis, Illness, drawn, operations
from simulator.care.records import BIRTH, Line, Visit
from simulator.care.ward import Day, day_orders, theatre_orders
from simulator.city import items as catalogue
from simulator.city.items import Item
from simulator.city.people import Person, person_name
from simulator.city.providers import Doctor, Institution
from simulator.city.staffing import CHIEFS, RESPONSIBLE, WHOLE_DAY
from simulator.streams import Hand

CHRONIC_DIAGNOSES = {
    "hypertension": ("I10.x00x002", "高血压病"),
    "diabetes": ("E11.900", "2型糖尿病"),
    "heart": ("I25.103", "冠状动脉粥样硬化性心脏病"),
    "lung": ("J44.900", "慢性阻塞性肺疾病"),
}
_SURGERIES = {
    "appendix": (("K35.800", "急性阑尾炎"), "A04"),
    "gallbladder": (("K80.100", "胆囊结石伴慢性胆囊炎"), "A04"),
    "cataract": (("H25.900", "老年性白内障"), "A04"),
    "heart": (("I25.103", "冠状动脉粥样硬化性心脏病"), "A03"),
}
EMERGENCY, SERIOUS = "13", "140201"
_BY_BENEFIT = ("140104", "9929")
_FOR_EVERYBODY = (CHRONIC_DIAGNOSES["hypertension"], CHRONIC_DIAGNOSES["diabetes"])
_SHOP_HOURS = (8, 21)
_UNNAMED_AT_SHOP = 0.42  # of purchases name no prescriber: 2.7 % of all lines do not, in one city's extract


@dataclass(slots=True)
class Order:
    """One thing ordered."""

    item: Item
    quantity: int = 1
    days_supplied: int = 0


def outpatient(
    hand: Hand,
    person: Person,
    place: Institution,
    day: date,
    orders: Sequence[Order],
    *,
    visit_type: str = "11",
    diagnosis: tuple[str, str] = ("J06.900", "急性上呼吸道感染"),
    doctor: Doctor | None = None,
    department: str = "",
    hours: tuple[int, int] | None = None,
    more_diagnoses: tuple[Diagnosis, ...] = (),
) -> Visit:
    """A visit or purchase within one day, settled the same day; by a doctor on duty, within his `hours`."""
    if doctor is None:
        doctor = _prescriber(hand, place, day, department, _titles_for(visit_type, orders))
    by_day_and_night = doctor is not None and visit_type == EMERGENCY
    usual = _SHOP_HOURS if place.is_pharmacy else doctor.hours if doctor and by_day_and_night else WHOLE_DAY
    opens, closes = hours or usual
    minutes = hand.between(0, (closes - opens) * 60)
    begin = datetime.combine(day, time(opens)) + timedelta(minutes=minutes, seconds=hand.between(0, 59))
    end = begin + timedelta(minutes=min(hand.between(10, 100), 23 * 60 + 55 - begin.hour * 60 - begin.minute))
    visit = Visit(
        id=hand.new_id(17), person=person, place=place, doctor=doctor,
        visit_type=_billed_as(person, place, visit_type, diagnosis), begin=begin, end=end, settled_at=end,
        diagnoses=(diagnosis, *more_diagnoses), record_id="M" + hand.new_id(9),
    )  # fmt: skip
    _add_contact(hand, visit)
    charge(hand, visit, begin + timedelta(minutes=min(5, (end - begin).seconds // 60)), orders)
    return visit


def _billed_as(person: Person, place: Institution, visit_type: str, diagnosis: Diagnosis) -> str:
    """Care by the chronic benefit is, for who is not registered for it, ordinary care or by the benefit for two."""
    if visit_type not in _BY_BENEFIT or person.is_registered:
        return visit_type
    if place.is_pharmacy:
        return "41"
    return "9901" if diagnosis in _FOR_EVERYBODY else "11"


def charge(hand: Hand, visit: Visit, at: datetime, orders: Sequence[Order], *, memo: str = "") -> list[Line]:
    """A line for each order, added to the encounter."""
    new_id, price_of, doctor, uploaded = hand.new_id, visit.place.price_of, visit.doctor, visit.settled_at.date()
    lines = [
        Line(
            new_id(18), order.item, at, order.quantity, price_of(order.item), doctor, uploaded,
            days_supplied=order.days_supplied, memo=memo,
        )
        for order in orders
    ]  # fmt: skip
    visit.lines.extend(lines)
    return lines


def copy_line(hand: Hand, visit: Visit, line: Line) -> Line:
    """The same act charged once more, down to the second and on the same sheet, under an id of its own."""
    again = replace(line, id=hand.new_id(18), on_sheet_of=line.id)
    visit.lines.append(again)
    return again


def take_back(hand: Hand, visit: Visit, line: Line, quantity: int, *, days_later: int = 0) -> Line:
    """A negative line for (part of) a line: in the same settlement, though it may be uploaded later."""
    back = replace(
        line,
        id=hand.new_id(18),
        quantity=-quantity,
        original_id=line.id,
        at=min(visit.end, line.at + timedelta(minutes=hand.between(1, 90))),
        uploaded=line.uploaded + timedelta(days=days_later),
        days_supplied=0,
        covered=None if line.covered is None else -(line.covered * quantity // line.quantity),
    )
    visit.lines.append(back)
    return back


def stay(
    hand: Hand,
    person: Person,
    place: Institution,
    day: date,
    nights: int,
    *,
    surgery: str = "",
    bed: Item = catalogue.BED,
    illness: Illness | None = None,
    visit_type: str = "21",
) -> Visit:
    """A stay of so many nights: bed, ward round and nursing once a day, not on the day of discharge.

    `surgery` names one of four common operations; an `illness` of the kind surgery brings its own.
    """
    if surgery:
        diagnosis, department = _SURGERIES[surgery]
    else:
        illness = illness or drawn(hand, ("ward",), person.age_on(day), person.sex)
        diagnosis, department = illness.diagnosis, illness.department
    in_theatre = operations().get(diagnosis[0]) if surgery or (illness and illness.kind == "surgery") else None
    doctor = hand.pick(place.called_in(day, department) if visit_type == BIRTH else place.on_duty(day, department))
    begin = datetime.combine(day, time(7)) + timedelta(minutes=hand.between(30, 500))
    end = datetime.combine(day + timedelta(days=nights), time(15)) + timedelta(minutes=hand.between(0, 150))
    own = tuple(CHRONIC_DIAGNOSES[c] for c in person.conditions if CHRONIC_DIAGNOSES[c] != diagnosis)
    visit = Visit(
        id=hand.new_id(17), person=person, place=place, doctor=doctor, visit_type=visit_type, begin=begin, end=end,
        settled_at=end + timedelta(minutes=30), diagnoses=(diagnosis, *own[:2]),
        record_id="Z" + hand.new_id(9), complaint=_complaint(hand, person, diagnosis[1]),
        operation=in_theatre.procedure if in_theatre else None,
    )  # fmt: skip
    _add_contact(hand, visit)
    _charge_ward(hand, visit, nights, bed, illness)
    if in_theatre:
        at = datetime.combine(day + timedelta(days=min(1, nights)), time(10, hand.between(0, 59), hand.between(0, 59)))
        charge(hand, visit, at, [Order(item) for item in theatre_orders(in_theatre)])
    return visit


def _charge_ward(hand: Hand, visit: Visit, nights: int, bed: Item, illness: Illness | None) -> None:
    midnight = datetime.combine(visit.begin.date(), time(0))
    regimen = Day(hand, visit.place, bed, illness, visit.person.age_on(visit.begin.date()))
    for n in range(max(1, nights)):
        # Charges are posted in the evening; the bed counts on the day of admission, not on discharge.
        at = midnight + timedelta(days=n, hours=17, minutes=hand.between(5, 50), seconds=hand.between(0, 59))
        for minutes, sheet in day_orders(hand, regimen, n):
            charge(hand, visit, at + timedelta(minutes=minutes), [Order(item, count) for item, count in sheet])


def _titles_for(visit_type: str, orders: Sequence[Order]) -> Sequence[str]:
    """Whose work the visit is: a senior fee is a senior doctor's, and serious disease is not left to residents."""
    if any(order.item is catalogue.EXPERT_CONSULTATION for order in orders):
        return CHIEFS
    return RESPONSIBLE if visit_type == SERIOUS else ()


def _prescriber(
    hand: Hand, place: Institution, day: date, department: str, titles: Sequence[str] = ()
) -> Doctor | None:
    """Hospitals always name one on duty; a pharmacy sometimes leaves out whose slip it filled.

    Of the titles, if there are such doctors: of the department, of another one that day, or called in.
    """
    if place.is_pharmacy:
        return None if hand.chance(_UNNAMED_AT_SHOP) else hand.pick(place.doctors)
    on_duty = place.on_duty(day, department)
    fitting = ([d for d in some if d.title in titles] for some in (on_duty, place.on_duty(day), place.doctors))
    return hand.pick(next(filter(None, fitting), on_duty) if titles else on_duty)


def _complaint(hand: Hand, person: Person, illness: str) -> str:
    """Free text as wards write it; some of it names the patient, which is why it has to be scrubbed."""
    text = f"{hand.pick(('反复不适', '突发不适', '持续不适'))}{hand.between(1, 20)}天，拟诊{illness}"
    return f"患者{person.name}，{text}，联系电话{person.tel}" if hand.chance(0.2) else text


def _add_contact(hand: Hand, visit: Visit) -> None:
    if visit.is_stay or hand.chance(0.05):
        visit.contact = f"{person_name(hand)}/100{hand.new_id(8)}"
