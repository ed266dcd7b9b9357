"""Where the seconds of a small night go: by what ran and by kind.

    .venv/bin/python -m benchmarks.fixed_cost [--lines 4500] [--var DIR --date D]

Two nights are simulated and the first is run, unmeasured; or the lake in DIR is copied, and its night D run. Kinds are
processor seconds, which a busy machine distorts least: Java's threads by what they do (planning is what happens while
Python waits for an answer; compiling is HotSpot's), and Python. Queries, jobs and tasks are counted in Spark's event
log; queries of Delta's own are those that look a table up. Stages that run side by side share a row.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from benchmarks.processes import family
from fundwatch.lake.ledger import Ledger
from fundwatch.settings import Settings, load_settings
from jobs.protect.manage_keys import make_missing_keys
from jobs.prove.simulate_claims import scenario_of
from simulator import simulate

NIGHT = date(2026, 3, 31)
_PROFILE = "demo"
_SAMPLE_SECONDS = 0.5
_TICKS = os.sysconf("SC_CLK_TCK")
_STEP = re.compile(r"^(\d\d:\d\d:\d\d)  (\S.{63}) +([\d.]+) s")
_THREADS = {
    "planning": ("Thread-", "broadcast-excha"),
    "tasks": ("Executor task",),
    "compiling": ("C1 ", "C2 "),
    "collecting": ("VM Thread", "GC ", "G1 "),
}
KINDS = ("planning", "tasks", "compiling", "collecting", "other Java", "Python")
_DELTA = ("Delta:", "$anonfun$recordDelta")
_START = "start and what no stage claims"


@dataclass
class Segment:
    """A time during which the same stages ran."""

    wall: float = 0.0
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    counts: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Sample:
    """Processor seconds by kind since the sample before, seen at a time."""

    at: float
    seconds: Mapping[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=4_500)
    parser.add_argument("--var", type=Path, help="the folders of a lake, copied before its night is run")
    parser.add_argument("--date", type=date.fromisoformat, default=NIGHT)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        var, events = Path(scratch) / "var", Path(scratch) / "events"
        events.mkdir()
        if asked.var is None:
            _make_first_night(var, asked.lines)
        else:
            shutil.copytree(asked.var, var)
        before = len(Ledger(Settings(var=var).lake_address).table_rows())
        begun = time.time()
        samples, words = _run(var, asked.date, events)
        segments = _segments(samples, words, begun)
        _count_events(segments, events, words, begun)
        rows = Ledger(Settings(var=var).lake_address).table_rows()[before:]
        _print(segments, sum(row["state"] == "committed" for row in rows), time.time() - begun)


def _make_first_night(var: Path, lines: int) -> None:
    make_missing_keys(Settings(var=var))
    scenario = scenario_of(NIGHT, lines=lines, nights=2, seed=20260331)
    simulate(scenario, var / "landing", var / "truth")
    first = min(scenario.nights)
    subprocess.run(_command(var, first), check=True, capture_output=True)


def _command(var: Path, night: date, *more: str) -> list[str]:
    own = ["nightly", "--date", str(night), "--var", str(var), "--profile", _PROFILE]
    return [sys.executable, "-m", "jobs.command_line", *own, *more]


def _run(var: Path, night: date, events: Path) -> tuple[list[Sample], list[tuple[float, float, str]]]:
    """Run the night; samples of its processor time, and each step with when it began and ended."""
    stated = {
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": events.as_uri(),
        "spark.eventLog.compress": "false",
    }
    file = events.parent / "settings.yaml"
    profile = load_settings({"profile": _PROFILE}, {}).settings.spark_conf
    file.write_text(json.dumps({"spark_conf": profile | stated}), encoding="utf-8")  # JSON is YAML
    samples: list[Sample] = []
    with tempfile.TemporaryFile("w+") as said:
        command = _command(var, night, "--settings", str(file))
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=said) as process:
            seen: dict[str, float] = {}
            while process.poll() is None:
                samples.append(_sampled(process.pid, seen))
                time.sleep(_SAMPLE_SECONDS)
        said.seek(0)
        text = said.read()
    if process.returncode:
        raise SystemExit(f"the night ended with {process.returncode}:\n{text}")
    return samples, list(_steps(text))


def _sampled(pid: int, seen: dict[str, float]) -> Sample:
    """What each thread has used since it was last looked at."""
    used: dict[str, float] = defaultdict(float)
    for member in family(pid):
        try:
            is_java = Path(f"/proc/{member}/comm").read_text().strip() == "java"
            threads = list(Path(f"/proc/{member}/task").iterdir())
        except OSError:
            continue  # it ended between being listed and being read
        for thread in threads:
            name, seconds = _thread(thread)
            kind = _kind(name) if is_java else "Python"
            used[kind] += max(seconds - seen.get(str(thread), 0.0), 0.0)
            seen[str(thread)] = max(seconds, seen.get(str(thread), 0.0))
    return Sample(time.time(), used)


def _thread(place: Path) -> tuple[str, float]:
    try:
        stated = (place / "stat").read_text()
    except OSError:
        return "", 0.0
    name, fields = stated[stated.index("(") + 1 : stated.rindex(")")], stated.rpartition(")")[2].split()
    return name, (int(fields[11]) + int(fields[12])) / _TICKS


def _kind(thread: str) -> str:
    return next((kind for kind, heads in _THREADS.items() if thread.startswith(heads)), "other Java")


def _steps(text: str) -> Iterator[tuple[float, float, str]]:
    """The stages of the night, by what the run says of each when it ends."""
    today = datetime.now().date()  # noqa: TID251 (when a benchmark ran, not a night)
    for line in text.splitlines():
        found = _STEP.match(line)
        if found and not re.match(r"\S+   ", found[2]):  # steps of a stage are indented below its date
            at = datetime.combine(today, datetime.strptime(found[1], "%H:%M:%S").time()).timestamp()
            yield at - float(found[3]), at, re.sub(r"^\d{4}-\d\d-\d\d ", "", found[2]).split(":")[0].strip()


def _running(at: float, steps: Sequence[tuple[float, float, str]]) -> str:
    return " + ".join(name for begun, ended, name in steps if begun <= at < ended) or _START


def _segments(samples: Sequence[Sample], steps: Sequence[tuple[float, float, str]], begun: float) -> dict[str, Segment]:
    found: dict[str, Segment] = {}
    last = begun
    for sample in samples:
        segment = found.setdefault(_running(sample.at, steps), Segment())
        segment.wall += sample.at - last
        _add(segment.seconds, sample.seconds)
        last = sample.at
    return found


def _add(sums: dict[str, float], more: Mapping[str, float]) -> None:
    for kind, seconds in more.items():
        sums[kind] += seconds


def _count_events(
    segments: dict[str, Segment], events: Path, steps: Sequence[tuple[float, float, str]], begun: float
) -> None:
    """Queries, Delta's own among them, jobs and tasks, each where it began."""
    for file in sorted(events.rglob("events*")):
        for line in file.read_text(encoding="utf-8").splitlines():
            event = json.loads(line)
            kind = event["Event"].rsplit(".", 1)[-1]
            if kind == "SparkListenerSQLExecutionStart":
                names, at = ["queries"], event["time"]
                names += ["Delta's"] if str(event["description"]).startswith(_DELTA) else []
            elif kind == "SparkListenerJobStart":
                names, at = ["jobs"], event["Submission Time"]
            elif kind == "SparkListenerTaskEnd":
                names, at = ["tasks"], event["Task Info"]["Launch Time"]
            else:
                continue
            segments.setdefault(_running(max(at / 1000, begun), steps), Segment()).counts.update(names)


def _print(segments: Mapping[str, Segment], commits: int, wall: float) -> None:
    counted = ("queries", "Delta's", "jobs", "tasks")
    print(f"{'':<58}{'wall':>7}" + "".join(f"{name:>12}" for name in KINDS) + "".join(f"{n:>9}" for n in counted))
    total = Segment()
    for name, segment in segments.items():
        _print_row(name, segment, counted)
        total.wall += segment.wall
        _add(total.seconds, segment.seconds)
        total.counts.update(segment.counts)
    _print_row("all", total, counted)
    print(f"{wall:.1f} s wall, {sum(total.seconds.values()):.1f} s of processors, {commits} tables committed")


def _print_row(name: str, segment: Segment, counted: Sequence[str]) -> None:
    seconds = "".join(f"{segment.seconds[kind]:>12.1f}" for kind in KINDS)
    print(f"{name[:57]:<58}{segment.wall:>7.1f}{seconds}" + "".join(f"{segment.counts[n]:>9}" for n in counted))


if __name__ == "__main__":
    main()
