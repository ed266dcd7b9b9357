"""Order sheets say nothing of how a line came into an encounter."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from simulator.care.care import Order, charge, copy_line, outpatient, stay, take_back
from simulator.care.order_sheets import number_sheets
from simulator.city import items as catalogue
from simulator.staging.cast import on_one_slip
from simulator.streams import Hand
from tests.simulator.playing import small_world

DAY = date(2026, 1, 5)
DRUGS = [drug for own in catalogue.CHRONIC_DRUGS.values() for drug in own][:9]


def visit_with(items, number=0, bed=False):
    world, hand = small_world(), Hand(1, f"visit/{number}")
    person, place = world.people[0], world.providers.hospitals[0]
    if bed:
        return stay(hand, person, place, DAY, 4)
    return outpatient(hand, person, place, DAY, [Order(item) for item in items])


def numbered(visit, number=0):
    number_sheets(Hand(1, f"sheets/{number}"), [visit])
    return [line.order_id for line in visit.lines]


@given(st.lists(st.sampled_from([*DRUGS, *catalogue.LABS, *catalogue.HERBS]), min_size=1, max_size=12), st.data())
def test_lines_charged_at_once_and_one_by_one_stand_on_the_same_sheets(items, data):
    cut = data.draw(st.integers(0, len(items)))
    at_once, in_parts = visit_with(items), visit_with(items[:cut])
    for n, item in enumerate(items[cut:]):
        charge(Hand(2, f"later/{n}"), in_parts, in_parts.begin + timedelta(minutes=40 + n), [Order(item)])
    assert numbered(at_once) == numbered(in_parts)


def test_a_prescription_holds_five_drugs_at_most_and_herbs_have_their_own():
    sheets = set()
    for n in range(40):
        visit = visit_with([*DRUGS, *catalogue.HERBS[:3]], n)
        numbered(visit, n)
        on = Counter(line.order_id for line in visit.lines[: len(DRUGS)])
        herbs = {line.order_id for line in visit.lines[len(DRUGS) :]}
        assert max(on.values()) <= 5
        assert len(herbs) == 1
        assert not herbs & set(on)
        sheets.add(len(on))
    assert len(sheets) > 2


def test_a_sheet_of_a_ward_is_of_one_day_and_one_kind():
    visit = visit_with([], bed=True)
    numbered(visit)
    on = defaultdict(set)
    for line in visit.lines:
        on[line.order_id].add((line.at.date(), line.item.charge_class in ("01", "02", "07")))
    assert len(on) > 8
    assert all(len(kinds) == 1 for kinds in on.values())


def test_a_copy_and_what_is_taken_back_stand_on_the_sheet_of_their_original():
    for n in range(20):
        visit = visit_with([*catalogue.LABS[:4]], n)
        original = visit.lines[0]
        copy = copy_line(Hand(3, "copy"), visit, original)
        back = take_back(Hand(3, "back"), visit, copy, 1)
        numbered(visit, n)
        assert original.order_id == copy.order_id == back.order_id


def test_the_same_item_again_is_on_another_sheet():
    visit = visit_with([catalogue.LABS[0], catalogue.LABS[0]])
    assert len(set(numbered(visit))) == 2


def test_one_slip_holds_all_lines_that_a_scheme_puts_on_it():
    visit = visit_with(DRUGS)
    on_one_slip(visit.lines)
    assert len(set(numbered(visit))) == 1
