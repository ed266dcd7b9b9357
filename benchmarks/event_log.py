"""What Spark's event log says of a run: queries, jobs, shuffles, processor seconds, and when no task was at work."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from fundwatch.settings import Settings

_SQL_START = "org.apache.spark.sql.execution.ui.SparkListenerSQLExecutionStart"


@dataclass(frozen=True)
class SparkFigures:
    """Figures of one application. `idle_seconds`: no task ran, so that the driver planned, compiled or committed."""

    queries: int
    jobs: int
    shuffles: int
    shuffled_megabytes: float
    task_seconds: float
    processor_seconds: float
    idle_seconds: float
    slowest_task: float
    median_task: float


def settings_with_events(settings: Settings, events: Path) -> Mapping[str, object]:
    """The settings of Spark with its event log on: one file an application, uncompressed."""
    events.mkdir(parents=True, exist_ok=True)
    stated = {"enabled": "true", "dir": events.as_uri(), "compress": "false", "rolling.enabled": "false"}
    return {"spark_conf": settings.spark_conf | {f"spark.eventLog.{name}": value for name, value in stated.items()}}


def read_figures(events: Path) -> SparkFigures:
    """The figures of the only application whose log lies in the folder."""
    (file,) = (path for path in events.iterdir() if path.is_file() and path.suffix != ".yaml")
    with file.open(encoding="utf-8") as lines:
        found = [json.loads(line) for line in lines]
    tasks = [event for event in found if event["Event"] == "SparkListenerTaskEnd" and event.get("Task Metrics")]
    spans = sorted((t["Task Info"]["Launch Time"], t["Task Info"]["Finish Time"]) for t in tasks)
    starts = [e["time"] for e in found if e["Event"] == _SQL_START]
    begun, ended = min([*starts, spans[0][0]]), max(end for _, end in spans)
    written = [t["Task Metrics"]["Shuffle Write Metrics"]["Shuffle Bytes Written"] for t in tasks]
    shuffling = {(t["Stage ID"], t["Stage Attempt ID"]) for t, size in zip(tasks, written, strict=True) if size}
    lasted = sorted(end - start for start, end in spans)
    return SparkFigures(
        queries=len(starts),
        jobs=sum(1 for event in found if event["Event"] == "SparkListenerJobStart"),
        shuffles=len(shuffling),
        shuffled_megabytes=sum(written) / 2**20,
        task_seconds=sum(lasted) / 1_000,
        processor_seconds=sum(t["Task Metrics"]["Executor CPU Time"] for t in tasks) / 1e9,
        idle_seconds=(ended - begun - sum(end - start for start, end in _merged(spans))) / 1_000,
        slowest_task=lasted[-1] / 1_000,
        median_task=lasted[len(lasted) // 2] / 1_000,
    )


def _merged(spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The spans of time in which some task ran."""
    start, end = spans[0]
    for later, until in spans[1:]:
        if later > end:
            yield start, end
            start, end = later, until
        end = max(end, until)
    yield start, end
