"""The cast of a scheme is taken from the town: its households, its benefit, its order sheets, its other patients."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from simulator import Scenario
from simulator.calibration.contrast import Contrast, as_markdown, contrasts, published_contrasts
from simulator.honest_world import make_world
from simulator.schemes import SCHEMES, SchemeStage
from simulator.schemes.stay_schemes import STAY_SCHEMES
from simulator.streams import Hand
from tests.simulator.playing import played

DAY = date(2026, 1, 1)
BY_NAME = {scheme.name: scheme for scheme in SCHEMES}


@pytest.fixture(scope="module")
def town():
    return make_world(Scenario(persons=500))


@pytest.fixture
def stage(town):
    return SchemeStage(town, BY_NAME["daily_visitor"], 1, Hand(5, "cast"))


def test_the_cast_lives_with_as_many_people_as_others_of_its_age(town, stage):
    day = town.scenario.history_start
    cast = [stage.person(day, day, age=(40, 80)) for _ in range(60)]
    sizes = Counter(person.address for person in (*town.people, *cast))
    alone = sum(sizes[person.address] == 1 for person in cast) / len(cast)
    honest = [person for person in town.people if 40 <= person.age_on(day) <= 80]
    others_alone = sum(sizes[person.address] == 1 for person in honest) / len(honest)
    assert abs(alone - others_alone) < 0.1


def test_no_household_takes_in_two_while_another_of_its_size_has_taken_in_nobody():
    town = make_world(Scenario(persons=500))
    stage = SchemeStage(town, BY_NAME["daily_visitor"], 1, Hand(5, "homes"))
    standing = Counter(person.household for person in town.people)
    pairs = sum(size == 1 for size in standing.values())
    found = Counter(stage.person(DAY, DAY, age=(40, 80)).household for _ in range(pairs // 2))
    assert sum(household in standing for household in found) > pairs // 4
    assert {count for household, count in found.items() if household in standing} == {1}


def test_conditions_are_registered_as_often_as_others_unless_the_scheme_is_about_the_benefit(town, stage):
    day = town.scenario.history_start
    usual = [stage.person(day, day, conditions=("heart",)).is_registered for _ in range(120)]
    assert sum(usual) / len(usual) < 0.3
    assert all(stage.person(day, day, conditions=("heart",), benefit=True).is_registered for _ in range(10))


def test_some_of_a_cast_are_honest_people_otherwise_and_are_left_as_they_were(town):
    known = {person.psn_no for person in town.known_people}
    day, found = date(2026, 2, 10), set()
    for number in range(60):
        stage = SchemeStage(town, BY_NAME["daily_visitor"], number, Hand(5, f"cast/{number}"))
        person = stage.somebody(day, day, age=(18, 90))
        if person.psn_no in known:
            found.add(person.psn_no)
            assert not any(abs((busy - day).days) <= 16 for busy in town.busy_days[person.psn_no])
    assert found


@pytest.mark.parametrize("shares", [(0.4, 0.35, 0.25), (0.5, 0.3, 0.2), (0.1, 0.1, 0.8)])
@pytest.mark.parametrize("instances", [1, 4])
def test_disguises_come_in_the_shares_that_were_asked(shares, instances):
    schemes = [scheme for scheme in SCHEMES if scheme.kind == "scheme" and scheme.levels == (0, 1, 2)]
    drawn = Counter(
        scheme.draw(Hand(20260331, "x"), n, shares)[0] for scheme in schemes for n in range(1, instances + 1)
    )
    for level, share in enumerate(shares):
        assert abs(drawn[level] / drawn.total() - share) < 0.1


def test_a_hospital_of_a_scheme_has_honest_patients_too():
    crowded = next(scheme for scheme in STAY_SCHEMES if scheme.name == "ward_above_its_beds")
    stage = played(crowded, 0)
    honest = [v for v in stage.ordinary if v.place in stage.hospitals and not v.is_stay]
    staged = [v for v in stage.staged if v.place in stage.hospitals]
    assert len(honest) >= 4
    assert len(staged) / (len(staged) + len(honest)) < 0.8


def test_a_contrast_is_how_many_times_the_labelled_have_of_it():
    one = Contrast("visits", "mean", 62.9, 36.8, 60.0, 30.0)
    assert (round(one.published_ratio or 0, 2), one.ratio) == (1.71, 2.0)
    assert Contrast("days", "p75", 9, 0).published_ratio is None
    assert "| visits | mean | 62.9 | 36.8 | 1.71 | 60 | 30 | 2 |" in as_markdown([one])


def test_every_published_contrast_is_measured_on_a_delivery(world, tmp_path):
    found = contrasts(world.landing, world.landing.parent / "truth")
    assert len(found) == len(published_contrasts())
    assert all(one.labelled is not None and one.everybody is not None for one in found)
