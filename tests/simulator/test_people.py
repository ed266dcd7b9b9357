from __future__ import annotations

from collections import defaultdict
from datetime import date

import pytest

from simulator.city.households import make_people
from simulator.city.people import make_person
from simulator.streams import Hand

FIRST, LAST = date(2026, 1, 1), date(2026, 6, 30)


@pytest.fixture(scope="module")
def people():
    return make_people(7, 6000, FIRST, LAST)


def share(people, holds):
    return sum(map(holds, people)) / len(people)


def test_ages_are_near_those_of_the_census_of_2020(people):
    assert 0.14 < share(people, lambda p: p.age_on(FIRST) < 15) < 0.22
    assert 0.15 < share(people, lambda p: p.age_on(FIRST) >= 60) < 0.23
    assert 0.47 < share(people, lambda p: p.sex == "2") < 0.53


def test_the_old_have_more_chronic_conditions_and_children_none(people):
    old = [p for p in people if p.age_on(FIRST) >= 65]
    assert not any(p.conditions for p in people if p.age_on(FIRST) < 18)
    assert share(old, lambda p: bool(p.conditions)) > 2 * share(people, lambda p: bool(p.conditions))
    assert 0.03 < share(people, lambda p: p.is_registered) < 0.07


def test_a_household_shares_its_address_and_often_an_account(people):
    households = defaultdict(list)
    for person in people:
        households[person.household].append(person)
    assert max(map(len, households.values())) <= 6
    assert all(len({p.address for p in members}) == 1 for members in households.values())
    held = [p for p in people if p.account_holder is not None]
    assert held
    assert all(p.account_holder.insurance == "310" and p.account_holder.household == p.household for p in held)


def test_how_a_population_is_cut_changes_nobody(people):
    parts = [make_people(7, 500, FIRST, LAST, offset) for offset in (0, 500, 1000)]
    assert [p.psn_no for part in parts for p in part] == [p.psn_no for p in people[:1500]]


def test_employers_are_shared(people):
    staff = [p.employer for p in people if p.employer]
    assert len(set(staff)) < len(staff) / 2


def test_some_die_and_the_old_more_often(people):
    dead = [p for p in people if p.death]
    assert 0.001 < len(dead) / len(people) < 0.01
    assert all(FIRST < p.death <= LAST < date(2027, 1, 1) and p.death < p.death_registered for p in dead)
    assert sum(p.age_on(FIRST) for p in dead) / len(dead) > 60


def test_who_is_made_for_a_part_is_as_asked():
    person = make_person(Hand(1, "part"), FIRST, sex="2", age=(50, 60), conditions=("heart",))
    assert (person.sex, person.conditions, person.is_registered) == ("2", ("heart",), True)
    assert 49 <= person.age_on(FIRST) <= 61
