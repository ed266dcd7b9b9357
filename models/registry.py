"""The registry of models in MLflow: versions named by content, champions by alias, no look-ahead.

Every version carries the night it learned from. A night is scored by the champion, or, when that one learned
from a later night, by the newest former champion that did not: an old night run again neither looks ahead nor
changes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from importlib.metadata import version as installed
from importlib.resources import as_file, files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from warnings import catch_warnings, simplefilter
from zipfile import BadZipFile

import numpy as np
import pandas as pd

from fundwatch.errors import ExitCode, FundwatchError
from models.detectors import Detector
from models.promotion import Standing, Verdict
from models.training import Trained

EXPERIMENT = "fundwatch_models"
CHAMPION, CHALLENGER = Standing.CHAMPION.value, Standing.CHALLENGER.value
_PRINT, _AS_OF, _STANDING, _NOTE = (
    "fundwatch_print",
    "fundwatch_as_of",
    "fundwatch_standing",
    "fundwatch_note",
)
_ARTIFACT = "detector"
_TOLD = 300  # characters of a library's message: enough to know it by
_NEEDS = ("mlflow", "numpy", "pandas", "scikit-learn", "skops")
# A dead server otherwise blocks each call for minutes; telemetry would speak to a network that is not there.
_QUIET = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "3",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
}


class RegistryError(FundwatchError):
    """MLflow cannot be reached, or one of its models cannot be read."""

    exit_code = ExitCode.FAULT


@dataclass(frozen=True)
class Version:
    """One registered version of a model."""

    name: str
    number: int
    print: str
    as_of: date
    standing: Standing


def registered_name(entity: str, model: str) -> str:
    """The model's name in MLflow."""
    return f"fundwatch_{entity}_{model}"


