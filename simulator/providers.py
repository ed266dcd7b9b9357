"""Hospitals, pharmacies and their doctors; codes lie in an area (99) that was never issued."""

from __future__ import annotations

from dataclasses import dataclass, field

from simulator.catalogue import Item
from simulator.people import AREA, person_name
from simulator.streams import Hand

DEPARTMENTS = {"A03": "内科", "A04": "外科", "A05": "妇产科", "A20": "急诊医学科", "A50": "中医科"}
_TOWNS = ("青禾", "柳湾", "望川", "石桥", "丹霞", "云台", "白鹭", "松岭")
_PHARMACIES = ("康民", "百草", "仁心", "同泽", "安和")
_DOCTORS_PER_LEVEL = {"1": 20, "2": 12, "3": 5}
_BEDS_PER_LEVEL = {"1": 400, "2": 150, "3": 20}


@dataclass(slots=True)
class Doctor:
    """One doctor at one hospital."""

    code: str
    name: str
    title: str
    department: str


@dataclass(slots=True)
class Institution:
    """A hospital (level 1 tertiary, 2 secondary, 3 primary) or a pharmacy (level 9)."""

    code: str
    name: str
    level: str
    beds: int
    price_percent: int  # what this seller asks of the list price of drugs and consumables
    doctors: list[Doctor] = field(default_factory=list)  # a pharmacy's: hospital doctors whose slips it fills

    @property
    def is_pharmacy(self) -> bool:
        """Pharmacies sell drugs and have neither departments nor beds."""
        return self.level == "9"

    def price_of(self, item: Item) -> int:
        """The price asked here, in cents; never above the limit."""
        if item.is_service:
            return item.price if self.level != "3" else max(1, item.price * 9 // 10)
        return max(1, item.price * self.price_percent // 100)


@dataclass(slots=True)
class Providers:
    """Every institution, by kind."""

    hospitals: list[Institution]
    pharmacies: list[Institution]

    def of_level(self, *levels: str) -> list[Institution]:
        """The hospitals of these levels."""
        return [hospital for hospital in self.hospitals if hospital.level in levels]

    def home_hospital(self, home: int) -> Institution:
        """The usual hospital of whoever carries this number: a primary or secondary one."""
        near = self.of_level("2", "3")
        return near[home % len(near)]

    def home_pharmacy(self, home: int) -> Institution:
        """The usual pharmacy of whoever carries this number."""
        return self.pharmacies[home % len(self.pharmacies)]


def make_doctor(hand: Hand, department: str) -> Doctor:
    """A doctor of one department."""
    title = hand.pick(("主任医师", "副主任医师", "主治医师", "主治医师", "住院医师"))
    return Doctor(f"D{AREA}{hand.new_id(6)}", person_name(hand), title, department)


def make_hospital(hand: Hand, level: str, name: str, *, beds: int = 0) -> Institution:
    """A hospital with its doctors, spread over the departments."""
    place = Institution(f"H{AREA}{hand.new_id(5)}", name, level, beds or _BEDS_PER_LEVEL[level], hand.between(96, 104))
    departments = list(DEPARTMENTS)
    count = _DOCTORS_PER_LEVEL[level]
    place.doctors = [make_doctor(hand, departments[n % len(departments)]) for n in range(count)]
    return place


def make_providers(seed: int, persons: int) -> Providers:
    """The institutions of a region of this many insured persons."""
    # more places than so few people would have: an institution is judged among at least twenty of its kind
    counts = {"1": max(1, persons // 6000), "2": max(2, persons // 2500), "3": max(22, persons // 600)}
    suffix = {"1": "中心医院", "2": "人民医院", "3": "社区卫生服务中心"}
    hand, used = Hand(seed, "providers"), set[str]()
    hospitals = []
    for level, count in counts.items():
        for n in range(count):
            name = f"云溪市{_TOWNS[n % len(_TOWNS)]}{'' if n < len(_TOWNS) else f'第{n}'}{suffix[level]}"
            hospitals.append(_unlike(used, hand, level, name))
    prescribers = [doctor for hospital in hospitals for doctor in hospital.doctors]
    pharmacies = []
    for n in range(max(22, persons // 500)):
        shop = Institution(f"P{AREA}{n + 1:05d}", f"{_PHARMACIES[n % 5]}大药房{n + 1}店", "9", 0, hand.between(92, 108))
        shop.doctors = hand.some(prescribers, 4)
        pharmacies.append(shop)
    return Providers(hospitals, pharmacies)


def _unlike(used: set[str], hand: Hand, level: str, name: str) -> Institution:
    """A hospital none of whose short codes is taken yet."""
    while True:
        place = make_hospital(hand, level, name)
        codes = {place.code, *(doctor.code for doctor in place.doctors)}
        if not codes & used and len(codes) == 1 + len(place.doctors):
            used |= codes
            return place
