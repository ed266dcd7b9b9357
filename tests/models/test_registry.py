from __future__ import annotations

import shutil
from datetime import date

import mlflow.pyfunc
import numpy as np
import pandas as pd
import pytest

from fundwatch.settings import Settings
from models.champions import champion_prints, find_champions, registry_of
from models.detectors import Parameters, Reads
from models.promotion import Standing, Verdict
from models.registry import Registry, RegistryError, registered_name
from models.training import Sample, train_all

READS = Reads(("a", "b"), ("high", "low"))
FIRST, SECOND, THIRD = date(2026, 3, 10), date(2026, 3, 17), date(2026, 3, 24)
PROMOTED, WAITING = Verdict(Standing.CHAMPION, "test"), Verdict(Standing.CHALLENGER, "test")
NAME = registered_name("doctor", "isolation_forest")


def trained(night: date):
    matrix = np.random.default_rng(night.day).normal(size=(40, 2))
    sample = Sample("doctor", night, tuple(f"d{place:02d}" for place in range(40)), READS, matrix)
    return train_all(sample, Parameters(seed=7, forest_trees=10))


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """An empty MLflow store: SQLite, its tables made once."""
    folder = tmp_path_factory.mktemp("mlflow")
    settings = Settings.model_validate({"var": folder})
    registry_of(settings).versions("nobody")
    return folder


@pytest.fixture
def settings(store, tmp_path):
    shutil.copytree(store / "mlflow", tmp_path / "mlflow")
    return Settings.model_validate({"var": tmp_path})


def test_registering_twice_registers_once_and_the_loaded_model_scores_the_same(settings):
    registry = registry_of(settings)
    for made in trained(FIRST):
        versions = [registry.register(made, PROMOTED) for _ in range(2)]
        assert versions[0] == versions[1]
        assert registry.versions(versions[0].name) == versions[:1]

        frame = pd.DataFrame(made.sample.robust_z, columns=list(READS.indicators))
        served = mlflow.pyfunc.load_model(f"models:/{versions[0].name}@champion").predict(frame)
        expected = made.detector.scores(made.sample.robust_z)
        assert (
            served.tobytes() == registry.load(versions[0]).scores(made.sample.robust_z).tobytes() == expected.tobytes()
        )


def test_a_night_is_scored_by_the_champion_of_its_time(settings):
    registry = registry_of(settings)

    def speaks(night):
        found = registry.champion(NAME, night)
        return found and found.print

    first, second, third = (trained(night)[1] for night in (FIRST, SECOND, THIRD))
    registry.register(second, PROMOTED)
    registry.register(third, WAITING)
    assert speaks(FIRST) is None
    assert speaks(THIRD) == second.print

    registry.register(first, PROMOTED)  # an old night run again does not take the newer champion's place
    assert speaks(FIRST) == first.print
    assert speaks(THIRD) == second.print
    assert champion_prints(settings) == {NAME: second.print}

    client = mlflow.MlflowClient()
    client.set_registered_model_alias(NAME, "champion", client.get_model_version_by_alias(NAME, "challenger").version)
    assert speaks(THIRD) == third.print  # a person may move the alias


def test_a_damaged_model_is_named_and_training_again_replaces_it(settings):
    registry = registry_of(settings)
    baseline, forest = trained(FIRST)
    for made in (baseline, forest):
        registry.register(made, PROMOTED)
    for file in settings.artifact_dir.rglob("forest.skops"):
        file.write_bytes(b"damaged")

    speaking, silent = find_champions(registry, FIRST)
    assert [(one.entity, one.model) for one in speaking] == [("doctor", "robust_peer")]
    broken = next(one for one in silent if (one.entity, one.model) == ("doctor", "isolation_forest"))
    assert "cannot be used" in broken.why_not
    assert str(settings.var) not in broken.why_not

    registry.register(forest, PROMOTED)
    assert len(find_champions(registry, FIRST)[0]) == 2


def test_a_dead_server_silences_every_model_with_the_reason_and_without_the_password(tmp_path):
    dead = Registry("http://user:secret@127.0.0.1:9", None)
    with pytest.raises(RegistryError) as raised:
        dead.versions(NAME)
    assert "secret" not in str(raised.value)
    speaking, silent = find_champions(dead, FIRST)
    assert not speaking
    assert all("MLflow does not answer" in one.why_not for one in silent)
