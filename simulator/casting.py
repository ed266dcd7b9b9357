"""How often each scheme is played in a world, and in which block each instance."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from simulator.scenario import Scenario
from simulator.schemes import SCHEMES, Scheme
from simulator.world import block_count

# Small worlds are sure to hold these: the rules every night is judged by, and what only a model can see.
_SURE_RULES = frozenset(
    ("DC-03", "FK-02", "FK-03", "FK-04", "FK-06", "FQ-01", "FQ-02", "ID-01", "ID-04", "OP-01", "OP-02", "SA-02")
)
_SURE_NAMES = frozenset((
    "drug_reseller", "many_illnesses", "drug_pushing_doctor", "rare_disease_doctor", "laboratory_mill",
    "screening_days",
))  # fmt: skip


def instances_of(scenario: Scenario, scheme: Scheme) -> int:
    """How often a scheme is played in the whole world."""
    scale = scenario.scheme_scale * scenario.scheme_rates.get(scheme.name, 1.0)
    if scenario.every_scheme or scheme.rule_id in _SURE_RULES or scheme.name in _SURE_NAMES:
        return scheme.instances(scenario.persons, scale)
    return round(scheme.per_thousand * scenario.persons / 1000 * scale)


def staged_in(scenario: Scenario, block: int) -> Iterator[tuple[Scheme, int]]:
    """The instances played in a block: each scheme's are dealt out in turn, beginning at a block of its own."""
    blocks = block_count(scenario)
    for scheme in SCHEMES:
        first = (block - zlib.crc32(scheme.name.encode())) % blocks
        for n in range(first, instances_of(scenario, scheme), blocks):
            yield scheme, n
