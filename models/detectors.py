"""Detectors: each turns robust z-scores among peers into one number per entity; higher is stranger.

Adding one is a class here and its name in DETECTORS. All of them read the same matrix: rows are entities,
columns `reads.indicators`, NaN where a position is unknown. Each row is scored by itself, so a score does not
depend on which rows stand beside it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from fundwatch.errors import CatalogueError, FundwatchError, faults

Matrix = NDArray[np.float64]

# Beyond ten robust standard deviations an entity is as strange as it gets; without a limit one indicator with
# a tiny spread would drown all others, and the forest would split on nothing else.
Z_LIMIT = 10.0
# Below two robust standard deviations lies what 95 of 100 normal peers do: the baseline does not add it up.
Z_FLOOR = 2.0

_SIGNS = {"high": (1.0,), "low": (-1.0,), "both": (1.0, -1.0)}
_FILE = "detector.json"
_FOREST_FILE = "forest.skops"
# what skops may build besides scikit-learn's own public classes; anything else in a file is refused
_TRUSTED = ["sklearn.tree._tree.Tree"]


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

    def save(self, folder: Path) -> None:
        """Write the detector into an existing folder, as data: no pickle."""
        ...

    @classmethod
    def load(cls, folder: Path, reads: Reads) -> Self:
        """The detector that `save` wrote."""
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

    def save(self, folder: Path) -> None:
        _write_head(self, folder, {"floor": self.floor})

    @classmethod
    def load(cls, folder: Path, reads: Reads) -> Self:
        return cls(reads, float(_read_head(folder)["floor"]))


@dataclass(frozen=True)
class IsolationForest:
    """Isolation forest (Liu, Ting, Zhou 2008): strange combinations are cut off from the rest in few cuts."""

    name: ClassVar[str] = "isolation_forest"
    reads: Reads
    forest: Any

    @classmethod
    def definition(cls, parameters: Parameters) -> Mapping[str, object]:
        library = version("scikit-learn")  # another release may grow other trees from the same seed
        chosen = {"trees": parameters.forest_trees, "seed": parameters.seed}
        return {"limit": Z_LIMIT, "scikit-learn": library, **chosen}

    @classmethod
    def learn(cls, reads: Reads, robust_z: Matrix, parameters: Parameters) -> Self:
        from sklearn.ensemble import IsolationForest as Forest

        forest = Forest(n_estimators=parameters.forest_trees, random_state=parameters.seed, n_jobs=1)
        return cls(reads, forest.fit(reads.strangeness(robust_z)))

    def scores(self, robust_z: Matrix) -> Matrix:
        isolation: Matrix = -self.forest.score_samples(self.reads.strangeness(robust_z))
        return isolation

    def save(self, folder: Path) -> None:
        import skops.io

        _write_head(self, folder, {})
        skops.io.dump(self.forest, folder / _FOREST_FILE)

    @classmethod
    def load(cls, folder: Path, reads: Reads) -> Self:
        import skops.io

        return cls(reads, skops.io.load(folder / _FOREST_FILE, trusted=_TRUSTED))


DETECTORS: Mapping[str, type[Detector]] = {d.name: d for d in (RobustPeer, IsolationForest)}


def load_detector(folder: Path) -> Detector:
    """The detector saved in the folder. Raises FundwatchError for a kind this release does not know."""
    head = _read_head(folder)
    if head["model"] not in DETECTORS:
        raise FundwatchError(
            f"no detector is named '{head['model']}'",
            where=str(folder),
            do="run `fundwatch train` with this release",
        )
    reads = Reads(tuple(head["reads"]["indicators"]), tuple(head["reads"]["directions"]))
    return DETECTORS[head["model"]].load(folder, reads)


def _write_head(detector: Detector, folder: Path, more: Mapping[str, object]) -> None:
    head = {"model": detector.name, "reads": asdict(detector.reads), **more}
    text = json.dumps(head, ensure_ascii=False, indent=1, sort_keys=True)
    (folder / _FILE).write_text(text, encoding="utf-8")


def _read_head(folder: Path) -> dict[str, Any]:
    head: dict[str, Any] = json.loads((folder / _FILE).read_text(encoding="utf-8"))
    return head
