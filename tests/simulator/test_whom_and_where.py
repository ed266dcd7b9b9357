"""Who takes part in schemes and where: ill as often registered as others, some in several, places crooked in part."""

from __future__ import annotations

from collections import Counter, defaultdict
from statistics import fmean

import pytest

from simulator import Scenario
from simulator.blocks import played_block
from simulator.city.conduct import STRAIGHT_WEIGHT, takes_part, weight_of
from simulator.honest_world import block_count
from simulator.staging.crooked import chosen
from simulator.streams import Hand
from tests.simulator.playing import small_world

SCENARIO = Scenario(persons=3000, scheme_scale=2.0)


class Town:
    """What the tests below ask of a played world."""

    def __init__(self, scenario):
        blocks = [played_block(scenario, block) for block in range(block_count(scenario))]
        self.visits = [visit for block in blocks for visit in block.visits]
        self.stages = [stage for block in blocks for stage in block.stages if stage.scheme.kind == "scheme"]
        self.people = {visit.person.psn_no: visit.person for visit in self.visits}
        self.schemes_of = defaultdict(set)
        for stage in self.stages:
            for number in {label.psn_no for label in stage.labels} - {""}:
                self.schemes_of[number].add(stage.scheme.name)

    def share_of_staged(self):
        every = Counter(visit.place.code for visit in self.visits)
        own = {place.code for stage in self.stages for place in stage.hospitals}
        staged = Counter(visit.place.code for stage in self.stages for visit in stage.staged)
        return {code: staged[code] / count for code, count in every.items() if code not in own and count > 50}


@pytest.fixture(scope="module")
def town():
    return Town(SCENARIO)


def test_nobody_is_billed_by_a_benefit_that_he_is_not_registered_for(town):
    by_benefit = [visit for visit in town.visits if visit.visit_type in ("140104", "9929")]
    assert len(by_benefit) > 1000
    assert all(visit.person.is_registered for visit in by_benefit)


def test_ill_people_with_staged_care_are_registered_about_as_often_as_others(town):
    ill = [person for person in town.people.values() if person.conditions]
    staged = fmean(person.is_registered for person in ill if person.psn_no in town.schemes_of)
    honest = fmean(person.is_registered for person in ill if person.psn_no not in town.schemes_of)
    assert abs(staged - honest) < 0.15


def test_some_people_take_part_in_several_schemes(town):
    several = sum(len(schemes) > 1 for schemes in town.schemes_of.values())
    assert 0.02 < several / len(town.schemes_of) < 0.2


def test_places_of_the_town_are_crooked_in_part_and_most_are_straight(town):
    shares = sorted(town.share_of_staged().values())
    assert len(shares) > 30
    assert shares[len(shares) // 3] < 0.03
    assert sum(share > 0.1 for share in shares) > 3
    assert shares[-1] < 0.7


def test_at_a_crooked_hospital_mostly_those_who_take_part_act(town):
    own = {doctor.code for stage in town.stages for _, doctor in stage.staff}
    acted = [
        takes_part(visit.doctor.code)
        for stage in town.stages
        for visit in stage.staged
        if visit.doctor and visit.doctor.code not in own and not visit.place.is_pharmacy
        and visit.place not in stage.hospitals and weight_of(visit.place.code) > STRAIGHT_WEIGHT
    ]  # fmt: skip
    assert len(acted) > 50
    assert fmean(acted) > 0.7


def test_a_scheme_finds_as_many_different_places_as_there_are():
    shops = small_world().providers.pharmacies
    found = chosen(Hand(1, "shops"), shops, 100)
    assert sorted(shop.code for shop in found) == sorted(shop.code for shop in shops)
    assert chosen(Hand(1, "shops"), shops, 0) == []
