"""A detector as MLflow serves it: the code of the logged model, run when the model is loaded.

It takes one column of robust z-scores per indicator and gives one score per row. MLflow keeps a copy of this
file with each model, so it stays small and leaves the work to `models.detectors`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlflow.models import set_model
from mlflow.pyfunc import PythonModel

from models.detectors import Detector, load_detector

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


class Served(PythonModel):
    """Loads the detector from the model's artifacts and scores frames of robust z-scores with it."""

    _skip_type_hint_validation = True  # the model's signature says what it takes; hints would say it twice
    detector: Detector

    def load_context(self, context: Any) -> None:
        self.detector = load_detector(Path(context.artifacts["detector"]))

    def predict(self, context: Any, model_input: pd.DataFrame, params: Any = None) -> NDArray[np.float64]:
        columns = list(self.detector.reads.indicators)
        return self.detector.scores(model_input[columns].to_numpy(dtype="float64"))


set_model(Served())
