"""What the rules and the indicators of a night cost beside a plain scan and beside DuckDB, on one lake, in one run.

    .venv/bin/python -m benchmarks.detection [--lines 1000000] [--var DIR]

A lake of one delivery is simulated and taken in first and not timed; a folder that holds one is used again. Then, each
in a process of its own: a plain scan and write of the fee lines in the same Spark settings, the rule stage, the
indicator stage (`fundwatch scan` and `build` on a copy of the tables), and the same conditions, sums, windows and
quantiles in DuckDB on the same files. Ends with 1 where the results differ: hits by rule, and of every indicator and
entity how many have a value and what they add up to. Seconds leave out the start of Spark.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.detection_in_duckdb import of_days
from benchmarks.event_log import SparkFigures, read_figures, settings_with_events
from benchmarks.processes import Cost, run_measured
from features.catalogue import load_catalogues
from fundwatch.lake.store import Lake
from fundwatch.settings import Settings, load_settings
from jobs.protect.manage_keys import make_missing_keys
from simulator import scenario_for_lines, simulate

NIGHT = date(2026, 3, 31)
FUNDWATCH = (sys.executable, "-m", "jobs.command_line")
_START = re.compile(r"Spark starts +([\d.]+) s", re.MULTILINE)
ROW = "{:<28} {:>8} {:>9} {:>8} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9}"
HEAD = ("", "wall s", "cpu s", "peak MB", "queries", "jobs", "shuffles", "MB moved", "idle s", "max/med")
_CLOSE = 1e-6  # sums of doubles in another order
_PLAIN = """
import sys, time
from pathlib import Path
from fundwatch.engine.session import start_session
from fundwatch.lake.store import Lake
from fundwatch.settings import load_settings
settings = load_settings({"var": sys.argv[2]}, {}, Path(sys.argv[1])).settings
begun = time.monotonic()
spark = start_session("plain", *settings.spark())
print(f"Spark starts {time.monotonic() - begun:.1f} s", file=sys.stderr)
Lake(settings.lake_address).read(spark, "claim_line").write.mode("overwrite").parquet(sys.argv[3])
"""


@dataclass(frozen=True)
class MeasuredStage:
    """A measured process, and what Spark's event log says of it; DuckDB has none."""

    name: str
    cost: Cost
    seconds: float
    figures: SparkFigures | None = None

    def row(self) -> str:
        used = (f"{self.seconds:.1f}", f"{self.cost.processor_seconds:.1f}", f"{self.cost.peak_megabytes:,.0f}")
        r = self.figures
        spark: tuple[str, ...] = ("",) * 6
        if r is not None:
            skew = r.slowest_task / max(r.median_task, 0.001)
            spark = (*map(str, (r.queries, r.jobs, r.shuffles)), f"{r.shuffled_megabytes:,.0f}",
                     f"{r.idle_seconds:.1f}", f"{skew:.0f}")  # fmt: skip
        return ROW.format(self.name, *used, *spark)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--var", type=Path, help="a folder that keeps the lake; a lake in it is used again")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        var = asked.var or Path(scratch) / "var"
        if not Lake(Settings(var=var).lake_address).is_made:
            make_lake(var, asked.lines)
        copy = Path(scratch) / "copy"
        shutil.copytree(var, copy, ignore=shutil.ignore_patterns("landing", "truth"))
        print(ROW.format(*HEAD), flush=True)
        stages = [plain_scan(copy, Path(scratch)), *(_stage(verb, copy, Path(scratch)) for verb in ("build", "scan"))]
        in_duckdb, reported = _in_duckdb(copy)
        for second, stage in zip(in_duckdb, stages[1:], strict=True):
            plain = stages[0].seconds
            print(f"{stage.name}: {stage.seconds / second.seconds:.1f} × DuckDB, {stage.seconds / plain:.1f} × plain")
        differences = [*_different_hits(copy, reported), *_different_indicators(copy, reported)]
        print(
            "\n".join(differences) or "equal: hits of every rule, values of every indicator, quantiles of every group"
        )
    return 1 if differences else 0


def make_lake(var: Path, lines: int) -> None:
    """A quarter's claims as one delivery, taken in."""
    make_missing_keys(Settings(var=var))
    scenario = scenario_for_lines(lines, history_start=date(2026, 1, 1), nights=(NIGHT,))
    simulate(scenario, var / "landing", var / "truth", processes=2)
    subprocess.run([*FUNDWATCH, "intake", "--date", str(NIGHT), "--var", str(var)], check=True)


