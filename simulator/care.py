"""How care is given and charged: an outpatient visit, a purchase, a stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from simulator import catalogue
from simulator.catalogue import Item
from simulator.people import Person, person_name
from simulator.providers import Doctor, Institution
from simulator.records import Line, Visit
from simulator.streams import Hand

CHRONIC_DIAGNOSES = {
    "hypertension": ("I10.x00x002", "高血压病"),
    "diabetes": ("E11.900", "2型糖尿病"),
    "heart": ("I25.103", "冠状动脉粥样硬化性心脏病"),
    "lung": ("J44.900", "慢性阻塞性肺疾病"),
}
_SURGERIES = {
    "appendix": (("K35.800", "急性阑尾炎"), ("47.0100", "腹腔镜下阑尾切除术"), "A04"),
    "gallbladder": (("K80.100", "胆囊结石伴慢性胆囊炎"), ("51.2300", "腹腔镜下胆囊切除术"), "A04"),
    "cataract": (("H25.900", "老年性白内障"), ("13.4100x001", "白内障超声乳化抽吸术"), "A04"),
    "heart": (("I25.103", "冠状动脉粥样硬化性心脏病"), ("88.5500", "单根导管的冠状动脉造影术"), "A03"),
}
_WARD_DIAGNOSES = (
    ("J18.900", "肺炎"),
    ("I63.900", "脑梗死"),
    ("K92.200", "胃肠出血"),
    ("J44.100", "慢性阻塞性肺病伴急性加重"),
    ("I50.900", "心力衰竭"),
    ("M51.202", "腰椎间盘突出"),
)


@dataclass(frozen=True, slots=True)
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
) -> Visit:
    """A visit or purchase within one day, settled the same day."""
    begin = datetime.combine(day, time(8)) + timedelta(minutes=hand.between(0, 540), seconds=hand.between(0, 59))
    end = begin + timedelta(minutes=hand.between(10, 100))
    if doctor is None:
        doctor = _prescriber(hand, place)
    visit = Visit(
        id=hand.new_id(17), person=person, place=place, doctor=doctor, visit_type=visit_type,
        begin=begin, end=end, settled_at=end, diagnoses=(diagnosis,), record_id="M" + hand.new_id(9),
    )  # fmt: skip
    _add_contact(hand, visit)
    charge(hand, visit, begin + timedelta(minutes=5), orders)
    return visit


def charge(hand: Hand, visit: Visit, at: datetime, orders: Sequence[Order], *, memo: str = "") -> list[Line]:
    """Lines of one order sheet, added to the encounter."""
    sheet = "R" + hand.new_id(12)
    lines = [
        Line(
            id=hand.new_id(18), item=order.item, at=at, order_id=sheet, quantity=order.quantity,
            price=visit.place.price_of(order.item), doctor=visit.doctor, uploaded=visit.settled_at.date(),
            days_supplied=order.days_supplied, memo=memo,
        )
        for order in orders
    ]  # fmt: skip
    visit.lines.extend(lines)
    return lines


def copy_line(hand: Hand, visit: Visit, line: Line) -> Line:
    """The same act charged once more, down to the second, under an id of its own."""
    again = replace(line, id=hand.new_id(18))
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
) -> Visit:
    """A stay of so many nights: bed, ward round and nursing once a day, not on the day of discharge."""
    diagnosis, operation, department = _SURGERIES.get(surgery, (hand.pick(_WARD_DIAGNOSES), None, "A03"))
    doctor = hand.pick([d for d in place.doctors if d.department == department] or place.doctors)
    begin = datetime.combine(day, time(7)) + timedelta(minutes=hand.between(30, 500))
    end = datetime.combine(day + timedelta(days=nights), time(15)) + timedelta(minutes=hand.between(0, 150))
    own = tuple(CHRONIC_DIAGNOSES[c] for c in person.conditions if CHRONIC_DIAGNOSES[c] != diagnosis)
    visit = Visit(
        id=hand.new_id(17), person=person, place=place, doctor=doctor, visit_type="21", begin=begin, end=end,
        settled_at=end + timedelta(minutes=30), diagnoses=(diagnosis, *own[:2]),
        record_id="Z" + hand.new_id(9),
        complaint=_complaint(hand, person, diagnosis[1]), operation=operation,
    )  # fmt: skip
    _add_contact(hand, visit)
    _charge_ward(hand, visit, nights, bed)
    if surgery:
        at = datetime.combine(day + timedelta(days=min(1, nights)), time(10, 20))
        charge(hand, visit, at, [Order(catalogue.SURGERY[surgery]), Order(catalogue.ANAESTHESIA)])
    return visit


def _charge_ward(hand: Hand, visit: Visit, nights: int, bed: Item) -> None:
    nursing = hand.pick((catalogue.NURSING_1, catalogue.NURSING_2, catalogue.NURSING_2, catalogue.NURSING_3))
    regular = [Order(drug, hand.between(1, 3)) for drug in hand.some(catalogue.WARD_DRUGS, hand.between(2, 4))]
    midnight = datetime.combine(visit.begin.date(), time(0))
    for n in range(max(1, nights)):
        # Charges are posted in the evening; the bed counts on the day of admission, not on discharge.
        day = midnight + timedelta(days=n, hours=17, minutes=hand.between(5, 50), seconds=hand.between(0, 59))
        charge(hand, visit, day, [Order(bed), Order(catalogue.WARD_ROUND), Order(nursing)])
        infusion = (Order(catalogue.INFUSION), Order(catalogue.INFUSION_SET))
        charge(hand, visit, day + timedelta(minutes=3), [*regular, *infusion])
        if n == 0:
            tests = [
                *hand.some(catalogue.LABS, hand.between(4, 7)),
                *hand.some(catalogue.EXAMS, hand.between(1, 3)),
            ]
            charge(hand, visit, day + timedelta(minutes=6), [Order(test) for test in (*tests, catalogue.CANNULA)])
        elif hand.chance(0.3):
            charge(hand, visit, day + timedelta(minutes=6), [Order(t) for t in hand.some(catalogue.LABS, 2)])


def _prescriber(hand: Hand, place: Institution) -> Doctor | None:
    """Hospitals always name one; a pharmacy sometimes leaves out whose slip it filled."""
    return None if place.is_pharmacy and hand.chance(0.2) else hand.pick(place.doctors)


def _complaint(hand: Hand, person: Person, illness: str) -> str:
    """Free text as wards write it; some of it names the patient, which is why it has to be scrubbed."""
    text = f"{hand.pick(('反复不适', '突发不适', '持续不适'))}{hand.between(1, 20)}天，拟诊{illness}"
    return f"患者{person.name}，{text}，联系电话{person.tel}" if hand.chance(0.2) else text


def _add_contact(hand: Hand, visit: Visit) -> None:
    if visit.is_stay or hand.chance(0.05):
        visit.contact = f"{person_name(hand)}/100{hand.new_id(8)}"
