"""Every example of the rules that the engine's tests scan, as it is and with values left out, in one scan."""

from __future__ import annotations

import pytest

from rules.catalogue.examples import example_worlds
from rules.catalogue.proving import wrong_with
from tests.rules.variants import (
    VARIANTS,
    WORLDS,
    played_by,
    with_variants,
    without_what_they_hold_without,
    wrongly_hit,
)
from tests.rules.world import CORE, SHIPPED

EXAMPLES = example_worlds(CORE)
CHANGED = tuple(variant for variant in VARIANTS if variant.rule in CORE.rules)


@pytest.fixture(scope="module")
def proven(spark):
    """What is found of their examples and of the variants of these."""
    return played_by(spark, CORE, with_variants(EXAMPLES.rows, CHANGED))


@pytest.mark.parametrize("name", EXAMPLES.expected)
def test_an_example_hits_what_it_says(proven, name):
    example = EXAMPLES.expected[name]
    assert list(wrong_with(name, example, proven)) == [], example.says


def test_no_hit_whatever_is_left_out_has_money_or_a_reason_of_its_own(proven):
    assert proven.odd == {}


def test_nobody_is_hit_by_what_is_unknown_or_impossible(proven):
    assert wrongly_hit(proven, CHANGED) == {}


def test_every_rule_is_walked_with_unknown_times_and_those_that_use_them_with_ends_orders_persons_and_doctors():
    walked = {(v.rule.id, v.column) for v in VARIANTS if WORLDS.expected[v.example].hits}
    assert {rule for rule, column in walked if column in ("charged_at", "started_at")} == {r.id for r in SHIPPED.rules}
    assert walked >= {
        ("DC-03", "order_id"), ("DC-03", "ordering_doctor_id"), ("FK-02", "ended_at"), ("FK-02", "patient_id"),
        ("SA-02", "institution_id"), ("FK-06", "ended_at"), ("FQ-01", "patient_id"), ("OP-02", "patient_id"),
    }  # fmt: skip


def test_a_hit_that_holds_without_a_column_still_stands(proven):
    assert without_what_they_hold_without(proven, CHANGED) == set()
