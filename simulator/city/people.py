"""The insured: who they are and what they suffer from."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from simulator.city.health import CONDITIONS, HEALTHY, Health, draw_conditions, draw_health
from simulator.city.names import AREA, address, certificate, person_name, telephone
from simulator.city.policy import Usage
from simulator.streams import Hand, id_of

__all__ = ["AREA", "CONDITIONS", "Person", "make_person", "person_name", "person_of", "with_death"]

_MEAN_AGE, _AGE_SPREAD = 44, 22
_CIVIL_SERVANTS, _ON_AID = 0.12, 0.12
_EMPLOYERS = 900  # few of them employ most


@dataclass(frozen=True, slots=True)
class Move:
    """From `day` on the household lives and is insured in another county; the register learns of it later."""

    day: date
    registered: date
    address: str
    region: str
    relation_id: str  # of this person's new enrolment
    home: int  # draws the new usual hospital and pharmacy


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
    region: str = AREA  # the county that insures at first
    move: Move | None = None  # to another county of the same pooling area
    left_on: date | None = None  # insured by another pooling area since; None: never
    left_registered: date | None = None  # the register knows of it since
    delivers: tuple[date, ...] = ()  # days on which she bears a child, in the history or soon after it
    off_site: tuple[date, date] | None = None  # filed for care in another region from the first to the second day
    health: Health = HEALTHY
    saved: float = 1.0  # times the usual balance, in the personal account when the history begins
    usage: dict[int, Usage] = field(default_factory=dict)  # what was used of the year's benefits

    @property
    def is_registered(self) -> bool:
        """Has the outpatient chronic benefit."""
        return self.health.is_registered

    @property
    def changes(self) -> list[date]:
        """Days on which the register learns something new of this person, in order."""
        moved = self.move.registered if self.move else None
        reported = (self.registered_on, self.death_registered, moved, self.left_registered)
        return sorted(day for day in reported if day is not None)

    def last_day(self, last: date) -> date:
        """The last day on which this person lives and is insured here, at most `last`."""
        ends = (day - timedelta(days=1) for day in (self.death, self.left_on) if day is not None)
        return min(last, *ends) if self.death or self.left_on else last

    def is_here(self, day: date) -> bool:
        """Alive, insured here and known to the register on that day."""
        since = self.registered_on or self.enrolled_on
        return (since is None or since <= day) and self.last_day(day) == day

    def home_on(self, day: date) -> int:
        """What draws the usual hospital and pharmacy on a day."""
        return self.move.home if self.move and self.move.day <= day else self.home

    def insured_on(self, day: date) -> tuple[str, str]:
        """The enrolment in force on a day: its number and its county."""
        if self.move and self.move.day <= day:
            return self.move.relation_id, self.move.region
        return self.relation_id, self.region

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
    benefit: bool = False,
    abuses: bool = False,
) -> Person:
    """A living person of the sex, age range and conditions asked for; what is not asked for is drawn.

    `benefit` says that the conditions are registered for the outpatient chronic benefit, `abuses` that it is abused.
    """
    sex = sex or ("1" if hand.chance(0.5) else "2")
    years = min(max(round(hand.gauss(_MEAN_AGE, _AGE_SPREAD)), age[0]), age[1])
    return person_of(hand, today, sex, years, conditions, benefit=benefit, abuses=abuses)


def with_death(hand: Hand, person: Person, day: date) -> Person:
    """The person, dead on `day`; the register learns of it one to three weeks later."""
    person.death, person.death_registered = day, day + timedelta(days=hand.between(6, 20))
    return person


def person_of(
    hand: Hand,
    today: date,
    sex: str,
    years: int,
    conditions: tuple[str, ...] | None,
    *,
    benefit: bool = False,
    abuses: bool = False,
) -> Person:
    """A living person of that sex and age; conditions that are not asked for are drawn."""
    birth = today - timedelta(days=years * 365 + hand.between(20, 380))
    own = draw_conditions(hand, years) if conditions is None else conditions
    health = draw_health(hand, own, asked_for=conditions is not None, benefit=benefit, abuses=abuses)
    employed = years >= 18 and hand.chance(0.96 if health.is_registered else 0.42)
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
        saved=hand.lognormal(0.35, 1.2) if employed else 1.0,
    )


def _employer(hand: Hand) -> str:
    return "E" + id_of("employer", int(_EMPLOYERS * hand.random() ** 2.5), digits=8)
