"""MLflow has a copy of the models for people: it may move, be emptied, hold what it likes, or not answer."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from fundwatch.settings import Settings
from fundwatch.tracking import client_of, settle, tracking_of
from jobs.lake_models import lake_models_of
from models.registry.champions import Champion, find_champions
from models.registry.copies import has_copies, register_in_mlflow
from models.registry.model_data import to_bytes
from models.registry.records import registered_name
from models.registry.tracked import Registry, RegistryError
from tests.models.lake_models import CHALLENGER, FIRST, SECOND, no_lake_models, record_of, trained, write_models
from tests.places import stored

NAME = registered_name("doctor", "isolation_forest")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty MLflow store: SQLite, its tables made once."""
    settings = Settings.model_validate({"var": tmp_path_factory.mktemp("mlflow")})
    Registry(tracking_of(settings)).lacks([("nobody", "")])
    return settings.var


@pytest.fixture
def settings(store: Path, tmp_path: Path) -> Settings:
    """A lake with the two models of a night and a challenger of the next, and an MLflow that has not heard of them."""
    var = tmp_path / "var"
    shutil.copytree(store / "mlflow", var / "mlflow")
    lake_models = no_lake_models(var)
    records = [record_of(lake_models, made) for made in trained(FIRST)]
    write_models(var, *records, record_of(lake_models, trained(SECOND)[1], CHALLENGER))
    return Settings.model_validate({"var": var})


def report(settings: Settings) -> str:
    return register_in_mlflow(tracking_of(settings), lake_models_of(settings))


def test_mlflow_is_reported_each_model_once_with_its_data_and_who_stands(settings: Settings):
    lake_models = lake_models_of(settings)
    assert not has_copies(tracking_of(settings), lake_models.records)
    assert [report(settings), report(settings)] == ["3 models registered", "0 models registered"]
    assert has_copies(tracking_of(settings), lake_models.records)

    client = client_of(tracking_of(settings))
    champion = client.get_model_version_by_alias(NAME, "champion")
    waiting = client.get_model_version_by_alias(NAME, "challenger")
    assert (champion.tags["fundwatch_as_of"], waiting.tags["fundwatch_as_of"]) == (str(FIRST), str(SECOND))
    run = client.get_run(champion.run_id)
    assert (run.data.metrics["trained_count"], run.data.params["as_of"]) == (40.0, str(FIRST))
    assert fetched(settings, champion.run_id) == to_bytes(trained(FIRST)[1].detector)


def fetched(settings: Settings, run_id: str) -> bytes:
    import mlflow.artifacts  # seconds, which no collecting of tests should cost

    found = mlflow.artifacts.download_artifacts(
        run_id=run_id, artifact_path="model/detector.json", tracking_uri=settings.tracking_uri
    )
    return Path(found).read_bytes()


def test_a_store_that_was_moved_or_copied_finds_its_files_where_it_lies(settings: Settings, tmp_path: Path):
    report(settings)
    old = settings.var
    settings.var.rename(tmp_path / "a new place")
    moved = Settings.model_validate({"var": tmp_path / "a new place"})
    client = client_of(tracking_of(moved))
    version = client.get_model_version_by_alias(NAME, "champion")
    assert fetched(moved, version.run_id) == to_bytes(trained(FIRST)[1].detector)
    assert report(moved) == "0 models registered"
    assert not old.exists()  # nothing was written to where it was

    shutil.copytree(moved.var, tmp_path / "copy")
    copied = Settings.model_validate({"var": tmp_path / "copy"})
    assert settle(tracking_of(copied)) > 0
    assert settle(tracking_of(copied)) == 0
    shutil.rmtree(moved.var)
    assert fetched(copied, version.run_id) == to_bytes(trained(FIRST)[1].detector)


def test_a_store_that_is_damaged_is_left_alone_and_reported(settings: Settings, caplog: pytest.LogCaptureFixture):
    (settings.var / "mlflow" / "mlflow.db").write_bytes(b"no database at all" * 100)
    assert settle(tracking_of(settings)) == 0
    assert report(settings).startswith("not registered")


def test_code_and_pickles_in_mlflows_folders_are_never_run(settings: Settings, tmp_path: Path):
    report(settings)
    canary = tmp_path / "canary"
    code = f"open({str(canary)!r}, 'w').write('ran')\n"
    pickled = f"cbuiltins\nexec\n(V{code.strip()}\ntR.".encode()
    folders = [path for path in settings.artifact_dir.rglob("model") if path.is_dir()]
    assert folders
    for folder in folders:
        (folder / "MLmodel").write_text(
            json.dumps(
                {"flavors": {"python_function": {"loader_module": "evil", "code": ".", "python_model": "m.pkl"}}}
            )
        )
        (folder / "evil.py").write_text(code)
        (folder / "m.pkl").write_bytes(pickled)
        (folder / "detector.json").write_bytes(pickled)
    runnable, skipped = find_champions(lake_models_of(settings), SECOND)
    assert [one.model for one in runnable] == ["robust_peer", "isolation_forest"]
    assert not any(one.is_problem for one in skipped)
    wanted = trained(FIRST)[1]
    assert runnable[1].detector.scores(wanted.sample.robust_z).tobytes() == (
        wanted.detector.scores(wanted.sample.robust_z).tobytes()
    )
    report(settings)
    assert not canary.exists()


def test_another_mlflow_or_none_changes_nobody_and_is_reported_again(settings: Settings, store: Path, tmp_path: Path):
    report(settings)
    before = [one.fingerprint for one in find_champions(lake_models_of(settings), FIRST)[0]]
    shutil.copytree(store / "mlflow", tmp_path / "other")
    other = settings.model_copy(update={"mlflow_uri": f"sqlite:///{tmp_path / 'other' / 'mlflow.db'}"})
    shutil.rmtree(settings.var / "mlflow")
    assert [one.fingerprint for one in find_champions(lake_models_of(other), FIRST)[0]] == before
    assert report(other) == "3 models registered"


def test_a_model_whose_data_do_not_hold_is_not_reported(settings: Settings):
    lake_models = lake_models_of(settings)
    forest = next(record for record in lake_models.records if record.kind == ("doctor", "isolation_forest"))
    stored(lake_models.files, str(forest.content_sha256)).write_bytes(b"damaged")
    assert report(settings) == "2 models registered"
    assert isinstance(lake_models.loaded(lake_models.records[-1]), Champion)


def test_a_dead_server_costs_a_word_and_no_model_and_its_password_is_not_reported(settings: Settings):
    dead = settings.model_copy(update={"mlflow_uri": "http://user:secret@127.0.0.1:9"})
    with pytest.raises(RegistryError) as raised:
        Registry(tracking_of(dead)).lacks([(NAME, "")])
    assert "secret" not in str(raised.value)
    assert report(dead).startswith("not registered: MLflow does not answer")
    assert has_copies(tracking_of(dead), lake_models_of(dead).records)
    assert len(find_champions(lake_models_of(dead), FIRST)[0]) == 2
