"""Simulate many fee lines: lines a second, processor time and peak memory of all processes, at two sizes.

    .venv/bin/python benchmarks/simulate.py [--lines 1000000] [--processes 2]

Memory is sampled as PSS: what is shared between processes counts once. It is measured at a quarter of the lines
too, since flat memory is the point: a world four times as large may hardly need more.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_RUN = """
import sys
from pathlib import Path
from simulator import Scenario, simulate
if __name__ == "__main__":
    root = Path(sys.argv[1])
    scenario = Scenario.for_lines(int(sys.argv[2]))
    print(simulate(scenario, root / "landing", root / "truth", processes=int(sys.argv[3])).fee_lines)
"""
_SAMPLE_SECONDS = 0.25


def _family(pid: int) -> list[int]:
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += _family(int(child))
    return found


def _megabytes(pid: int) -> float:
    """Proportional set size of a process and all it started."""
    kilobytes = 0
    for member in _family(pid):
        try:
            lines = Path(f"/proc/{member}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue  # it ended between being listed and being read
        kilobytes += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return kilobytes / 1024


def _processor_seconds() -> float:
    """Of all processes that were waited for: what a busy machine does not distort."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _measure(lines: int, processes: int) -> tuple[int, float, float, float, float]:
    """Lines made, seconds, processor seconds, peak megabytes and megabytes on disk."""
    before = _processor_seconds()
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "run.py"  # a file, so that started processes can import it
        program.write_text(_RUN, encoding="utf-8")
        begun, peak = time.monotonic(), 0.0
        command = [sys.executable, str(program), folder, str(lines), str(processes)]
        here = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=here) as process:
            while process.poll() is None:
                try:
                    peak = max(peak, _megabytes(process.pid))
                except OSError:
                    break
                time.sleep(_SAMPLE_SECONDS)
            made = process.communicate()[0]
        seconds = time.monotonic() - begun
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, command)
        size = sum(file.stat().st_size for file in (Path(folder) / "landing").rglob("*") if file.is_file())
    return int(made), seconds, _processor_seconds() - before, peak, size / 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args()
    for lines in (asked.lines // 4, asked.lines):
        made, seconds, used, peak, size = _measure(lines, asked.processes)
        print(
            f"{made:>12,} fee lines on {asked.processes} processes: {seconds:7.1f} s, {made / seconds:9,.0f} lines/s, "
            f"{made / used:9,.0f} per processor second, peak {peak:6,.0f} MB, {size:8,.0f} MB delivered",
            flush=True,
        )


if __name__ == "__main__":
    main()
