"""A word while nothing moves: what a run waits for is said every few minutes, and ended where the settings say so."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from fundwatch.logs import log, running_steps

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

NO_PROGRESS = "fundwatch: no progress"


@contextmanager
def heartbeat(session: Callable[[], SparkSession | None], quiet_minutes: float, limit_minutes: float) -> Iterator[None]:
    """While the block runs, say what is waited for whenever no step and no task has ended for `quiet_minutes`.

    After `limit_minutes` without progress Spark's jobs are cancelled, so that their caller fails; 0 never does.
    """
    over = threading.Event()
    watcher = threading.Thread(target=_watch, args=(session, quiet_minutes * 60, limit_minutes * 60, over), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join(timeout=5)


def _watch(session: Callable[[], SparkSession | None], quiet: float, limit: float, over: threading.Event) -> None:
    seen: object = None
    moved = logged = time.monotonic()
    while not over.wait(min(quiet / 4, 15.0)):
        spark = session()
        steps, tasks = running_steps(), _tasks(spark) if spark is not None else ()
        now = time.monotonic()
        if (steps, tasks) != seen or not steps:
            seen, moved, logged = (steps, tasks), now, now
        elif now - logged >= quiet:
            logged = now
            log.warning("nothing has ended for %s; waiting for: %s", _long(now - moved), _progress(steps, tasks))
        if limit and now - moved >= limit and tasks and spark is not None:
            log.warning("nothing has ended for %s: Spark's work is stopped", _long(now - moved))
            for stage in spark.sparkContext.statusTracker().getActiveStageIds():
                spark.sparkContext._jsc.sc().cancelStage(stage, NO_PROGRESS)
            moved = now


def _long(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 60 else f"{seconds:.0f} s"


def _tasks(spark: SparkSession) -> tuple[tuple[str, int, int, int], ...]:
    """Each active stage: its name, and how many of its tasks have ended, run, and are there."""
    tracker = spark.sparkContext.statusTracker()
    found = [tracker.getStageInfo(stage) for stage in tracker.getActiveStageIds()]
    return tuple((s.name, s.numCompletedTasks, s.numActiveTasks, s.numTasks) for s in found if s is not None)


def _progress(steps: tuple[str, ...], tasks: tuple[tuple[str, int, int, int], ...]) -> str:
    work = [f"Spark, {name}: {done} of {all_} tasks have ended, {active} run" for name, done, active, all_ in tasks]
    return "; ".join([*steps, *(work or ["no task of Spark runs"])])
