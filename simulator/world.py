"""The honest world before anything is staged in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from simulator.life import ordinary_life
from simulator.people import Person, make_people
from simulator.providers import Providers, make_providers
from simulator.records import Visit
from simulator.scenario import Scenario
from simulator.streams import Hand


@dataclass(frozen=True, slots=True)
class World:
    """People, providers and honest encounters; stages read it and never change it."""

    scenario: Scenario
    people: list[Person]
    providers: Providers
    visits: list[Visit]
    busy_days: dict[str, set[date]]  # person number -> days of honest care


def make_world(scenario: Scenario) -> World:
    """The same scenario gives the same world, whatever is staged in it."""
    people = make_people(scenario.seed, scenario.persons, scenario.history_start, scenario.last_day)
    providers = make_providers(scenario.seed, scenario.persons)
    visits: list[Visit] = []
    busy: dict[str, set[date]] = {}
    for n, person in enumerate(people):
        hand = Hand(scenario.seed, f"life/{n}")
        own = ordinary_life(hand, person, providers, scenario.history_start, scenario.last_day)
        busy[person.psn_no] = {day for visit in own for day in visit.days}
        visits += own
    return World(scenario, people, providers, visits, busy)
