"""The jobs `train` and `score` over a real lake: its models alone decide, and MLflow has a copy."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from features.catalogue import load_catalogues
from fundwatch.errors import FundwatchError
from fundwatch.settings import Settings
from jobs import score_entities, train_models
from jobs.declared_stages import SCORE
from jobs.job import run_job
from jobs.lake_models import model_findings
from jobs.protect.manage_keys import make_missing_keys
from jobs.stages import run_stage
from jobs.workplace import Workplace
from models.registry.champions import NO_CHAMPION, LakeModels, NotRun
from tests.models.lake_models import CHALLENGER, CHAMPION, FIRST, SECOND, no_lake_models, record_of, trained
from tests.models.peers import crowd, indicator_rows, peer_statistics
from tests.places import folder_of

NIGHT = date(2026, 3, 31)


def lay_out(place: Workplace, night: date, sizes: dict[str, int]) -> None:
    """What the job `features` leaves for a night: so many usual entities of each type and one strange."""
    groups = {}
    for entity, count in sizes.items():
        names = [name for name, side in load_catalogues()[entity].learned.items() if side == "high"][:4]
        ids, values = crowd(count, 5, dict.fromkeys(names, 30.0))
        rows = indicator_rows(place.spark, entity, ids, values, entity)
        place.lake.write(rows if count else rows.limit(0), f"indicator_{entity}", night)
        if count:
            groups[entity, entity] = values
    place.lake.write(peer_statistics(place.spark, groups), "peer_statistic", night)
    run_id = place.ledger.start("features", night, "print")
    place.ledger.commit(run_id, "features", night, "print", {})


@pytest.fixture(scope="module")
def made(spark, tmp_path_factory) -> Workplace:
    """41 patients, one strange, 25 doctors (too few to learn from), no institution; no models yet."""
    settings = Settings.model_validate({"var": tmp_path_factory.mktemp("var"), "forest_trees": 20})
    make_missing_keys(settings)
    place = Workplace(settings)
    place._spark = spark
    lay_out(place, NIGHT, {"patient": 40, "doctor": 24, "institution": 0})
    return place


@pytest.fixture
def place(made: Workplace, tmp_path: Path) -> Workplace:
    shutil.copytree(made.settings.var, tmp_path / "var")
    copied = Workplace(made.settings.model_copy(update={"var": tmp_path / "var"}))
    copied._spark = made._spark
    return copied


def rows_of(place: Workplace, table: str, night: date = NIGHT) -> Sequence[Any]:
    found = place.lake.rows(table, f"SELECT * FROM {table} WHERE business_date = DATE '{night}'")
    return sorted(found, key=lambda row: [str(value) for value in row.values()])


def models_not_run(place: Workplace) -> dict[str, str]:
    return {r["entity_type"] + "/" + r["model"]: r["why_not"] for r in rows_of(place, "score") if not r["entity_id"]}


@pytest.mark.slow
def test_a_night_without_models_says_so_then_trains_scores_and_repeats_itself(place: Workplace):
    report = run_job(score_entities.JOB, place, NIGHT)
    assert set(models_not_run(place).values()) == {NO_CHAMPION}
    assert report["incomplete"] == []  # a model that never existed is reported, and no problem

    report = run_stage(SCORE, place, NIGHT)
    models = {(row["entity_type"], row["model"]): row for row in rows_of(place, "model")}
    assert [row["state"] for row in models.values()].count("champion") == 2
    assert models["patient", "robust_peer"]["trained_count"] == 41
    assert "25 entities" in models["doctor", "robust_peer"]["why_not"]
    first = {table: rows_of(place, table) for table in ("score", "score_reason")}
    strange = [row for row in first["score"] if row["entity_id"] == "strange"]
    assert [row["percentile"] for row in strange] == [1.0, 1.0]
    assert {row["model_fingerprint"] for row in strange} == {row["model_fingerprint"] for row in models.values()} - {
        None
    }
    assert {row["place"] for row in first["score_reason"] if row["entity_id"] == "strange"} == {1, 2, 3, 4}
    assert len(models_not_run(place)) == 4
    assert report["incomplete"] == []

    assert not run_stage(SCORE, place, NIGHT)["is_new"]
    assert not run_job(train_models.JOB, place, NIGHT)["is_new"]
    other = place.settings.model_copy(update={"mlflow_uri": f"sqlite:///{place.settings.var / 'other.db'}"})
    place.settings = other
    assert not run_stage(SCORE, place, NIGHT)["is_new"]  # nothing of a night hangs on MLflow
    again = run_job(train_models.JOB, place, NIGHT)
    assert (again["is_new"], again["champion"], again["mlflow"]) == (True, 2, "2 models registered")
    assert {table: rows_of(place, table) for table in first} == first


@pytest.mark.slow
def test_models_that_do_not_hold_are_not_run_not_trained_again_and_training_the_night_again_fixes_them(
    place: Workplace,
):
    run_stage(SCORE, place, NIGHT)
    whole = rows_of(place, "score")
    files = sorted((folder_of(place.lake, "model_files")).iterdir())
    forest = max(files, key=lambda path: path.stat().st_size)
    forest.write_bytes(forest.read_bytes().replace(b"0.", b"1.", 1))

    report = run_stage(SCORE, place, NIGHT)
    assert [sentence.partition(":")[2] for sentence in report["incomplete"]] == [
        f" isolation_forest of patients: {models_not_run(place)['patient/isolation_forest']}"
    ]
    assert "was changed" in report["incomplete"][0]
    assert run_stage(SCORE, place, NIGHT)["incomplete"] == report["incomplete"]  # nothing to do, and still not whole
    assert [found.outcome for found in model_findings(place.settings)] == ["not ok"]

    shutil.rmtree(folder_of(place.lake, "model"))
    shutil.rmtree(folder_of(place.lake, "model_files"))
    report = run_stage(SCORE, place, NIGHT)
    assert len(report["incomplete"]) == 2  # the ledger knows which there were
    assert not place.lake.exists("model")

    with pytest.raises(FundwatchError, match="model is gone"):
        run_job(train_models.JOB, place, NIGHT)
    place.settings = place.settings.model_copy(update={"rebuilt_tables": "model"})  # it is lost for good
    assert run_job(train_models.JOB, place, NIGHT)["champion"] == 2
    assert run_stage(SCORE, place, NIGHT)["incomplete"] == []
    assert rows_of(place, "score") == whole
    assert [found.outcome for found in model_findings(place.settings)] == ["ok"]


def test_nobody_is_promoted_over_a_champion_that_does_not_hold(tmp_path: Path):
    lake_models = no_lake_models(tmp_path)
    first = [record_of(lake_models, made) for made in trained(FIRST)]
    held = replace(lake_models, records=first)

    def states(found: LakeModels) -> list[str]:
        champions = train_models.champions_before(found, SECOND)
        return [record.state for record in train_models.records_of(found, champions, SECOND, trained(FIRST))]

    assert states(held) == [CHAMPION, CHAMPION]  # it ranks as the one before it does
    assert states(lake_models) == [CHAMPION, CHAMPION]  # the first of its kind
    old = [replace(record, content_sha256=None, signature=None) for record in first]
    assert states(replace(held, records=old)) == [CHAMPION, CHAMPION]  # an earlier release's is none
    champions = train_models.champions_before(
        replace(held, records=[replace(first[0], trained_count=1), first[1]]), SECOND
    )
    made = train_models.records_of(held, champions, SECOND, trained(FIRST))
    assert [record.state for record in made] == [CHALLENGER, CHAMPION]
    assert "could not be compared" in str(made[0].why_not)
    assert (
        train_models.champions_before(held, FIRST)["doctor", "robust_peer"].__class__ is NotRun
    )  # not by its own night
