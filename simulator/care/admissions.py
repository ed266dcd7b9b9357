"""Who is admitted when: stays that follow one another in the bed slots of a block.

A block of persons fills its own share of the region's bed slots, so that the honest census never exceeds the
beds, however many blocks there are and in whatever order they are made.
"""

from __future__ import annotations

from bisect import bisect
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate

from simulator.care.illness import Illness, drawn
from simulator.care.records import BIRTH
from simulator.care.seasons import MONTHS
from simulator.city.capacity import MEAN_NIGHTS, STAYS_PER_PERSON_YEAR
from simulator.city.people import Person
from simulator.city.providers import Institution, Providers
from simulator.streams import Hand

_NIGHTS_MU, _NIGHTS_SIGMA = 2.0, 0.45  # mean 8.2 nights
_SURGERY_SHARE = 0.28
_BETWEEN_STAYS = 35  # days that an honest person is out of hospital at least (rules on split stays: up to 31)
_TRIES = 14
_FEWEST_NIGHTS, _MOST_NIGHTS = 2, 30
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
        self.hand, self.people, self.first, self.last = hand, people, first, last
        self.free_from = [first] * len(people)
        self.risks = list(accumulate(_risk(person, first) for person in people))
        self.admitted: dict[int, list[Admission]] = defaultdict(list)

    def book_births(self, slots: Sequence[Institution], providers: Providers) -> list[list[Admission]]:
        """A bed for every mother on the day her child is born, before anybody else: by slot, in order of days.

        Only where all slots are taken does she go to a bed beside them; with fewer stays than usual there are many.
        """
        booked: list[list[Admission]] = [[] for _ in slots]
        for n, person in enumerate(self.people):
            for born in person.delivers:
                if born <= self.last:
                    self._book(n, born, slots, booked, providers)
        for admissions in booked:
            admissions.sort(key=lambda planned: planned.day)
        return booked

    def admit(self, place: Institution, day: date, most_nights: int) -> Admission | None:
        """Somebody for a bed of this place on this day, for so many nights at most; None when nobody is found."""
        nights = min(most_nights, max(2, round(self.hand.lognormal(_NIGHTS_MU, _NIGHTS_SIGMA))))
        for _ in range(_TRIES):
            n = min(bisect(self.risks, self.hand.random() * self.risks[-1]), len(self.people) - 1)
            if self._can_come(n, day, nights):
                return self._take(n, Admission(day, nights, place, ward_illness(self.hand, self.people[n], place, day)))
        return None

    def _book(
        self, n: int, born: date, slots: Sequence[Institution], booked: list[list[Admission]], providers: Providers
    ) -> None:
        is_planned = self.hand.chance(_CAESAREAN_SHARE) and born > self.first  # in the day before, operated the next
        begin, nights = (born - timedelta(days=1), 4) if is_planned else (born, 2)
        nights += self.hand.between(1, 3)
        end = begin + timedelta(days=nights)
        free = [k for k in range(len(slots)) if all(end < own.day or own.ends_on < begin for own in booked[k])]
        large = [k for k in free if slots[k].level != "3"]
        beside = providers.with_wards("1", "2")
        at = self.hand.pick(large or free) if large or free else None
        place = beside[self.people[n].home % len(beside)] if at is None else slots[at]
        illness = _CAESAREAN if is_planned and place.level != "3" else _BIRTH
        admission = self._take(n, Admission(begin, nights, place, illness, BIRTH))
        if at is not None:
            booked[at].append(admission)

    def _take(self, n: int, admission: Admission) -> Admission:
        self.free_from[n] = admission.ends_on + timedelta(days=_BETWEEN_STAYS)
        if admission.ends_on <= self.last:  # who is still in on the last day has not been settled
            self.admitted[n].append(admission)
        return admission

    def _can_come(self, n: int, day: date, nights: int) -> bool:
        person, end = self.people[n], day + timedelta(days=nights)
        away = person.off_site is not None and person.off_site[0] <= end and day <= person.off_site[1]
        kept = any(abs((born - day).days) < _BETWEEN_STAYS for born in person.delivers)
        stays_here = person.is_here(day) and person.last_day(end) == end
        return self.free_from[n] <= day and stays_here and not away and not kept and not person.health.on_dialysis


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
    for place, booked in zip(own, ward.book_births(own, providers), strict=True):
        _fill(ward, place, booked, gap)
    return ward.admitted


def _fill(ward: Ward, place: Institution, booked: list[Admission], gap: float) -> None:
    """One bed from the first day to the last: one stay after the other, around those that are booked."""
    hand, waiting = ward.hand, deque(booked)
    day = ward.first + timedelta(days=int(hand.random() * min(6.0, 1 + 2 * gap)))
    while day < ward.last:
        while waiting and waiting[0].ends_on <= day:
            waiting.popleft()
        room = (waiting[0].day - day).days if waiting else _MOST_NIGHTS
        if room < _FEWEST_NIGHTS:
            day = waiting.popleft().ends_on
            continue
        admission = ward.admit(place, day, min(room, _MOST_NIGHTS))
        day = (admission.ends_on if admission else day + timedelta(days=1)) + timedelta(days=hand.poisson(gap))


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
