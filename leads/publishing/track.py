"""MLflow's record of published lists, fed from an outbox.

A list stands once its files do. What MLflow should hear of it is noted in `<lists>/outbox/<date>.json` first and
sent after; a note that cannot be sent stays for the next publishing. MLflow is asked before anything is sent to it, so
that a run killed between sending and removing the note does not log a list twice.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fundwatch.logs import log
from fundwatch.places import put_file
from fundwatch.tracking import Tracking, client_of, experiment_of
from leads.publishing.lists import SUMMARY, is_whole

if TYPE_CHECKING:
    from mlflow import MlflowClient

EXPERIMENT = "fundwatch_leads"
FINGERPRINT_TAG = "fundwatch_list"
_WHOLE_TAG = "fundwatch_list_whole"
_FILES = ("leads.csv", "leads.xlsx", SUMMARY)
_NOTE_KEYS = {"list_print": "list_fingerprint"}  # of a note by an earlier version


@dataclass(frozen=True)
class Note:
    """What MLflow should hear of one night's list. `versions` are the Delta versions of the tables read."""

    business_date: str
    list_fingerprint: str
    params: Mapping[str, str]
    metrics: Mapping[str, float]
    versions: Mapping[str, int]


@dataclass(frozen=True)
class Sent:
    """Business dates whose lists MLflow now holds, and those still waiting, with the reason."""

    logged: tuple[str, ...]
    waiting: tuple[str, ...]
    why_waiting: str = ""


def outbox(lists: Path) -> Path:
    """The folder of notes that MLflow has not heard yet."""
    return lists / "outbox"


def post(note: Note, lists: Path) -> None:
    """Put a note into the outbox; a later list of the same night takes the place of an earlier one."""
    put_file(outbox(lists) / f"{note.business_date}.json", _written(asdict(note)))


def send(lists: Path, tracking: Tracking) -> Sent:
    """Tell MLflow every waiting note, oldest first, and remove what was reported. A failure ends the round."""
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    notes = {path: note for path in sorted(outbox(lists).glob("*.json")) if (note := _noted(path)) is not None}
    waiting = [*notes]
    logged: list[str] = []
    for path, note in notes.items():
        try:
            _report(note, lists, tracking)
        except (MlflowException, SQLAlchemyError, OSError) as error:
            why = str(error).splitlines()[0][:200]
            log.warning("MLflow was not reached; the list stands and waits in %s: %s", outbox(lists), why)
            return Sent(tuple(logged), tuple(p.stem for p in waiting[len(logged) :]), why)
        path.unlink()
        logged.append(path.stem)
    return Sent(tuple(logged), ())


def _noted(path: Path) -> Note | None:
    """The note; None, with a warning, for a file that holds none."""
    try:
        return Note(**_content(path))
    except TypeError:
        log.warning("%s is no note of a list; MLflow hears of it once the night is published again", path)
        return None


def _content(path: Path) -> dict[str, Any]:
    """The note's content; nothing where the file holds none, as after a cut of the power."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _report(note: Note, lists: Path, tracking: Tracking) -> None:
    client = client_of(tracking)
    experiment_id = experiment_of(client, EXPERIMENT, tracking)
    run_id = _run(client, experiment_id, note)
    if run_id is None:
        return
    _log(client, run_id, note)
    folder = lists / note.business_date
    if is_whole(folder):
        for name in _FILES:
            client.log_artifact(run_id, str(folder / name))
    client.set_tag(run_id, _WHOLE_TAG, "yes")
    client.set_terminated(run_id)


def _run(client: MlflowClient, experiment_id: str, note: Note) -> str | None:
    """The run to log into: a new one, one that was cut short, or None when the list is logged already."""
    same = f"tags.{FINGERPRINT_TAG} = '{note.list_fingerprint}' AND tags.business_date = '{note.business_date}'"
    for run in client.search_runs([experiment_id], filter_string=same):
        return None if _WHOLE_TAG in run.data.tags else str(run.info.run_id)
    tags = {FINGERPRINT_TAG: note.list_fingerprint, "business_date": note.business_date}
    created = client.create_run(experiment_id, run_name=f"leads {note.business_date}", tags=tags)
    return str(created.info.run_id)


def _log(client: MlflowClient, run_id: str, note: Note) -> None:
    from mlflow.entities import Metric, Param

    versions = {f"delta_version.{table}": str(version) for table, version in note.versions.items()}
    params: Mapping[str, Any] = {**note.params, **versions}
    client.log_batch(
        run_id,
        metrics=[Metric(name, value, 0, 0) for name, value in sorted(note.metrics.items())],
        params=[Param(name, str(value)) for name, value in sorted(params.items())],
    )


def rename_note_keys(folder: Path) -> None:
    """Give the keys of the notes that wait in the outbox today's names, each file replaced whole."""
    for path in sorted(folder.glob("*.json")):
        note = _content(path)
        if not {*note} & {*_NOTE_KEYS}:
            continue
        put_file(path, _written({_NOTE_KEYS.get(key, key): value for key, value in note.items()}))


def _written(note: Mapping[str, Any]) -> str:
    return json.dumps(note, sort_keys=True, ensure_ascii=False, indent=2)
