"""Who is admitted when: stays that follow one another in the bed slots of a block.

A block of persons fills its own share of the region's bed slots, so that the honest census never exceeds the
beds, however many blocks there are and in whatever order they are made.
"""

from __future__ import annotations

from bisect import bisect
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate

from simulator.capacity import MEAN_NIGHTS, STAYS_PER_PERSON_YEAR
from simulator.illness import Illness, drawn
from simulator.people import Person
from simulator.providers import Institution, Providers
from simulator.seasons import MONTHS
from simulator.streams import Hand

_NIGHTS_MU, _NIGHTS_SIGMA = 2.0, 0.45  # mean 8.2 nights
_SURGERY_SHARE = 0.28
_BETWEEN_STAYS = 35  # days that an honest person is out of hospital at least (rules on split stays: up to 31)
_TRIES = 14
_AROUND_DUE = 5
_BIRTH = Illness("birth", ("O80.000", "头位顺产"), "A05", "flat", "woman", 1.0, (), None)
_CAESAREAN = Illness("surgery", ("O82.000", "经选择性剖宫产术的分娩"), "A05", "flat", "woman", 1.0, (), None)
_CAESAREAN_SHARE = 0.42


@dataclass(frozen=True, slots=True)
class Admission:
    """One stay to come."""

    day: date
    nights: int
    place: Institution
    illness: Illness
    visit_type: str = "21"

    @property
    def ends_on(self) -> date:
        """The day of discharge."""
        return self.day + timedelta(days=self.nights)


class Ward:
    """The people of a block as candidates for admission."""

    def __init__(self, hand: Hand, people: list[Person], first: date, last: date) -> None:
        self.hand, self.people, self.last = hand, people, last
        self.free_from = [first] * len(people)
        self.risks = list(accumulate(_risk(person, first) for person in people))
        self.due = {
            n: first + timedelta(days=person.health.due) for n, person in enumerate(people) if person.health.bears_child
        }
        self.admitted: dict[int, list[Admission]] = defaultdict(list)

    def admit(self, place: Institution, day: date) -> Admission | None:
        """Somebody for a bed of this place on this day; None when nobody is found."""
        mother = self._mother(place, day)
        if mother is not None:
            illness = _CAESAREAN if self.hand.chance(_CAESAREAN_SHARE) else _BIRTH
            return self._take(mother, Admission(day, self.hand.between(3, 6), place, illness, "52"))
        nights = min(30, max(2, round(self.hand.lognormal(_NIGHTS_MU, _NIGHTS_SIGMA))))
        for _ in range(_TRIES):
            n = min(bisect(self.risks, self.hand.random() * self.risks[-1]), len(self.people) - 1)
            if self._can_come(n, day, nights):
                return self._take(n, Admission(day, nights, place, ward_illness(self.hand, self.people[n], place, day)))
        return None

    def _take(self, n: int, admission: Admission) -> Admission | None:
        self.free_from[n] = admission.ends_on + timedelta(days=_BETWEEN_STAYS)
        if admission.ends_on <= self.last:  # who is still in on the last day has not been settled
            self.admitted[n].append(admission)
        return admission

    def _can_come(self, n: int, day: date, nights: int) -> bool:
        person, end = self.people[n], day + timedelta(days=nights)
        lives = person.death is None or person.death > end
        away = person.off_site is not None and person.off_site[0] <= end and day <= person.off_site[1]
        kept = n in self.due and abs((self.due[n] - day).days) < _BETWEEN_STAYS
        lives = lives and (person.registered_on is None or person.registered_on <= day)
        return self.free_from[n] <= day and lives and not away and not kept and not person.health.on_dialysis

    def _mother(self, place: Institution, day: date) -> int | None:
        if place.level == "3" or not self.due:
            return None
        for n, due in self.due.items():
            if abs((due - day).days) <= _AROUND_DUE and self.people[n].death is None:
                del self.due[n]
                return n if self.free_from[n] <= day else None
        return None


def planned_stays(
    hand: Hand, people: list[Person], providers: Providers, first: date, last: date, offset: int
) -> dict[int, list[Admission]]:
    """The stays of a block's people, by their number in the block; `offset` numbers the first of them."""
    slots, persons = providers.slots, max(1, providers.persons)
    if not slots or not people:
        return {}
    own = slots[offset * len(slots) // persons : (offset + len(people)) * len(slots) // persons]
    occupied = min(0.985, persons * STAYS_PER_PERSON_YEAR * providers.stay_factor * MEAN_NIGHTS / 365 / len(slots))
    gap = MEAN_NIGHTS * (1 / occupied - 1)
    ward = Ward(hand, people, first, last)
    for place in own:
        day = first + timedelta(days=int(hand.random() * min(6.0, 1 + 2 * gap)))
        while day < last:
            admission = ward.admit(place, day)
            day = (admission.ends_on if admission else day + timedelta(days=1)) + timedelta(days=hand.poisson(gap))
    return ward.admitted


def ward_illness(hand: Hand, person: Person, place: Institution, day: date) -> Illness:
    """An illness of the season; primary hospitals do not operate."""
    years = person.age_on(day)
    kinds = ("surgery",) if place.level != "3" and hand.chance(_SURGERY_SHARE) else ("ward",)
    illness = drawn(hand, kinds, years, person.sex)
    for _ in range(3):
        if hand.chance(MONTHS[illness.season][day.month - 1] / 1.55):
            break
        illness = drawn(hand, kinds, years, person.sex)
    return illness


def _risk(person: Person, day: date) -> float:
    """Relative risk of admission: infants, the old and the chronically ill."""
    years = person.age_on(day)
    young = 0.10 if years < 6 else 0.0
    return 0.05 + young + 0.11 * len(person.conditions) + 0.005 * max(0, years - 50) + 0.2 * person.health.has_cancer
