"""One night of many fee lines through `fundwatch nightly`: wall time, peak memory, seconds per stage.

    .venv/bin/python -m benchmarks.nightly [--lines 200000] [--var DIR]

The deliveries are simulated first and not timed. Peak memory is that of the command and all its processes together,
sampled, shared pages counted once; a bare read of the same fee file in the same Spark settings gives the ratio to
compare machines by.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

from benchmarks.processes import run_measured
from fundwatch.settings import Settings
from jobs.protect.manage_keys import make_missing_keys
from jobs.prove.simulate_claims import scenario_of
from simulator import simulate

NIGHT = date(2026, 3, 31)
_STAGE = re.compile(r"^\d\d:\d\d:\d\d  (.{64}) +([\d.]+) s")
_BARE = """
import sys, time
from fundwatch.engine.session import start_session
from fundwatch.settings import load_settings
spark = start_session("bare", *load_settings({}).settings.spark())
begun = time.monotonic()
spark.read.option("header", True).csv(sys.argv[1]).write.mode("overwrite").format("delta").save(sys.argv[2])
print(time.monotonic() - begun)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=200_000)
    parser.add_argument("--var", type=Path, help="an empty folder that keeps what was made, to be evaluated")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        var = asked.var or Path(scratch)
        folder = str(var)
        make_missing_keys(Settings(var=var))
        scenario = scenario_of(NIGHT, lines=asked.lines, nights=1, seed=20260331)
        lines = simulate(scenario, var / "landing", var / "truth").fee_lines
        fundwatch = [sys.executable, "-m", "jobs.command_line"]
        cost = run_measured([*fundwatch, "nightly", "--date", str(NIGHT), "--var", folder])
        text = f"{cost.seconds:.0f} s wall, {cost.peak_megabytes:,.0f} MB peak, start-up and training included"
        print(f"{lines:,} fee lines: {text}")
        for line in cost.errors.splitlines():
            if stage := _STAGE.match(line):
                print(f"  {stage[1].strip():<60} {float(stage[2]):6.1f} s")
        fees = var / "landing" / str(NIGHT) / "fee_list.csv.gz"
        bare = subprocess.run(
            [sys.executable, "-c", _BARE, str(fees), str(var / "bare")], capture_output=True, text=True, check=True
        )
        print(f"ratio to a bare Spark read and write of the fee lines: {cost.seconds / float(bare.stdout):.1f}")


if __name__ == "__main__":
    main()
