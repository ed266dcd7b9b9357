"""When illness comes: by month, by weekday, and never on the days that a person spends in hospital."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache
from itertools import accumulate

from simulator.streams import Hand

# Relative frequency by month, January first: colds and chest disease in winter, bowels and skin in summer.
MONTHS: Mapping[str, tuple[float, ...]] = {
    "flat": (1.0,) * 12,
    "winter": (1.55, 1.35, 1.15, 0.9, 0.8, 0.7, 0.65, 0.65, 0.8, 0.95, 1.15, 1.45),
    "flu": (2.6, 2.0, 1.2, 0.5, 0.3, 0.3, 0.3, 0.2, 0.3, 0.6, 1.3, 2.6),
    "summer": (0.7, 0.7, 0.8, 0.9, 1.1, 1.35, 1.5, 1.45, 1.2, 0.9, 0.75, 0.7),
    "spring": (0.7, 0.8, 1.3, 1.6, 1.4, 1.0, 0.8, 0.8, 1.0, 0.9, 0.7, 0.7),
}
_WEEKDAYS = (1.22, 1.1, 1.05, 1.05, 1.08, 0.85, 0.65)  # Monday first
# Days around New Year and the spring festival see few ordinary visits; the festival's date moves, so only fixed days.
_HOLIDAYS = {(1, 1): 0.45, (5, 1): 0.5, (10, 1): 0.4, (10, 2): 0.5, (10, 3): 0.6}


@lru_cache(maxsize=64)
def _running(season: str, first: date, last: date) -> tuple[float, ...]:
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    weights = (
        MONTHS[season][day.month - 1] * _WEEKDAYS[day.weekday()] * _HOLIDAYS.get((day.month, day.day), 1.0)
        for day in days
    )
    return tuple(accumulate(weights))


def day_of(hand: Hand, first: date, last: date, alive_to: date, season: str = "flat") -> date:
    """A day from `first` to `alive_to`; the season's weights run to `last`, so that the living share one table."""
    running = _running(season, first, last)
    span = min(len(running), (alive_to - first).days + 1)
    at = bisect(running, hand.random() * running[span - 1])
    return first + timedelta(days=min(at, span - 1))
