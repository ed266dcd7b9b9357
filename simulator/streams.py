"""Chance and names: one independent random stream and one id series per named part of the world."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TypeVar

import numpy as np

T = TypeVar("T")


def stream(seed: int, *part: str | int) -> np.random.Generator:
    """The random stream of one part; what other parts draw never shifts it."""
    key = tuple(zlib.crc32(str(word).encode()) for word in part)
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))


def id_of(*words: str | int, digits: int = 18) -> str:
    """The id these words name, up to 19 digits; at 18, a million of them collide once in a million."""
    digest = blake2b("/".join(map(str, words)).encode(), digest_size=8).digest()
    return str(int.from_bytes(digest, "big") % 10**digits).zfill(digits)


@dataclass(slots=True)
class Hand:
    """What makes one part of the world: its chance and its ids. The ids tell nothing of the part."""

    seed: int
    part: str
    rng: np.random.Generator = field(init=False)
    _made: int = 0

    def __post_init__(self) -> None:
        self.rng = stream(self.seed, self.part)

    def new_id(self, digits: int = 18) -> str:
        """The next id of this part."""
        self._made += 1
        return id_of(self.seed, self.part, self._made, digits=digits)

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return float(self.rng.random()) < probability

    def between(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + int(float(self.rng.random()) * (high - low + 1))

    def pick(self, choices: Sequence[T]) -> T:
        """One of the choices."""
        return choices[int(float(self.rng.random()) * len(choices))]

    def some(self, choices: Sequence[T], count: int) -> list[T]:
        """Up to `count` different choices, in drawn order."""
        left = list(choices)
        return [left.pop(int(float(self.rng.random()) * len(left))) for _ in range(min(count, len(left)))]
