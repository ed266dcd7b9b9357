"""The isolation forest over strangeness among peers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, ClassVar, Self

from models.detectors.detector import Z_LIMIT, Matrix, Parameters, Reads
from models.detectors.trees import Forest, of_data, of_scikit_learn


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
