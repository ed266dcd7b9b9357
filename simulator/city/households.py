"""The population: households of one to five, among whom children are born, people die, live elsewhere, come and go."""

from __future__ import annotations

from datetime import date, timedelta

from simulator.city.life_events import USUAL_MOVES, MoveRates, be_born, let_happen
from simulator.city.names import SURNAMES, address, county
from simulator.city.people import Person, person_name, person_of, with_death
from simulator.streams import Hand

_GROUP = 12  # persons among whom households are cut
_OFF_SITE = 0.012  # live for months in another region and are treated there (off-site filing)
_ENROLLED_WITHIN_HISTORY = 0.004
_YEAR = 365
_BORN = 0.62  # of the children that the ages of couples would make come: 6.4 births per 1,000 persons and year
_LONGEST_EXPECTED = 280  # days before birth: from then on a mother may be seen for it


def make_people(
    seed: int,
    count: int,
    first_day: date,
    last_day: date,
    offset: int = 0,
    moves: MoveRates = USUAL_MOVES,
    counties: int = 1,
) -> list[Person]:
    """Persons `offset` to `offset + count - 1` of the honest population, in households; some are born, die, come or go.

    Twelve neighbours share a stream, whoever asks for them: how a population is cut into blocks changes nobody.
    """
    people: list[Person] = []
    for group in range(offset // _GROUP, (offset + count - 1) // _GROUP + 1):
        neighbours = _neighbours(Hand(seed, f"people/{group}"), first_day, last_day)
        insurer = county(Hand(seed, f"county/{group}"), counties)
        for person in neighbours:
            person.region = insurer
        let_happen(Hand(seed, f"life events/{group}"), neighbours, first_day, last_day, moves)
        start = group * _GROUP
        people += neighbours[max(0, offset - start) : offset + count - start]
    return people


def _neighbours(hand: Hand, first_day: date, last_day: date) -> list[Person]:
    """Twelve persons in households of one to five."""
    people: list[Person] = []
    while len(people) < _GROUP:
        people += _household(hand, first_day, last_day, _GROUP - len(people))
    for person in people:
        years, span = person.age_on(first_day), (last_day - first_day).days
        if person.registered_on is not None or person.delivers:
            continue  # a child comes into a household that stands
        # about 7.5 deaths per 1,000 and year, doubling every eight years of age (Gompertz)
        if hand.chance(min(0.5, 0.0004 * 1.09 ** max(0, years - 30)) * span / 365):
            with_death(hand, person, first_day + timedelta(days=hand.between(10, max(10, span))))
        elif years > 60 and hand.chance(_OFF_SITE):
            from_day = first_day + timedelta(days=hand.between(0, span))
            person.off_site = (from_day, from_day + timedelta(days=hand.between(30, 180)))
        elif hand.chance(_ENROLLED_WITHIN_HISTORY):
            person.enrolled_on = first_day - timedelta(days=hand.between(0, 200))
    return people


def _household(hand: Hand, today: date, last: date, room: int) -> list[Person]:
    """One household, no larger than `room`: one address and surname, telephones and an account shared."""
    ages = _ages(hand)
    living = [years for years in ages if years >= 0][:room]
    members: list[Person] = []
    where, surname, home = address(hand), hand.pick(SURNAMES), hand.between(0, 10**6)
    number = "HH" + hand.new_id(12)

    def join(sex: str, years: int) -> Person:
        person = person_of(hand, today, sex, years, None)
        person.household, person.address, person.home = number, where, home if hand.chance(0.8) else person.home
        if sex == "1" or years < 18:
            person.name = person_name(hand, surname)
        members.append(person)
        return person

    for n, years in enumerate(living):
        join("12"[n] if n < 2 and len(living) > 1 else _sex(hand), years)
    for day in (_birth_in(hand, today, -years) for years in ages if years < 0 and hand.chance(_BORN)):
        if len(living) < 2 or members[1].health.needs_a_place or day > last + timedelta(days=_LONGEST_EXPECTED):
            continue
        if day > last or len(members) < room:
            members[1].delivers += (day,)
        if day <= last and len(members) < room:
            be_born(hand, join(_sex(hand), 0), day)
    _share(hand, members, today)
    return members


def _sex(hand: Hand) -> str:
    return "1" if hand.chance(0.51) else "2"


def _birth_in(hand: Hand, today: date, year: int) -> date:
    """A day of the year of that number from today on, the first being 1."""
    return today + timedelta(days=_YEAR * (year - 1) + hand.between(0, _YEAR - 1))


def _share(hand: Hand, members: list[Person], today: date) -> None:
    """What a household has together: the telephone of children and old people, the account of somebody employed."""
    holder = next((member for member in members if member.insurance == "310"), None)
    for person in members:
        if person is not members[0] and (person.age_on(today) < 16 or person.age_on(today) > 75):
            person.tel = members[0].tel
        if holder is not None and person is not holder and hand.chance(0.6):
            person.account_holder = holder


def _ages(hand: Hand) -> list[int]:
    """Ages in a household: one, two, parents with children, three generations; -1 is born within a year, and so on.

    The shares were chosen so that the population is near the census of 2020: 18 % to 14, 19 % from 60 on.
    """
    kind = hand.random()
    if kind < 0.18:
        return [hand.between(22, 50) if hand.chance(0.5) else hand.between(51, 90)]
    if kind < 0.44:
        age = hand.between(24, 58) if hand.chance(0.5) else hand.between(59, 86)
        return [age, min(92, max(21, age + hand.between(-5, 3)))]
    parent = hand.between(26, 50)
    children = [parent - 26 - hand.between(0, 6) - 4 * n for n in range(1 if hand.chance(0.5) else 2)]
    both = [parent, max(21, parent + hand.between(-4, 2)), *children]
    if kind < 0.76:
        return both
    return [*both, *(parent + hand.between(22, 31) for _ in range(1 if hand.chance(0.6) else 2))]
