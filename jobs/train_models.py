"""Train: the detectors learn from the night's indicators and are registered in MLflow."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from features.catalogue import load_catalogues
from features.peers import read_peer_groups
from fundwatch.contracts import TABLES
from fundwatch.errors import FundwatchError
from fundwatch.logs import log
from fundwatch.resources import conf_file
from fundwatch.settings import Settings
from jobs.job import Job, Night, Report, Workplace
from models.champions import champion_prints, find_champions, registry_of
from models.detectors import DETECTORS, Parameters
from models.positions import ENTITY_TYPES, to_robust_z, with_positions
from models.promotion import Standing, judge
from models.registry import RegistryError, registered_name
from models.training import NotTrained, Sample, Trained, reads_of, to_sample, to_sample_rows, train_all

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

INDICATOR_TABLES = tuple(f"indicator_{entity}" for entity in ENTITY_TYPES)
_COLUMNS = [name for name in TABLES["model"].column_names if name != "business_date"]


def measured_indicators(night: Night) -> dict[str, frozenset[str]]:
    """By entity type, the indicators that anybody has a value of tonight."""
    statistics = night.of_night("peer_statistic").filter("peer_count > 0")
    rows = statistics.select("entity_type", "indicator").distinct().collect()  # a row per indicator of the catalogue
    return {e: frozenset(r.indicator for r in rows if r.entity_type == e) for e in ENTITY_TYPES}


def positions_of(night: Night, entity: str, names: tuple[str, ...]) -> DataFrame:
    """The positions of one entity type tonight; peers are as many as the region's peer groups ask for."""
    groups = read_peer_groups(conf_file("peers", night.settings.region, night.settings.conf))
    indicators, statistics = night.of_night(f"indicator_{entity}"), night.of_night("peer_statistic")
    return with_positions(indicators, statistics, entity, names, groups.minimum_members)


def has_champions(settings: Settings, as_of: date | None = None) -> bool:
    """Whether training can wait: there is a champion, or MLflow does not answer and could not take one."""
    try:
        return bool(champion_prints(settings, as_of))
    except RegistryError as fault:
        log.warning("no model can be trained or found: %s (%s)", fault.what, fault.where)
        return True


def _run(night: Night) -> Report:
    measured = measured_indicators(night)
    made: list[Trained | NotTrained] = []
    for entity in ENTITY_TYPES:
        made += train_all(_sample(night, entity, measured[entity]), _parameters(night.settings))
    rows = [_registered(night, one) if isinstance(one, Trained) else _not_trained(one) for one in made]
    night.write("model", night.spark.createDataFrame(rows, _schema()))
    states = [str(row[_COLUMNS.index("state")]) for row in rows]
    return {state: states.count(state) for state in (*(s.value for s in Standing), "not_trained")}


def _sample(night: Night, entity: str, measured: frozenset[str]) -> Sample:
    reads = reads_of(load_catalogues()[entity].directions, measured)
    robust_z = to_robust_z(positions_of(night, entity, reads.indicators), reads.indicators)
    rows = to_sample_rows(robust_z, reads, night.settings.seed)
    return to_sample(rows.toPandas(), entity, night.date, reads)  # bounded by SAMPLE_LIMIT


def _registered(night: Night, trained: Trained) -> tuple[Any, ...]:
    registry = registry_of(night.settings)
    name = registered_name(trained.entity, trained.model)
    champion = registry.champion(name, night.date)
    try:
        detector = None if champion is None else registry.load(champion)
    except FundwatchError as fault:
        log.warning("the champion of %s is replaced: %s", name, fault.what)
        detector = None
    verdict = judge(trained, detector)
    standing = registry.register(trained, verdict).standing
    why = verdict.note if standing is Standing.CHALLENGER else None
    return (trained.entity, trained.model, trained.print, name, len(trained.sample.ids), standing.value, why)


def _not_trained(one: NotTrained) -> tuple[Any, ...]:
    log.info("  not trained: %s of %ss: %s", one.model, one.entity, one.why_not)
    return (one.entity, one.model, None, None, one.trained_count, "not_trained", one.why_not)


def _schema() -> str:
    return ", ".join(f"{name} {TABLES['model'].spark_type(name)}" for name in _COLUMNS)


def _parameters(settings: Settings) -> Parameters:
    return Parameters(settings.seed, settings.forest_trees)


def _own_print(place: Workplace, _night: date) -> object:
    parameters = _parameters(place.settings)
    definitions = {name: dict(kind.definition(parameters)) for name, kind in DETECTORS.items()}
    directions = {entity: catalogue.directions for entity, catalogue in load_catalogues().items()}
    return [definitions, directions, parameters.seed]


def _models_stand(place: Workplace, night: date) -> bool:
    """Whether the registry still has what was trained: it lies outside the lake and may be gone."""
    speaking, silent = find_champions(registry_of(place.settings), night)
    return bool(speaking) and not any(one.detail for one in silent)


JOB = Job(
    name="train",
    title="detectors learn from the indicators",
    reads=(*INDICATOR_TABLES, "peer_statistic"),
    writes=("model",),
    needs=("features",),
    run=_run,
    own_print=_own_print,
    outputs_stand=_models_stand,
)

if __name__ == "__main__":
    from jobs.command_line import main_of_script

    main_of_script(__file__)