def measured(name: str, command: Sequence[str], scratch: Path) -> MeasuredStage:
    """The command with Spark's event log on; its settings file is put in place of the word SETTINGS."""
    events = scratch / "events" / name.replace(" ", "-")
    file = events.parent / f"{events.name}.yaml"
    events.mkdir(parents=True)
    file.write_text(json.dumps(settings_with_events(load_settings({}).settings, events)), encoding="utf-8")
    cost = run_measured([str(file) if word == "SETTINGS" else word for word in command])
    start = _START.search(cost.errors)
    stage = MeasuredStage(name, cost, cost.seconds - (float(start[1]) if start else 0), read_figures(events))
    print(stage.row(), flush=True)
    return stage


def plain_scan(var: Path, scratch: Path) -> MeasuredStage:
    command = [sys.executable, "-c", _PLAIN, "SETTINGS", str(var), str(scratch / "plain")]
    return measured("plain scan and write", command, scratch)


def _stage(verb: str, var: Path, scratch: Path) -> MeasuredStage:
    options = ("--date", str(NIGHT), "--var", str(var), "--settings", "SETTINGS")
    return measured({"scan": "rules", "build": "indicators"}[verb], [*FUNDWATCH, verb, *options], scratch)


def _in_duckdb(var: Path) -> tuple[list[MeasuredStage], Mapping[str, Any]]:
    """The two parts; processor and memory are those of both together, start-up included."""
    days = load_settings({}).settings.scan_days
    cost = run_measured([sys.executable, "-m", "benchmarks.detection_in_duckdb", str(var), str(NIGHT), str(days)])
    reported = json.loads(cost.output)
    parts = [MeasuredStage(f"{part} in DuckDB", cost, reported[f"{part}_seconds"]) for part in ("indicator", "rule")]
    for part in parts:
        print(part.row(), flush=True)
    return parts, reported


def _rows(var: Path, table: str, query: str) -> list[dict[str, Any]]:
    return Lake(Settings(var=var).lake_address).rows(table, query)


def _different_hits(var: Path, reported: Mapping[str, Any]) -> Iterator[str]:
    counts = _rows(var, "rule_hit", "SELECT rule_id, count(*) AS hits FROM rule_hit GROUP BY rule_id")
    found = {row["rule_id"]: row["hits"] for row in counts}
    for rule_id, hits in reported["hits"].items():
        if found.get(rule_id, 0) != hits:
            yield f"{rule_id}: {found.get(rule_id, 0)} hits, {hits} in DuckDB"
    print(f"hits: {sum(found.values())}")


def _different_indicators(var: Path, reported: Mapping[str, Any]) -> Iterator[str]:
    for entity, whole in load_catalogues().items():
        names = [named.column for named in of_days(whole).named]
        if not names:
            continue
        figures = ", ".join(f"count({n}) AS {n}_count, coalesce(sum({n}), 0) AS {n}_sum" for n in names)
        (row,) = _rows(var, f"indicator_{entity}", f"SELECT count(*) AS members, {figures} FROM indicator_{entity}")
        there = reported["indicators"][entity]
        pairs = [("members", row["members"], there["members"])]
        for name in names:
            pairs += [(f"{name} values", row[f"{name}_count"], there[name][0])]
            pairs += [(f"{name} sum", row[f"{name}_sum"], there[name][1])]
        yield from _unequal(entity, pairs)
        yield from _unequal(f"{entity} peers", _peer_figures(var, entity, names, reported))


def _peer_figures(
    var: Path, entity: str, names: Sequence[str], reported: Mapping[str, Any]
) -> Iterator[tuple[str, float, float]]:
    query = f"SELECT indicator, peer_count, median, mad, ladder FROM peer_statistic WHERE entity_type = '{entity}'"
    rows = [r for r in _rows(var, "peer_statistic", query) if r["peer_count"] and r["indicator"] in names]
    here = (
        len(rows),
        *(sum(row[name] for row in rows) for name in ("median", "mad")),
        sum(sum(row["ladder"]) for row in rows),
    )
    names = ("figures", "medians", "deviations", "quantiles")
    return zip(names, here, reported["indicators"][f"{entity} peers"], strict=True)


def _unequal(of: str, pairs: Sequence[tuple[str, float, float]] | Iterator[tuple[str, float, float]]) -> Iterator[str]:
    for name, here, there in pairs:
        if not math.isclose(here, there, rel_tol=_CLOSE, abs_tol=_CLOSE):
            yield f"{of}: {name}: {here}, {there} in DuckDB"


if __name__ == "__main__":
    sys.exit(main())
