"""Behaviour indicators of the night: rollups of the touched days, windows over them, and peer statistics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from features.among_peers import peer_columns, with_peer_indicators
from features.attributes import registers_of, with_attributes
from features.catalogue import Catalogue, Source, load_catalogues, runnable
from features.catalogue.running import narrowed
from features.catalogue.sources import CONTEXTS, MADE_HERE
from features.indicators import to_indicators
from features.peer_statistics import to_peer_statistics
from features.peers import peer_groups_file, read_peer_groups, with_peer_groups
from features.periods import kept_by_day
from features.rollup import as_known, changed, days_fingerprint, recent, to_days
from features.rows import RowsNeeded, sources_of
from fundwatch.contracts import TABLES
from fundwatch.contracts.entities import ENTITIES, MEASURED
from fundwatch.contracts.successors import SUCCESSOR_TABLES
from fundwatch.contracts.versions import known_on
from fundwatch.engine.frames import no_rows, stacked
from fundwatch.engine.successors import Successors
from fundwatch.fingerprint import fingerprint
from fundwatch.logs import log
from fundwatch.regions import region_of
from jobs.declared_stages import BUILD
from jobs.job import Job, Night, Report, fingerprint_of
from jobs.workplace import Workplace

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from features.peers import PeerGroups
    from fundwatch.settings import Settings


def _run(night: Night) -> Report:
    plans, not_run = _plans(night)
    plan_fingerprint = fingerprint({entity: days_fingerprint(plans[entity]) for entity in ENTITIES})
    since = _since(night, plan_fingerprint)
    touched = _write_rollups(night, plans, since)
    members = _write_indicators(night, plans)
    for name, why in sorted(not_run.items()):
        log.info("  not run: %s: %s", name, why)
    for table, wrong in night.successors.problems.items():
        log.warning("  %s: nobody is linked by these: %s", table, "; ".join(wrong))
    return {
        "since": "the beginning" if since is None else since.isoformat(),
        **{f"{entity}_days": rows for entity, rows in touched.items()},
        **{f"{entity}s": rows for entity, rows in members.items()},
        "indicators": sum(len(plan.named) for plan in plans.values()),
        "indicators_not_run": len(not_run),
        "not_run": not_run,
        **_successors(night.successors),
        "plan": plan_fingerprint,
    }


def _successors(found: Successors) -> dict[str, Any]:
    """How many ids of each kind go on under others, and what links nobody; nothing where there are none."""
    counts = {kind: len(former) for kind, former in found.current.items()}
    return ({"successors": counts} if counts else {}) | ({"not_linked": dict(found.problems)} if found.problems else {})


def _plans(night: Night) -> tuple[dict[str, Catalogue], dict[str, str]]:
    """What can run of each entity's catalogue on the columns that are supplied, and why the rest cannot."""
    supplied, dates_only, plans, not_run = night.supplied(), night.dates_only(), {}, {}
    for entity, catalogue in _catalogues(night.settings).items():
        plan, why_not = runnable(catalogue, supplied, dates_only)
        if plan.indicators or entity in ENTITIES:
            plans[entity] = plan
        not_run.update(why_not)
    return plans, not_run


def _catalogues(settings: Settings) -> dict[str, Catalogue]:
    """What a night computes of each entity's catalogue, where everything is supplied."""
    catalogues = load_catalogues(region_of(settings))
    if settings.indicators == "all":
        return catalogues
    return {entity: narrowed(whole, whole.nightly_indicators) for entity, whole in catalogues.items()}


def _since(night: Night, plan_fingerprint: str) -> date | None:
    """The night whose rollups this one builds upon; None if none stands that was made the same way."""
    before = night.place.ledger.night_before(JOB.name, night.date)
    last = None if before is None else night.place.ledger.committed(JOB.name, before)
    if last is None or last.detail.get("plan") != plan_fingerprint:
        return None
    is_current = last.fingerprint == fingerprint_of(JOB, night.place, last.business_date)
    return last.business_date if is_current else None


def _write_rollups(night: Night, plans: Mapping[str, Catalogue], since: date | None) -> dict[str, int]:
    """Write every touched day of the watched entities in full; the number of them by entity."""
    kept = {entity: plans[entity] for entity in ENTITIES if kept_by_day(plans[entity]).measures}
    sources = dict.fromkeys(source for plan in kept.values() for source in kept_by_day(plan).sources)
    seen = {source: recent(kept.values(), source, night.all_rows(source.table), night.date) for source in sources}
    versions = {source: night.materialize(rows, of=[source.table]) for source, rows in seen.items()}
    known = {source: rows.filter(known_on(night.date)) for source, rows in versions.items()}
    tables = {}
    for entity in ENTITIES:
        table = ENTITIES[entity].rollup_table
        if entity in kept:
            of = [source.table for source in kept[entity].sources]
            touched = night.materialize(changed(kept[entity], versions, since, night.date), of=of)
            tables[table] = to_days(kept[entity], known, touched)
        else:
            tables[table] = _no_rows(night, table)
    night.write_all(tables)
    return {entity: night.tables_written[ENTITIES[entity].rollup_table].rows for entity in ENTITIES}


