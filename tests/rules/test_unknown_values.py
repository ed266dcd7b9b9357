"""The examples of rules that no short test plays, as they are and with values left out: the unknown convicts nobody.

Some rules at a time: what a scan costs grows with its rules and with its rows.
"""

from __future__ import annotations

import pytest

from rules.catalogue.examples import example_worlds
from rules.catalogue.proving import wrong_with
from rules.frames.registry import GRAINS, frames
from tests.rules.variants import (
    VARIANTS,
    WORLDS,
    Rows,
    played_by,
    with_variants,
    without_what_they_hold_without,
    wrongly_hit,
)
from tests.rules.world import OTHERS, SHIPPED

pytestmark = pytest.mark.long
_AT_A_TIME = 12


def _groups():
    """These rules, those of one frame together, a few at a time."""
    for frame in frames():
        rules = [r for r in OTHERS.rules if GRAINS[r.grain].frame is frame]
        yield from (tuple(r.id for r in rules[n : n + _AT_A_TIME]) for n in range(0, len(rules), _AT_A_TIME))


def test_every_other_example_hits_what_it_says(spark):
    worlds = example_worlds(OTHERS)
    found = played_by(spark, OTHERS, worlds.rows)
    wrong = {name: problems for name, e in worlds.expected.items() if (problems := [*wrong_with(name, e, found)])}
    assert (wrong, found.odd) == ({}, {})


@pytest.mark.parametrize("ids", _groups(), ids=" ".join)
def test_nobody_is_hit_by_what_is_unknown_or_impossible(spark, ids):
    variants = [v for v in VARIANTS if v.rule.id in ids]
    nothing: Rows = {table: [] for table in WORLDS.rows}
    found = played_by(spark, SHIPPED.only({*ids}), with_variants(nothing, variants))
    assert (found.odd, wrongly_hit(found, variants)) == ({}, {})
    assert without_what_they_hold_without(found, variants) == set()
