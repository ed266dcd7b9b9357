"""How right what was decided is: a share with the interval within which the true one lies."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

_TAIL = 0.025  # on either side, for 95 percent


@dataclass(frozen=True)
class Share:
    """`part` of `whole`, and the exact interval of 95 percent (Clopper and Pearson 1934): it holds for few and for
    none, and never covers less often than it says."""

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        """The share; None of nothing."""
        return self.part / self.whole if self.whole else None

    @property
    def low(self) -> float | None:
        return self._ends[0]

    @property
    def high(self) -> float | None:
        return self._ends[1]

    @cached_property
    def _ends(self) -> tuple[float | None, float | None]:
        if not self.whole:
            return None, None
        from scipy.special import betaincinv  # takes a second to load, which only figures need

        part, rest = self.part, self.whole - self.part
        low = float(betaincinv(part, rest + 1, _TAIL)) if part else 0.0
        high = float(betaincinv(part + 1, rest, 1 - _TAIL)) if rest else 1.0
        return low, high

    @property
    def rest(self) -> Share:
        """The share of what is not part."""
        return Share(self.whole - self.part, self.whole)

    @property
    def words(self) -> str:
        """`75.0% (42.8–94.5, n=8)`; a dash of nothing."""
        if self.value is None or self.low is None or self.high is None:
            return "–"
        return f"{self.value:.1%} ({100 * self.low:.1f}–{100 * self.high:.1f}, n={self.whole})"

    def as_json(self) -> dict[str, float | int | None]:
        """The share and its ends, rounded to what the interval can tell."""
        ends = {"value": self.value, "low": self.low, "high": self.high}
        return {"part": self.part, "whole": self.whole} | {
            name: None if end is None else round(end, 6) for name, end in ends.items()
        }
