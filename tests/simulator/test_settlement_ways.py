"""Interim settlements, settlements by medical aid alone, settlements after an error, and dates of other systems."""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta

import pytest

from simulator import Scenario, simulate
from simulator.care.mishaps import Mishaps, queue_with_mishaps
from simulator.care.settling import FUNDS, SettlementQueue
from simulator.faults.date_formats import format_of
from simulator.honest_world import make_world
from simulator.schemes import SCHEMES
from simulator.staging.wear import forget_scans
from simulator.streams import Hand
from tests.simulator.playing import play, play_some

LAST = date(2026, 3, 31)
QUIET = dict.fromkeys(("taken_back", "settlement_undone", "unsettled", "late"), 0.0)
WORLD = Scenario(persons=600, history_start=LAST - timedelta(days=150), nights=(LAST,), scheme_scale=0.0, dirt_rate=0.0)


def settled(**dirt):
    scenario = replace(WORLD, dirt=QUIET | dirt)
    visits, queue = make_world(scenario).visits, SettlementQueue(scenario.seed)
    queue_with_mishaps(queue, "test", visits, LAST, Mishaps(rates=scenario.rates))
    queue.settle_all()
    return visits


def is_balanced(settlement, lines):
    sums = settlement.sums
    parts = ("fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_amt")
    return (
        sums["medfee_sumamt"] == sum(line.amount for line in lines) == sum(sums[part] for part in parts)
        and sums["fund_pay_sumamt"] == sum(sums[fund] for fund in FUNDS)
        and sums["medfee_sumamt"] == sums["fund_pay_sumamt"] + sums["acct_pay"] + sums["cash_payamt"]
    )


def lines_of(visit):
    by_settlement = defaultdict(list)
    for line in visit.lines:
        by_settlement[line.settlement_id].append(line)
    return by_settlement


def test_long_stays_are_settled_in_between_and_the_deductible_is_paid_once():
    twice = [visit for visit in settled(interim_settlement=1.0) if len(visit.settlements) == 2]
    assert len(twice) > 10
    for visit in twice:
        first, last = visit.settlements
        assert (first.is_interim, last.is_interim) == (True, False)
        assert visit.begin < first.at < last.at
        assert last.sums["act_pay_dedc"] == 0
        by_settlement = lines_of(visit)
        assert all(line.at <= first.at for line in by_settlement[first.id])
        assert all(line.at > first.at for line in by_settlement[last.id])
        assert all(is_balanced(settlement, by_settlement[settlement.id]) for settlement in visit.settlements)


def test_no_stay_is_settled_in_between_by_itself():
    assert all(len(visit.settlements) == 1 for visit in settled())


def test_aid_alone_pays_for_some_on_aid_and_the_pooled_fund_nothing():
    visits = [visit for visit in settled(aid_only=0.5) if visit.aid_only]
    paid = [visit for visit in visits if visit.settlements[0].sums["maf_pay"]]
    assert len(paid) > 20
    for visit in paid:
        (settlement,) = visit.settlements
        assert visit.person.on_aid
        assert settlement.sums["hifp_pay"] == 0
        assert settlement.sums["fund_pay_sumamt"] == settlement.sums["maf_pay"]
        assert is_balanced(settlement, visit.lines)


def test_a_table_keeps_its_way_of_writing_dates_for_a_year(tmp_path):
    scenario = replace(WORLD, persons=100, seed=8, dirt={"date_formats": 0.6})
    simulate(scenario, tmp_path / "landing", tmp_path / "truth")
    found = defaultdict(set)
    for table, column in (
        ("fee_list", "fee_ocur_time"),
        ("mdtrt", "begntime"),
        ("setl", "setl_time"),
        ("diag", "diag_time"),
    ):
        with gzip.open(tmp_path / "landing" / str(LAST) / f"{table}.csv.gz", "rt", encoding="utf-8") as text:
            for row in csv.DictReader(text):
                value = row[column]
                form = "20260305" if value[:8].isdigit() else "2026/3/5" if "/" in value else "usual"
                found[table, int(value[:4])].add(form)
    assert {key: {format_of(8, 0.6, *key)} for key in found} == found
    assert len({form for forms in found.values() for form in forms}) == 3


