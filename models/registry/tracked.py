"""MLflow's copy of the models, for people to look at: parameters, figures, data, versions and aliases.

The lake holds the models; nothing here is ever read to score a night. A version is tagged with its model's fingerprint,
so a copy that is there is not made again, and what a server that was down has not heard is sent with the next
training.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from warnings import catch_warnings, simplefilter

from fundwatch.errors import ExitCode, FundwatchError
from fundwatch.tracking import Tracking, client_of, experiment_of

if TYPE_CHECKING:
    from mlflow import MlflowClient

EXPERIMENT = "fundwatch_models"
_FINGERPRINT, _AS_OF, _STANDING, _NOTE = "fundwatch_print", "fundwatch_as_of", "fundwatch_standing", "fundwatch_note"
_CONTENT = "fundwatch_content_sha256"
_FOLDER, _FILE = "model", "detector.json"
_MOST_SHOWN = 300  # characters of a library's message: enough to know it by


class RegistryError(FundwatchError):
    """MLflow cannot be reached, or does not answer as it should."""

    exit_code = ExitCode.FAULT


@dataclass(frozen=True)
class Copy:
    """A model as MLflow shows it; `name` is the registered model's."""

    name: str
    fingerprint: str
    as_of: date
    status: str
    note: str
    content_sha256: str
    content: bytes
    trained_count: int

    @property
    def tags(self) -> dict[str, str]:
        """What a version is known by."""
        reported = {_FINGERPRINT: self.fingerprint, _AS_OF: str(self.as_of), _STANDING: self.status, _NOTE: self.note}
        return reported | {_CONTENT: self.content_sha256}


@dataclass(frozen=True)
class Registry:
    """The registry of models of one MLflow."""

    tracking: Tracking

    def lacks(self, wanted: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        """Of registered names and fingerprints those that no version has. Raises RegistryError."""
        asked = list(wanted)
        with self._asking():
            known = self._known(name for name, _ in asked)
        return [one for one in asked if one not in known]

    def report(self, copies: Sequence[Copy], aliases: Mapping[tuple[str, str], str]) -> int:
        """Make what is not there yet, and point each alias (by name and alias) to the version with the fingerprint.

        How many versions were made. Raises RegistryError when MLflow cannot be reached.
        """
        with self._asking():
            known = self._known({copy.name for copy in copies} | {name for name, _ in aliases})
            missing = [copy for copy in copies if (copy.name, copy.fingerprint) not in known]
            for copy in missing:
                known[copy.name, copy.fingerprint] = self._made(copy)
            for (name, alias), model_fingerprint in aliases.items():
                if (name, model_fingerprint) in known:
                    self._client.set_registered_model_alias(name, alias, known[name, model_fingerprint])
        return len(missing)

    def _known(self, names: Iterable[str]) -> dict[tuple[str, str], str]:
        """The version of each model whose data are there, by name and fingerprint; others' versions are left out."""
        found = [v for name in sorted({*names}) for v in self._client.search_model_versions(f"name = '{name}'")]
        return {(v.name, v.tags[_FINGERPRINT]): v.version for v in found if {_FINGERPRINT, _CONTENT} <= v.tags.keys()}

    def _made(self, copy: Copy) -> str:
        run = self._client.create_run(
            experiment_of(self._client, EXPERIMENT, self.tracking),
            run_name=f"{copy.name} {copy.as_of}",
            tags=copy.tags,
        )
        run_id = run.info.run_id
        for name, value in {
            "registered_model": copy.name,
            "as_of": copy.as_of,
            "model_fingerprint": copy.fingerprint,
        }.items():
            self._client.log_param(run_id, name, str(value))
        self._client.log_metric(run_id, "trained_count", copy.trained_count)
        with TemporaryDirectory() as folder:
            file = Path(folder) / _FILE
            file.write_bytes(copy.content)
            self._client.log_artifact(run_id, str(file), _FOLDER)
        self._client.set_terminated(run_id)
        if not self._client.search_registered_models(f"name = '{copy.name}'"):
            self._client.create_registered_model(copy.name)
        made = self._client.create_model_version(copy.name, f"runs:/{run_id}/{_FOLDER}", run_id=run_id, tags=copy.tags)
        return str(made.version)

    @cached_property
    def _client(self) -> MlflowClient:
        return client_of(self.tracking)

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Whatever a store of someone else's can raise, as one error that names the store."""
        from mlflow.exceptions import MlflowException
        from sqlalchemy.exc import SQLAlchemyError

        try:
            with catch_warnings():
                simplefilter("ignore")
                yield
        except (MlflowException, SQLAlchemyError, OSError) as error:
            raise RegistryError(
                f"MLflow does not answer as it should: {type(error).__name__}",
                where=_without_passwords(f"{self.tracking.uri}: {error}")[:_MOST_SHOWN],
                do="is the store of `mlflow_uri` there? The lake holds the models; `fundwatch train` fills MLflow",
            ) from error


def _without_passwords(text: str) -> str:
    return re.sub(r"//[^/@\s]*@", "//", text)
