"""What only the whole world can tell of a scenario: names of schemes and tables, and whether the beds suffice."""

from __future__ import annotations

from difflib import get_close_matches

from simulator.beside.extra_tables import EXTRA_TABLES
from simulator.city.capacity import MEAN_NIGHTS, STAYS_PER_PERSON_YEAR
from simulator.honest_world import all_places, providers_of
from simulator.scenario.scenario import Scenario, ScenarioError
from simulator.schemes import SCHEMES

_DAYS_OF_YEAR = 365


def check(scenario: Scenario) -> None:
    """Raise ScenarioError naming every problem."""
    found = world_problems(scenario)
    if found:
        raise ScenarioError.of(found, "Scenario")


def world_problems(scenario: Scenario) -> list[str]:
    """Every name that does not exist, and stays beyond the beds."""
    schemes = [scheme.name for scheme in SCHEMES]
    tables = [table.name for table in EXTRA_TABLES]
    return [
        *(_unknown("schemes.rates", "scheme", name, schemes) for name in scenario.scheme_rates if name not in schemes),
        *(_unknown("tables", "optional table", name, tables) for name in scenario.tables if name not in tables),
        *_bed_problems(scenario),
    ]


def _unknown(key: str, kind: str, name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, 1)
    return f"{key}.{name}: there is no {kind} of that name" + (f"; did you mean {near[0]}?" if near else "")


def _bed_problems(scenario: Scenario) -> list[str]:
    if scenario.stay_factor <= 1:
        return []
    beds = sum(place.beds for place in all_places(providers_of(scenario)))
    stays = scenario.persons * STAYS_PER_PERSON_YEAR * scenario.stay_factor
    needed = stays * MEAN_NIGHTS / _DAYS_OF_YEAR
    if needed <= beds:
        return []
    return [
        f"stays.factor: {scenario.stay_factor} means {stays:,.0f} stays a year, which fill {needed:,.0f} beds on "
        f"average; the hospitals have {beds:,}"
    ]
