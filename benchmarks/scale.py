"""How a night grows with its lines, and how it shrinks with workers: seconds by stage, shuffle, the driver's memory.

    .venv/bin/python -m benchmarks.scale --lines 100000 1000000 [--workers 1 2] [--set KEY=VALUE] [--out FILE]

Each night is a lake's first, its delivery that of the history, and runs on a real standalone cluster of this machine,
workers of one core. A stage's seconds with one worker and with two say which share of it does not become faster by
workers; two sizes say what a stage costs whatever its lines, and what a million of them adds. From these `reckoned`
tells the seconds of a larger night, which is the formula of docs/scale.md.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from benchmarks.event_log import read_figures, settings_with_events
from benchmarks.processes import run_measured
from fundwatch.settings import Settings, load_settings
from jobs.protect.manage_keys import make_missing_keys
from jobs.prove.simulate_claims import scenario_of
from scripts.small_cluster.spark import cluster
from simulator import simulate

_NIGHT = date(2026, 3, 31)
_STAGE = re.compile(rf"^\d\d:\d\d:\d\d  {_NIGHT} (\S.{{52}}) +([\d.]+) s")
_MILLION = 1_000_000


@dataclass(frozen=True)
class NightCost:
    """One night: its fee lines, how many workers, and what it took. The driver is the command with its Java process."""

    lines: int
    workers: int
    seconds: float
    by_stage: Mapping[str, float]
    shuffled_bytes: float
    task_seconds: float
    driver_megabytes: float


@dataclass(frozen=True)
class StageCost:
    """What a stage takes: seconds whatever its lines, and for a million of them those that workers do not share, and
    those that they do, of one core."""

    fixed: float
    alone: float
    shared: float


def reckoned(growth: Mapping[str, StageCost], lines: int, cores: int) -> float:
    """The seconds of a night on so many cores."""
    millions = lines / _MILLION
    return sum(one.fixed + millions * (one.alone + one.shared / cores) for one in growth.values())


def grown(nights: Sequence[NightCost]) -> dict[str, StageCost]:
    """By stage, out of nights of two sizes or more, each with as many workers; what is measured about nothing is 0."""
    workers = sorted({night.workers for night in nights})
    few, many = workers[0], workers[-1]
    found = {}
    for stage in {stage: None for night in nights for stage in night.by_stage}:
        slope, fixed = {}, {}
        for count in {few, many}:
            points = [(n.lines / _MILLION, n.by_stage.get(stage, 0.0)) for n in nights if n.workers == count]
            slope[count], fixed[count] = _line(points)
        if few == many:  # nothing tells what would be shared
            found[stage] = StageCost(fixed[few], slope[few], 0.0)
            continue
        shared = max(0.0, (slope[few] - slope[many]) / (1 / few - 1 / many))
        found[stage] = StageCost(fixed[many], max(0.0, slope[few] - shared / few), shared)
    return found


def _line(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Slope and beginning of the straight line through the points, by least squares; neither is below 0."""
    mean_x, mean_y = (sum(values) / len(points) for values in zip(*points, strict=True))
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    if spread == 0:
        return mean_y / mean_x, 0.0
    slope = max(0.0, sum((x - mean_x) * (y - mean_y) for x, y in points) / spread)
    return slope, max(0.0, mean_y - slope * mean_x)


def measured(world: Path, lines: int, workers: int, stated: Sequence[str]) -> NightCost:
    """One night of the world on a cluster of its own."""
    with tempfile.TemporaryDirectory() as scratch:
        var, events = Path(scratch) / "var", Path(scratch) / "events"
        shutil.copytree(world, var)
        options = [part for one in stated for part in ("--set", one)]
        settings = load_settings(dict(one.split("=", 1) for one in stated)).settings
        file = Path(scratch) / "settings.yaml"
        file.write_text(json.dumps(settings_with_events(settings, events)), encoding="utf-8")
        with cluster(Path(scratch), workers) as made:
            options += ["--settings", str(file), "--set", f"spark_master={made.address}", "--var", str(var)]
            cost = run_measured([sys.executable, "-m", "jobs.command_line", "nightly", "--date", str(_NIGHT), *options])
        seen = read_figures(events)
    stages = {found[1].strip(): float(found[2]) for line in cost.errors.splitlines() if (found := _STAGE.match(line))}
    return NightCost(
        lines, workers, cost.seconds, stages, seen.shuffled_megabytes * 2**20, seen.task_seconds, cost.peak_megabytes
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, nargs="+", default=[20_000, 100_000])
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--set", dest="stated", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--out", type=Path, help="a JSON file of all that was measured")
    asked = parser.parse_args()
    nights = []
    for size in asked.lines:
        with tempfile.TemporaryDirectory() as scratch:
            world = Path(scratch)
            make_missing_keys(Settings(var=world))
            scenario = scenario_of(_NIGHT, lines=size, nights=1, seed=20260331)
            lines = simulate(scenario, world / "landing", world / "truth").fee_lines
            for workers in asked.workers:
                nights.append(measured(world, lines, workers, asked.stated))
                _print(nights[-1])
    growth = grown(nights)
    for stage, one in growth.items():
        print(f"{stage:<52} {one.fixed:7.1f} s + {one.alone:7.1f} s + {one.shared:7.1f} s / cores, a million lines")
    if asked.out:
        reported = {"nights": [asdict(n) for n in nights], "growth": {s: asdict(g) for s, g in growth.items()}}
        asked.out.write_text(json.dumps(reported, ensure_ascii=False, indent=1), encoding="utf-8")


def _print(night: NightCost) -> None:
    per_line = night.shuffled_bytes / night.lines
    what = f"{night.lines:,} fee lines, workers {night.workers}: {night.seconds:.0f} s"
    how = f"driver {night.driver_megabytes:,.0f} MB, shuffle {per_line:.0f} bytes a line"
    print(f"{what}, {how}, tasks {night.task_seconds:.0f} s", flush=True)
    for stage, seconds in night.by_stage.items():
        print(f"  {stage:<52} {seconds:7.1f} s  {seconds / night.lines * _MILLION:9.1f} s a million lines", flush=True)


if __name__ == "__main__":
    main()
