"""Corrections that arrive before their original, in parts, twice, undone, weeks and months late."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest

from simulator import Scenario
from simulator.care.mishaps import Mishaps, queue_with_mishaps
from simulator.care.settling import FUNDS, SettlementQueue
from simulator.honest_world import make_world

LAST = date(2026, 3, 31)
PLAIN = Scenario(
    persons=150, history_start=LAST - timedelta(days=250), nights=(LAST,), scheme_scale=0.0, dirt_rate=0.0,
    dirt=dict.fromkeys(("taken_back", "settlement_undone", "unsettled", "late"), 0.0),
)  # fmt: skip
RATE = 0.05


def corrected(kind):
    """What one switch does: the lines of the world by id, what is reported of it, and the encounters."""
    scenario = replace(PLAIN, dirt={**PLAIN.dirt, kind: RATE})
    mishaps, visits = Mishaps(rates=scenario.rates), make_world(scenario).visits
    queue = SettlementQueue(scenario.seed)
    queue_with_mishaps(queue, "test", visits, LAST, mishaps)
    queue.settle_all()
    assert {reported.kind for reported in mishaps.reported} == {kind}
    return {line.id: line for visit in visits for line in visit.lines}, mishaps, visits


def reversals(lines):
    return [(line, lines[line.original_id]) for line in lines.values() if line.original_id]


def test_lines_arrive_weeks_late_and_within_the_world():
    lines, mishaps, visits = corrected("late_weeks")
    delays = [(line.uploaded - visit.settled_at.date()).days for visit in visits for line in visit.lines]
    late = [days for days in delays if days]
    assert len(late) == len(mishaps.reported)
    assert all(7 <= n <= 70 for n in late)
    assert 0.03 * len(lines) < len(late) < 0.07 * len(lines)
    assert max(line.uploaded for line in lines.values()) <= LAST


def test_a_reversal_arrives_days_before_its_original():
    lines, mishaps, _ = corrected("reversal_first")
    assert len(reversals(lines)) == len(mishaps.reported) > 50
    for back, line in reversals(lines):
        assert back.quantity == -line.quantity
        assert 2 <= (line.uploaded - back.uploaded).days <= 6


def test_a_line_is_taken_back_piece_by_piece_and_never_more_than_there_was():
    lines, _, _ = corrected("reversal_in_parts")
    by_line = Counter(back.original_id for back, _ in reversals(lines))
    assert set(by_line.values()) == {2}
    for back, line in reversals(lines):
        assert back.quantity == -1
        assert line.quantity >= 2
        assert back.uploaded > line.uploaded
    assert len({(back.original_id, back.uploaded) for back, _ in reversals(lines)}) == len(reversals(lines))


def test_the_very_same_reversal_comes_again_a_day_later():
    lines, mishaps, _ = corrected("reversal_repeated")
    assert len(mishaps.resent) > 50
    assert mishaps.resent == {back.id: 1 for back, _ in reversals(lines)}
    assert {reported.outcome for reported in mishaps.reported} == {"duplicate"}


def test_a_reversal_is_reversed_and_the_line_stands_again():
    lines, mishaps, _ = corrected("reversal_undone")
    undone = [(again, back) for again, back in reversals(lines) if back.original_id]
    assert len(undone) == len(mishaps.reported) > 50
    for again, back in undone:
        line = lines[back.original_id]
        assert (line.quantity, back.quantity, again.quantity) == (line.quantity, -line.quantity, line.quantity)
        assert line.uploaded < back.uploaded < again.uploaded


def test_a_reversal_comes_months_after_its_original():
    lines, mishaps, _ = corrected("reversal_months_later")
    assert len(reversals(lines)) == len(mishaps.reported) > 20
    assert all(35 <= (back.uploaded - line.uploaded).days <= 150 for back, line in reversals(lines))


@pytest.mark.parametrize("kind", ["reversal_first", "reversal_in_parts", "reversal_undone", "reversal_months_later"])
def test_settlements_still_balance(kind):
    _, _, visits = corrected(kind)
    for settlement in (s for visit in visits for s in visit.settlements):
        sums = settlement.sums
        assert sums["medfee_sumamt"] == sum(line.amount for line in settlement.visit.lines)
        assert sums["fund_pay_sumamt"] == sum(sums[fund] for fund in FUNDS)
        assert sums["medfee_sumamt"] == sums["fund_pay_sumamt"] + sums["acct_pay"] + sums["cash_payamt"]


def test_switched_off_they_change_no_line():
    mishaps, visits = Mishaps(rates=PLAIN.rates), make_world(PLAIN).visits
    queue_with_mishaps(SettlementQueue(PLAIN.seed), "test", visits, LAST, mishaps)
    assert mishaps.reported == []
    assert all(line.quantity > 0 and not line.original_id for visit in visits for line in visit.lines)
