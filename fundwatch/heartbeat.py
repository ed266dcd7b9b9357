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
Tasks = tuple[tuple[str, int, int, int], ...]


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


class Stillness:
    """Since when nothing has moved, by the looks that were taken; whoever looks says what time it is."""

    def __init__(self, quiet: float, limit: float, now: float) -> None:
        self._quiet, self._limit = quiet, limit
        self._moved = self._said = now
        self._seen: object = None

    def look(self, now: float, steps: tuple[str, ...], tasks: Tasks) -> tuple[float, bool, bool]:
        """For how many seconds nothing has moved, whether to say so, and whether to stop the tasks."""
        if (steps, tasks) != self._seen or not steps:
            self._seen, self._moved, self._said = (steps, tasks), now, now
            return 0, False, False
        still = now - self._moved
        is_said, is_over = now - self._said >= self._quiet, bool(tasks) and 0 < self._limit <= still
        self._said = now if is_said else self._said
        self._moved = now if is_over else self._moved
        return still, is_said, is_over


def _watch(session: Callable[[], SparkSession | None], quiet: float, limit: float, over: threading.Event) -> None:
    stillness = Stillness(quiet, limit, time.monotonic())
    while not over.wait(min(quiet / 4, 15.0)):
        spark = session()
        steps, tasks = running_steps(), _tasks(spark) if spark is not None else ()
        still, is_said, is_over = stillness.look(time.monotonic(), steps, tasks)
        if is_said:
            log.warning("nothing has ended for %s; waiting for: %s", _long(still), _progress(steps, tasks))
        if is_over and spark is not None:
            log.warning("nothing has ended for %s: Spark's work is stopped", _long(still))
            for stage in spark.sparkContext.statusTracker().getActiveStageIds():
                spark.sparkContext._jsc.sc().cancelStage(stage, NO_PROGRESS)


def _long(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 60 else f"{seconds:.0f} s"


def _tasks(spark: SparkSession) -> Tasks:
    """Each active stage: its name, and how many of its tasks have ended, run, and are there."""
    tracker = spark.sparkContext.statusTracker()
    found = [tracker.getStageInfo(stage) for stage in tracker.getActiveStageIds()]
    return tuple((s.name, s.numCompletedTasks, s.numActiveTasks, s.numTasks) for s in found if s is not None)


def _progress(steps: tuple[str, ...], tasks: Tasks) -> str:
    work = [f"Spark, {name}: {done} of {all_} tasks have ended, {active} run" for name, done, active, all_ in tasks]
    return "; ".join([*steps, *(work or ["no task of Spark runs"])])