def _write_indicators(night: Night, plans: Mapping[str, Catalogue]) -> dict[str, int]:
    """Write every entity's indicators and peer group, and the peers' statistics; entities by type."""
    peers = read_peer_groups(peer_groups_file(region_of(night.settings), night.settings.conf))
    rows = _rows(night, plans.values())
    statistics = [_no_rows(night, "peer_statistic").drop("business_date")]
    tables = {}
    known = {table: night.known(table) for plan in plans.values() for table in registers_of(plan.of)}
    having = [entity for entity, plan in plans.items() if plan.indicators]
    made = night.in_parallel(having, lambda entity: _of_entity(night, plans[entity], rows, known, peers))
    for entity, kind in MEASURED.items():
        if entity in made:
            tables[kind.indicator_table], of_peers = made[entity]
            statistics += of_peers
        elif kind.is_watched or night.place.lake.exists(kind.indicator_table):
            tables[kind.indicator_table] = _no_rows(night, kind.indicator_table)
    night.write_all(tables | {"peer_statistic": stacked(statistics)})
    return {entity: night.tables_written[MEASURED[entity].indicator_table].rows for entity in plans}


def _rows(night: Night, plans: Iterable[Catalogue]) -> dict[Source, DataFrame]:
    """The rows that anything is taken from at once, by source, each joined once with what it lies within."""
    needed = RowsNeeded(plans)
    tables = {table: _known(night, table) for table in sorted(needed.tables())}
    made = {source: needed.rows(source, tables, night.date) for source in needed.sources}
    return {source: night.materialize(_in_one_part(night, frame), of=[source.table]) for source, frame in made.items()}


def _in_one_part(night: Night, rows: DataFrame) -> DataFrame:
    """The rows in one part where shuffles make no more: what is gathered from them needs none then."""
    return rows.coalesce(1) if night.settings.spark_shuffle_partitions == 1 else rows


def _known(night: Night, table: str) -> DataFrame:
    """A clean table as known, or what was delivered up to the night."""
    if "known_from" in TABLES[table].column_names:
        return night.known(table)
    return night.all_rows(table).filter(F.col("business_date") <= F.lit(night.date))


def _of_entity(
    night: Night,
    plan: Catalogue,
    rows: Mapping[Source, DataFrame],
    known: Mapping[str, DataFrame],
    peers: PeerGroups,
) -> tuple[DataFrame, list[DataFrame]]:
    """The entity's table, and the statistics of its peers."""
    members = night.materialize(_indicators(night, plan, rows, known, peers), of=_tables_of(plan))
    return _among_peers(night, plan, members)


def _indicators(
    night: Night,
    plan: Catalogue,
    rows: Mapping[Source, DataFrame],
    known: Mapping[str, DataFrame],
    peers: PeerGroups,
) -> DataFrame:
    """One row per entity: its peer group and its indicators as of the night, but for those made of peers' places."""
    entity, days = plan.of, None
    if entity.is_watched and kept_by_day(plan).measures:
        known_days = as_known(plan, night.all_rows(entity.rollup_table), night.date)
        days = night.materialize(_in_one_part(night, known_days), of=[entity.rollup_table])
    indicators = to_indicators(plan, days, rows, night.date, night.successors)
    members = night.materialize(with_attributes(plan, indicators, known, night.date), of=_tables_of(plan))
    made = [named.column for named in plan.named if not named.definition.is_of_peers]
    return with_peer_groups(peers, plan.entity, members).select(plan.id_column, "peer_group", *made)


def _tables_of(plan: Catalogue) -> set[str]:
    """The tables whose rows the entity is seen in."""
    return {source.table for source in (*plan.sources, *sources_of(plan))}


def _among_peers(night: Night, plan: Catalogue, members: DataFrame) -> tuple[DataFrame, list[DataFrame]]:
    """The entity's table, and the statistics of its peers."""
    statistics = to_peer_statistics(plan.entity, members)
    if not peer_columns(plan):
        return members, [statistics]
    statistics = night.materialize(statistics)
    whole = night.materialize(with_peer_indicators(plan, members, statistics), of=_tables_of(plan))
    of_places = whole.select(plan.id_column, "peer_group", *peer_columns(plan))
    return whole, [statistics, to_peer_statistics(plan.entity, of_places)]


def _no_rows(night: Night, table: str) -> DataFrame:
    return no_rows(night.spark, TABLES[table].schema())


def _own_fingerprint(place: Workplace, _night: date) -> Any:
    peers = read_peer_groups(peer_groups_file(region_of(place.settings), place.settings.conf))
    catalogues = {entity: catalogue.fingerprint for entity, catalogue in _catalogues(place.settings).items()}
    return [catalogues, peers.fingerprint]


JOB = Job(
    name=BUILD.name,
    title="indicators of patients, doctors and institutions",
    reads=("supplied_column",),
    optional=(
        *dict.fromkeys(
            [
                *(source.table for source in Source),
                *(context.table for context in CONTEXTS if context.table not in MADE_HERE),
                # who is in no register is known by the claims alone
                *(entity.register.table for entity in MEASURED.values() if entity.register is not None),
                *SUCCESSOR_TABLES,
            ]
        ),
    ),
    writes=(
        *(entity.rollup_table for entity in ENTITIES.values()),
        *(entity.indicator_table for entity in MEASURED.values()),
        "peer_statistic",
    ),
    needs=BUILD.needs,
    history=("intake",),
    run=_run,
    own_fingerprint=_own_fingerprint,
)

if __name__ == "__main__":
    from jobs.command_line import main_of_script

    main_of_script(__file__)
