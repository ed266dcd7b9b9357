"""MLflow's copy of the models, for people to look at: parameters, figures, data, versions and aliases.

The lake holds the models; nothing here is ever read to score a night. A version is tagged with its model's print, so a
copy that is there is not made again, and what a server that was down has not heard is told with the next training.
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
_PRINT, _AS_OF, _STANDING, _NOTE = "fundwatch_print", "fundwatch_as_of", "fundwatch_standing", "fundwatch_note"
_CONTENT = "fundwatch_content_sha256"
_FOLDER, _FILE = "model", "detector.json"
_TOLD = 300  # characters of a library's message: enough to know it by


class RegistryError(FundwatchError):
    """MLflow cannot be reached, or does not answer as it should."""

    exit_code = ExitCode.FAULT


@dataclass(frozen=True)
class Copy:
    """A model as MLflow is told of it; `name` is the registered model's."""

    name: str
    print: str
    as_of: date
    standing: str
    note: str
    content_sha256: str
    content: bytes
    trained_count: int

    @property
    def tags(self) -> dict[str, str]:
        """What a version is known by."""
        told = {_PRINT: self.print, _AS_OF: str(self.as_of), _STANDING: self.standing, _NOTE: self.note}
        return told | {_CONTENT: self.content_sha256}


@dataclass(frozen=True)
class Registry:
    """The registry of models of one MLflow."""

    tracking: Tracking

    def lacks(self, wanted: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        """Of registered names and prints those that no version has. Raises RegistryError."""
        asked = list(wanted)
        with self._asking():
            known = self._known(name for name, _ in asked)
        return [one for one in asked if one not in known]

    def tell(self, copies: Sequence[Copy], aliases: Mapping[tuple[str, str], str]) -> int:
        """Make what is not there yet, and point each alias (by name and alias) to the version with the print.

        How many versions were made. Raises RegistryError when MLflow cannot be reached.
        """
        with self._asking():
            known = self._known({copy.name for copy in copies} | {name for name, _ in aliases})
            missing = [copy for copy in copies if (copy.name, copy.print) not in known]
            for copy in missing:
                known[copy.name, copy.print] = self._made(copy)
            for (name, alias), model_print in aliases.items():
                if (name, model_print) in known:
                    self._client.set_registered_model_alias(name, alias, known[name, model_print])
        return len(missing)

    def _known(self, names: Iterable[str]) -> dict[tuple[str, str], str]:
        """The version of each model whose data are there, by name and print; others' versions are left out."""
        found = [v for name in sorted({*names}) for v in self._client.search_model_versions(f"name = '{name}'")]
        return {(v.name, v.tags[_PRINT]): v.version for v in found if {_PRINT, _CONTENT} <= v.tags.keys()}

    def _made(self, copy: Copy) -> str:
        run = self._client.create_run(
            experiment_of(self._client, EXPERIMENT, self.tracking),
            run_name=f"{copy.name} {copy.as_of}",
            tags=copy.tags,
        )
        run_id = run.info.run_id
        for name, value in {"registered_model": copy.name, "as_of": copy.as_of, "model_print": copy.print}.items():
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
        except (MlflowException, SQLAlchemyError, OSError) as fault:
            raise RegistryError(
                f"MLflow does not answer as it should: {type(fault).__name__}",
                where=_without_passwords(f"{self.tracking.uri}: {fault}")[:_TOLD],
                do="is the store of `mlflow_uri` there? The lake holds the models; `fundwatch train` tells MLflow anew",
            ) from fault


def _without_passwords(text: str) -> str:
    return re.sub(r"//[^/@\s]*@", "//", text)
