"""Playing: instances acted out on their stages, then settled with everyone."""

from __future__ import annotations

from collections.abc import Iterable

from simulator.care.mishaps import Mishaps, queue_with_mishaps
from simulator.care.order_sheets import number_sheets
from simulator.care.settling import SettlementQueue
from simulator.city.people import AREA
from simulator.honest_world import World
from simulator.staging.acts import everyday_care, everyday_sales
from simulator.staging.stage import Scheme, SchemeStage
from simulator.staging.wear import forget_scans, queue_worn, worn
from simulator.streams import Hand

# Rules on malformed and on missing codes: which of these schemes' codes were scanned is what was staged.
_ABOUT_SINGLE_SCANS = ("TC-05", "TC-07")

_EVERYDAY, _EVERYDAY_LEAST = (0.4, 0.8, 1.2), 4  # honest visits for each of the scheme's, by disguise; and some more


def play_all(
    world: World, instances: Iterable[tuple[Scheme, int]], mishaps: Mishaps, queue: SettlementQueue
) -> list[SchemeStage]:
    """Instances (scheme and number, from 0) played, then settled with all that waits in the queue before them."""
    stages = [_played(world, scheme, number, mishaps, queue) for scheme, number in instances]
    queue.settle_all()
    for stage in stages:
        stage.waive_shares()
    return stages


def _played(world: World, scheme: Scheme, number: int, mishaps: Mishaps, queue: SettlementQueue) -> SchemeStage:
    """One instance, queued for settlement; it draws from its own streams and knows of no other."""
    scenario, part = world.scenario, f"scheme/{scheme.name}/{number}"
    stage = SchemeStage(world, scheme, number + 1, Hand(scenario.seed, part))
    scheme.act(stage)
    stage.finish()
    _add_everyday_care(stage)
    queue_with_mishaps(queue, part, stage.ordinary, scenario.last_day, mishaps)
    worn(Hand(scenario.seed, f"wear/{part}"), stage.staged, mishaps)
    number_sheets(Hand(scenario.seed, f"order sheets/{part}/staged"), stage.staged)
    if scheme.rule_id not in _ABOUT_SINGLE_SCANS:
        forget_scans(Hand(scenario.seed, f"scans/{part}"), stage.staged)
    queue_worn(Hand(scenario.seed, f"settling/{part}"), queue, stage.staged, mishaps, stage.waived)
    return stage


def _add_everyday_care(stage: SchemeStage) -> None:
    """Honest patients and customers at the scheme's own places: nobody lives on fraud alone.

    They come after the scheme is played, so that they tell nothing of its days.
    """
    for place in stage.hospitals:
        if place.area == AREA and not stage.scheme.brings_its_crowd:
            own = sum(visit.place is place for visit in (*stage.staged, *stage.ordinary))
            count = round(own * stage.by_level(*_EVERYDAY)) + _EVERYDAY_LEAST
            days = [stage.any_day() for _ in range(count)]
            (everyday_sales if place.is_pharmacy else everyday_care)(stage, place, days)
