"""Scan the services of the last `scan_days` with all detection rules: hits, the lines that prove them, the coverage."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from fundwatch.contracts import CLEAN, TABLES
from fundwatch.contracts.entities import MEASURED
from fundwatch.contracts.successors import SUCCESSOR_TABLES
from fundwatch.logs import log
from fundwatch.settings import Settings
from jobs.author.rules_in_force import rules_scanned
from jobs.command_line import main_of_script
from jobs.curate.in_force import POINTS, knowledge_for, knowledge_version
from jobs.declared_stages import PUBLISH, SCAN
from jobs.job import Job, Night, Report
from jobs.review.read_leads import shadow_hits
from jobs.workplace import Workplace
from rules.benefits.policies import read_policies
from rules.catalogue.rule import RuleSet
from rules.engine.needs import rests_on_earlier_list, rests_on_policies
from rules.engine.scan import ScanWindow, scan
from rules.engine.seen import lines_seen
from rules.frames.declaration import COUNTED, EARLIER_LIST
from rules.frames.indicators import AS_OF, STATISTICS
from rules.frames.registry import shared_tables, tables_read

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_CLEAN = frozenset(table.name for table in CLEAN)
_WRITES = ("rule_hit", "hit_line", "rule_coverage")


def own_fingerprint(place: Workplace, night: date) -> object:
    """What determines the scan beside the delivered data and the settings: knowledge, and rules as they stand then."""
    standing = rules_scanned(place.settings, night)
    return {
        "rules": standing.rule_set.fingerprint,
        "knowledge": knowledge_version(place.settings, night),
        **_policies(place.settings, standing.rule_set),
        **_earlier_list(place, night, standing.rule_set),
        **({"overlays_waiting": standing.overlays_waiting} if standing.overlays_waiting else {}),
    }


def _policies(settings: Settings, rule_set: RuleSet) -> dict[str, str]:
    """The version of the benefit policies, where a rule of the set judges by them."""
    return {"policies": read_policies(settings.conf).fingerprint} if rests_on_policies(rule_set) else {}


def _earlier_list(place: Workplace, night: date, rule_set: RuleSet) -> dict[str, str]:
    """The version of the newest earlier list, where a rule of the set judges by it."""
    if not rests_on_earlier_list(rule_set):
        return {}
    listed = place.ledger.night_before(PUBLISH.name, night)
    made = None if listed is None else place.ledger.committed(PUBLISH.name, listed)
    return {} if made is None else {"earlier_list": made.fingerprint}


def run(night: Night) -> Report:
    """Read what is known, scan it, write hits and coverage."""
    standing = rules_scanned(night.settings, night.date)
    rule_set = standing.rule_set
    tables = tables_scanned(night, rule_set)
    for name in sorted(shared_tables({rule.grain for rule in rule_set.rules}) & tables.keys()):
        # what people wrote is most of a row, and no rule reads it
        tables[name] = night.materialize(tables[name].drop(*TABLES[name].free_texts), of=[name])
    window = ScanWindow(night.date - timedelta(days=night.settings.scan_days - 1), night.date)
    knowledge = knowledge_for(night)
    for rule_id, why in standing.lapsed.items():
        log.warning("%s: %s", rule_id, why)
    for sentence in standing.overlays_waiting:
        log.warning("%s", sentence)
    found = scan(
        rule_set,
        tables,
        supplied_scanned(night, rule_set),
        knowledge,
        window,
        partial(night.materialize, of=[name for name in tables if name in _CLEAN]),
        night.dates_only(),
        read_policies(night.settings.conf),
    ).materialized(night.compute)
    night.write_all({"rule_hit": found.hits, "hit_line": found.hit_lines, "rule_coverage": found.coverage})
    seen = lines_seen(tables["claim_line"], window).collect()[0].asDict() if "claim_line" in tables else {}
    return {
        "rules": len(rule_set.rules),
        "rule_set": rule_set.fingerprint,
        "left_in_shadow": standing.left_in_shadow,
        **_hits(night),
        "hit_lines": night.tables_written["hit_line"].rows,
        **({"lapsed": dict(standing.lapsed)} if standing.lapsed else {}),
        **({"incomplete": list(standing.overlays_waiting)} if standing.overlays_waiting else {}),
        "not_run": _not_run(night),
        **_coverage(night, seen),
    }


def tables_scanned(night: Night, rule_set: RuleSet) -> dict[str, DataFrame]:
    """What row frames are made of, as far as it is there: clean tables as known, the night's counts and indicators, and
    the newest earlier list where a rule of the set judges by it."""
    found = {name: night.known(name) for name in tables_read() if name in _CLEAN and night.exists(name)}
    found |= {name: night.of_night(name) for name in COUNTED if night.exists(name)} | _listed(night, rule_set)
    made = {name: night.of_night(name) for name in _computed(night) if night.exists(name)}
    return found | {
        name: rows if name == STATISTICS else rows.withColumn(AS_OF, F.lit(night.date)) for name, rows in made.items()
    }


def supplied_scanned(night: Night, rule_set: RuleSet) -> dict[str, frozenset[str]]:
    """By table the columns that the source fills, and of indicators those that were computed this night: a table keeps
    the columns of all nights."""
    listed = {name: frozenset(TABLES[name].column_names) for name in _listed(night, rule_set)}
    return night.supplied() | _computed(night) | listed


def _listed(night: Night, rule_set: RuleSet) -> dict[str, DataFrame]:
    """The tables of the newest earlier list; none where there is no such list, or no rule asks for it."""
    if not rests_on_earlier_list(rule_set):
        return {}
    rows = {name: night.of_earlier_night(name, PUBLISH.name) for name in EARLIER_LIST}
    return {name: found for name, found in rows.items() if found is not None}


def _computed(night: Night) -> dict[str, frozenset[str]]:
    """By table of indicators its columns of the night, as the peers' statistics name them; nothing where none is."""
    if not night.exists(STATISTICS):
        return {}
    query = f"SELECT DISTINCT entity_type, indicator FROM peer_statistic WHERE business_date = DATE '{night.date}'"
    columns: dict[str, set[str]] = defaultdict(set)
    for row in night.rows(STATISTICS, query):
        columns[row["entity_type"]].add(row["indicator"])
    found = {STATISTICS: frozenset(TABLES[STATISTICS].column_names)} if columns else {}
    for entity, names in columns.items():
        table = MEASURED[entity].indicator_table
        found[table] = frozenset({*names, AS_OF, *TABLES[table].column_names})
    return found


