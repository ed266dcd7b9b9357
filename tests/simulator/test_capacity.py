"""Beds: as many as patients need, honest and staged, and hardly more."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from simulator import Scenario
from simulator.blocks import played_block
from simulator.city.capacity import beds_for
from simulator.honest_world import block_count, providers_of

pytestmark = pytest.mark.slow


def census(scenario: Scenario) -> Counter[tuple[str, date]]:
    """In-patients of honest hospitals by night, staged ones among them."""
    visits = (visit for block in range(block_count(scenario)) for visit in played_block(scenario, block).visits)
    return Counter((visit.place.code, day) for visit in visits if visit.is_stay for day in visit.days[:-1])


@pytest.mark.parametrize("scenario", [Scenario(persons=6000), Scenario(persons=2000, scheme_scale=5.0, seed=2)])
def test_what_is_staged_crowds_no_honest_hospital_for_three_nights(scenario):
    beds = {place.code: place.beds for place in providers_of(scenario).hospitals}
    over = Counter(place for (place, _), found in census(scenario).items() if place in beds and found > beds[place])
    assert max(over.values(), default=0) < 3


def test_honest_hospitals_of_a_district_are_as_full_as_real_ones():
    scenario = Scenario(persons=10_000, scheme_scale=0.0)
    beds = sum(place.beds for place in providers_of(scenario).hospitals)
    nights = [found for (_, day), found in census(scenario).items() if date(2026, 1, 8) <= day < date(2026, 3, 10)]
    assert 0.82 < sum(nights) / (beds * 61) < 0.96


def test_beds_grow_with_what_is_staged_and_small_hospitals_are_emptier():
    assert beds_for(50, 0.0, "1") <= beds_for(50, 0.0, "2") <= beds_for(50, 0.0, "3")
    assert beds_for(20, 0.0, "2") < beds_for(20, 3.0, "2") < beds_for(20, 9.0, "2")
