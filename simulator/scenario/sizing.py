"""How many persons make so many fee lines, where averages do not tell: worlds so small that one stay matters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from simulator.blocks import played_block
from simulator.honest_world import block_count
from simulator.scenario.scenario import MIN_PERSONS, Scenario

_TRIES, _CLOSE_ENOUGH = 24, 0.05


_FAIR, _FEW_STAYS = 0.2, 0.1  # a world farther off than this is tried once more with hardly any stays


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
