"""Train: the detectors learn from the night's indicators; the lake holds them, MLflow gets a copy of them.

A model's data are written first, named by their hash; then the night's rows, signed, in one commit; then MLflow, which
may be gone. Killed in between, training again makes the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from features.catalogue import load_catalogues
from features.peers import peer_groups_file, read_peer_groups
from fundwatch.contracts.entities import ENTITIES
from fundwatch.errors import ExitCode, FundwatchError
from fundwatch.logs import log
from fundwatch.regions import region_of
from fundwatch.settings import Settings
from fundwatch.tracking import tracking_of
from jobs.declared_stages import TRAIN
from jobs.job import Job, Night, Report
from jobs.lake_models import lake_models_of, models_report
from jobs.workplace import Workplace
from models.detectors.detector import Parameters
from models.detectors.known import DETECTORS
from models.positions import to_robust_z, with_positions
from models.registry.champions import Champion, LakeModels, NotRun, kinds
from models.registry.copies import has_copies, register_in_mlflow
from models.registry.model_data import to_bytes
from models.registry.promotion import ModelStatus, PromotionVerdict, judge
from models.registry.records import NOT_TRAINED, ModelRecord, is_model
from models.training import NotTrained, Trained, TrainingSample, reads_of, to_sample, to_sample_rows, train_all

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

ChampionsBefore = Mapping[tuple[str, str], Champion | NotRun]
_NOT_COMPARED = "{0} waits as challenger, because the champion before it does not hold: {1}"
INDICATOR_TABLES = tuple(entity.indicator_table for entity in ENTITIES.values())


class ModelTableError(FundwatchError):
    """The table of models cannot be read, so nothing can be added to it."""

    exit_code = ExitCode.FAULT


def measured_indicators(night: Night) -> dict[str, frozenset[str]]:
    """By entity type, the indicators that anybody has a value of tonight."""
    statistics = night.of_night("peer_statistic").filter("peer_count > 0")
    rows = statistics.select("entity_type", "indicator").distinct().collect()  # a row per indicator of the catalogue
    return {e: frozenset(r.indicator for r in rows if r.entity_type == e) for e in ENTITIES}


def positions_of(night: Night, entity: str, names: tuple[str, ...]) -> DataFrame:
    """The positions of one entity type tonight; peers are as many as the region's peer groups ask for."""
    groups = read_peer_groups(peer_groups_file(region_of(night.settings), night.settings.conf))
    indicators, statistics = night.of_night(ENTITIES[entity].indicator_table), night.of_night("peer_statistic")
    return with_positions(indicators, statistics, entity, names, groups.minimum_members)


def _run(night: Night) -> Report:
    lake_models = lake_models_of(night.settings)
    if lake_models.problem:
        raise ModelTableError(
            "the table `model` cannot be read",
            where=lake_models.problem,
            do="restore it from a copy; or remove its folder and train with --set rebuilt_tables=model, night by night",
        )
    champions = champions_before(lake_models, night.date)  # read first: what is written may fix data that were damaged
    measured = measured_indicators(night)
    made: list[Trained | NotTrained] = []
    for entity in ENTITIES:
        made += train_all(_sample(night, entity, measured[entity]), _parameters(night.settings))
    lake_models.files.sweep()
    records = records_of(lake_models, champions, night.date, made)
    night.write_rows("model", [record.row() for record in records])
    reported = register_in_mlflow(tracking_of(night.settings), lake_models_of(night.settings))
    broken = [one for one in champions.values() if isinstance(one, NotRun) and _is_broken(one)]
    waiting = [_NOT_COMPARED.format(" ".join(one.kind), one.why_not) for one in broken]
    return {**models_report(records), "mlflow": reported, "incomplete": waiting}


def _sample(night: Night, entity: str, measured: frozenset[str]) -> TrainingSample:
    reads = reads_of(load_catalogues(region_of(night.settings), [entity])[entity].learned, measured)
    robust_z = to_robust_z(positions_of(night, entity, reads.indicators), reads.indicators)
    rows = to_sample_rows(robust_z, reads, night.settings.seed)
    return to_sample(rows.toPandas(), entity, night.date, reads)  # bounded by SAMPLE_LIMIT


def records_of(
    lake_models: LakeModels, champions: ChampionsBefore, night: date, made: Sequence[Trained | NotTrained]
) -> list[ModelRecord]:
    """The records of what training made, its data in the lake."""
    return [_kept(lake_models, champions, night, one) for one in made]


def _kept(lake_models: LakeModels, champions: ChampionsBefore, night: date, one: Trained | NotTrained) -> ModelRecord:
    if isinstance(one, NotTrained):
        log.info("  not trained: %s of %ss: %s", one.model, one.entity, one.why_not)
        return ModelRecord(night, one.entity, one.model, None, one.trained_count, NOT_TRAINED, one.why_not)
    verdict = _verdict(champions[one.entity, one.model], one)
    why = verdict.note if verdict.status is ModelStatus.CHALLENGER else None
    sha256, count = lake_models.files.put(to_bytes(one.detector)), len(one.sample.ids)
    made = ModelRecord(night, one.entity, one.model, one.fingerprint, count, verdict.status.value, why, sha256)
    return made.signed(lake_models.signer)


def _verdict(before: Champion | NotRun, trained: Trained) -> PromotionVerdict:
    """Nobody is promoted over a champion that does not hold; one that only an earlier release's MLflow has is none."""
    if isinstance(before, NotRun) and _is_broken(before):
        return PromotionVerdict(ModelStatus.CHALLENGER, f"it could not be compared with the champion: {before.why_not}")
    return judge(trained, before.detector if isinstance(before, Champion) else None)


def champions_before(lake_models: LakeModels, night: date) -> ChampionsBefore:
    """The champions of the day before, by kind: judged against them, a night that is trained again is judged alike."""
    return {kind: lake_models.champion(*kind, night - timedelta(days=1)) for kind in kinds()}


def _is_broken(one: NotRun) -> bool:
    return one.is_problem and not one.is_elsewhere


def _parameters(settings: Settings) -> Parameters:
    return Parameters(settings.seed, settings.forest_trees)


def _own_fingerprint(place: Workplace, night: date) -> object:
    parameters, lake_models = _parameters(place.settings), lake_models_of(place.settings)
    definitions = {name: dict(kind.definition(parameters)) for name, kind in DETECTORS.items()}
    catalogues = load_catalogues(region_of(place.settings), ENTITIES)
    directions = {entity: catalogues[entity].learned for entity in ENTITIES}
    champions = champions_before(lake_models, night).values()
    judged_by = [one.fingerprint if isinstance(one, Champion) else one.why_not for one in champions]
    return [definitions, directions, judged_by]


def _models_exist(place: Workplace, night: date) -> bool:
    """Whether the night's models hold, and MLflow, where it answers, has its copies."""
    lake_models = lake_models_of(place.settings)
    own = [record for record in lake_models.records if record.business_date == night and is_model(record)]
    hold = bool(own) and all(isinstance(lake_models.loaded(record), Champion) for record in own)
    return hold and not lake_models.problem and has_copies(tracking_of(place.settings), own)


JOB = Job(
    name=TRAIN.name,
    title="detectors learn from the indicators",
    reads=(*INDICATOR_TABLES, "peer_statistic"),
    writes=("model",),
    needs=TRAIN.needs,
    run=_run,
    own_fingerprint=_own_fingerprint,
    outputs_exist=_models_exist,
)

if __name__ == "__main__":
    from jobs.command_line import main_of_script

    main_of_script(__file__)
