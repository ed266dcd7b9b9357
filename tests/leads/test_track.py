"""The outbox: a server that is down delays MLflow's record of a list, and neither loses nor doubles it."""

from __future__ import annotations

from pathlib import Path

import pytest

from fundwatch.tracking import Tracking
from leads.publishing.lists import is_whole, write_list
from leads.publishing.published import ListContent
from leads.publishing.track import EXPERIMENT, FINGERPRINT_TAG, Note, outbox, post, send

DEAD = Tracking("http://127.0.0.1:9", None)


@pytest.fixture
def alive(tmp_path: Path) -> Tracking:
    (tmp_path / "mlflow").mkdir()
    return Tracking(f"sqlite:///{tmp_path / 'mlflow' / 'mlflow.db'}", tmp_path / "mlflow" / "artifacts")


def _note(night: str, list_fingerprint: str) -> Note:
    return Note(night, list_fingerprint, {"rule_set_fingerprint": "a" * 16}, {"listed": 3.0}, {"lead": 4})


def _runs(tracking: Tracking) -> list:
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=tracking.uri)
    return list(client.search_runs([client.get_experiment_by_name(EXPERIMENT).experiment_id]))


@pytest.mark.slow
def test_a_dead_server_leaves_the_list_standing_and_the_next_publishing_logs_it_once(
    content: ListContent, tmp_path: Path, alive: Tracking
):
    lists = tmp_path / "lists"
    published = write_list(content, lists)
    post(_note("2026-03-31", published.list_fingerprint), lists)
    sent = send(lists, DEAD)
    assert (sent.logged, sent.waiting) == ((), ("2026-03-31",))
    assert sent.why_waiting
    assert is_whole(published.folder)

    post(_note("2026-04-01", "f" * 16), lists)
    assert send(lists, alive).logged == ("2026-03-31", "2026-04-01")
    post(_note("2026-03-31", published.list_fingerprint), lists)  # published again: already known
    assert send(lists, alive).waiting == ()
    assert not list(outbox(lists).iterdir())

    runs = {run.data.tags["business_date"]: run for run in _runs(alive)}
    assert len(_runs(alive)) == len(runs) == 2
    run = runs["2026-03-31"]
    assert run.data.tags[FINGERPRINT_TAG] == published.list_fingerprint
    assert run.data.params == {"rule_set_fingerprint": "a" * 16, "delta_version.lead": "4"}
    assert run.data.metrics == {"listed": 3.0}
    assert {path.name for path in tmp_path.rglob("artifacts/leads.*")} == {"leads.csv", "leads.xlsx"}


@pytest.mark.slow
def test_a_run_that_was_cut_short_is_finished_and_not_begun_again(
    content: ListContent, tmp_path: Path, alive: Tracking
):
    from mlflow import MlflowClient

    lists = tmp_path / "lists"
    published = write_list(content, lists)
    client = MlflowClient(tracking_uri=alive.uri)
    experiment = client.create_experiment(EXPERIMENT, artifact_location=(tmp_path / "mlflow" / "artifacts").as_uri())
    cut = client.create_run(
        experiment, tags={FINGERPRINT_TAG: published.list_fingerprint, "business_date": "2026-03-31"}
    )
    post(_note("2026-03-31", published.list_fingerprint), lists)
    send(lists, alive)
    assert [run.info.run_id for run in _runs(alive)] == [cut.info.run_id]
    assert _runs(alive)[0].info.status == "FINISHED"
