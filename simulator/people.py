"""The insured: made so that no number can belong to anyone.

Certificates carry an area prefix (99) and telephones a prefix (100) that were never issued; names are
drawn from common surnames and given characters, towns and streets do not exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from simulator.streams import Hand

AREA = "990001"
_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华文玉兰建国志梅春红海云"
_STREETS = ("柳湾路", "青禾街", "望川巷", "石桥北路", "丹霞里")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643
_CHECKS = "10X98765432"
CONDITIONS = ("hypertension", "diabetes", "heart", "lung")


@dataclass(slots=True)
class Person:
    """One insured person. `sex` is the true one, `recorded_sex` what the register says (1 male, 2 female)."""

    psn_no: str
    relation_id: str
    name: str
    sex: str
    recorded_sex: str
    birth: date
    certno: str
    tel: str
    address: str
    death: date | None
    death_registered: date | None
    insurance: str
    person_type: str
    is_civil_servant: bool
    on_aid: bool
    employer: str
    conditions: tuple[str, ...]
    visits_per_month: float  # for the chronic conditions
    home: int  # draws the usual hospital and pharmacy

    def age_on(self, day: date) -> int:
        """Full years."""
        return day.year - self.birth.year - ((day.month, day.day) < (self.birth.month, self.birth.day))


def make_person(
    hand: Hand,
    today: date,
    *,
    sex: str = "",
    age: tuple[int, int] = (0, 95),
    conditions: tuple[str, ...] | None = None,
) -> Person:
    """A living person of the sex, age range and conditions asked for; what is not asked for is drawn."""
    sex = sex or ("1" if hand.chance(0.5) else "2")
    years = min(max(round(float(hand.rng.normal(44, 22))), age[0]), age[1])
    birth = today - timedelta(days=years * 365 + hand.between(20, 380))
    own = _drawn_conditions(hand, years) if conditions is None else conditions
    employed = years >= 18 and hand.chance(0.45)
    kind = ("12" if years >= 60 else "11") if employed else ("14" if years < 18 else "1501")
    return Person(
        psn_no="99" + hand.new_id(18),
        relation_id=hand.new_id(16),
        name=_name(hand),
        sex=sex,
        recorded_sex=sex,
        birth=birth,
        certno=_certificate(hand, birth, sex),
        tel="100" + hand.new_id(8),
        address=_address(hand),
        death=None,
        death_registered=None,
        insurance="310" if employed else "390",
        person_type=kind,
        is_civil_servant=employed and hand.chance(0.12),
        on_aid=not employed and hand.chance(0.12),
        employer="E" + hand.new_id(8) if employed else "",
        conditions=own,
        visits_per_month=min(6.0, float(hand.rng.lognormal(1.4, 0.45))) if own else 0.0,
        home=hand.between(0, 10**6),
    )


def with_death(hand: Hand, person: Person, day: date) -> Person:
    """The person, dead on `day`; the register learns of it one to three weeks later."""
    person.death, person.death_registered = day, day + timedelta(days=hand.between(6, 20))
    return person


def make_people(seed: int, count: int, first_day: date, last_day: date) -> list[Person]:
    """The honest population, some of whom die within the history."""
    people = []
    for n in range(count):
        hand = Hand(seed, f"person/{n}")
        person = make_person(hand, first_day)
        if hand.chance(0.0015 * 1.09 ** max(0, person.age_on(first_day) - 50)):
            with_death(hand, person, first_day + timedelta(days=hand.between(10, (last_day - first_day).days)))
        people.append(person)
    return people


def _drawn_conditions(hand: Hand, years: int) -> tuple[str, ...]:
    share = 0.0 if years < 35 else min(0.45, 0.008 * (years - 30))
    return tuple(hand.some(CONDITIONS, hand.pick((1, 1, 2, 2, 3)))) if hand.chance(share) else ()


def _address(hand: Hand) -> str:
    house = f"{hand.between(1, 199)}号{hand.between(1, 30)}栋{hand.between(101, 1806)}室"
    return f"云溪市青禾区{hand.pick(_STREETS)}{house}"


def _name(hand: Hand) -> str:
    return hand.pick(_SURNAMES) + "".join(hand.some(_GIVEN, hand.pick((1, 2, 2))))


def person_name(hand: Hand) -> str:
    """A name for somebody who is not insured here: a doctor, a contact."""
    return _name(hand)


def _certificate(hand: Hand, birth: date, sex: str) -> str:
    serial = hand.between(0, 499) * 2 + (1 if sex == "1" else 0)
    body = f"{AREA}{birth:%Y%m%d}{serial:03d}"
    total = sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True))
    return body + _CHECKS[total % 11]
