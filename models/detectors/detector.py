"""Detectors: each turns robust z-scores among peers into one number per entity; higher is stranger.

Adding one is a class in a file of its own and its name in `known.DETECTORS`. All of them read the same matrix: rows are
entities, columns `reads.indicators`, NaN where a position is unknown. Each row is scored by itself, so a score does not
depend on which rows stand beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from fundwatch.errors import CatalogueError, problems

Matrix = NDArray[np.float64]

# Beyond ten robust standard deviations an entity is as strange as it gets; without a limit one indicator with
# a tiny spread would drown all others, and the forest would split on nothing else.
Z_LIMIT = 10.0

_SIGNS = {"high": (1.0,), "low": (-1.0,), "both": (1.0, -1.0)}


@dataclass(frozen=True)
class Reads:
    """The indicators a detector reads and, for each, the strange side: high, low or both."""

    indicators: tuple[str, ...]
    directions: tuple[str, ...]

    def __post_init__(self) -> None:
        wrong = [
            f"{indicator}: direction {direction!r} is none of {', '.join(_SIGNS)}"
            for indicator, direction in zip(self.indicators, self.directions, strict=True)
            if direction not in _SIGNS
        ]
        if wrong:
            raise CatalogueError(problems("the directions do not hold", wrong), do="fix the catalogue")

    def strangeness(self, robust_z: Matrix) -> Matrix:
        """How far each value lies on its strange side, 0 to Z_LIMIT; 0 on the other side or unknown."""
        sides = [np.max([sign * robust_z[:, i] for sign in _SIGNS[d]], axis=0) for i, d in enumerate(self.directions)]
        columns = np.column_stack(sides) if sides else np.zeros((len(robust_z), 0))
        # one memory layout, so that sums over a row round the same way in every batch
        return np.ascontiguousarray(np.clip(np.nan_to_num(columns, nan=0.0), 0.0, Z_LIMIT))


@dataclass(frozen=True)
class Parameters:
    """What a user may set about training."""

    seed: int
    forest_trees: int = 100


class Detector(Protocol):
    """One way of telling the strange from the usual."""

    name: ClassVar[str]

    @property
    def reads(self) -> Reads:
        """What the detector needs of each entity."""
        ...

    @classmethod
    def definition(cls, parameters: Parameters) -> Mapping[str, object]:
        """All that determines what `learn` makes of the same sample."""
        ...

    @classmethod
    def learn(cls, reads: Reads, robust_z: Matrix, parameters: Parameters) -> Self:
        """A detector trained on the sample; the same sample gives the same detector."""
        ...

    def scores(self, robust_z: Matrix) -> Matrix:
        """One score per row."""
        ...

    def data(self) -> Mapping[str, object]:
        """What was learned, as plain data that JSON can hold."""
        ...

    @classmethod
    def of_data(cls, reads: Reads, data: Any) -> Self:
        """The detector out of `data` from anywhere. Raises ModelDataError for what `data()` would not give."""
        ...
