"""Hospitals and pharmacies; codes lie in an area (99) that was never issued."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from math import ceil

from simulator.city.capacity import bed_slots, beds_for, machines, staged_in
from simulator.city.items import Item
from simulator.city.people import AREA
from simulator.city.staffing import CLINICAL, DEPARTMENTS, SPECIAL, TECHNICAL, Doctor, make_doctor
from simulator.streams import Hand

__all__ = ["DEPARTMENTS", "Doctor", "Institution", "Providers", "make_doctor", "make_hospital", "make_providers"]

_TOWNS = ("青禾", "柳湾", "望川", "石桥", "丹霞", "云台", "白鹭", "松岭")
_PHARMACIES = ("康民", "百草", "仁心", "同泽", "安和")
_DOCTORS_PER_LEVEL = {"1": 30, "2": 18, "3": 6}
_BEDS_PER_LEVEL = {"1": 40, "2": 20, "3": 5}  # of a hospital made without a plan
_CATCHMENT = {"1": 20_000, "2": 8000, "3": 600}
_BEDS_OF_PRIMARY = 3  # of those few that admit patients
_SECONDARY_TENTHS = 3  # of ten persons, whose usual hospital is a secondary one
_PILOT_SHARE = 0.4  # hospitals where presence of in-patients is checked
REMOTE_AREA = "990101"  # never issued
PHARMACIES_PER_PERSON = 1 / 500


@dataclass(slots=True)
class Institution:
    """A hospital (level 1 tertiary, 2 secondary, 3 primary) or a pharmacy (level 9)."""

    code: str
    name: str
    level: str
    beds: int
    price_percent: int  # what this seller asks of the list price of drugs and consumables
    doctors: list[Doctor] = field(default_factory=list)  # a pharmacy's: hospital doctors whose slips it fills
    equipment: dict[str, int] = field(default_factory=dict)  # machines by kind
    nurses: int = 0
    is_pilot: bool = False  # checks the presence of its in-patients
    area: str = AREA
    opened: date | None = None  # when it was designated; None: long ago
    _prices: dict[str, int] = field(default_factory=dict)
    _duty: dict[tuple[int, str], list[Doctor]] = field(default_factory=dict)

    @property
    def is_pharmacy(self) -> bool:
        """Pharmacies sell drugs and have neither departments nor beds."""
        return self.level == "9"

    def price_of(self, item: Item) -> int:
        """The price asked here, in cents; never above the limit."""
        price = self._prices.get(item.code)
        if price is None:
            if item.is_service:
                price = item.price if self.level != "3" else max(1, item.price * 9 // 10)
            else:
                price = max(1, item.price * self.price_percent // 100)
            self._prices[item.code] = price
        return price

    def on_duty(self, day: date, department: str = "") -> list[Doctor]:
        """The doctors (of a department) on the schedule that weekday; when none is, those of any clinical one."""
        key = (day.weekday(), department)
        found = self._duty.get(key)
        if found is None:
            here = [d for d in self.doctors if key[0] in d.weekdays and d.department not in TECHNICAL]
            found = [d for d in here if d.department == department] or here or self.doctors
            self._duty[key] = found
        return found

    def called_in(self, day: date, department: str) -> list[Doctor]:
        """The department's doctors on the schedule that weekday; when none is, all of them: a birth does not wait."""
        own = [doctor for doctor in self.doctors if doctor.department == department]
        return [doctor for doctor in own if doctor.works_on(day)] or own or self.on_duty(day)

    def __hash__(self) -> int:
        return hash(self.code)


