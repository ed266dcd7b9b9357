"""What a command costs with all the processes it starts: seconds, processor seconds, peak memory."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_SAMPLE_SECONDS = 0.25


@dataclass(frozen=True)
class Cost:
    """Wall and processor seconds, peak megabytes, and what the command said."""

    seconds: float
    processor_seconds: float
    peak_megabytes: float
    output: str
    errors: str


def run_measured(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Cost:
    """Run it and sample its memory. Raises CalledProcessError when it fails."""
    used, begun, peak = _processor_seconds(), time.monotonic(), 0.0
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        here = {**os.environ, **(environment or {})}
        with subprocess.Popen(command, stdout=output, stderr=errors, env=here) as process:
            while process.poll() is None:
                peak = max(peak, _megabytes(process.pid))
                time.sleep(_SAMPLE_SECONDS)
        seconds = time.monotonic() - begun
        output.seek(0)
        errors.seek(0)
        cost = Cost(seconds, _processor_seconds() - used, peak, output.read(), errors.read())
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, command, cost.output, cost.errors)
    return cost


def _processor_seconds() -> float:
    """Of all processes that were waited for: what a busy machine does not distort."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _megabytes(pid: int) -> float:
    """Memory of a process and its descendants; what forked workers share counts once (PSS, proc(5))."""
    kilobytes = 0
    for member in _family(pid):
        try:
            told = Path(f"/proc/{member}/smaps_rollup").read_text()
        except OSError:
            continue  # it ended between being listed and being read
        found = re.search(r"^Pss: +(\d+) kB", told, re.MULTILINE)
        kilobytes += int(found[1]) if found else 0
    return kilobytes / 2**10


def _family(pid: int) -> list[int]:
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = task.read_text().split()
        except OSError:
            continue  # the thread ended between being listed and being read
        for child in children:
            found += _family(int(child))
    return found
