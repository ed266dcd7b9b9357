"""MLflow, which keeps a copy for people of what the lake holds: how it is reached, and where its files lie.

The embedded store is a SQLite file with a folder of artefacts beside it. MLflow writes absolute places into the
database (it makes relative ones absolute itself), so a store that was moved or copied would point to where it was:
they are put right before the store is used.
"""

from __future__ import annotations

import os
import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from fundwatch.logs import log
from fundwatch.settings import Settings

if TYPE_CHECKING:
    from mlflow import MlflowClient

_SQLITE = "sqlite:///"
# With MLflow's own seven retries a server that is down holds a call for four minutes; telemetry would speak to a
# network that is not there.
_PATIENCE = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "3",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
}
_PLACES = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "storage_location"),
    ("model_versions", "source"),
)
_LOCK_SECONDS = 5


@dataclass(frozen=True)
class Tracking:
    """Where MLflow is, and where the embedded store keeps its files (None leaves that to the server)."""

    uri: str
    artifact_root: Path | None


def tracking_of(settings: Settings) -> Tracking:
    """The MLflow that the settings name."""
    return Tracking(settings.tracking_uri, settings.artifact_dir if settings.mlflow_uri is None else None)


def client_of(tracking: Tracking) -> MlflowClient:
    """A client of the store, its files found where the store lies now."""
    for name, value in _PATIENCE.items():
        os.environ.setdefault(name, value)
    if tracking.uri.startswith(_SQLITE):
        Path(tracking.uri.removeprefix(_SQLITE)).parent.mkdir(parents=True, exist_ok=True)
    settle(tracking)
    from mlflow import MlflowClient

    return MlflowClient(tracking.uri, tracking.uri)


def experiment_of(client: MlflowClient, name: str, tracking: Tracking) -> str:
    """The id of the experiment, which is made where there is none."""
    found = client.get_experiment_by_name(name)
    if found is not None:
        return str(found.experiment_id)
    place = None if tracking.artifact_root is None else (tracking.artifact_root.resolve() / name).as_uri()
    return str(client.create_experiment(name, artifact_location=place))


def settle(tracking: Tracking) -> int:
    """Where an embedded store was moved or copied, name its files' new places in it; how many were named again.

    A store that is locked or damaged is left as it is and reported: nothing but what people look at hangs on it.
    """
    store = Path(tracking.uri.removeprefix(_SQLITE))
    if tracking.artifact_root is None or not tracking.uri.startswith(_SQLITE) or not store.is_file():
        return 0
    root = tracking.artifact_root.resolve()
    try:
        with closing(sqlite3.connect(store, timeout=_LOCK_SECONDS)) as database, database:
            return sum(_settled(database, table, column, root) for table, column in _PLACES)
    except sqlite3.Error as error:
        log.warning("MLflow's store %s could not be given the folder of its files: %s", store, error)
        return 0


def _settled(database: sqlite3.Connection, table: str, column: str, root: Path) -> int:
    beneath = re.compile(rf"(?:file://)?/.*/{root.parent.name}/{root.name}(?P<rest>/.*|)")
    query = f"SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL"
    changed = 0
    for (place,) in database.execute(query).fetchall():
        found = beneath.fullmatch(place)
        if found is None:
            continue
        wanted = root.as_uri() + found["rest"]
        if wanted != place and (_path(wanted).exists() or not _path(place).exists()):
            update = f"UPDATE {table} SET {column} = ? WHERE {column} = ?"
            changed += database.execute(update, (wanted, place)).rowcount
    return changed


def _path(place: str) -> Path:
    return Path(unquote(urlsplit(place).path))
