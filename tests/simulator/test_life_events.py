"""Births, moves and deaths: in the registers, in the enrolments, in what care people have."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from simulator import Scenario
from simulator.blocks import Part
from simulator.care.life import block_life
from simulator.care.mishaps import Mishaps
from simulator.city.households import make_people
from simulator.city.providers import make_providers
from simulator.delivering.night_rows import NightRows
from simulator.delivering.rows import enrolment_rows, visit_row
from simulator.streams import Hand

FIRST, LAST = date(2024, 1, 1), date(2026, 3, 31)
PERSONS = 6000
NIGHTS = (*(FIRST + timedelta(days=30 * n) for n in range(1, 27)), LAST)
BEGIN, END, REGION = 9, 10, 6  # columns of psn_insu


@pytest.fixture(scope="module")
def people():
    return make_people(9, PERSONS, FIRST, LAST)


@pytest.fixture(scope="module")
def registers(people):
    """Per night the rows of psn_info and psn_insu by person."""
    rows = NightRows(Scenario(history_start=FIRST, nights=NIGHTS))
    Part(Scenario(history_start=FIRST, nights=NIGHTS), "test", rows, Mishaps()).add_people(people)
    found = []
    for night in rows.nights[:-1]:
        of_night: dict[tuple[str, str], list[list[str]]] = {}
        for table in ("psn_info", "psn_insu"):
            for key, line in night[table].lines:
                of_night.setdefault((table, key), []).append(line.split(","))
        found.append(of_night)
    return found


def test_children_are_born_throughout_at_the_national_rate(people):
    born = [person for person in people if person.birth > FIRST]
    years = (LAST - FIRST).days / 365
    assert 0.004 < len(born) / PERSONS / years < 0.009
    assert max(person.birth for person in born) > LAST - timedelta(days=60)
    assert all(person.enrolled_on == person.birth for person in born)
    assert all(person.birth.strftime("%Y%m%d") in person.certno for person in born)


def test_who_is_born_or_comes_is_in_the_registers_from_the_registration_on(people, registers):
    born = [person for person in people if person.registered_on and FIRST < person.registered_on <= LAST]
    assert born
    for person in born:
        nights = [n for n, night in enumerate(registers) if ("psn_info", person.psn_no) in night]
        assert NIGHTS[nights[0]] >= person.registered_on
        assert nights[0] == 0 or NIGHTS[nights[0] - 1] < person.registered_on
        (enrolment,) = registers[nights[0]]["psn_insu", person.psn_no][:1]
        assert enrolment[BEGIN] == str(person.enrolled_on)


def test_newborns_have_no_care_before_their_registration():
    people = make_people(9, 1500, FIRST, LAST)
    lives = block_life(Hand(9, "life/0"), people, make_providers(9, 1500), FIRST, LAST)
    newborns = [(p.registered_on, own) for p, own in zip(people, lives, strict=True) if p.birth > FIRST]
    assert any(own for _, own in newborns)
    for registered_on, own in newborns:
        assert registered_on is not None
        assert all(visit.begin.date() >= registered_on for visit in own)


def test_whole_households_move_and_their_insurance_goes_with_them(people):
    moved = [person for person in people if person.move and person.move.registered <= LAST and person.death is None]
    assert 0.02 < len(moved) / PERSONS < 0.09
    for person in moved:
        before, after = enrolment_rows(person, LAST)
        assert (
            date.fromisoformat(before[END]) + timedelta(days=1) == date.fromisoformat(after[BEGIN]) == person.move.day
        )
        assert before[REGION] != after[REGION]
        assert before[1] != after[1]
        assert before[BEGIN] <= before[END]
    together = {(person.household, person.move.day, person.move.address) for person in moved}
    assert len(together) == len({person.household for person in moved})


def test_the_register_learns_of_a_move_once_and_later(people, registers):
    for person in (p for p in people if p.move and p.move.registered <= LAST and p.death is None):
        reported = [
            (n, night["psn_info", person.psn_no])
            for n, night in enumerate(registers)
            if ("psn_info", person.psn_no) in night
        ]
        addresses = [row[4] for _, rows in reported for row in rows]
        assert all(len(rows) == 1 for _, rows in reported)
        assert addresses[-1] == person.move.address
        if person.move.registered > NIGHTS[0]:
            assert addresses[0] == person.address
            assert NIGHTS[reported[-1][0]] >= person.move.registered


def test_care_after_a_move_is_insured_in_the_new_county_and_sought_near_it():
    people = make_people(9, 1500, FIRST, LAST)
    lives = block_life(Hand(9, "life/0"), people, make_providers(9, 1500), FIRST, LAST)
    own = [(p, visits) for p, visits in zip(people, lives, strict=True) if p.move]
    for person, visits in own:
        for visit in visits:
            row = visit_row(visit)
            is_after = visit.begin.date() >= person.move.day
            assert (row[2] == person.move.relation_id) == is_after
            assert (row[5] == person.move.region) == is_after
    before = {v.place.code for p, visits in own for v in visits if v.begin.date() < p.move.day}
    assert any(v.place.code not in before for p, visits in own for v in visits if v.begin.date() >= p.move.day)


def test_death_ends_the_enrolment_once_it_is_registered(people):
    dead = [person for person in people if person.death and person.death_registered <= LAST]
    assert dead
    for person in dead:
        day_before = person.death_registered - timedelta(days=1)
        assert enrolment_rows(person, day_before)[-1][END] == ""
        assert str(person.death) in {row[END] for row in enrolment_rows(person, person.death_registered)}


def test_some_deaths_are_registered_months_later(people):
    delays = [(person.death_registered - person.death).days for person in people if person.death]
    late = [days for days in delays if days >= 30]
    assert 0.08 < len(late) / len(delays) < 0.25
    assert max(late) <= 150
    assert min(delays) >= 6
