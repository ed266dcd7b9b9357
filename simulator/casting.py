"""How often each scheme is played in a world, and in which block each instance."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from simulator.honest_world import block_count
from simulator.scenario.scenario import Scenario
from simulator.scenario.sure_schemes import is_sure
from simulator.schemes import SCHEMES, Scheme


def instances_of(scenario: Scenario, scheme: Scheme) -> int:
    """How often a scheme is played in the whole world."""
    scale = scenario.scheme_scale * scenario.scheme_rates.get(scheme.name, 1.0)
    if scenario.every_scheme or is_sure(scheme.rule_id, scheme.name, scenario.persons):
        return scheme.instances(scenario.persons, scale)
    return round(scheme.per_thousand * scenario.persons / 1000 * scale)


def staged_in(scenario: Scenario, block: int) -> Iterator[tuple[Scheme, int]]:
    """The instances played in a block: each scheme's are dealt out in turn, beginning at a block of its own."""
    blocks = block_count(scenario)
    for scheme in SCHEMES:
        first = (block - zlib.crc32(scheme.name.encode())) % blocks
        for n in range(first, instances_of(scenario, scheme), blocks):
            yield scheme, n
