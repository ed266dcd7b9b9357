"""The jobs `train` and `score` over a real lake and a real MLflow store."""

from __future__ import annotations

from datetime import date

import pytest

from features.catalogue import load_catalogues
from fundwatch.settings import Settings
from jobs import score_entities, train_models
from jobs.job import Workplace, run_job
from models.champions import NO_CHAMPION
from tests.models.peers import crowd, indicator_rows, peer_statistics

NIGHT = date(2026, 3, 31)


@pytest.fixture
def place(spark, tmp_path):
    """A lake after the job `features`: 41 patients, one strange, 25 doctors (too few to learn from), no institution."""
    settings = Settings.model_validate({"var": tmp_path, "forest_trees": 20})
    place = Workplace(settings)
    place._spark = spark
    sizes, groups = {"patient": 40, "doctor": 24, "institution": 0}, {}
    for entity, count in sizes.items():
        names = [name for name, side in load_catalogues()[entity].directions.items() if side == "high"][:4]
        ids, values = crowd(count, 5, dict.fromkeys(names, 30.0))
        rows = indicator_rows(spark, entity, ids, values, entity)
        place.lake.write(rows if count else rows.limit(0), f"indicator_{entity}", NIGHT)
        if count:
            groups[entity, entity] = values
    place.lake.write(peer_statistics(spark, groups), "peer_statistic", NIGHT)
    run_id = place.ledger.start("features", NIGHT, "print")
    place.ledger.commit(run_id, "features", NIGHT, "print", {})
    return place


def rows_of(place, table):
    return (
        place.lake.of_night(place.spark, table, NIGHT)
        .orderBy(*place.lake.read(place.spark, table).columns[1:4])
        .collect()
    )


@pytest.mark.slow
def test_a_night_without_models_says_so_then_trains_scores_and_repeats_itself(place):
    assert not train_models.has_champions(place.settings)
    run_job(score_entities.JOB, place, NIGHT)
    assert {(row.entity_id, row.state, row.why_not) for row in rows_of(place, "score")} == {
        ("", "not_run", NO_CHAMPION)
    }

    report = run_job(train_models.JOB, place, NIGHT)
    assert (report["champion"], report["challenger"], report["not_trained"]) == (2, 0, 4)
    models = {(row.entity_type, row.model): row for row in rows_of(place, "model")}
    assert models["patient", "robust_peer"].trained_count == 41
    assert "25 entities" in models["doctor", "robust_peer"].why_not
    assert train_models.has_champions(place.settings, NIGHT)
    assert not train_models.has_champions(place.settings, date(2026, 3, 30))

    run_job(score_entities.JOB, place, NIGHT)
    first = {table: rows_of(place, table) for table in ("score", "score_reason")}
    strange = [row for row in first["score"] if row.entity_id == "strange"]
    assert [row.percentile for row in strange] == [1.0, 1.0]
    assert {row.model_print for row in strange} == {row.model_print for row in models.values()} - {None}
    assert {row.place for row in first["score_reason"] if row.entity_id == "strange"} == {1, 2, 3, 4}
    assert len([row for row in first["score"] if row.state == "not_run"]) == 4

    assert not run_job(score_entities.JOB, place, NIGHT)["is_new"]
    assert not run_job(train_models.JOB, place, NIGHT)["is_new"]
    place.settings.artifact_dir.rename(place.settings.var / "lost")
    report = run_job(train_models.JOB, place, NIGHT)
    assert (report["champion"], report["is_new"]) == (2, True)  # the models are lost: the same ones again
    run_job(score_entities.JOB, place, NIGHT)
    assert {table: rows_of(place, table) for table in first} == first
