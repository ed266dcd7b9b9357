"""Schemes played alone on one small honest world, and what their rows say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache

from simulator import Scenario
from simulator.care.mishaps import Mishaps
from simulator.care.records import Line, Visit
from simulator.care.settling import SettlementQueue
from simulator.city.items import Item
from simulator.faults.writing import rates_of
from simulator.honest_world import World, make_world
from simulator.staging.playing import play_all
from simulator.staging.stage import Scheme, SchemeStage


@lru_cache(maxsize=1)
def small_world() -> World:
    """A quarter year with a December in it."""
    return make_world(Scenario(persons=200, history_start=date(2025, 11, 1), nights=(date(2026, 1, 31),)))


@lru_cache(maxsize=400)
def played(scheme: Scheme, number: int) -> SchemeStage:
    """One instance, settled."""
    return play(small_world(), scheme, number)


def play(world: World, scheme: Scheme, number: int, dirt: Mapping[str, float] | None = None) -> SchemeStage:
    """One instance in a world, settled, with the usual mishaps or at these rates."""
    return play_some(world, [(scheme, number)], dirt)[0]


def play_some(
    world: World, instances: Iterable[tuple[Scheme, int]], dirt: Mapping[str, float] | None = None
) -> list[SchemeStage]:
    """Instances in a world, settled together."""
    mishaps = Mishaps(rates=rates_of(0, dirt)) if dirt else Mishaps()
    return play_all(world, instances, mishaps, SettlementQueue(world.scenario.seed))


def plain(scheme: Scheme) -> list[SchemeStage]:
    """Its first plain instances."""
    return [stage for stage in (played(scheme, n) for n in range(6)) if stage.disguise == 0][:3]


def by_level(scheme: Scheme) -> dict[int, list[SchemeStage]]:
    """Enough instances to see every level of disguise."""
    found: dict[int, list[SchemeStage]] = defaultdict(list)
    for n in range(24):
        found[played(scheme, n).disguise].append(played(scheme, n))
    return found


def visits(stage: SchemeStage) -> list[Visit]:
    """The encounters of an instance, the cast's ordinary ones and those of everyday customers too."""
    return [*stage.staged, *stage.ordinary]


def staged_visits(stage: SchemeStage) -> list[Visit]:
    """The encounters that labels name; all that were played when they name none."""
    named = {label.mdtrt_id for label in stage.labels}
    return [visit for visit in visits(stage) if visit.id in named] or stage.staged


def staged_lines(stage: SchemeStage) -> list[Line]:
    """The lines that labels name; those of the labelled encounters when they name none."""
    named = {label.feedetl_sn for label in stage.labels} - {""}
    lines = [line for visit in staged_visits(stage) for line in visit.lines]
    return [line for line in lines if line.id in named] or lines


def visit_of(stage: SchemeStage, line: Line) -> Visit:
    """The encounter a line belongs to."""
    return next(visit for visit in visits(stage) if any(other is line for other in visit.lines))


def charged(visit: Visit, *items: Item) -> int:
    """How many of these items the encounter is charged, taken-back ones netted."""
    return sum(line.quantity for line in visit.lines if line.item in items)


def at_place(stage: SchemeStage) -> dict[str, list[Visit]]:
    """Encounters by institution."""
    found: dict[str, list[Visit]] = defaultdict(list)
    for visit in visits(stage):
        found[visit.place.code].append(visit)
    return found


def of_person(stage: SchemeStage) -> dict[str, list[Visit]]:
    """What was staged, by person."""
    found: dict[str, list[Visit]] = defaultdict(list)
    for visit in stage.staged:
        found[visit.person.psn_no].append(visit)
    return found
