"""The insured: who they are, what they suffer from, whom they live with."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from simulator.health import CONDITIONS, HEALTHY, Health, draw_conditions, draw_health
from simulator.life_events import Move, let_happen
from simulator.names import AREA, SURNAMES, address, certificate, person_name, telephone
from simulator.policy import Usage
from simulator.streams import Hand, id_of

__all__ = ["AREA", "CONDITIONS", "Person", "make_people", "make_person", "person_name", "with_death"]

_GROUP = 12  # persons among whom households are cut
_MEAN_AGE, _AGE_SPREAD = 44, 22
_CIVIL_SERVANTS, _ON_AID = 0.12, 0.12
_OFF_SITE = 0.012  # live for months in another region and are treated there (off-site filing)
_EMPLOYERS = 900  # few of them employ most
_ENROLLED_WITHIN_HISTORY = 0.004


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
    household: str = ""
    account_holder: Person | None = None  # of the family account that may pay for this person
    enrolled_on: date | None = None  # None: long ago
    registered_on: date | None = None  # the register knows of this person since; None: long ago
    move: Move | None = None  # to another county
    off_site: tuple[date, date] | None = None  # filed for care in another region from the first to the second day
    health: Health = HEALTHY
    usage: dict[int, Usage] = field(default_factory=dict)  # what was used of the year's benefits

    @property
    def is_registered(self) -> bool:
        """Has the outpatient chronic benefit."""
        return self.health.is_registered

    @property
    def changes(self) -> list[date]:
        """Days on which the register learns something new of this person, in order."""
        told = (self.registered_on, self.death_registered, self.move.registered if self.move else None)
        return sorted(day for day in told if day is not None)

    def home_on(self, day: date) -> int:
        """What draws the usual hospital and pharmacy on a day."""
        return self.move.home if self.move and self.move.day <= day else self.home

    def insured_on(self, day: date) -> tuple[str, str]:
        """The enrolment in force on a day: its number and its county."""
        if self.move and self.move.day <= day:
            return self.move.relation_id, self.move.region
        return self.relation_id, AREA

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
    years = min(max(round(hand.gauss(_MEAN_AGE, _AGE_SPREAD)), age[0]), age[1])
    return _person(hand, today, sex, years, conditions)


def with_death(hand: Hand, person: Person, day: date) -> Person:
    """The person, dead on `day`; the register learns of it one to three weeks later."""
    person.death, person.death_registered = day, day + timedelta(days=hand.between(6, 20))
    return person


def make_people(seed: int, count: int, first_day: date, last_day: date, offset: int = 0) -> list[Person]:
    """Persons `offset` to `offset + count - 1` of the honest population, in households; some die in the history.

    Twelve neighbours share a stream, whoever asks for them: how a population is cut into blocks changes nobody.
    """
    people: list[Person] = []
    for group in range(offset // _GROUP, (offset + count - 1) // _GROUP + 1):
        neighbours = _neighbours(Hand(seed, f"people/{group}"), first_day, last_day)
        let_happen(Hand(seed, f"life events/{group}"), neighbours, first_day, last_day)
        start = group * _GROUP
        people += neighbours[max(0, offset - start) : offset + count - start]
    return people


def _neighbours(hand: Hand, first_day: date, last_day: date) -> list[Person]:
    """Twelve persons in households of one to five."""
    people: list[Person] = []
    while len(people) < _GROUP:
        people += _household(hand, first_day, _GROUP - len(people))
    for person in people:
        years, span = person.age_on(first_day), (last_day - first_day).days
        # about 7.5 deaths per 1,000 and year, doubling every eight years of age (Gompertz)
        if hand.chance(min(0.5, 0.0004 * 1.09 ** max(0, years - 30)) * span / 365):
            with_death(hand, person, first_day + timedelta(days=hand.between(10, max(10, span))))
        elif years > 60 and hand.chance(_OFF_SITE):
            from_day = first_day + timedelta(days=hand.between(0, span))
            person.off_site = (from_day, from_day + timedelta(days=hand.between(30, 180)))
        elif hand.chance(_ENROLLED_WITHIN_HISTORY):
            person.enrolled_on = first_day - timedelta(days=hand.between(0, 200))
    return people


def _household(hand: Hand, today: date, room: int) -> list[Person]:
    """One household, no larger than `room`: one address and surname, telephones and an account shared."""
    ages = _ages(hand)[:room]
    members: list[Person] = []
    where, surname, home = address(hand), hand.pick(SURNAMES), hand.between(0, 10**6)
    number = "HH" + hand.new_id(12)
    for n, years in enumerate(ages):
        sex = "12"[n] if n < 2 and len(ages) > 1 else ("1" if hand.chance(0.51) else "2")
        person = _person(hand, today, sex, years, None)
        person.household, person.address, person.home = number, where, home if hand.chance(0.8) else person.home
        if sex == "1" or years < 18:
            person.name = person_name(hand, surname)
        members.append(person)
    holder = next((member for member in members if member.insurance == "310"), None)
    for person in members:
        if person is not members[0] and (person.age_on(today) < 16 or person.age_on(today) > 75):
            person.tel = members[0].tel  # children's and old people's telephone is that of the family
        if holder is not None and person is not holder and hand.chance(0.6):
            person.account_holder = holder
    return members


def _ages(hand: Hand) -> list[int]:
    """Ages in a household: one, two, parents with children, three generations.

    The shares were chosen so that the population is near the census of 2020: 18 % to 14, 19 % from 60 on.
    """
    kind = hand.random()
    if kind < 0.19:
        return [hand.between(22, 50) if hand.chance(0.45) else hand.between(51, 90)]
    if kind < 0.47:
        age = hand.between(24, 58) if hand.chance(0.45) else hand.between(59, 86)
        return [age, min(92, max(21, age + hand.between(-5, 3)))]
    parent = hand.between(26, 52)
    children = [max(0, parent - 26 - hand.between(0, 6) - 4 * n) for n in range(1 if hand.chance(0.5) else 2)]
    both = [parent, max(21, parent + hand.between(-4, 2)), *children]
    if kind < 0.78:
        return both
    return [*both, *(parent + hand.between(22, 31) for _ in range(1 if hand.chance(0.6) else 2))]


def _person(hand: Hand, today: date, sex: str, years: int, conditions: tuple[str, ...] | None) -> Person:
    birth = today - timedelta(days=years * 365 + hand.between(20, 380))
    own = draw_conditions(hand, years) if conditions is None else conditions
    health = draw_health(hand, years, sex, own, wanted=conditions is not None)
    employed = years >= 18 and hand.chance(0.92 if health.is_registered else 0.42)
    kind = ("12" if years >= 60 else "11") if employed else ("14" if years < 18 else "1501")
    return Person(
        psn_no="99" + hand.new_id(18),
        relation_id=hand.new_id(16),
        name=person_name(hand),
        sex=sex,
        recorded_sex=sex,
        birth=birth,
        certno=certificate(hand, birth, sex),
        tel=telephone(hand),
        address=address(hand),
        death=None,
        death_registered=None,
        insurance="310" if employed else "390",
        person_type=kind,
        is_civil_servant=employed and hand.chance(_CIVIL_SERVANTS),
        on_aid=hand.chance(0.15) if health.is_registered else not employed and hand.chance(_ON_AID),
        employer=_employer(hand) if employed else "",
        conditions=own,
        visits_per_month=health.visits_per_month,
        home=hand.between(0, 10**6),
        health=health,
    )


def _employer(hand: Hand) -> str:
    return "E" + id_of("employer", int(_EMPLOYERS * hand.random() ** 2.5), digits=8)
