"""Children come to mothers, and households come from elsewhere and go there."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta

import pytest

from simulator import Scenario, ScenarioError
from simulator.beside.filings import REFERRALS
from simulator.care.life import block_life
from simulator.care.records import Visit
from simulator.city.households import make_people
from simulator.city.life_events import MoveRates
from simulator.city.people import AREA, Person
from simulator.city.providers import REMOTE_AREA, make_providers
from simulator.delivering.rows import enrolment_rows
from simulator.scenario.scenario_file import scenario_of
from simulator.streams import Hand

FIRST, LAST = date(2025, 1, 1), date(2026, 3, 31)
PERSONS, BLOCK = 3000, 500
RATES = MoveRates(within=0.02, out=0.03, into=0.03)
BEGIN, END = 9, 10  # columns of psn_insu


@pytest.fixture(scope="module")
def lives():
    """Everybody with his encounters."""
    providers = make_providers(4, PERSONS)
    found: list[tuple[Person, list[Visit]]] = []
    for offset in range(0, PERSONS, BLOCK):
        people = make_people(4, BLOCK, FIRST, LAST, offset, RATES)
        own = block_life(Hand(4, f"life/{offset}"), people, providers, FIRST, LAST, offset)
        found += zip(people, own, strict=True)
    return found


@pytest.fixture(scope="module")
def households(lives):
    found = defaultdict(list)
    for person, own in lives:
        found[person.household].append((person, own))
    return found


@pytest.fixture(scope="module")
def newborns(lives):
    """Children born in the history who come to the register within it."""
    return [person for person, _ in lives if person.birth > FIRST and person.registered_on <= LAST]


def births(own):
    return [visit for visit in own if visit.visit_type == "52"]


def test_a_newborns_mother_lies_in_on_the_day_of_birth_on_an_obstetric_ward(newborns, households):
    assert len(newborns) > 10
    for child in newborns:
        family = households[child.household]
        (mother, own), *others = [(person, own) for person, own in family if child.birth in person.delivers]
        assert not others
        assert mother.sex == "2"
        assert 18 <= mother.age_on(child.birth) <= 45
        assert [v.doctor.department for v in births(own) if child.birth in v.days[:2]] == ["A05"]


def test_every_delivery_makes_a_child_of_the_household(lives, households):
    mothers = [(person, visit) for person, own in lives for visit in births(own)]
    assert mothers
    for mother, visit in mothers:
        born = {person.birth for person, _ in households[mother.household]}
        assert any(day in born for day in visit.days)


def test_a_newborn_is_insured_where_its_family_lives(newborns, households):
    for child in newborns:
        (mother,) = [person for person, _ in households[child.household] if child.birth in person.delivers]
        _, region = mother.insured_on(child.birth)
        assert child.insured_on(child.birth)[1] == region
        assert enrolment_rows(child, LAST)[0][BEGIN] == str(child.birth)


def test_a_caesarean_is_done_on_the_day_of_birth(lives):
    operated = [(p, v) for p, own in lives for v in births(own) if v.operation]
    assert operated
    assert all(visit.begin.date() + timedelta(days=1) in person.delivers for person, visit in operated)


def test_those_who_expect_a_child_after_the_end_are_seen_before(lives):
    expecting = [own for person, own in lives if max(person.delivers, default=FIRST) > LAST]
    assert any(visit.visit_type == "51" for own in expecting for visit in own)


def test_about_as_many_households_leave_and_come_as_the_rates_say(lives, households):
    years = (LAST - FIRST).days / 365
    left = {person.household for person, _ in lives if person.left_on}
    come = {person.household for person, _ in lives if person.registered_on and person.birth < FIRST}
    for found in (left, come):
        assert 0.6 * 0.03 * years < len(found) / len(households) < 1.3 * 0.03 * years


def test_who_leaves_has_no_care_afterwards_and_an_enrolment_that_ended(lives):
    left = [(person, own) for person, own in lives if person.left_on]
    assert any(own for _, own in left)
    for person, own in left:
        assert all(visit.end.date() < person.left_on for visit in own)
        known = enrolment_rows(person, person.left_registered)
        assert known[-1][END] == str(person.left_on - timedelta(days=1))
        assert enrolment_rows(person, person.left_registered - timedelta(days=1))[-1][END] == ""


def test_some_who_leave_are_treated_elsewhere_before_as_filed(lives):
    away = [(person, own) for person, own in lives if person.left_on and person.off_site]
    assert REFERRALS.of_person is not None
    filed = {p.psn_no: list(REFERRALS.of_person(Hand(1, "filed"), p, FIRST, LAST)) for p, _ in away}
    remote = [(p, v) for p, own in away for v in own if v.place.area == REMOTE_AREA]
    assert remote
    for person, visit in remote:
        assert person.off_site[0] <= visit.begin.date() < person.left_on
        assert filed[person.psn_no]


def test_who_comes_has_no_care_before_and_an_enrolment_that_begins_then(lives):
    come = [(person, own) for person, own in lives if person.registered_on and person.birth < FIRST]
    assert any(own for _, own in come)
    for person, own in come:
        assert all(visit.begin.date() >= person.registered_on for visit in own)
        assert enrolment_rows(person, LAST)[0][BEGIN] == str(person.enrolled_on)
        assert FIRST < person.enrolled_on <= person.registered_on


def test_nobody_comes_or_goes_where_the_scenario_says_so():
    people = make_people(4, 1000, FIRST, LAST, 0, MoveRates(0.0, 0.0, 0.0))
    assert not [person for person in people if person.move or person.left_on]
    assert all(person.registered_on is None for person in people if person.birth < FIRST)


def test_rates_of_moves_stand_in_a_scenario_and_are_refused_beyond_their_bounds():
    assert scenario_of({"persons": 100, "moves": {"out": 0.05}}, "here").moves == replace(MoveRates(), out=0.05)
    with pytest.raises(ScenarioError, match=r"moves\.into is 2"):
        Scenario(moves=MoveRates(into=2))


def test_neighbours_are_insured_in_one_of_the_counties_and_are_otherwise_the_people_that_they_were():
    alone, spread = (make_people(4, 1200, FIRST, LAST, 0, MoveRates(0, 0, 0), counties) for counties in (1, 12))
    assert {person.region for person in alone} == {AREA}
    assert len({person.region for person in spread}) == 12
    of_group = [{person.region for person in spread[n : n + 12]} for n in range(0, 1200, 12)]
    assert {len(regions) for regions in of_group} == {1}
    for person in spread:
        person.region = AREA
    assert spread == alone
    assert scenario_of({"persons": 100, "counties": 12}, "here").counties == 12
    with pytest.raises(ScenarioError, match="counties is 0; there are 1 to 90"):
        Scenario(counties=0)
