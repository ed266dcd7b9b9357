"""Everyday wear of staged encounters: drugs returned, uploads late, at the honest world's rates.

Without it a staged encounter could be told by never being corrected. What wear adds is taken back as a whole, so
that nothing a label says, no sum and no net quantity changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from simulator import catalogue
from simulator.care import Order, charge, take_back
from simulator.mishaps import Mishaps
from simulator.records import Line, Visit
from simulator.streams import Hand


def worn(hand: Hand, visits: Sequence[Visit], mishaps: Mishaps) -> None:
    """Returned drugs and late uploads on encounters that are not settled yet; corrected ones are left alone."""
    rates = mishaps.rates
    for visit in visits:
        if any(line.quantity < 0 for line in visit.lines):
            continue
        for line in list(visit.lines):
            if hand.chance(rates["taken_back"]):
                _return_a_drug(hand, visit, line, rates["taken_back_later"])
            elif hand.chance(rates["late"]):
                line.uploaded += timedelta(days=hand.between(1, 3))
                mishaps.late_lines += 1


def _return_a_drug(hand: Hand, visit: Visit, beside: Line, later: float) -> None:
    """One more drug on the sheet of another line, and back."""
    pool = catalogue.WARD_DRUGS if visit.is_stay else catalogue.ACUTE_DRUGS
    line = charge(hand, visit, beside.at, [Order(hand.pick(pool), hand.between(1, 3))])[0]
    line.order_id, line.doctor, line.uploaded = beside.order_id, beside.doctor, beside.uploaded
    take_back(hand, visit, line, line.quantity, days_later=hand.between(1, 4) if hand.chance(later) else 0)
