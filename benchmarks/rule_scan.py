"""One scan of some rules on a lake, in a process of its own: benchmarks/rules.py starts it and measures it.

    .venv/bin/python -m benchmarks.rule_scan SETTINGS VAR FOLDER RULE,RULE,…|all|lines [each]

Every rule asked for is scanned as if active, by what the lake's night holds; `each` scans them one after the other,
each in jobs of its own. Prints a line of JSON: seconds without the start of Spark, hits by rule, rules that did not
run, and how large the largest generated method of any pass is, in bytes of bytecode.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import timedelta
from io import StringIO
from pathlib import Path

from benchmarks.detection import NIGHT
from fundwatch.settings import load_settings
from jobs.curate.in_force import knowledge_for
from jobs.job import Night
from jobs.scan_rules import JOB, supplied_scanned, tables_scanned
from jobs.workplace import Workplace, writing
from rules.benefits.policies import read_policies
from rules.catalogue.load import load_rules
from rules.catalogue.rule import Rule, RuleSet, RuleState
from rules.engine.scan import Scan, ScanWindow, scan
from rules.frames.lines import LINES
from rules.frames.registry import GRAINS, shared_tables

_METHOD = re.compile(r"maxMethodCodeSize:(\d+)")


@dataclass(frozen=True)
class LakeScan:
    """The night of a lake, scanned by whatever rules are asked for."""

    place: Workplace

    def scan(self, rule_set: RuleSet) -> Scan:
        """The scan, computed as the stage of a night computes it."""
        night = Night(JOB, self.place, NIGHT, "benchmark", "benchmark")
        return self._planned(night, rule_set).materialized(night.compute)

    def largest_method(self, rule_set: RuleSet) -> int:
        """Of all code that Spark generates for the passes; no job runs."""
        self.place.spark.conf.set("spark.sql.adaptive.enabled", "false")  # its plans are code only once they run
        night = Night(JOB, self.place, NIGHT, "benchmark", "benchmark")
        sizes = [0]
        for part in self._planned(night, rule_set).parts:
            with redirect_stdout(StringIO()) as printed:
                part.explain(mode="codegen")
            sizes += map(int, _METHOD.findall(printed.getvalue()))
        self.place.spark.conf.set("spark.sql.adaptive.enabled", "true")
        return max(sizes)

    def _planned(self, night: Night, rule_set: RuleSet) -> Scan:
        tables = tables_scanned(night, rule_set)
        for name in sorted(shared_tables({rule.grain for rule in rule_set.rules}) & tables.keys()):
            tables[name] = night.materialize(tables[name])
        window = ScanWindow(NIGHT - timedelta(days=night.settings.scan_days - 1), NIGHT)
        supplied = supplied_scanned(night, rule_set)
        given = (supplied, knowledge_for(night), window, night.materialize, night.dates_only())
        return scan(rule_set, tables, *given, read_policies())


def rules_asked(asked: str) -> RuleSet:
    """The rules on claims that are named, all of them, or those that judge fee lines; each as if it were active."""
    every = load_rules()
    rules = [rule for rule in every.rules if not rule.indicators and _is_asked(rule, asked)]
    active = tuple(rule.model_copy(update={"state": RuleState.ACTIVE}) for rule in rules)
    return every.model_copy(update={"rules": active, "switched_off": {}})


def _is_asked(rule: Rule, asked: str) -> bool:
    if asked == "lines":
        return GRAINS[rule.grain].frame is LINES
    return asked == "all" or rule.id in asked.split(",")


def _alone(rule_set: RuleSet) -> Iterator[RuleSet]:
    for rule in rule_set.rules:
        yield rule_set.only({rule.id})


def main() -> None:
    settings_file, var, folder, asked = sys.argv[1:5]
    settings = load_settings({"var": var}, {}, Path(settings_file)).settings
    rule_set = rules_asked(asked)
    sets = [*_alone(rule_set)] if "each" in sys.argv[5:] else [rule_set]
    begun = time.monotonic()
    with writing(settings) as place:
        of_lake = LakeScan(place)
        _ = place.spark  # started when first asked for
        print(f"Spark starts {time.monotonic() - begun:.1f} s", file=sys.stderr)
        begun, hits, not_run = time.monotonic(), dict[str, int](), dict[str, str]()
        for number, some in enumerate(sets):
            found = of_lake.scan(some)
            found.hits.write.mode("overwrite").parquet(f"{folder}/{number}")
            hits |= {r["rule_id"]: r["count"] for r in found.found.groupBy("rule_id").count().collect()}  # a row a rule
            not_run |= {r["rule_id"]: r["problem"] for r in found.states.collect() if r["problem"]}
        seconds = time.monotonic() - begun
        largest = 0 if len(sets) > 1 else of_lake.largest_method(rule_set)
    print(json.dumps({"seconds": seconds, "hits": hits, "not_run": not_run, "largest_method": largest}))


if __name__ == "__main__":
    main()
