"""Corrections that arrive as no reader expects: before their original, in parts, twice, undone, weeks or months late.

All of them are settled with their encounter, so that every sum balances; only when and how often a row arrives is
strange. Each kind is a switch of dirt.SWITCHES and off by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta

from simulator.care.care import take_back
from simulator.care.records import Line, RowMishap, Visit
from simulator.streams import Hand

_WEEKS, _MONTHS = (7, 70), (35, 150)  # days


class Corrector:
    """Corrects the lines of one part of a block. `reported` and `repeated` (line id: days) grow with every line."""

    def __init__(self, seed: int, part: str, rates: Mapping[str, float], last_day: date) -> None:
        self.reported: list[RowMishap] = []
        self.repeated: dict[str, int] = {}
        self._last_day = last_day
        self._kinds = [
            (rates[name], Hand(seed, f"{name}/{part}"), name, act)
            for name, act in _ACTS.items()
            if rates[name] > 0
        ]  # fmt: skip

    @property
    def is_on(self) -> bool:
        """Whether anything is to be corrected at all."""
        return bool(self._kinds)

    def corrected(self, visit: Visit, lines: list[Line]) -> list[Line]:
        """Correct lines of an encounter that is not settled yet; those left alone."""
        return [line for line in lines if not self._is_corrected(visit, line)]

    def room(self, line: Line) -> int:
        """Days from a line's upload to the end of the world."""
        return (self._last_day - line.uploaded).days

    def report(self, line: Line, kind: str, detail: str, outcome: str = "accepted") -> None:
        """Put it into the truth."""
        self.reported.append(RowMishap(line.uploaded, "fee_list", kind, f"line {line.id}: {detail}", outcome))

    def _is_corrected(self, visit: Visit, line: Line) -> bool:
        return any(hand.random() < rate and act(self, hand, name, visit, line) for rate, hand, name, act in self._kinds)


def _weeks_late(made: Corrector, hand: Hand, kind: str, visit: Visit, line: Line) -> bool:
    days = hand.between(*_WEEKS)
    if days > made.room(line):
        return False
    line.uploaded += timedelta(days=days)
    made.report(line, kind, f"{days} days late")
    return True


def _before_original(made: Corrector, hand: Hand, kind: str, visit: Visit, line: Line) -> bool:
    days = hand.between(2, 6)
    if days > made.room(line):
        return False
    back = take_back(hand, visit, line, line.quantity)
    line.uploaded += timedelta(days=days)
    made.report(back, kind, f"takes back line {line.id}, which comes {days} days later")
    return True


def _in_parts(made: Corrector, hand: Hand, kind: str, visit: Visit, line: Line) -> bool:
    first = hand.between(1, 2)
    if line.quantity < 2 or first + 1 > made.room(line):
        return False
    for days in (first, first + 1):
        back = take_back(hand, visit, line, 1, days_later=days)
        made.report(back, kind, f"takes back one of {line.quantity} of line {line.id}")
    return True


def _repeated(made: Corrector, hand: Hand, kind: str, visit: Visit, line: Line) -> bool:
    if made.room(line) < 2:
        return False
    back = take_back(hand, visit, line, line.quantity, days_later=1)
    made.repeated[back.id] = 1
    made.report(back, kind, f"takes back line {line.id}, and comes again a day later", "duplicate")
    return True


def _undone(made: Corrector, hand: Hand, kind: str, visit: Visit, line: Line) -> bool:
    if made.room(line) < 2:
        return False
    back = take_back(hand, visit, line, line.quantity, days_later=1)
    again = take_back(hand, visit, back, back.quantity, days_later=1)
    made.report(again, kind, f"takes back line {back.id}, which took back line {line.id}")
    return True


def _months_later(made: Corrector, hand: Hand, kind: str, visit: Visit, line: Line) -> bool:
    days = hand.between(*_MONTHS)
    if days > made.room(line):
        return False
    back = take_back(hand, visit, line, line.quantity, days_later=days)
    made.report(back, kind, f"takes back line {line.id}, {days} days after it came")
    return True


_ACTS: Mapping[str, Callable[[Corrector, Hand, str, Visit, Line], bool]] = {
    "late_weeks": _weeks_late,
    "reversal_first": _before_original,
    "reversal_in_parts": _in_parts,
    "reversal_repeated": _repeated,
    "reversal_undone": _undone,
    "reversal_months_later": _months_later,
}
