"""What holds for every instance of every scheme: labels name rows, rows lie in the history, nothing is staged at 0."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator import Scenario
from simulator.blocks import played_block
from simulator.honest_world import make_world
from simulator.schemes import SCHEMES, SchemeStage
from simulator.staging.cast import household, village
from simulator.staging.stage import CATEGORIES
from simulator.streams import Hand
from tests.simulator.playing import by_level, play_some, small_world, visits
from tests.simulator.playing import play as play_in

NUMBERS = st.integers(min_value=0, max_value=40)
ANY_SCHEME = st.sampled_from(SCHEMES)


def play(scheme, number, world=None) -> SchemeStage:
    return play_in(world or small_world(), scheme, number)


@given(scheme=ANY_SCHEME, number=NUMBERS)
@settings(max_examples=150)
def test_labels_name_rows_that_exist(scheme, number):
    stage = play(scheme, number)
    known = visits(stage)
    places = {v.place.code for v in known} | {place.code for place in stage.hospitals}
    rows = {
        "psn_no": {v.person.psn_no for v in known} | {person.psn_no for person in stage.people},
        "mdtrt_id": {v.id for v in known},
        "feedetl_sn": {line.id for v in known for line in v.lines},
        "fixmedins_code": places | {place.code for place, _ in stage.staff},
    }
    assert stage.labels
    for label in stage.labels:
        for column, found in rows.items():
            assert getattr(label, column) in found | {""}, column


@given(scheme=ANY_SCHEME, number=NUMBERS)
@settings(max_examples=150)
def test_what_is_staged_lies_in_the_history_and_its_ids_are_its_own(scheme, number):
    stage, scenario = play(scheme, number), small_world().scenario
    known = visits(stage)
    assert all(scenario.history_start <= v.begin.date() and v.end.date() <= scenario.last_day for v in known)
    assert all(v.lines and v.begin <= v.end <= v.settled_at for v in known)
    ids = [line.id for v in known for line in v.lines]
    assert len(ids) == len(set(ids))
    assert len({v.id for v in known}) == len(known)


@given(scheme=ANY_SCHEME, number=NUMBERS)
@settings(max_examples=60)
def test_settlements_of_staged_encounters_balance(scheme, number):
    for visit in play(scheme, number).staged:
        for settlement in visit.settlements:
            sums = settlement.sums
            assert sums["medfee_sumamt"] == sums["fund_pay_sumamt"] + sums["psn_pay"]
            assert sums["psn_pay"] == sums["acct_pay"] + sums["cash_payamt"]


@given(scheme=ANY_SCHEME, number=NUMBERS)
@settings(max_examples=60)
def test_an_instance_does_not_depend_on_what_was_played_before(scheme, number):
    first, again = (play(scheme, number, replace(small_world(), taken=set())) for _ in range(2))
    assert first.labels == again.labels


def test_the_smallest_history_holds_every_scheme_at_every_level():
    scenario = Scenario(persons=50, history_start=date(2026, 3, 1), nights=(date(2026, 3, 31),))
    world = make_world(scenario)
    for scheme in SCHEMES:
        for number in range(4):
            stage = play(scheme, number, world)
            assert all(v.end.date() <= scenario.last_day for v in visits(stage)), scheme.name


def test_staged_encounters_are_corrected_as_often_as_honest_ones():
    staged = [visit for scheme in SCHEMES for number in range(3) for visit in play(scheme, number).staged]
    lines = [line for visit in staged for line in visit.lines]
    assert 0.03 < sum(line.quantity < 0 for line in lines) / len(lines) < 0.07


def test_nothing_is_staged_at_scale_zero():
    assert played_block(Scenario(persons=60, scheme_scale=0.0), 0).stages == []


def test_the_honest_world_is_the_same_whatever_is_staged():
    world = make_world(Scenario(persons=60))
    before = [(v.id, line.id, line.amount) for v in world.visits for line in v.lines]
    play_some(world, ((scheme, 0) for scheme in SCHEMES))
    assert [(v.id, line.id, line.amount) for v in world.visits for line in v.lines] == before


def test_names_are_unique_and_every_scheme_has_a_category():
    assert len({scheme.name for scheme in SCHEMES}) == len(SCHEMES)
    assert {scheme.category for scheme in SCHEMES} <= set(CATEGORIES.values())


def test_every_rule_with_a_scheme_has_a_lookalike():
    rules = {scheme.rule_id for scheme in SCHEMES}
    for rule in rules:
        assert {scheme.kind for scheme in SCHEMES if scheme.rule_id == rule} == {"scheme", "lookalike"}, rule


@pytest.mark.parametrize(("kind", "levels"), [("scheme", {0, 1, 2}), ("lookalike", {0})])
def test_schemes_hide_at_three_levels_and_lookalikes_at_none(kind, levels):
    found = {level for scheme in SCHEMES[:30] if scheme.kind == kind for level in by_level(scheme)}
    assert found == levels


def test_labels_say_who_acted_when_and_how_strongly():
    for scheme in SCHEMES:
        for label in play(scheme, 1).labels:
            assert "" not in (label.actor_type, label.actor_id), scheme.name
            assert label.starts_on <= label.ends_on, scheme.name
            assert 0.6 <= label.intensity <= 1.6, scheme.name
            assert label.category == scheme.category, scheme.name


def test_a_village_shares_a_street_and_a_household_a_roof():
    scenario = small_world().scenario
    stage = SchemeStage(small_world(), SCHEMES[0], 1, Hand(1, "cast"))
    neighbours = village(stage, 4, scenario.history_start, scenario.last_day)
    family = household(stage, 3, scenario.history_start, scenario.last_day)
    assert len({person.address for person in neighbours}) == 4
    assert len({person.address[:8] for person in neighbours}) == 1
    assert len({(person.address, person.tel) for person in family}) == 1
