from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from simulator.care.care import Order, outpatient, stay
from simulator.care.settling import SettlementQueue, reverse, settle
from simulator.city import items as catalogue
from simulator.city.people import make_person
from simulator.city.policy import STANDARD
from simulator.city.providers import make_providers
from simulator.streams import Hand

TODAY = date(2026, 1, 10)


@pytest.fixture
def hand():
    return Hand(3, "settling")


@pytest.fixture
def employee(hand):
    person = make_person(hand, TODAY, age=(40, 50), conditions=("heart",))
    person.insurance, person.person_type, person.is_civil_servant, person.on_aid = "310", "11", False, False
    return person


@pytest.fixture(scope="module")
def secondary():
    return make_providers(3, 500).of_level("2")[0]


def settled(visit):
    return settle(1, visit).sums


def test_the_second_stay_of_a_year_has_half_the_deductible(hand, employee, secondary):
    first = settled(stay(hand, employee, secondary, TODAY, 6))
    second = settled(stay(hand, employee, secondary, TODAY + timedelta(days=60), 6))
    next_year = settled(stay(hand, employee, secondary, TODAY + timedelta(days=400), 6))
    assert first["dedc_std"] == next_year["dedc_std"] == 2 * second["dedc_std"] == STANDARD.deductible["2"]


def test_what_a_year_may_pay_is_not_exceeded(hand, employee, secondary):
    paid = 0
    for n in range(120):
        orders = [Order(catalogue.COSTLY_DRUGS[0], 10)]
        day = TODAY + timedelta(days=n)
        paid += settled(outpatient(hand, employee, secondary, day, orders, visit_type="140104"))["hifp_pay"]
    assert paid == STANDARD.chronic_ceiling["310"]


def test_an_account_never_pays_more_than_is_in_it(hand, employee, secondary):
    paid, employee.saved = 0, 1.0
    for n in range(60):
        orders = [Order(catalogue.COSTLY_DRUGS[0], 3)]
        visit = outpatient(hand, employee, secondary, TODAY + timedelta(days=n), orders, visit_type="41")
        sums = settled(visit)
        assert sums["fund_pay_sumamt"] == 0
        paid += sums["acct_pay"]
    assert STANDARD.account_start < paid <= STANDARD.account_start + STANDARD.account_income


def test_a_resident_has_no_account_but_a_relative_may_pay(hand, employee, secondary):
    child = make_person(hand, TODAY, age=(5, 10), conditions=())
    visit = outpatient(hand, child, secondary, TODAY, [Order(catalogue.LABS[0])])
    assert settled(visit)["acct_pay"] == 0
    child.account_holder = employee
    again = outpatient(hand, child, secondary, TODAY, [Order(catalogue.LABS[0])])
    assert settled(again)["acct_pay"] == again.family_account == settled_personal(again)


def settled_personal(visit):
    return visit.settlements[0].sums["psn_pay"]


def test_a_reversal_gives_the_year_back_what_it_took(hand, employee, secondary):
    visit = stay(hand, employee, secondary, TODAY, 8)
    settled(visit)
    reverse(1, visit, datetime(2026, 2, 1, 9))
    usage = employee.usage[2026]
    assert (usage.stays, usage.fund, usage.own, usage.account) == (0, 0, 0, 0)


def test_whoever_is_settled_first_in_time_pays_the_years_deductible(hand, employee, secondary):
    later, first = (
        outpatient(hand, employee, secondary, TODAY + timedelta(days=days), [Order(catalogue.COSTLY_DRUGS[0], 10)])
        for days in (30, 0)
    )
    queue = SettlementQueue(1)
    queue.settle(later)
    queue.settle(first)
    queue.settle_all()
    taken = [visit.settlements[0].sums["act_pay_dedc"] for visit in (first, later)]
    assert taken == [STANDARD.visit_deductible["310"], 0]


def test_what_is_taken_back_in_between_was_used_until_then(hand, employee, secondary):
    orders = [Order(catalogue.COSTLY_DRUGS[0], 10)]
    undone, between, after = (
        outpatient(hand, employee, secondary, TODAY + timedelta(days=days), orders) for days in (0, 3, 9)
    )
    queue = SettlementQueue(1)
    queue.settle_and_undo(undone, undone.settled_at + timedelta(days=6))
    queue.settle(between)
    queue.settle(after)
    queue.settle_all()
    deductible = STANDARD.visit_deductible["310"]
    assert [visit.settlements[0].sums["act_pay_dedc"] for visit in (undone, between, after)] == [
        deductible, 0, deductible,
    ]  # fmt: skip


def test_what_a_line_says_is_covered_goes_before_the_catalogue(hand, employee, secondary):
    visit = outpatient(hand, employee, secondary, TODAY, [Order(catalogue.LABS[0]), Order(catalogue.LABS[1])])
    visit.lines[0].covered = 0
    sums = settled(visit)
    assert sums["fulamt_ownpay_amt"] == visit.lines[0].amount
    assert sums["inscp_amt"] == visit.lines[1].amount
