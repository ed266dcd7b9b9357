"""What happens to households while they are watched: children are born, families move, come and go, deaths come late.

All but births draw from a stream of their own, so that nobody else's life depends on them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from simulator.city.names import REGIONS, address, certificate
from simulator.city.people import Move, Person
from simulator.streams import Hand

_LATE_DEATHS = 0.15  # of deaths are registered one to five months later instead of one to three weeks
_TREATED_AWAY_FIRST = 0.5  # of households that leave are treated elsewhere before their insurance follows them
_DAYS_TO_FOLLOW = (10, 60)  # that the insurance takes to follow
_FIRST_REGISTERED, _LAST_REGISTERED = 7, 40  # days after birth: after the mother has gone home
MOST_MOVES = 0.3
_YEAR = 365


@dataclass(frozen=True, slots=True)
class MoveRates:
    """Of households, how many a year move to another county of the pooling area, out of the area and into it.

    No published rate is known here; the usual ones are of the order of a city whose population stands still.
    """

    within: float = 0.025
    out: float = 0.010
    into: float = 0.010

    def problems(self) -> list[str]:
        """Rates that cannot be."""
        rates = {"within": self.within, "out": self.out, "into": self.into}
        return [
            f"moves.{name} is {rate}; it lies between 0 and {MOST_MOVES}"
            for name, rate in rates.items()
            if not 0 <= rate <= MOST_MOVES
        ]


USUAL_MOVES = MoveRates()


def let_happen(hand: Hand, people: Sequence[Person], first: date, last: date, rates: MoveRates) -> None:
    """Moves and late registrations among neighbours, from `first` to `last`."""
    years = (last - first).days / _YEAR
    for household in _households(people):
        drawn, has_child = hand.random() / years, any(person.delivers for person in household)
        if drawn < rates.within:
            _move(hand, household, first, last)
        elif drawn < rates.within + rates.out and not has_child:
            _leave(hand, household, first, last)
        elif rates.within + rates.out <= drawn < rates.within + rates.out + rates.into and not has_child:
            _come(hand, household, first, last)
    for person in people:
        if person.death is not None and hand.chance(_LATE_DEATHS):
            person.death_registered = person.death + timedelta(days=hand.between(30, 150))


def be_born(hand: Hand, person: Person, day: date) -> None:
    """Insured from the day of birth, registered within weeks; care of its own begins with the registration."""
    person.birth = person.enrolled_on = day
    person.certno = certificate(hand, day, person.sex)
    person.registered_on = day + timedelta(days=hand.between(_FIRST_REGISTERED, _LAST_REGISTERED))


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
        own_home = home - home % 100 + person.home % 100
        if person.birth >= day:  # the family had moved before
            person.address, person.region, person.home = where, region, own_home
        else:
            person.move = Move(day, registered, where, region, hand.new_id(16), own_home)


def _leave(hand: Hand, household: Sequence[Person], first: date, last: date) -> None:
    """Insured elsewhere from a day on; some live there before and are treated there as filed (异地就医)."""
    day = first + timedelta(days=hand.between(1, max(1, (last - first).days)))
    registered = day + timedelta(days=hand.between(3, 30))
    lived_there = day - timedelta(days=hand.between(*_DAYS_TO_FOLLOW))
    is_treated_there = hand.chance(_TREATED_AWAY_FIRST)
    for person in household:
        if person.death is None or person.death > day:
            person.death = person.death_registered = None
            person.left_on, person.left_registered = day, registered
            person.off_site = (lived_there, day - timedelta(days=1)) if is_treated_there else None


def _come(hand: Hand, household: Sequence[Person], first: date, last: date) -> None:
    """Insured here from a day on, registered within a fortnight; what was before lies with another area."""
    day = first + timedelta(days=hand.between(1, max(1, (last - first).days)))
    registered = day + timedelta(days=hand.between(0, 14))
    for person in household:
        person.enrolled_on, person.registered_on, person.off_site = day, registered, None
        if person.death is not None and person.death <= registered:
            person.death = person.death_registered = None
