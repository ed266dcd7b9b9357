"""Simulate many fee lines: lines a second, processor time and peak memory of all processes, at two sizes.

    .venv/bin/python -m benchmarks.simulate [--lines 1000000] [--processes 2]

Memory is sampled as PSS: what is shared between processes counts once. It is measured at a quarter of the lines
too, since flat memory is the point: a world four times as large may hardly need more.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.processes import Cost, run_measured

_RUN = """
import sys
from pathlib import Path
from simulator import Scenario, scenario_for_lines, simulate
if __name__ == "__main__":
    root = Path(sys.argv[1])
    scenario = scenario_for_lines(int(sys.argv[2]))
    print(simulate(scenario, root / "landing", root / "truth", processes=int(sys.argv[3])).fee_lines)
"""


def _measure(lines: int, processes: int) -> tuple[int, Cost, float]:
    """Lines made, what it cost, megabytes on disk."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "run.py"  # a file, so that started processes can import it
        program.write_text(_RUN, encoding="utf-8")
        command = [sys.executable, str(program), folder, str(lines), str(processes)]
        cost = run_measured(command, {"PYTHONPATH": str(Path(__file__).parent.parent)})
        size = sum(file.stat().st_size for file in (Path(folder) / "landing").rglob("*") if file.is_file())
    return int(cost.output), cost, size / 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args()
    for lines in (asked.lines // 4, asked.lines):
        made, cost, size = _measure(lines, asked.processes)
        print(
            f"{made:>12,} fee lines on {asked.processes} processes: {cost.seconds:7.1f} s, "
            f"{made / cost.seconds:9,.0f} lines/s, {made / cost.processor_seconds:9,.0f} per processor second, "
            f"peak {cost.peak_megabytes:6,.0f} MB, {size:8,.0f} MB delivered",
            flush=True,
        )


if __name__ == "__main__":
    main()
