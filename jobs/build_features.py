"""Behaviour indicators of the night: rollups of the touched days, windows over them, and peer statistics."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from pyspark.sql import DataFrame

from features.attributes import registers_of, with_attributes
from features.catalogue import Catalogue, Source, load_catalogues, runnable
from features.indicators import to_indicators
from features.peers import peer_groups_file, read_peer_groups, to_peer_statistics, with_peer_groups
from features.rollup import as_known, changed, recent, to_days
from fundwatch.contracts import TABLES
from fundwatch.contracts.entities import ENTITIES
from fundwatch.contracts.successors import SUCCESSOR_TABLES
from fundwatch.contracts.versions import known_on
from fundwatch.engine.frames import no_rows, stacked
from fundwatch.engine.successors import Successors
from fundwatch.fingerprint import fingerprint
from fundwatch.logs import log
from fundwatch.regions import region_of
from jobs.declared_stages import BUILD
from jobs.job import Job, Night, Report, Workplace, fingerprint_of

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from features.peers import PeerGroups


def _run(night: Night) -> Report:
    plans, not_run = _plans(night)
    plan_fingerprint = fingerprint({entity: plan.fingerprint for entity, plan in plans.items()})
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
    for entity, catalogue in load_catalogues(region_of(night.settings)).items():
        plans[entity], why_not = runnable(catalogue, supplied, dates_only)
        not_run.update(why_not)
    return plans, not_run


def _since(night: Night, plan_fingerprint: str) -> date | None:
    """The night whose rollups this one builds upon; None if none stands that was made the same way."""
    earlier = [n for n in night.place.ledger.nights(JOB.name) if n < night.date]
    last = night.place.ledger.committed(JOB.name, earlier[-1]) if earlier else None
    if last is None or last.detail.get("plan") != plan_fingerprint:
        return None
    is_current = last.fingerprint == fingerprint_of(JOB, night.place, last.business_date)
    return last.business_date if is_current else None


def _write_rollups(night: Night, plans: Mapping[str, Catalogue], since: date | None) -> dict[str, int]:
    """Write every touched entity-day in full; the number of them by entity."""
    sources = dict.fromkeys(source for plan in plans.values() for source in plan.sources)
    versions = {s: night.materialize(recent(plans.values(), s, night.all_rows(s.table), night.date)) for s in sources}
    known = {source: rows.filter(known_on(night.date)) for source, rows in versions.items()}
    tables = {}
    for entity, plan in plans.items():
        table = ENTITIES[entity].rollup_table
        if plan.measures:
            touched = night.materialize(changed(plan, versions, since, night.date))
            tables[table] = to_days(plan, known, touched)
        else:
            tables[table] = _no_rows(night, table)
    night.write_all(tables)
    return {entity: night.tables_written[ENTITIES[entity].rollup_table].rows for entity in plans}


def _write_indicators(night: Night, plans: Mapping[str, Catalogue]) -> dict[str, int]:
    """Write every entity's indicators and peer group, and the peers' statistics; entities by type."""
    peers = read_peer_groups(peer_groups_file(region_of(night.settings), night.settings.conf))
    statistics = [_no_rows(night, "peer_statistic").drop("business_date")]
    tables = {}
    for entity, plan in plans.items():
        table = ENTITIES[entity].indicator_table
        if plan.indicators:
            tables[table] = night.materialize(_indicators(night, plan, peers))
            statistics.append(to_peer_statistics(entity, tables[table]))
        else:
            tables[table] = _no_rows(night, table)
    night.write_all(tables | {"peer_statistic": stacked(statistics)})
    return {entity: night.tables_written[ENTITIES[entity].indicator_table].rows for entity in plans}


def _indicators(night: Night, plan: Catalogue, peers: PeerGroups) -> DataFrame:
    """One row per entity: its peer group and its indicators as of the night."""
    entity = ENTITIES[plan.entity]
    days = night.materialize(as_known(plan, night.all_rows(entity.rollup_table), night.date))
    indicators = to_indicators(plan, days, night.date, night.successors)
    registers = {table: night.known(table) for table in registers_of(entity)}
    members = night.materialize(with_attributes(plan, indicators, registers, night.date))
    columns = [plan.id_column, "peer_group", *(named.column for named in plan.named)]
    return with_peer_groups(peers, plan.entity, members).select(*columns)


def _no_rows(night: Night, table: str) -> DataFrame:
    return no_rows(night.spark, TABLES[table].schema())


def _own_fingerprint(place: Workplace, _night: date) -> Any:
    region = region_of(place.settings)
    peers = read_peer_groups(peer_groups_file(region, place.settings.conf))
    catalogues = {entity: catalogue.fingerprint for entity, catalogue in load_catalogues(region).items()}
    return [catalogues, peers.fingerprint]


JOB = Job(
    name=BUILD.name,
    title="indicators of patients, doctors and institutions",
    reads=("supplied_column",),
    optional=(
        *dict.fromkeys(source.table for source in Source),
        *(entity.register.table for entity in ENTITIES.values()),  # who is in no register is known by the claims alone
        *SUCCESSOR_TABLES,
    ),
    writes=(
        *(entity.rollup_table for entity in ENTITIES.values()),
        *(entity.indicator_table for entity in ENTITIES.values()),
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
