"""Everyday wear of staged encounters: drugs returned, uploads late, at the honest world's rates.

Without it a staged encounter could be recognized by never being corrected. What wear adds is taken back as a whole, so
that nothing a label says, no sum and no net quantity changes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import timedelta

from simulator.beside.trace_codes import FORGOTTEN
from simulator.care.care import Order, charge, take_back
from simulator.care.mishaps import Mishaps
from simulator.care.records import Line, Visit
from simulator.care.settling import SettlementQueue
from simulator.city import items as catalogue
from simulator.streams import Hand

_LINES_OF_A_SETTLEMENT = (
    14  # as in the honest world (simulator.care.mishaps): longer settlements are undone more rarely
)
_LATEST_HOUR = 22  # an error is noticed and fixed on the same day


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


def queue_worn(
    hand: Hand, queue: SettlementQueue, visits: Sequence[Visit], mishaps: Mishaps, spared: Collection[str]
) -> None:
    """Queue encounters for settlement, some only after an error; of the `spared`, whose sums are made up, none."""
    for visit in visits:
        share = min(1.0, _LINES_OF_A_SETTLEMENT / max(1, len(visit.lines)))
        is_sound = visit.id not in spared and not visit.invoice and all(line.quantity > 0 for line in visit.lines)
        is_error = hand.chance(mishaps.rates["settlement_undone"] * share)
        if is_error and is_sound and visit.lines and visit.settled_at.hour < _LATEST_HOUR:
            queue.settle_after_an_error(visit)
            mishaps.undone_settlements += 1
        else:
            queue.settle(visit)


def forget_scans(hand: Hand, visits: Sequence[Visit]) -> None:
    """Leave out scanned codes as often as honest sellers do, labelled lines' too; none that is seen twice."""
    lines = [line for visit in visits for line in visit.lines if line.trace_codes]
    seen = Counter(code for line in lines for code in line.trace_codes or ())
    for line in lines:
        codes = line.trace_codes or ()
        line.trace_codes = tuple(code for code in codes if seen[code] > 1 or not hand.chance(FORGOTTEN))


def _return_a_drug(hand: Hand, visit: Visit, beside: Line, later: float) -> None:
    """One more drug beside another line, and back."""
    pool = catalogue.WARD_DRUGS if visit.is_stay else catalogue.ACUTE_DRUGS
    line = charge(hand, visit, beside.at, [Order(hand.pick(pool), hand.between(1, 3))])[0]
    line.doctor, line.uploaded = beside.doctor, beside.uploaded
    take_back(hand, visit, line, line.quantity, days_later=hand.between(1, 4) if hand.chance(later) else 0)
