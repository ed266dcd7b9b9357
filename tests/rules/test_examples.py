"""Every example of every rule, as it is and with values left out, in one scan."""

from __future__ import annotations

import pytest

from rules.catalogue.examples import columns_of
from rules.catalogue.proving import Played, wrong_with
from tests.rules.variants import VARIANTS, WORLDS, played
from tests.rules.world import SHIPPED, scanned


@pytest.fixture(scope="module")
def proven(spark):
    """What is found of every example and every variant of one: one scan for all of the catalogue."""
    rows = {name: list(found) for name, found in WORLDS.rows.items()}
    for variant in VARIANTS:
        for table, found in played(variant).items():
            rows[table] += found
    tables = {name: spark.createDataFrame(found, columns_of(name)) for name, found in rows.items()}
    # what several passes read is computed once, as in a night
    found = scanned(spark, SHIPPED, tables=tables, materialize=lambda rows: rows.localCheckpoint(eager=False))
    return Played.of(found.found.collect())


@pytest.mark.parametrize("name", WORLDS.expected)
def test_an_example_hits_what_it_says(proven, name):
    example = WORLDS.expected[name]
    assert list(wrong_with(name, example, proven)) == [], example.says


def test_no_hit_whatever_is_left_out_has_money_or_a_reason_of_its_own(proven):
    assert proven.odd == {}


def _hits(proven, variant):
    return frozenset(proven.hits(variant.name))


def test_nobody_is_hit_by_what_is_unknown_or_impossible(proven):
    wrong = {v.name: sorted(_hits(proven, v)) for v in VARIANTS if not _hits(proven, v) <= v.may_hit}
    assert wrong == {}


def test_every_rule_is_walked_with_unknown_times_and_those_that_use_them_with_ends_orders_persons_and_doctors():
    walked = {(v.rule.id, v.column) for v in VARIANTS if WORLDS.expected[v.example].hits}
    assert {rule for rule, column in walked if column in ("charged_at", "started_at")} == {r.id for r in SHIPPED.rules}
    assert walked >= {
        ("DC-03", "order_id"), ("DC-03", "ordering_doctor_id"), ("FK-02", "ended_at"), ("FK-02", "patient_id"),
        ("SA-02", "institution_id"), ("FK-06", "ended_at"), ("FQ-01", "patient_id"), ("OP-02", "patient_id"),
    }  # fmt: skip


def test_a_hit_that_holds_without_a_column_still_stands(proven):
    held = [v for v in VARIANTS if v.only is None and v.value is None and v.may_hit]
    standing = {(v.rule.id, v.column) for v in held if _hits(proven, v)}
    assert {(v.rule.id, v.column) for v in held} - standing == set()
    assert ("DC-03", "ordering_doctor_id") in standing