@dataclass(slots=True)
class Providers:
    """Every institution, by kind; `slots` names the hospital of each bed that honest stays fill."""

    hospitals: list[Institution]
    pharmacies: list[Institution]
    persons: int = 0
    slots: list[Institution] = field(default_factory=list)
    stay_factor: float = 1.0  # how many times the usual rate honest people are admitted
    remote: list[Institution] = field(default_factory=list)  # hospitals of another region that treat our people
    _levels: dict[tuple[str, ...], list[Institution]] = field(default_factory=dict)
    _wards: dict[tuple[str, ...], list[Institution]] = field(default_factory=dict)

    def of_level(self, *levels: str) -> list[Institution]:
        """The hospitals of these levels."""
        if levels not in self._levels:
            self._levels[levels] = [hospital for hospital in self.hospitals if hospital.level in levels]
        return self._levels[levels]

    def with_wards(self, *levels: str) -> list[Institution]:
        """The hospitals of these levels that admit in-patients."""
        if levels not in self._wards:
            self._wards[levels] = [hospital for hospital in self.of_level(*levels) if hospital.beds]
        return self._wards[levels]

    def home_hospital(self, home: int) -> Institution:
        """The usual hospital of whoever carries this number: a primary or secondary one."""
        near = self.of_level("2") if home % 10 < _SECONDARY_TENTHS else self.of_level("3")
        return near[home // 10 % len(near)]

    def home_pharmacy(self, home: int) -> Institution:
        """The usual pharmacy of whoever carries this number."""
        return self.pharmacies[home % len(self.pharmacies)]


def make_hospital(hand: Hand, level: str, name: str, *, beds: int = 0) -> Institution:
    """A hospital with its doctors, spread over the departments."""
    place = Institution(f"H{AREA}{hand.new_id(5)}", name, level, beds or _BEDS_PER_LEVEL[level], hand.between(96, 104))
    departments = list(CLINICAL) if level == "3" else [*CLINICAL, *CLINICAL[:2], *SPECIAL, *TECHNICAL]
    count = _DOCTORS_PER_LEVEL[level]
    # weeks begin three days apart from doctor to doctor, so that somebody is on duty every day
    place.doctors = [make_doctor(hand, departments[n % len(departments)], 3 * n) for n in range(count)]
    place.equipment = machines(level, _CATCHMENT[level])
    place.nurses = count + place.beds // 2
    place.is_pilot = level != "3" and hand.chance(_PILOT_SHARE)
    return place


def make_pharmacy(hand: Hand, name: str, prescribers: Sequence[Doctor]) -> Institution:
    """A pharmacy that fills the slips of four of these doctors."""
    shop = Institution(f"P{AREA}{hand.new_id(5)}", name, "9", 0, hand.between(92, 108))
    shop.doctors = hand.some(prescribers, 4)
    return shop


def make_providers(seed: int, persons: int, stay_factor: float = 1.0, scheme_scale: float = 1.0) -> Providers:
    """The institutions of a region of this many insured persons; `stay_factor` changes how full the beds are.

    `scheme_scale` says how much is staged: there are beds for that too.
    """
    # more places than so few people would have: an institution is judged among at least twenty of its kind
    counts = {"1": max(1, persons // 20_000), "2": max(2, persons // 8000), "3": max(22, persons // 600)}
    suffix = {"1": "中心医院", "2": "人民医院", "3": "社区卫生服务中心"}
    hand, used = Hand(seed, "providers"), set[str]()
    hospitals = []
    for level, count in counts.items():
        for n in range(count):
            name = f"云溪市{_TOWNS[n % len(_TOWNS)]}{'' if n < len(_TOWNS) else f'第{n}'}{suffix[level]}"
            hospitals.append(_unlike(used, hand, level, name))
    hospitals[0].is_pilot = True  # in the smallest world too
    slots = _filled(hand, _furnish(hand, persons, hospitals, scheme_scale), hospitals, stay_factor)
    prescribers = [doctor for hospital in hospitals for doctor in hospital.doctors]
    pharmacies = []
    for n in range(max(22, round(persons * PHARMACIES_PER_PERSON))):
        pharmacies.append(_unlike_shop(used, hand, f"{_PHARMACIES[n % 5]}大药房{n + 1}店", prescribers))
    remote = [_unlike(used, hand, level, f"{town}市中心医院") for level, town in (("1", "远山"), ("2", "临江"))]
    for place in remote:
        place.area = REMOTE_AREA
    return Providers(hospitals, pharmacies, persons, slots, stay_factor, remote)


def _furnish(hand: Hand, persons: int, hospitals: list[Institution], scale: float) -> list[Institution]:
    """Beds in proportion to the load; the hospital of every bed slot, in an order that mixes the levels."""
    slots: list[Institution] = []
    for level in ("1", "2", "3"):
        places = [place for place in hospitals if place.level == level]
        count = bed_slots(persons, level)
        wards = places if level != "3" else places[: ceil(count / _BEDS_OF_PRIMARY)]
        own = [wards[n % len(wards)] for n in range(count)]
        held = Counter(place.code for place in own)
        staged = staged_in(persons, level, [place.code for place in wards], scale)
        for place in places:
            place.beds = 0
        for place in wards:
            place.beds = beds_for(held[place.code], staged[place.code], level)
        for place in places:
            place.nurses = len(place.doctors) + place.beds // 2
        slots += own
    return hand.some(slots, len(slots))


def _filled(hand: Hand, slots: list[Institution], hospitals: list[Institution], factor: float) -> list[Institution]:
    """Fewer slots, or more of them up to the beds there are."""
    wanted = max(1, round(len(slots) * factor))
    held = Counter(place.code for place in slots)
    spare = [place for place in hospitals for _ in range(place.beds - held[place.code])]
    return [*slots[:wanted], *hand.some(spare, max(0, wanted - len(slots)))]


def _unlike(used: set[str], hand: Hand, level: str, name: str) -> Institution:
    """A hospital none of whose short codes is taken yet."""
    while True:
        place = make_hospital(hand, level, name)
        codes = {place.code, *(doctor.code for doctor in place.doctors)}
        if not codes & used and len(codes) == 1 + len(place.doctors):
            used |= codes
            return place


def _unlike_shop(used: set[str], hand: Hand, name: str, prescribers: Sequence[Doctor]) -> Institution:
    """A pharmacy whose short code is not taken yet."""
    while True:
        shop = make_pharmacy(hand, name, prescribers)
        if shop.code not in used:
            used.add(shop.code)
            return shop
