"""What the rules on claims cost: beside a plain scan, a job per rule, fewer rules, and DuckDB, on one lake, in one run.

    .venv/bin/python -m benchmarks.rules [--lines 10000000] [--var DIR] [--each 24]

A lake of one delivery is simulated and taken in first and not timed; a folder that holds one is used again. Then, each
in a process of its own: a plain scan and write of the fee lines; all rules on fee lines; 12, 60, 120 and all rules
together; `--each` rules one after the other, each in jobs of its own; and the rules that DuckDB knows, by both. Ends
with 1 where DuckDB finds other hits, a rule is broken, or a limit is passed: rules on lines 3.0 times the plain scan,
all rules a fifteenth of as many jobs of one rule, five times DuckDB, 8 GB, methods of 8,000 bytes, which Java does not
compile. Seconds leave out the start of Spark.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.detection import HEAD, NIGHT, ROW, MeasuredStage, make_lake, measured, plain_scan
from benchmarks.detection_in_duckdb import RULES
from benchmarks.processes import run_measured
from benchmarks.rule_scan import rules_asked
from fundwatch.lake.store import Lake
from fundwatch.settings import Settings, load_settings

_COUNTS = (12, 60, 120)
_MOST_PLAIN, _LEAST_TOGETHER, _MOST_DUCKDB = 3.0, 15.0, 5.0
_MOST_MEGABYTES, _METHOD_BYTES = 8 * 1024, 8_000
_BROKEN = re.compile(r"^the rule is broken")


@dataclass(frozen=True)
class ScannedRules:
    """A measured scan of rules, and what its process reports."""

    stage: MeasuredStage
    count: int
    reported: Mapping[str, Any]

    @property
    def seconds(self) -> float:
        return float(self.reported["seconds"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=10_000_000)
    parser.add_argument("--var", type=Path, help="a folder that keeps the lake; a lake in it is used again")
    parser.add_argument("--each", type=int, default=24, help="how many rules are scanned one by one, spread over all")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        var = asked.var or Path(scratch) / "var"
        if not Lake(Settings(var=var).lake_address).is_made:
            make_lake(var, asked.lines)
        print(ROW.format(*HEAD), flush=True)
        problems = [*_compared(var, Path(scratch), asked.each)]
    print("\n".join(problems) or "within all limits; equal hits by both engines")
    return 1 if problems else 0


def _compared(var: Path, scratch: Path, each: int) -> Iterator[str]:
    plain = plain_scan(var, scratch)
    ids = [rule.id for rule in rules_asked("all").rules]
    lines = _scanned("rules on lines", "lines", var, scratch)
    yield from _too_much("rules on fee lines, in plain scans", lines.seconds / plain.seconds, _MOST_PLAIN)
    some = [_scanned(f"{count} rules", ",".join(_spread(ids, count)), var, scratch) for count in _COUNTS]
    every = _scanned("all rules", "all", var, scratch)
    for one in (*some, every):
        print(f"{one.count} rules: {one.seconds:.1f} s, {one.seconds / one.count:.2f} s a rule")
    alone = _scanned("rules one by one", ",".join(_spread(ids, each)), var, scratch, "each")
    times = alone.seconds / alone.count * every.count / every.seconds
    print(f"a job per rule: {times:.1f} times as long as all together, as {alone.count} of them show")
    if times < _LEAST_TOGETHER:
        yield f"a job per rule takes {times:.1f} times as long as all rules together; {_LEAST_TOGETHER} are asked for"
    yield from _beside_duckdb(var, scratch)
    for one in (lines, every):
        yield from _too_much(f"{one.stage.name}: megabytes", one.stage.cost.peak_megabytes, _MOST_MEGABYTES)
        yield from _too_much(f"{one.stage.name}: largest method", one.reported["largest_method"], _METHOD_BYTES)
        if not one.reported["largest_method"]:
            yield f"{one.stage.name}: no generated method was seen: is the code of queries generated in this profile?"
        broken = {name: why for name, why in one.reported["not_run"].items() if _BROKEN.match(why)}
        yield from (f"{name}: {why}" for name, why in broken.items())


def _beside_duckdb(var: Path, scratch: Path) -> Iterator[str]:
    """The rules that DuckDB knows, by both: seconds, and where they find another number."""
    here = _scanned("rules DuckDB knows", ",".join(RULES), var, scratch)
    days = load_settings({}).settings.scan_days
    command = [sys.executable, "-m", "benchmarks.detection_in_duckdb", str(var), str(NIGHT), str(days), "rules"]
    cost = run_measured(command)
    there = json.loads(cost.output)
    print(MeasuredStage("the same in DuckDB", cost, there["rule_seconds"]).row(), flush=True)
    yield from _too_much("Spark, in times of DuckDB", here.seconds / there["rule_seconds"], _MOST_DUCKDB)
    for rule_id, hits in there["hits"].items():
        found = here.reported["hits"].get(rule_id, 0)
        if found != hits:
            yield f"{rule_id}: {found} hits, {hits} in DuckDB"


def _scanned(name: str, asked: str, var: Path, scratch: Path, *more: str) -> ScannedRules:
    folder = scratch / "hits" / name.replace(" ", "-")
    command = [sys.executable, "-m", "benchmarks.rule_scan", "SETTINGS", str(var), str(folder), asked, *more]
    stage = measured(name, command, scratch)
    return ScannedRules(stage, len(rules_asked(asked).rules), json.loads(stage.cost.output.splitlines()[-1]))


def _spread(ids: Sequence[str], count: int) -> list[str]:
    """So many of them, evenly over their order."""
    return [ids[n * len(ids) // count] for n in range(min(count, len(ids)))]


def _too_much(what: str, value: float, most: float) -> Iterator[str]:
    print(f"{what}: {value:,.1f} (at most {most:,.1f})", flush=True)
    if value > most:
        yield f"{what}: {value:,.1f}, and at most {most:,.1f} are allowed"


if __name__ == "__main__":
    sys.exit(main())
