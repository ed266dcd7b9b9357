"""What a command costs with all the processes it starts: seconds, processor seconds, peak memory."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_SAMPLE_SECONDS = 0.25
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Cost:
    """Wall and processor seconds, peak megabytes, and what the command said."""

    seconds: float
    processor_seconds: float
    peak_megabytes: float
    output: str
    errors: str


def run_measured(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Cost:
    """Run it, sampling its memory and processor time. Raises CalledProcessError when it fails.

    Processor time is what each process had used when last seen: a JVM that ends by itself is waited for by nobody.
    """
    begun, peak = time.monotonic(), 0.0
    used: dict[int, float] = {}
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        here = {**os.environ, **(environment or {})}
        with subprocess.Popen(command, stdout=output, stderr=errors, env=here) as process:
            while process.poll() is None:
                looked = time.monotonic()
                members = family(process.pid)
                peak = max(peak, _megabytes(members))
                used |= _processor_seconds(members)
                # a look at a large process takes its time: no more than a fiftieth of it all
                time.sleep(max(_SAMPLE_SECONDS, 50 * (time.monotonic() - looked)))
        seconds = time.monotonic() - begun
        output.seek(0)
        errors.seek(0)
        cost = Cost(seconds, sum(used.values()), peak, output.read(), errors.read())
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, command, cost.output, cost.errors)
    return cost


def _processor_seconds(family: Sequence[int]) -> dict[int, float]:
    """User and system time by process, threads included (proc(5)): what a busy machine distorts least."""
    found = {}
    for member in family:
        try:
            fields = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended between being listed and being read
        found[member] = (int(fields[11]) + int(fields[12])) / _TICKS
    return found


def _megabytes(family: Sequence[int]) -> float:
    """Memory of processes; what forked workers share counts once (PSS, proc(5))."""
    kilobytes = 0
    for member in family:
        try:
            reported = Path(f"/proc/{member}/smaps_rollup").read_text()
        except OSError:
            continue
        found = re.search(r"^Pss: +(\d+) kB", reported, re.MULTILINE)
        kilobytes += int(found[1]) if found else 0
    return kilobytes / 2**10


def family(pid: int) -> list[int]:
    """The process and all that it has started."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = task.read_text().split()
        except OSError:
            continue  # the thread ended between being listed and being read
        for child in children:
            found += family(int(child))
    return found
