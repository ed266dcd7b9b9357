"""Chance and names: one independent random stream and one id series per named part of the world."""

from __future__ import annotations

import math
import random
import zlib
from bisect import bisect
from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import TypeVar

import numpy as np

T = TypeVar("T")
_POISSON_DIRECT_TO = 30.0  # above it the normal approximation is off by less than one event in a hundred
_FORMS = tuple((10**digits, f"%0{digits}d") for digits in range(20))


def stream(seed: int, *part: str | int) -> np.random.Generator:
    """The random stream of one part; what other parts draw never shifts it."""
    key = tuple(zlib.crc32(str(word).encode()) for word in part)
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))


def id_of(*words: str | int, digits: int = 18) -> str:
    """The id these words name, up to 19 digits; at 18, a million of them collide once in a million."""
    digest = blake2b("/".join(map(str, words)).encode(), digest_size=8).digest()
    return str(int.from_bytes(digest, "big") % 10**digits).zfill(digits)


def number_of(*words: str | int) -> int:
    """The 63-bit number these words name: the seed of a part of the world."""
    return int.from_bytes(blake2b("/".join(map(str, words)).encode(), digest_size=8).digest(), "big") >> 1


class Hand:
    """What makes one part of the world: its chance and its ids. The ids tell nothing of the part.

    Chance and ids are two Mersenne Twisters, whose `random()` Python keeps the same between versions:
    a draw costs a tenth of a NumPy scalar's, a hand a tenth of a Generator's.
    """

    __slots__ = ("_ids", "_rng", "part", "random", "seed")

    def __init__(self, seed: int, part: str) -> None:
        self.seed = seed
        self.part = part
        self.random: Callable[[], float] = random.Random(number_of(seed, part)).random
        self._ids: Callable[[int], int] | None = None
        self._rng: np.random.Generator | None = None

    @property
    def rng(self) -> np.random.Generator:
        """A NumPy generator of this part, for what the draws below do not offer; made when first asked for."""
        if self._rng is None:
            self._rng = stream(self.seed, self.part)
        return self._rng

    def new_id(self, digits: int = 18) -> str:
        """The next id of this part."""
        if self._ids is None:
            self._ids = random.Random(number_of(self.seed, self.part, "ids")).getrandbits
        modulus, form = _FORMS[digits]
        return form % (self._ids(64) % modulus)

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return self.random() < probability

    def between(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + int(self.random() * (high - low + 1))

    def pick(self, choices: Sequence[T]) -> T:
        """One of the choices."""
        return choices[int(self.random() * len(choices))]

    def weighted(self, choices: Sequence[T], cumulative: Sequence[float]) -> T:
        """One of the choices; `cumulative` holds the running totals of their weights."""
        return choices[min(bisect(cumulative, self.random() * cumulative[-1]), len(choices) - 1)]

    def some(self, choices: Sequence[T], count: int) -> list[T]:
        """Up to `count` different choices, in drawn order."""
        left = list(choices)
        draw = self.random
        return [left.pop(int(draw() * len(left))) for _ in range(min(count, len(left)))]

    def gauss(self, mean: float, deviation: float) -> float:
        """A normal number."""
        radius = math.sqrt(-2.0 * math.log(1.0 - self.random()))
        return mean + deviation * radius * math.cos(math.tau * self.random())

    def lognormal(self, mu: float, sigma: float) -> float:
        """A number whose logarithm is normal."""
        return math.exp(self.gauss(mu, sigma))

    def poisson(self, mean: float) -> int:
        """How often something happens that happens `mean` times on average."""
        if mean > _POISSON_DIRECT_TO:
            return max(0, round(self.gauss(mean, math.sqrt(mean))))
        limit, product, count = math.exp(-mean), self.random(), 0
        while product > limit:
            product *= self.random()
            count += 1
        return count
