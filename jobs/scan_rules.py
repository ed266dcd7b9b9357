"""Scan the services of the last `scan_days` with all detection rules: hits, the lines that prove them, the coverage."""

from __future__ import annotations

from datetime import date, timedelta

from pyspark.sql import functions as F

from fundwatch.regions import region_of
from jobs.command_line import main_of_script
from jobs.declared_stages import SCAN
from jobs.job import Job, Night, Report, Workplace
from rules.catalogue.load import load_rules
from rules.engine.scan import ScanWindow, scan
from rules.frames.registry import columns_of_shared, tables_read
from rules.knowledge.points import knowledge_fingerprint, load_knowledge


def own_fingerprint(place: Workplace, _night: date) -> object:
    """What determines the scan beside the delivered data and the settings: rules and knowledge."""
    region = region_of(place.settings)
    return {
        "rules": load_rules(region=region).fingerprint,
        "knowledge": knowledge_fingerprint(load_knowledge(region=region)),
    }


def run(night: Night) -> Report:
    """Read what is known, scan it, write hits and coverage."""
    tables = {name: night.known(name) for name in tables_read() if night.exists(name)}
    for name, columns in columns_of_shared().items():
        if name in tables:
            tables[name] = night.materialize(tables[name].select(*columns))
    window = ScanWindow(night.date - timedelta(days=night.settings.scan_days - 1), night.date)
    region = region_of(night.settings)
    rule_set = load_rules(region=region)
    knowledge = load_knowledge(region=region)
    found = scan(rule_set, tables, night.supplied(), knowledge, window, night.materialize).materialized(
        night.materialize
    )
    night.write_all({"rule_hit": found.hits, "hit_line": found.hit_lines, "rule_coverage": found.coverage})
    not_run = found.states.filter(F.col("problem") != "").select("rule_id", "problem").collect()  # a row per rule
    return {
        "rules": len(rule_set.rules),
        "rule_set": rule_set.fingerprint,
        "hits": night.tables_written["rule_hit"].rows,
        "hit_lines": night.tables_written["hit_line"].rows,
        "not_run": {row["rule_id"]: row["problem"] for row in sorted(not_run)},
    }


JOB = Job(
    name=SCAN.name,
    title="detection rules",
    reads=("supplied_column",),
    optional=tables_read(),
    writes=("rule_hit", "hit_line", "rule_coverage"),
    needs=SCAN.needs,
    history=("intake",),
    run=run,
    own_fingerprint=own_fingerprint,
)

if __name__ == "__main__":
    main_of_script(__file__)
