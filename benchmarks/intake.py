"""Fee lines from gzip CSV to clean Delta through `fundwatch intake`, against a bare Spark read and write of the files.

    .venv/bin/python -m benchmarks.intake [--lines 10000000] [--var DIR]

A year's history arrives as one delivery, then one night of about 0.3 % of it. Both are simulated first and not timed.
Each command is a whole process, start-up included; peak memory is that of all its processes together, sampled, shared
pages counted once. The bare application reads every file of the history with the same Spark settings, all columns as
strings, and writes Delta.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from datetime import date
from pathlib import Path

from benchmarks.processes import Cost, run_measured
from fundwatch.settings import Settings
from jobs.protect.manage_keys import make_missing_keys
from simulator import scenario_for_lines, simulate

HISTORY, NIGHT = date(2026, 3, 30), date(2026, 3, 31)
_STEP = re.compile(r"^\d\d:\d\d:\d\d  (.{64}) +([\d.]+) s")
_BARE = """
import pathlib, sys
from fundwatch.engine.session import start_session
from fundwatch.settings import load_settings
spark = start_session("bare", *load_settings({}).settings.spark())
for file in sorted(pathlib.Path(sys.argv[1]).glob("*.csv.gz")):
    rows = spark.read.option("header", True).csv(str(file))
    rows.write.mode("overwrite").format("delta").save(f"{sys.argv[2]}/{file.name}")
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=10_000_000)
    parser.add_argument("--var", type=Path, help="a folder that keeps what was made; deliveries in it are used again")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        var = asked.var or Path(scratch)
        landing = var / "landing"
        if not landing.is_dir():
            make_missing_keys(Settings(var=var))
            scenario = scenario_for_lines(asked.lines, history_start=date(2025, 4, 1), nights=(HISTORY, NIGHT))
            simulate(scenario, landing, var / "truth", processes=2)
        bare = run_measured([sys.executable, "-c", _BARE, str(landing / str(HISTORY)), str(var / "bare")])
        _report("bare read and write of the history", bare)
        history = _intake(var, HISTORY)
        _report("intake of the history", history)
        processor = history.processor_seconds / bare.processor_seconds
        print(f"ratio: {history.seconds / bare.seconds:.2f} of wall, {processor:.2f} of processor seconds")
        night = _intake(var, NIGHT)
        _report("intake of the night", night)
        print(f"the night's part of the history's time: {night.seconds / history.seconds:.3f}")


def _intake(var: Path, night: date) -> Cost:
    command = [sys.executable, "-m", "jobs.command_line", "intake", "--date", str(night), "--var", str(var)]
    return run_measured(command)


def _report(what: str, cost: Cost) -> None:
    used = f"{cost.seconds:.0f} s wall, {cost.processor_seconds:.0f} s processor, {cost.peak_megabytes:,.0f} MB peak"
    print(f"{what}: {used}", flush=True)
    for line in cost.output.splitlines():
        if re.match(r"  (claim_lines|rows|accepted|quarantined|duplicates) ", line):
            print(line)
    for line in cost.errors.splitlines():
        if step := _STEP.match(line):
            print(f"  {step[1].strip():<60} {float(step[2]):6.1f} s", flush=True)


if __name__ == "__main__":
    main()
