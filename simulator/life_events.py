"""What happens to households while they are watched: children are born, families move, deaths are reported late.

These draw from a stream of their own, so that nobody else's life depends on them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from simulator.names import REGIONS, address, certificate
from simulator.streams import Hand

if TYPE_CHECKING:
    from simulator.people import Person

_BIRTHS_A_YEAR = 0.0064  # per person: the national birth rate of recent years
_INFANTS = 0.046  # of the persons are less than a year old at first: among them are those to be born
_MOST_UNBORN = 0.9
_MOVES_A_YEAR = 0.025  # of households, to another county of the same region
_LATE_DEATHS = 0.15  # of deaths are registered one to five months later instead of one to three weeks
_YEAR = 365


@dataclass(frozen=True, slots=True)
class Move:
    """From `day` on the household lives and is insured in another county; the register learns of it later."""

    day: date
    registered: date
    address: str
    region: str
    relation_id: str  # of this person's new enrolment
    home: int  # draws the new usual hospital and pharmacy


def let_happen(hand: Hand, people: Sequence[Person], first: date, last: date) -> None:
    """Births, moves and late registrations among neighbours, from `first` to `last`."""
    years = (last - first).days / _YEAR
    for household in _households(people):
        if hand.chance(_MOVES_A_YEAR * years):
            _move(hand, household, first, last)
    for person in people:
        is_infant = person.death is None and person.age_on(first) == 0
        if is_infant and hand.chance(min(_MOST_UNBORN, _BIRTHS_A_YEAR * years / _INFANTS)):
            _be_born(hand, person, first + timedelta(days=hand.between(0, (last - first).days)))
        if person.death is not None and hand.chance(_LATE_DEATHS):
            person.death_registered = person.death + timedelta(days=hand.between(30, 150))


def _households(people: Sequence[Person]) -> list[list[Person]]:
    found: dict[str, list[Person]] = {}
    for person in people:
        found.setdefault(person.household, []).append(person)
    return list(found.values())


def _move(hand: Hand, household: Sequence[Person], first: date, last: date) -> None:
    day = first + timedelta(days=hand.between(0, (last - first).days))
    registered = day + timedelta(days=hand.between(3, 30))
    where, home, region = address(hand), hand.between(0, 10**6), hand.pick(REGIONS)
    for person in household:
        # the last two digits also draw habits, which stay
        person.move = Move(day, registered, where, region, hand.new_id(16), home - home % 100 + person.home % 100)


def _be_born(hand: Hand, person: Person, day: date) -> None:
    """Insured from the day of birth, registered within weeks; care begins with the registration."""
    person.birth = person.enrolled_on = day
    person.certno = certificate(hand, day, person.sex)
    person.registered_on = day + timedelta(days=hand.between(3, 40))
    person.off_site = None
    if person.move is not None and person.move.day <= day:
        person.move = None  # the family had moved before