def _hits(night: Night) -> dict[str, object]:
    """The hits of active rules; where rules are in shadow, apart from them what each of these hit."""
    written = night.tables_written["rule_hit"].rows
    shadow = shadow_hits(night.place.lake, night.date)
    if not shadow:
        return {"hits": written}
    hits = sum(shadow.values())
    return {"hits": written - hits, "shadow_hits": hits, "shadow": shadow}


def _not_run(night: Night) -> dict[str, str]:
    """By rule why it did not run, as the coverage says: a row a rule."""
    query = (
        f"SELECT rule_id, why_not FROM rule_coverage WHERE business_date = DATE '{night.date}' AND state = 'not_run'"
    )
    rows = night.place.lake.rows("rule_coverage", query)
    return {row["rule_id"]: row["why_not"] for row in sorted(rows, key=lambda row: row["rule_id"])}


def _coverage(night: Night, seen: Mapping[str, int]) -> dict[str, object]:
    """What of the lake's lines the window covered; the first night of a lake says what to do where that is not all."""
    if not seen or not seen["known"]:
        return {}
    older = f"{seen['in_window']} of {seen['known']} lines ({seen['in_window'] / seen['known']:.1%})"
    is_first = night.place.ledger.nights("intake")[:1] == [night.date]
    if is_first and seen["in_window"] < seen["known"]:
        log.warning(
            "the window of %d days covers %s; the others no night will scan unless you do: "
            "`fundwatch nightly --date %s --set scan_days=%d`",
            night.settings.scan_days, older, night.date, seen["days_to_first"],
        )  # fmt: skip
    return {"scanned": older, "lines_seen": {**seen, "is_first_night": is_first}}


JOB = Job(
    name=SCAN.name,
    title="detection rules",
    reads=("supplied_column",),
    optional=(*(name for name in tables_read() if name not in _WRITES), POINTS, *SUCCESSOR_TABLES),
    writes=_WRITES,
    needs=SCAN.needs,
    may_follow=(PUBLISH.name,),
    history=("intake",),
    run=run,
    own_fingerprint=own_fingerprint,
)

if __name__ == "__main__":
    main_of_script(__file__)
