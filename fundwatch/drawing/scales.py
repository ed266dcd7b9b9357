"""Where a number or a day lies on an axis, and which round numbers and months are marked on it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

_STEPS = (1, 2, 5, 10)


@dataclass(frozen=True)
class Scale:
    """From numbers between `low` and `high` to places between `start` and `end`; what lies beyond is put at the end.

    Where all numbers are alike they lie in the middle.
    """

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """The place of a number."""
        if self.high <= self.low:
            return (self.start + self.end) / 2
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def beyond(self, value: float) -> int:
        """-1 or 1 for a number below or above what the axis shows, else 0."""
        return (value > self.high) - (value < self.low)


@dataclass(frozen=True)
class DayScale:
    """From days to places: each day has a breadth, and the last one ends at `end`."""

    first: date
    last: date
    start: float
    end: float

    @property
    def breadth(self) -> float:
        """Of one day."""
        return (self.end - self.start) / ((self.last - self.first).days + 1)

    def at(self, day: date) -> float:
        """Where a day begins; a day outside is put at the nearest end."""
        within = min(max(day, self.first), self.last + timedelta(days=1))
        return self.start + (within - self.first).days * self.breadth

    def months(self) -> Iterator[date]:
        """The first days of the months on the axis."""
        year, month = self.first.year, self.first.month
        while (begun := date(year, month, 1)) <= self.last:
            if begun >= self.first:
                yield begun
            year, month = year + month // 12, month % 12 + 1


def ticks(high: float, most: int = 4) -> list[float]:
    """Round numbers from 0 up to `high` at least, at most so many steps."""
    if high <= 0 or not math.isfinite(high):
        return [0.0]
    rough = high / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(one * power for one in _STEPS if one * power >= rough * (1 - 1e-9))
    return [round(step * n, 12) for n in range(math.ceil(high / step - 1e-9) + 1)]


def in_short(number: float) -> str:
    """A number of an axis, as short as it stays clear: 1,200, 35万, 2.5亿, 0.04."""
    for size, unit in ((1e8, "亿"), (1e4, "万")):
        if abs(number) >= size:
            return f"{number / size:g}{unit}"
    return f"{number:,.0f}" if number == int(number) else f"{number:g}"