@dataclass(frozen=True)
class Registry:
    """MLflow at `tracking_uri`; `artifact_dir` is for an embedded store, a server has its own place."""

    tracking_uri: str
    artifact_dir: Path | None

    def champion(self, name: str, as_of: date) -> Version | None:
        """The version that scores the night: the champion, or its newest predecessor that may."""
        versions = self.versions(name)
        pointed = self._pointed_at(name)
        for found in versions:
            if found.number == pointed and found.as_of <= as_of:
                return found
        former = [v for v in versions if v.standing is Standing.CHAMPION and v.as_of <= as_of]
        return max(former, key=lambda v: (v.as_of, v.number), default=None)

    def versions(self, name: str) -> list[Version]:
        """Our versions of the model, by number; what others registered under the name is left out."""
        with self._asking():
            found = self._client.search_model_versions(f"name = '{name}'")
        ours = [v for v in found if {_PRINT, _AS_OF, _STANDING} <= v.tags.keys()]
        return sorted((_version(v) for v in ours), key=lambda v: v.number)

    def load(self, found: Version) -> Detector:
        """The version's detector. Raises RegistryError when it cannot be read or cannot score."""
        import mlflow.pyfunc

        with self._asking(f"the model {found.name} version {found.number} cannot be used"):
            served = mlflow.pyfunc.load_model(f"models:/{found.name}/{found.number}")
            detector: Detector = served.unwrap_python_model().detector
            served.predict(_example(detector))
        return detector

    def register(self, trained: Trained, verdict: Verdict) -> Version:
        """Register the model unless a usable version has its print; point the alias to it. Repeatable."""
        name = registered_name(trained.entity, trained.model)
        same = [v for v in self.versions(name) if v.print == trained.print]
        found = next((v for v in reversed(same) if self._is_usable(v)), None)
        if found is None:
            found = self._create(name, trained, verdict)
        with self._asking():
            self._point(found)
        return found

    def _is_usable(self, found: Version) -> bool:
        try:
            self.load(found)
        except FundwatchError:
            return False
        return True

    def _point(self, found: Version) -> None:
        if found.standing is Standing.CHALLENGER:
            self._client.set_registered_model_alias(found.name, CHALLENGER, str(found.number))
            return
        pointed = self._pointed_at(found.name)
        current = next((v for v in self.versions(found.name) if v.number == pointed), None)
        if current is None or (found.as_of, found.number) > (current.as_of, current.number):
            self._client.set_registered_model_alias(found.name, CHAMPION, str(found.number))

    def _create(self, name: str, trained: Trained, verdict: Verdict) -> Version:
        import mlflow

        as_of = trained.sample.as_of
        tags = {_PRINT: trained.print, _AS_OF: str(as_of)}
        tags |= {_STANDING: verdict.standing.value, _NOTE: verdict.note}
        with self._asking(), TemporaryDirectory() as folder:
            trained.detector.save(Path(folder))
            with mlflow.start_run(experiment_id=self._experiment(), run_name=f"{name} {as_of}", tags=tags):
                mlflow.log_params({"entity": trained.entity, "model": trained.model, "as_of": str(as_of)})
                mlflow.log_metric("trained_count", len(trained.sample.ids))
                logged = _log_model(name, trained.detector, folder)
            if not self._client.search_registered_models(f"name = '{name}'"):
                self._client.create_registered_model(name)
            made = self._client.create_model_version(
                name, logged.model_uri, run_id=logged.run_id, tags=tags, model_id=logged.model_id
            )
        return _version(made)

    def _pointed_at(self, name: str) -> int | None:
        with self._asking():
            found = self._client.search_registered_models(f"name = '{name}'")
        numbers = [model.aliases[CHAMPION] for model in found if CHAMPION in model.aliases]
        return int(numbers[0]) if numbers else None

    def _experiment(self) -> str:
        found = self._client.get_experiment_by_name(EXPERIMENT)
        if found is not None:
            return str(found.experiment_id)
        place = None if self.artifact_dir is None else self.artifact_dir.resolve().as_uri()
        return str(self._client.create_experiment(EXPERIMENT, artifact_location=place))

    @cached_property
    def _client(self) -> Any:
        for name, value in _QUIET.items():
            os.environ.setdefault(name, value)
        import mlflow

        if self.tracking_uri.startswith("sqlite:///"):
            Path(self.tracking_uri.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
        return mlflow.MlflowClient(self.tracking_uri, self.tracking_uri)

    @contextmanager
    def _asking(self, what: str = "MLflow does not answer as it should") -> Iterator[None]:
        """Whatever reading someone else's store and files can raise, as one error that names the store."""
        _ = self._client  # sets the environment that the import of mlflow reads
        import mlflow
        from mlflow.exceptions import MlflowException
        from sqlalchemy.exc import SQLAlchemyError

        store = (MlflowException, SQLAlchemyError, OSError)
        content = (ValueError, TypeError, LookupError, AttributeError, ImportError, BadZipFile)
        mlflow.set_tracking_uri(self.tracking_uri)  # of the process: others may have set another since
        mlflow.set_registry_uri(self.tracking_uri)
        try:
            with catch_warnings():
                simplefilter("ignore")  # of missing type hints and examples; faults are raised
                yield
        except (*store, *content) as fault:
            raise RegistryError(
                f"{what}: {type(fault).__name__}",
                where=_without_passwords(f"{self.tracking_uri}: {fault}")[:_TOLD],
                do="is the store of `mlflow_uri` there? `fundwatch train` makes new models",
            ) from fault


def _version(found: Any) -> Version:
    tags = found.tags
    standing, as_of = Standing(tags[_STANDING]), date.fromisoformat(tags[_AS_OF])
    return Version(found.name, int(found.version), tags[_PRINT], as_of, standing)


def _without_passwords(text: str) -> str:
    return re.sub(r"//[^/@\s]*@", "//", text)


def _example(detector: Detector) -> pd.DataFrame:
    """One entity that is like its peers in everything."""
    return pd.DataFrame(np.zeros((1, len(detector.reads.indicators))), columns=list(detector.reads.indicators))


def _log_model(name: str, detector: Detector, folder: str) -> Any:
    import mlflow.pyfunc
    from mlflow.models import infer_signature

    with as_file(files("models") / "served.py") as code:
        return mlflow.pyfunc.log_model(
            name=name,
            python_model=str(code),
            artifacts={_ARTIFACT: folder},
            signature=infer_signature(_example(detector), np.zeros(1)),
            pip_requirements=[f"{package}=={installed(package)}" for package in _NEEDS],
        )
