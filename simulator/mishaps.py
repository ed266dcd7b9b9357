"""What goes wrong honestly: lines taken back, settlements undone, uploads late, lines unsettled, rows broken.

Rates follow one city's extract: 5.24 % negative lines, 0.15 % without settlement.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from simulator.care import take_back
from simulator.records import Line, Visit
from simulator.settling import reverse, settle
from simulator.streams import Hand

_TAKEN_BACK, _TAKEN_BACK_LATER = 0.042, 0.15
_SETTLEMENT_UNDONE = 0.012
_UNSETTLED = 0.0015
_LATE = 0.02
BAD_ROWS = ("quantity_text", "no_person", "no_encounter", "impossible_date", "amount_mismatch")


@dataclass(slots=True)
class Mishaps:
    """What was done to lines beyond their own rows; keys are line ids."""

    bad: dict[str, str] = field(default_factory=dict)  # one of BAD_ROWS
    resent: dict[str, int] = field(default_factory=dict)  # days until the very same row comes again
    late_lines: int = 0
    undone_settlements: int = 0


def settle_with_mishaps(seed: int, part: str, visits: list[Visit], last_day: date, mishaps: Mishaps) -> list[Line]:
    """Settle encounters with the usual corrections and delays; the lines that nothing befell but delay."""
    hand = Hand(seed, f"mishaps/{part}")
    untouched: list[Line] = []
    for visit in visits:
        undone_on = visit.settled_at + timedelta(days=hand.between(1, 9), minutes=hand.between(1, 60))
        if hand.chance(_SETTLEMENT_UNDONE) and undone_on.date() <= last_day:
            settle(seed, visit)
            reverse(seed, visit, undone_on)
            mishaps.undone_settlements += 1
            continue
        kept = []
        for line in list(visit.lines):
            if hand.chance(_TAKEN_BACK):
                _take_back(hand, visit, line)
            else:
                kept.append(line)
        lost = frozenset(line.id for line in kept if hand.chance(_UNSETTLED))
        settle(seed, visit, lost)
        untouched += [line for line in kept if line.id not in lost]
    _delay(hand, untouched, mishaps)
    return untouched


def break_rows(seed: int, lines: list[Line], rate: float, mishaps: Mishaps) -> None:
    """Choose rows to arrive broken or twice: each kind at least once, so that small worlds try every path."""
    if rate <= 0:
        return
    bad = max(len(BAD_ROWS), round(rate * len(lines)))
    twice = max(4, round(rate * len(lines) / 2))
    chosen = Hand(seed, "broken rows").some(lines, bad + twice)
    for n, line in enumerate(chosen[:bad]):
        mishaps.bad[line.id] = BAD_ROWS[n % len(BAD_ROWS)]
    for n, line in enumerate(chosen[bad:]):
        mishaps.resent[line.id] = n % 2  # half in the same delivery, half a day later


def _take_back(hand: Hand, visit: Visit, line: Line) -> None:
    part = hand.between(1, line.quantity - 1) if line.quantity > 1 and hand.chance(0.3) else line.quantity
    take_back(hand, visit, line, part, days_later=hand.between(1, 4) if hand.chance(_TAKEN_BACK_LATER) else 0)


def _delay(hand: Hand, lines: list[Line], mishaps: Mishaps) -> None:
    for line in lines:
        if hand.chance(_LATE):
            line.uploaded += timedelta(days=hand.between(1, 3))
            mishaps.late_lines += 1
