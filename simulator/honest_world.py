"""One block of the honest world before anything is staged in it.

Persons come in blocks of a fixed size; providers and the catalogue are the same in every block. What a block
holds depends on the seed and its number alone, so that blocks can be made in any order by any process.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from simulator.care.life import block_life
from simulator.care.records import Visit
from simulator.city.homes import Homes
from simulator.city.households import make_people
from simulator.city.people import Person
from simulator.city.providers import Institution, Providers, make_providers
from simulator.scenario.scenario import Scenario
from simulator.streams import Hand, number_of

# Large enough for every scheme's bystanders, small enough that a block's rows fit in a few megabytes.
BLOCK_PERSONS = 500
_KNOWN_ONE_IN = 40


@dataclass(frozen=True, slots=True)
class World:
    """People of one block, all providers, the block's honest encounters; stages read it and never change it."""

    scenario: Scenario
    people: list[Person]
    providers: Providers
    visits: list[Visit]
    busy_days: dict[str, set[date]]  # person number -> days of honest care
    block: int = 0
    blocks: int = 1
    taken: set[str] = field(default_factory=set)  # codes given out, the honest world's and this block's
    homes: Homes = field(init=False)
    known_people: list[Person] = field(init=False)  # the few who take part in more than one scheme

    def __post_init__(self) -> None:
        known = [person for person in self.people if number_of(person.psn_no) % _KNOWN_ONE_IN == 0]
        object.__setattr__(self, "homes", Homes(self.people))
        object.__setattr__(self, "known_people", known)

    def fresh_serial(self, hand: Hand, digits: int, prefix: str) -> str:
        """A code (prefix and serial) that no honest provider has and no other block gives out.

        Block b gives out serials that leave the remainder b when divided by the number of blocks.
        """
        while True:
            drawn = int(hand.new_id(digits))
            serial = drawn - drawn % self.blocks + self.block
            code = f"{prefix}{serial:0{digits}d}"
            if serial < 10**digits and code not in self.taken:
                self.taken.add(code)
                return code


def block_count(scenario: Scenario) -> int:
    """Into how many blocks the persons fall; the last takes the rest, so that none is small."""
    return max(1, scenario.persons // BLOCK_PERSONS)


def block_persons(scenario: Scenario, block: int) -> int:
    """How many honest persons live in a block."""
    is_last = block == block_count(scenario) - 1
    return scenario.persons - BLOCK_PERSONS * block if is_last else BLOCK_PERSONS


def providers_of(scenario: Scenario) -> Providers:
    """The providers of the whole world, made once in a process."""
    return _providers(*_of_providers(scenario))


def provider_codes(scenario: Scenario) -> frozenset[str]:
    """The codes of the honest world's places and doctors."""
    return _codes_of(*_of_providers(scenario))


def _of_providers(scenario: Scenario) -> tuple[int, int, float, float]:
    """All that the providers depend on."""
    return scenario.seed, scenario.persons, scenario.stay_factor, scenario.scheme_scale


@lru_cache(maxsize=2)
def _providers(seed: int, persons: int, stay_factor: float, scheme_scale: float) -> Providers:
    return make_providers(seed, persons, stay_factor, scheme_scale)


@lru_cache(maxsize=2)
def _codes_of(seed: int, persons: int, stay_factor: float, scheme_scale: float) -> frozenset[str]:
    return frozenset(_codes(all_places(_providers(seed, persons, stay_factor, scheme_scale))))


def all_places(providers: Providers) -> list[Institution]:
    """Hospitals first, those of the other region last of them, then pharmacies."""
    return [*providers.hospitals, *providers.remote, *providers.pharmacies]


def make_world(scenario: Scenario, block: int = 0) -> World:
    """The same scenario and block give the same world, whatever is staged in it."""
    seed, first, last = scenario.seed, scenario.history_start, scenario.last_day
    providers = providers_of(scenario)
    offset = BLOCK_PERSONS * block
    people = make_people(seed, block_persons(scenario, block), first, last, offset, scenario.moves, scenario.counties)
    hand = Hand(seed, f"life/{block}")
    visits: list[Visit] = []
    busy: dict[str, set[date]] = {}
    lives = block_life(hand, people, providers, first, last, offset)
    for person, own in zip(people, lives, strict=True):
        busy[person.psn_no] = {day for visit in own for day in visit.days}
        visits += own
    taken = set(provider_codes(scenario))
    return World(scenario, people, providers, visits, busy, block, block_count(scenario), taken)


def _codes(places: Iterable[Institution]) -> Iterable[str]:
    for place in places:
        yield place.code
        yield from (doctor.code for doctor in place.doctors)
