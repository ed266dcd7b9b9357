"""The explainable baseline: how far an entity lies from its peers, added up over its indicators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from models.detectors.detector import Z_LIMIT, Matrix, Parameters, Reads
from models.detectors.trees import ModelDataError

# Below two robust standard deviations lies what 95 of 100 normal peers do: the baseline does not add it up.
Z_FLOOR = 2.0


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
