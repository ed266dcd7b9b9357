"""What the indicators of a night cost beside a plain scan: the first build, and a night that brings few lines.

    .venv/bin/python -m benchmarks.indicators [--lines 1000000] [--days 365] [--var DIR] [--indicators all]

A lake of two deliveries is simulated and taken in first and not timed: all lines, and a night later a small share of
them. Then, each in a process of its own: a plain scan and write of the fee lines in the same Spark settings, the
indicator stage of the first night (nothing is kept yet), and that of the second, upon the first. Printed with them: how
many indicators and columns of how many entities. DuckDB counts some of each kind beside, by SQL of its own
(`benchmarks/indicators.sql`), and its values are compared with the lake's; `benchmarks/detection.py` has the sums,
windows and quantiles of what models learn from. Seconds leave out the start of Spark.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path

from benchmarks.detection import FUNDWATCH, HEAD, NIGHT, ROW, MeasuredStage, measured, plain_scan
from features.catalogue import load_catalogues
from fundwatch.lake.store import Lake
from fundwatch.settings import Settings
from jobs.protect.manage_keys import make_missing_keys
from simulator import scenario_for_lines, simulate


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=365, help="of history before the second night")
    parser.add_argument("--var", type=Path, help="a folder that keeps the lake; a lake in it is used again")
    parser.add_argument("--indicators", choices=("learned", "all"), default="all")
    asked = parser.parse_args()
    first, second = NIGHT, NIGHT + timedelta(days=1)
    with tempfile.TemporaryDirectory() as scratch:
        var = asked.var or Path(scratch) / "var"
        if not Lake(Settings(var=var).lake_address).is_made:
            _make_lake(var, asked.lines, asked.days, (first, second))
        copy = Path(scratch) / "copy"
        shutil.copytree(var, copy, ignore=shutil.ignore_patterns("landing", "truth"))
        catalogues = load_catalogues().values()
        columns = sum(len(one.named) for one in catalogues)
        count = sum(len(one.indicators) for one in catalogues)
        print(f"{count} indicators, {columns} columns, {len(catalogues)} entities")
        print(ROW.format(*HEAD), flush=True)
        plain = plain_scan(copy, Path(scratch))
        nights = {"first build": first, "next night": second}
        built = [_build(name, night, copy, Path(scratch), asked.indicators) for name, night in nights.items()]
        print(f"first build: {built[0].seconds / plain.seconds:.1f} × plain scan")
        print(f"next night: {100 * built[1].seconds / built[0].seconds:.0f} % of the first build")
        _print_beside(copy, second)
    return 0


def _make_lake(var: Path, lines: int, days: int, nights: tuple[date, date]) -> None:
    make_missing_keys(Settings(var=var))
    scenario = scenario_for_lines(lines, history_start=nights[0] - timedelta(days=days), nights=nights)
    simulate(scenario, var / "landing", var / "truth", processes=2)
    for night in nights:
        subprocess.run([*FUNDWATCH, "intake", "--date", str(night), "--var", str(var)], check=True)


def _print_beside(var: Path, night: date) -> None:
    """Print what DuckDB takes for indicators of each kind, and how many of its values are others than the lake's."""
    command = [sys.executable, "-m", "benchmarks.indicators_in_duckdb", str(var), str(night)]
    said = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    compared = [one for one in said["indicators"].values() if "other" in one]
    print(
        f"DuckDB: {len(said['indicators'])} indicators in {said['seconds']:.1f} s; of {len(compared)} in the lake "
        f"{sum(one['counted'] for one in compared):,} values, {sum(one['other'] for one in compared):,} of them others"
    )


def _build(name: str, night: date, var: Path, scratch: Path, indicators: str) -> MeasuredStage:
    options = ("--date", str(night), "--var", str(var), "--settings", "SETTINGS", "--set", f"indicators={indicators}")
    return measured(name, [*FUNDWATCH, "build", *options], scratch)


if __name__ == "__main__":
    sys.exit(main())
