"""Where people of the cast live: in households of the honest town, as large as those of honest people of their age."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from datetime import date

from simulator.city.people import Person, person_name
from simulator.streams import Hand

_YEARS_APART = 6
_TRIES = 25
_SAME_USUAL_PLACES = 0.8
_SHARES_ACCOUNT = 0.6
_PARENTS, _ANSWERS_FOR_OTHERS = range(26, 51), 0.4  # where children or old people live
_CHILD, _OLD = 16, 75  # reached by the household's telephone up to, and from


class Homes:
    """The standing households of a block: whoever moves, comes or goes takes nobody in.

    A household takes in one person, while there is another of its size that has taken in nobody: two newcomers with one
    household would both live with more people than the honest ones whose homes they were given the size of.
    """

    def __init__(self, people: Sequence[Person]) -> None:
        self._people = people
        self._members: dict[str, list[Person]] = defaultdict(list)
        for person in people:
            self._members[person.household].append(person)
        self._by_size: dict[int, list[list[Person]]] = defaultdict(list)
        self._taken_in: Counter[str] = Counter()
        for members in self._members.values():
            if not any(_is_on_the_move(person) for person in members):
                self._by_size[len(members)].append(members)

    def take_in(self, hand: Hand, person: Person, today: date, *, street: str = "", but: Collection[str] = ()) -> None:
        """Give somebody new a home; in that street, and in none of the households `but` these.

        The household has as many members, the new one among them, as that of an honest person of about the same age has
        by now; fewer where the block has none so large. `hand` makes this home alone: what depends on others that were
        taken in disturbs nothing else of the person.
        """
        like = self._like(hand, person.age_on(today), today)
        alone, taken_in = len(self._members[like.household]), self._taken_in[like.household]
        # where somebody is treated is in the labels: the usual places are the same whoever else was taken in
        usual = hand.pick(fitting) if (fitting := self._fitting(alone, street)) else None
        if usual and hand.chance(_SAME_USUAL_PLACES):
            person.home = usual[0].home
        if usual is None or taken_in or self._taken_in[usual[0].household] or usual[0].household in but:
            fitting = self._fitting(alone + taken_in, street, but)
            unchanged = [members for members in fitting if not self._taken_in[members[0].household]]
            usual = hand.pick(unchanged or fitting) if fitting else None
        if usual:
            self._taken_in[usual[0].household] += 1
            _join(hand, person, usual, today)
        elif street:
            person.address = street + re.sub(r"^\D*", "", person.address)

    def _fitting(self, size: int, street: str, but: Collection[str] = ()) -> list[list[Person]]:
        """Households that have so many members with one more, or fewer where there is none so large."""
        fitting: list[list[Person]] = []
        while size > 1 and not fitting:
            size -= 1
            fitting = [
                members
                for members in self._by_size.get(size, ())
                if members[0].household not in but and members[0].address.startswith(street)
            ]
        return fitting

    def _like(self, hand: Hand, years: int, today: date) -> Person:
        """An honest person of about that age."""
        like = hand.pick(self._people)
        for _ in range(_TRIES):
            if abs(like.age_on(today) - years) <= _YEARS_APART:
                break
            like = hand.pick(self._people)
        return like


def _join(hand: Hand, person: Person, members: Sequence[Person], today: date) -> None:
    """What a household has together, as in `city.households`."""
    first, years = members[0], person.age_on(today)
    person.household, person.address = first.household, first.address
    if person.sex == "1" or years < _CHILD + 2:
        person.name = person_name(hand, first.name[0])
    needs_a_telephone = [member for member in members if _is_reached_by_others(member.age_on(today))]
    if _is_reached_by_others(years):
        person.tel = first.tel
    elif needs_a_telephone and years in _PARENTS and hand.chance(_ANSWERS_FOR_OTHERS):
        # as the parent does whose telephone is the children's: most of these share it with one, some with two
        alone = [member for member in members if member is not first and member not in needs_a_telephone]
        person.tel = hand.pick(alone or members).tel
    holder = next((member for member in members if member.insurance == "310"), None)
    if holder is not None and hand.chance(_SHARES_ACCOUNT):
        person.account_holder = holder


def _is_reached_by_others(years: int) -> bool:
    return years < _CHILD or years > _OLD


def _is_on_the_move(person: Person) -> bool:
    return person.move is not None or person.left_on is not None or person.registered_on is not None
