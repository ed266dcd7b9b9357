"""Passing illness and small injuries: one visit with drugs, some tests, now and then an infusion."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial

from simulator.care.care import Order, outpatient
from simulator.care.illness import Illness, drawn
from simulator.care.records import Visit
from simulator.city import items as catalogue
from simulator.city.items import Item
from simulator.city.people import Person
from simulator.city.providers import Institution, Providers
from simulator.streams import Hand

_AT_PHARMACY, _URGENT, _EXPERT, _ELSEWHERE = 0.28, 0.12, 0.2, 0.12
_TESTS, _IMAGE, _INFUSION, _REHAB, _SEXED = 0.62, 0.4, 0.38, 0.5, 0.02
_TREAT, _SUPPLY = catalogue.families()["treatments"], catalogue.families()["supplies"]
_MORE_TESTS = catalogue.families()["tests"][8:14]
_WARD_MORE = catalogue.families()["ward_more"]


def passing_visit(hand: Hand, person: Person, providers: Providers, years: int) -> tuple[str, Callable[[date], Visit]]:
    """The season of an illness, and the visit it leads to on the day it comes."""
    illness = drawn(hand, ("passing", "injury"), years, person.sex)
    return illness.season, partial(_visit, hand, person, providers, illness)


def _visit(hand: Hand, person: Person, providers: Providers, illness: Illness, day: date) -> Visit:
    drugs = [Order(drug, hand.between(1, 2)) for drug in hand.some(illness.drugs, hand.between(2, 4))]
    if illness.kind == "passing" and hand.chance(_AT_PHARMACY):
        shop = providers.home_pharmacy(person.home_on(day))
        return outpatient(hand, person, shop, day, drugs, visit_type="41", diagnosis=illness.diagnosis)
    urgent = illness.kind == "injury" or illness.season == "flu" or hand.chance(_URGENT)
    place = hand.pick(providers.hospitals) if hand.chance(_ELSEWHERE) else providers.home_hospital(person.home_on(day))
    if person.off_site and person.off_site[0] <= day <= person.off_site[1] and providers.remote:
        place = providers.remote[person.home % len(providers.remote)]
    done = _done(hand, place, illness, urgent=urgent)
    if hand.chance(_SEXED) and person.age_on(day) >= 18:
        done.append((catalogue.MALE_ITEMS if person.sex == "1" else catalogue.FEMALE_ITEMS)[0])
    orders = [*(Order(item) for item in done), *drugs]
    kind = "13" if urgent else "11"
    department = "A20" if urgent else illness.department
    return outpatient(
        hand, person, place, day, orders, visit_type=kind, diagnosis=illness.diagnosis, department=department
    )


def _done(hand: Hand, place: Institution, illness: Illness, *, urgent: bool) -> list[Item]:
    usual = catalogue.EXPERT_CONSULTATION if place.level != "3" and hand.chance(_EXPERT) else catalogue.CONSULTATION
    done = [catalogue.EMERGENCY_CONSULTATION if urgent else usual]
    if hand.chance(_TESTS):
        done += [
            *hand.some(catalogue.LABS, hand.between(2, 4)),
            *hand.some(_MORE_TESTS, hand.between(0, 1)),
            _SUPPLY[2],
        ]
    image = illness.imaging
    if image is not None and hand.chance(_IMAGE) and catalogue.equipment_of().get(image.code, "") in place.equipment:
        done.append(image)
    if illness.department == "A04" and hand.chance(_REHAB):
        done += hand.some(catalogue.REHAB, 2)
    elif hand.chance(_INFUSION):
        done += [
            catalogue.INFUSION,
            catalogue.INFUSION_SET,
            _SUPPLY[0],
            catalogue.WARD_DRUGS[0],
            hand.pick(_WARD_MORE[3:6]),
        ]
    if illness.kind == "injury":
        done += [_TREAT[4], _SUPPLY[1], _SUPPLY[6]]
    return done