def staged(rate):
    """Encounters staged with this rate of errors in settling, and how many there were."""
    world = make_world(Scenario(persons=200))
    stages = play_some(world, ((scheme, 0) for scheme in SCHEMES[:60]), {"settlement_undone": rate})
    return [visit for stage in stages for visit in stage.staged if visit.id not in stage.waived]


@pytest.fixture(scope="module")
def after_errors():
    return [visit for visit in staged(0.5) if any(settlement.is_reversal for settlement in visit.settlements)]


def test_staged_encounters_are_settled_again_after_an_error(after_errors):
    redone = [visit for visit in after_errors if len(visit.settlements) == 3]
    assert len(redone) > 20
    for visit in redone:
        first, back, last = visit.settlements
        assert back.original_id == first.id
        assert first.at < back.at < last.at
        assert first.at.date() == last.at.date()
        by_settlement = lines_of(visit)
        assert all(is_balanced(settlement, by_settlement[settlement.id]) for settlement in visit.settlements)


def test_an_error_in_settling_changes_no_net_quantity_and_no_id(after_errors):
    sound = {visit.id: visit for visit in staged(0.0)}
    for visit in (v for v in after_errors if len(v.settlements) == 3):
        net: defaultdict[str, int] = defaultdict(int)
        for line in visit.lines:
            net[line.original_id or line.id] += line.quantity
        assert {key: n for key, n in net.items() if n} == {line.id: line.quantity for line in sound[visit.id].lines}


def test_scans_of_labelled_lines_are_forgotten_like_honest_ones_but_not_those_that_other_lines_share():
    (scheme,) = [scheme for scheme in SCHEMES if scheme.name == "code_settled_twice"]
    world = make_world(Scenario(persons=200))
    stage = play(world, scheme, 0, QUIET)
    lines = [line for visit in stage.staged for line in visit.lines]
    for n, line in enumerate(lines):
        line.trace_codes = (*(f"{n}-{m}" for m in range(400 // len(lines))), "shared")
    forget_scans(Hand(1, "test"), stage.staged)
    codes = [line.trace_codes or () for line in lines]
    assert {line.id for line in lines} <= {label.feedetl_sn for label in stage.labels}
    assert all(own[-1] == "shared" for own in codes)
    left = sum(len(own) - 1 for own in codes)
    whole = 400 // len(lines) * len(lines)
    assert 0.95 * whole < left < whole


def test_labelled_sales_lack_scans_as_often_as_honest_ones():
    schemes = [
        s for s in SCHEMES if s.name in ("heavy_user_of_the_same_drug", "patient_to_market", "code_at_two_places")
    ]
    world = make_world(Scenario(persons=200))
    stages = play_some(world, ((scheme, n) for scheme in schemes for n in range(25)), QUIET)
    named = {label.feedetl_sn for stage in stages for label in stage.labels}
    sold = [
        line
        for stage in stages
        for v in stage.staged
        for line in v.lines
        if line.id in named and line.trace_codes is not None
    ]
    packs, scans = sum(line.quantity for line in sold), sum(len(line.trace_codes or ()) for line in sold)
    assert packs > 500
    assert 0.003 < 1 - scans / packs < 0.04


def test_the_packs_of_a_first_try_are_scanned_too():
    (scheme,) = [scheme for scheme in SCHEMES if scheme.name == "heavy_user_of_the_same_drug"]
    world = make_world(Scenario(persons=200))
    stage = play(world, scheme, 0, QUIET | {"settlement_undone": 0.5})
    redone = [visit for visit in stage.staged if len(visit.settlements) == 3]
    assert redone
    for visit in redone:
        sold = [line.trace_codes or () for line in visit.lines if line.quantity > 0]
        assert sorted(sold) == sorted(sold[: len(sold) // 2] * 2)
