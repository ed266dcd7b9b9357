from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from itertools import pairwise

import pytest

from simulator.care.life import block_life
from simulator.care.seasons import day_of
from simulator.city.households import make_people
from simulator.city.providers import make_providers
from simulator.streams import Hand

FIRST, LAST = date(2025, 10, 1), date(2026, 3, 31)
PERSONS, BLOCK = 1500, 500


@pytest.fixture(scope="module")
def providers():
    return make_providers(5, PERSONS, scheme_scale=0.0)


@pytest.fixture(scope="module")
def lives(providers):
    found = []
    for offset in range(0, PERSONS, BLOCK):
        people = make_people(5, BLOCK, FIRST, LAST, offset)
        found += block_life(Hand(5, f"life/{offset}"), people, providers, FIRST, LAST, offset)
    return found


@pytest.fixture(scope="module")
def visits(lives):
    return [visit for own in lives for visit in own]


def test_the_honest_census_never_exceeds_the_beds(visits):
    census = Counter((v.place.code, day) for v in visits if v.is_stay for day in v.days[:-1])
    beds = {v.place.code: v.place.beds for v in visits}
    assert census
    assert all(patients <= beds[place] for (place, _), patients in census.items())


def test_bed_slots_are_nine_tenths_full(visits, providers):
    days = [FIRST + timedelta(days=n) for n in range(10, 150)]
    nights = Counter(day for v in visits if v.is_stay for day in v.days[:-1])
    assert 0.75 < sum(nights[day] for day in days) / (len(providers.slots) * len(days)) <= 1


def test_honest_people_fill_the_beds_as_far_as_is_usual_at_each_level():
    providers = make_providers(5, 60_000, scheme_scale=0.0)
    slots = Counter(place.level for place in providers.slots)
    beds: Counter[str] = Counter()
    for place in providers.hospitals:
        beds[place.level] += place.beds
    use = {level: 0.95 * slots[level] / beds[level] for level in "123"}
    assert use["1"] > use["2"] > use["3"] > 0.6
    assert 0.85 < 0.95 * sum(slots.values()) / sum(beds.values()) < 0.94


def test_there_are_beds_for_what_is_staged_too():
    def beds(scale):
        return sum(place.beds for place in make_providers(5, 60_000, scheme_scale=scale).hospitals)

    assert beds(0.0) < beds(1.0) < beds(3.0)


def test_nobody_is_in_two_places_at_once(lives):
    for own in lives:
        assert all(a.end <= b.begin for a, b in pairwise(own))


def test_nothing_happens_to_the_dead(visits):
    assert all(v.person.death is None or v.end.date() < v.person.death for v in visits)


def test_doctors_see_patients_on_their_days_and_within_their_hours(visits):
    seen: Counter[tuple[str, date]] = Counter()
    for visit in visits:
        if visit.is_stay or visit.place.is_pharmacy:
            continue
        assert visit.doctor in visit.place.doctors
        assert visit.doctor.works_on(visit.begin.date())
        assert visit.doctor.hours[0] <= visit.begin.hour <= visit.doctor.hours[1]
        seen[visit.doctor.code, visit.begin.date()] += 1
    assert max(seen.values()) < 60


def test_no_order_sheet_names_an_item_twice_or_more_than_five_drugs_for_home(visits):
    for visit in visits:
        sheets = defaultdict(list)
        for line in visit.lines:
            sheets[line.order_id, line.at].append(line.item)
        for items in sheets.values():
            assert len(items) == len({item.code for item in items})
        if visit.visit_type in ("140104", "9929"):
            drugs = Counter(line.order_id for line in visit.lines if line.item.charge_class in ("09", "11"))
            assert max(drugs.values(), default=0) <= 8


def test_a_machine_is_only_used_where_there_is_one(visits):
    from simulator.city.items import equipment_of

    needs = equipment_of()
    used = {(v.place.level, needs[x.item.code]) for v in visits for x in v.lines if x.item.code in needs and v.is_stay}
    assert ("3", "MRI") not in used
    assert ("1", "CT") in used


def test_planned_care_keeps_to_its_plan(visits):
    dialysis = defaultdict(list)
    for visit in visits:
        if visit.diagnoses[0][0] == "N18.001":
            dialysis[visit.person.psn_no].append(visit.begin.date())
    assert dialysis
    for days in dialysis.values():
        assert len({day.weekday() for day in days}) <= 3
        assert len(days) == len(set(days))
    assert any(v.visit_type == "51" for v in visits)


def test_a_referral_names_the_encounter_the_day_before(visits):
    known = {visit.id: visit for visit in visits}
    referred = [visit for visit in visits if visit.referral]
    assert referred
    for visit in referred:
        earlier = known[visit.referral[0]]
        assert earlier.person is visit.person
        assert earlier.begin.date() == visit.begin.date() - timedelta(days=1)


def test_flu_comes_in_winter():
    hand = Hand(1, "seasons")
    days = [day_of(hand, date(2025, 1, 1), date(2025, 12, 31), date(2025, 12, 31), "flu") for _ in range(2000)]
    months = Counter(day.month for day in days)
    assert months[1] > 5 * months[7]
    assert {day.year for day in days} == {2025}
