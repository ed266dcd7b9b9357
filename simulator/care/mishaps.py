"""What goes wrong honestly: lines taken back, settlements undone, uploads late, lines unsettled, rows broken.

The usual rates follow one city's extract: 5.24 % negative lines, 0.15 % without settlement.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from simulator.care.care import take_back
from simulator.care.corrections import Corrector
from simulator.care.order_sheets import number_sheets
from simulator.care.records import Line, RowMishap, Visit
from simulator.care.settlement_ways import SettlementWays
from simulator.care.settling import SettlementQueue
from simulator.faults.writing import LINE_FAULTS, REPORTED_FAULTS, rates_of
from simulator.streams import Hand

# On average (calibration: 14). Longer settlements are undone more rarely, so that lines are undone as often.
_LINES_OF_A_SETTLEMENT = 14
_USUAL: Mapping[str, float] = rates_of(0.001, {})


@dataclass(slots=True)
class Mishaps:
    """What was done to lines beyond their own rows, by line id; and at which rates (dirt.SWITCHES)."""

    bad: dict[str, str] = field(default_factory=dict)  # one of LINE_FAULTS
    resent: dict[str, int] = field(default_factory=dict)  # days until the very same row comes again
    late_lines: int = 0
    undone_settlements: int = 0
    rates: Mapping[str, float] = field(default_factory=lambda: _USUAL)
    reported: list[RowMishap] = field(default_factory=list)  # what mishaps.csv says of single rows

    def report(self, uploaded: date, table: str, kind: str, detail: str, outcome: str = "accepted") -> None:
        """Put what befell a row into the truth."""
        self.reported.append(RowMishap(uploaded, table, kind, detail, outcome))


def queue_with_mishaps(
    queue: SettlementQueue, part: str, visits: list[Visit], last_day: date, mishaps: Mishaps
) -> list[Line]:
    """Number order sheets and queue for settlement, with the usual corrections and delays.

    Returns the lines that nothing befell but delay.
    """
    seed, hand, rates = queue.seed, Hand(queue.seed, f"mishaps/{part}"), mishaps.rates
    draw, taken_back, lost_share = hand.random, rates["taken_back"], rates["unsettled"]
    corrector, ways = Corrector(seed, part, rates, last_day), SettlementWays(seed, part, rates)
    untouched: list[Line] = []
    number_sheets(Hand(seed, f"order sheets/{part}"), visits)
    for visit in visits:
        ways.choose(visit)
        if visit.interim_at is None and draw() < rates["settlement_undone"] * min(
            1.0, _LINES_OF_A_SETTLEMENT / max(1, len(visit.lines))
        ):
            undone_on = visit.settled_at + timedelta(days=hand.between(1, 9), minutes=hand.between(1, 60))
            if undone_on.date() <= last_day:
                queue.settle_and_undo(visit, undone_on)
                mishaps.undone_settlements += 1
                continue
        kept = []
        for line in list(visit.lines):
            if draw() < taken_back:
                _take_back(hand, visit, line, rates["taken_back_later"])
            else:
                kept.append(line)
        kept = corrector.corrected(visit, kept) if corrector.is_on else kept
        lost = frozenset(line.id for line in kept if draw() < lost_share)
        queue.settle(visit, lost)
        untouched += [line for line in kept if line.id not in lost] if lost else kept
    _delay(hand, untouched, mishaps)
    mishaps.reported += corrector.reported
    mishaps.resent |= corrector.repeated
    return untouched


def break_rows(seed: int, part: str, lines: list[Line], mishaps: Mishaps, *, at_least: int) -> None:
    """Choose rows to arrive broken or twice; `at_least` so many of each kind whose rate is not zero."""
    hand = Hand(seed, f"broken rows/{part}")
    counts = {
        problem: _count(hand, mishaps.rates[problem], len(lines), at_least) for problem in (*LINE_FAULTS, "resent")
    }
    left = hand.some(lines, sum(counts.values()))
    for problem, count in counts.items():
        chosen, left = left[:count], left[count:]
        for n, line in enumerate(chosen):
            if problem == "resent":
                mishaps.resent[line.id] = n % 2  # half in the same delivery, half a day later
            else:
                mishaps.bad[line.id] = problem
            if problem in REPORTED_FAULTS:
                detail = f"line {line.id}: {REPORTED_FAULTS[problem]}"
                mishaps.report(line.uploaded, "fee_list", problem, detail, "quarantined")


def _count(hand: Hand, rate: float, lines: int, at_least: int) -> int:
    """So many that blocks together come to the rate, however small each of them is."""
    return max(at_least, int(rate * lines + hand.random())) if rate > 0 else 0


def _take_back(hand: Hand, visit: Visit, line: Line, later: float) -> None:
    part = hand.between(1, line.quantity - 1) if line.quantity > 1 and hand.chance(0.3) else line.quantity
    take_back(hand, visit, line, part, days_later=hand.between(1, 4) if hand.chance(later) else 0)


def _delay(hand: Hand, lines: list[Line], mishaps: Mishaps) -> None:
    draw, late = hand.random, mishaps.rates["late"]
    for line in lines:
        if draw() < late:
            line.uploaded += timedelta(days=hand.between(1, 3))
            mishaps.late_lines += 1
