"""Score: the champions say how strange each patient, doctor and institution is among its peers, and why."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from features.catalogue import load_catalogues
from fundwatch.contracts import TABLES
from fundwatch.contracts.entities import ENTITIES
from fundwatch.engine.frames import no_rows, stacked
from fundwatch.logs import log
from fundwatch.regions import region_of
from jobs.declared_stages import SCORE
from jobs.job import Job, Night, Report
from jobs.lake_models import lake_models_of
from jobs.train_models import INDICATOR_TABLES, positions_of
from jobs.workplace import Workplace
from models.registry.champions import Champion, able, find_champions
from models.scoring import not_run_scores, to_raw_scores, to_reasons, to_scores

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def _run(night: Night) -> Report:
    loaded, skipped = find_champions(lake_models_of(night.settings), night.date)
    runnable, unable = able(loaded, _indicators_that_ran(night))
    skipped = sorted([*skipped, *unable], key=lambda one: (one.entity, one.model))
    for one in skipped:
        report = log.warning if one.is_problem else log.info
        report("  not run: %s of %ss: %s %s", one.model, one.entity, one.why_not, one.detail)
    scores, reasons = [not_run_scores(night.spark, skipped)], [_no_reasons(night)]
    for entity in ENTITIES:
        champions = [champion for champion in runnable if champion.entity == entity]
        if champions:
            names = _names(champions)
            positions = night.materialize(positions_of(night, entity, names))
            scores.append(to_scores(to_raw_scores(positions, names, entity, champions)))
            reasons.append(to_reasons(positions, night.of_night("peer_statistic"), names, champions))
    night.write_all({"score": stacked(scores), "score_reason": stacked(reasons)})
    return {
        "models": len(runnable),
        "models_not_run": len(skipped),
        "scores": night.tables_written["score"].rows,
        "fingerprints": {f"{one.entity}/{one.model}": one.fingerprint for one in runnable},
        "not_run": {f"{one.entity}/{one.model}": one.why_not for one in skipped},
        "incomplete": [f"not run: {one.model} of {one.entity}s: {one.why_not}" for one in skipped if one.is_problem],
    }


def _indicators_that_ran(night: Night) -> dict[str, frozenset[str]]:
    """By entity type, the indicators of tonight's columns. One that ran and of which nobody has a value is unknown
    for everybody, which a detector takes as ordinary; one that did not run would silence it."""
    features = night.place.ledger.committed("features", night.date)
    not_run = frozenset(features.detail.get("not_run", {})) if features is not None else frozenset()
    catalogues = load_catalogues(region_of(night.settings), ENTITIES)
    return {entity: frozenset(catalogues[entity].directions) - not_run for entity in ENTITIES}


def _names(champions: list[Champion]) -> tuple[str, ...]:
    return tuple(sorted({name for champion in champions for name in champion.detector.reads.indicators}))


def _no_reasons(night: Night) -> DataFrame:
    return no_rows(night.spark, TABLES["score_reason"].schema()).drop("business_date")


def _own_fingerprint(place: Workplace, night: date) -> object:
    """Who can speak tonight, so that a model lost or found again makes the night run again."""
    runnable, skipped = find_champions(lake_models_of(place.settings), night)
    silences = [(one.entity, one.model, one.why_not) for one in skipped]
    return [[(one.entity, one.model, one.fingerprint) for one in runnable], silences]


JOB = Job(
    name=SCORE.name,
    title="champions score every entity",
    reads=(*INDICATOR_TABLES, "peer_statistic"),
    writes=("score", "score_reason"),
    needs=SCORE.needs,
    run=_run,
    own_fingerprint=_own_fingerprint,
)

if __name__ == "__main__":
    from jobs.command_line import main_of_script

    main_of_script(__file__)
