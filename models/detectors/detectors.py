"""Detectors: each turns robust z-scores among peers into one number per entity; higher is stranger.

Adding one is a class here and its name in DETECTORS. All of them read the same matrix: rows are entities,
columns `reads.indicators`, NaN where a position is unknown. Each row is scored by itself, so a score does not
depend on which rows stand beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, ClassVar, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from fundwatch.errors import CatalogueError, faults
from models.detectors.trees import Forest, ModelDataError, of_data, of_scikit_learn

Matrix = NDArray[np.float64]

# Beyond ten robust standard deviations an entity is as strange as it gets; without a limit one indicator with
# a tiny spread would drown all others, and the forest would split on nothing else.
Z_LIMIT = 10.0
# Below two robust standard deviations lies what 95 of 100 normal peers do: the baseline does not add it up.
Z_FLOOR = 2.0

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
            raise CatalogueError(faults("the directions do not hold", wrong), do="mend the catalogue")

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


@dataclass(frozen=True)
class RobustPeer:
    """The explainable baseline: the sum of what each indicator exceeds the floor by, on its strange side."""

    name: ClassVar[str] = "robust_peer"
    reads: Reads
    floor: float = Z_FLOOR

    @classmethod
    def definition(cls, parameters: Parameters) -> Mapping[str, object]:
        return {"floor": Z_FLOOR, "limit": Z_LIMIT}

    @classmethod
    def learn(cls, reads: Reads, robust_z: Matrix, parameters: Parameters) -> Self:
        return cls(reads)

    def scores(self, robust_z: Matrix) -> Matrix:
        excess: Matrix = np.maximum(self.reads.strangeness(robust_z) - self.floor, 0.0).sum(axis=1)
        return excess

    def data(self) -> Mapping[str, object]:
        return {"floor": self.floor}

    @classmethod
    def of_data(cls, reads: Reads, data: Any) -> Self:
        if not isinstance(data, Mapping) or data.keys() != {"floor"}:
            raise ModelDataError("a sum of strangeness is made of a `floor` alone")
        floor = data["floor"]
        if type(floor) is not float or not 0.0 <= floor <= Z_LIMIT:
            raise ModelDataError(f"the floor is no number from 0 to {Z_LIMIT:g}")
        return cls(reads, floor)


@dataclass(frozen=True)
class IsolationForest:
    """Isolation forest (Liu, Ting, Zhou 2008): strange combinations are cut off from the rest in few cuts."""

    name: ClassVar[str] = "isolation_forest"
    reads: Reads
    forest: Forest

    @classmethod
    def definition(cls, parameters: Parameters) -> Mapping[str, object]:
        library = version("scikit-learn")  # another release may grow other trees from the same seed
        chosen = {"trees": parameters.forest_trees, "seed": parameters.seed}
        return {"limit": Z_LIMIT, "scikit-learn": library, **chosen}

    @classmethod
    def learn(cls, reads: Reads, robust_z: Matrix, parameters: Parameters) -> Self:
        from sklearn.ensemble import IsolationForest as Grown

        forest = Grown(n_estimators=parameters.forest_trees, random_state=parameters.seed, n_jobs=1)
        return cls(reads, of_scikit_learn(forest.fit(reads.strangeness(robust_z))))

    def scores(self, robust_z: Matrix) -> Matrix:
        return self.forest.isolation(self.reads.strangeness(robust_z))

    def data(self) -> Mapping[str, object]:
        return self.forest.data()

    @classmethod
    def of_data(cls, reads: Reads, data: Any) -> Self:
        return cls(reads, of_data(data, len(reads.indicators)))


DETECTORS: Mapping[str, type[Detector]] = {d.name: d for d in (RobustPeer, IsolationForest)}
