"""How many persons make so many fee lines: by averages, and tried out in worlds so small that one stay matters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from simulator.blocks import played_block
from simulator.honest_world import block_count
from simulator.scenario.scenario import MIN_PERSONS, Scenario
from simulator.scenario.sure_schemes import lines_of_sure_schemes

# Lines per person-day, honest and staged, and lines of schemes that come along whatever the size; measured on
# worlds of 200 to 25,000 persons over 89 days. They aim at a number of lines, nothing else.
_HONEST_PER_PERSON_DAY, _STAGED_PER_PERSON_DAY = 0.246, 0.078
_LINES_OF_EVERY_SCHEME = 53_000
_PERSONS_WITHOUT_RARE_SCHEMES = 700
_TRIED_OUT_BELOW = 15_000  # lines; below, the chance of a few stays moves the total by a third
_EVERY_SCHEME_FROM = 250_000  # lines; below, playing everything at least once would drown the honest world
_TRIES, _CLOSE_ENOUGH = 24, 0.05
_FAIR, _FEW_STAYS = 0.2, 0.1  # a world farther off than this is tried once more with hardly any stays


def scenario_for_lines(
    lines: int,
    *,
    seed: int = 20260331,
    history_start: date = date(2026, 1, 1),
    nights: tuple[date, ...] = (date(2026, 3, 29), date(2026, 3, 30), date(2026, 3, 31)),
    scheme_scale: float = 1.0,
    dirt_rate: float = 0.001,
) -> Scenario:
    """A scenario of about `lines` fee lines: within a quarter from 1,000 lines on, within a fifth from 10,000.

    Below 250,000 lines not every scheme is sure to be played, below 15,000 fewer and fewer are (see sure_schemes);
    there a few worlds are tried out, which takes a second. Where three stays would fill the smallest, there are
    fewer. Raises ScenarioError.
    """
    days = max(1, (max(nights, default=history_start) - history_start).days)
    all_of_them = lines >= _EVERY_SCHEME_FROM
    persons = max(MIN_PERSONS, _persons_for(lines, days, scheme_scale, all_of_them=all_of_them))
    made = Scenario(seed, persons, history_start, nights, scheme_scale, dirt_rate, every_scheme=all_of_them)
    if lines < _TRIED_OUT_BELOW:
        near = scenario_near(lines, made)
        return replace(made, persons=near.persons, stay_factor=near.stay_factor)
    return made


def _persons_for(lines: int, days: int, scale: float, *, all_of_them: bool) -> int:
    """Persons whose honest lines, with what is staged among them, come to so many lines."""
    low, high = 0, max(1, round(lines / (_HONEST_PER_PERSON_DAY * days)))
    while low < high:
        middle = (low + high) // 2
        staged = _staged_lines(middle, days, scale, all_of_them=all_of_them) if scale > 0 else 0
        if middle * _HONEST_PER_PERSON_DAY * days + staged < lines:
            low = middle + 1
        else:
            high = middle
    return low


def _staged_lines(persons: int, days: int, scale: float, *, all_of_them: bool) -> float:
    """What is staged among so many persons: by its rates, but at least what comes along whatever the size."""
    by_rate = _STAGED_PER_PERSON_DAY * days * scale
    if all_of_them:  # some schemes are still at their least while others follow their rates
        return float((_LINES_OF_EVERY_SCHEME**4 + (by_rate * persons) ** 4) ** 0.25)
    return max(lines_of_sure_schemes(persons), by_rate * (persons - _PERSONS_WITHOUT_RARE_SCHEMES))


def scenario_near(lines: int, guess: Scenario) -> Scenario:
    """The scenario whose world comes nearest to so many lines: of other persons, with fewer stays where it must be."""
    made = replace(guess, persons=persons_near(lines, guess))
    if abs(_lines_of(made) - lines) <= _FAIR * lines:
        return made
    fewer = replace(guess, stay_factor=_FEW_STAYS)
    fewer = replace(fewer, persons=persons_near(lines, fewer))
    return min(made, fewer, key=lambda scenario: abs(_lines_of(scenario) - lines))


def persons_near(lines: int, guess: Scenario) -> int:
    """The number of persons, tried out from a guess on, whose world comes nearest to so many lines.

    One person more may mean a long stay, so that lines hardly grow with persons: beside the guesses in proportion
    it looks at the neighbours of the best one so far, nearer ones first.
    """
    tried: dict[int, int] = {}
    persons = guess.persons
    while len(tried) < _TRIES:
        tried[persons] = made = _lines_of(replace(guess, persons=persons))
        if abs(made - lines) <= _CLOSE_ENOUGH * lines:
            break
        persons = max(MIN_PERSONS, round(persons * lines / max(1, made)))
        if persons in tried:
            best = _best(tried, lines)
            near = (best + side * far for far in range(1, _TRIES + 1) for side in (-1, 1))
            persons = next(count for count in near if count >= MIN_PERSONS and count not in tried)
    return _best(tried, lines)


def _best(tried: Mapping[int, int], lines: int) -> int:
    return min(tried, key=lambda count: (abs(tried[count] - lines), count))


def _lines_of(scenario: Scenario) -> int:
    blocks = (played_block(scenario, block) for block in range(block_count(scenario)))
    return sum(len(visit.lines) for block in blocks for visit in block.visits)
