"""A worker that hangs is not waited for without a word, and not for ever where the settings say so."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import pytest

from fundwatch.heartbeat import Stillness, heartbeat
from fundwatch.logs import log, running_steps, step
from fundwatch.machine_faults import machine_error

if TYPE_CHECKING:
    import pandas as pd
    from pyspark.sql import SparkSession

SECOND = 1 / 60


@pytest.fixture
def stated(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    before, log.propagate = log.propagate, True
    with caplog.at_level(logging.WARNING, "fundwatch"):
        yield caplog
    log.propagate = before


def test_what_is_waited_for_is_said_again_and_again_while_nothing_ends(stated):
    deadline = time.monotonic() + 60
    with heartbeat(lambda: None, 0.2 * SECOND, 0), step("2026-03-31 rules"):
        while len(stated.messages) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
    assert len(stated.messages) >= 2
    assert all(re.match(r"nothing has ended for \d+ s; ", line) for line in stated.messages)
    assert all("waiting for: 2026-03-31 rules; no task of Spark runs" in line for line in stated.messages)
    assert running_steps() == ()


def words_of(looks: Iterable[tuple[float, str]], quiet: float = 300) -> list[float]:
    """For how long nothing had moved, each time that something is to be said of it; a look is a time and a step."""
    stillness = Stillness(quiet, 0, now=0)
    seen = [stillness.look(now, (running,) if running else (), ()) for now, running in looks]
    return [still for still, is_said, _ in seen if is_said]


def test_steps_that_go_on_are_not_spoken_of():
    assert words_of((now, f"step {now // 299}") for now in range(0, 3_000, 15)) == []
    assert words_of((now, "") for now in range(0, 3_000, 15)) == [], "nothing is waited for"


def test_a_step_that_stands_still_is_spoken_of_once_in_every_quiet_time_from_its_beginning_on():
    assert words_of((now, "before" if now < 150 else "rules") for now in range(0, 1_200, 15)) == [300, 600, 900]


def test_a_task_that_hangs_is_named_and_stopped_at_the_limit(spark: SparkSession, stated):
    def hang(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        import time

        for batch in batches:
            time.sleep(600)
            yield batch

    hanging = spark.range(1).mapInPandas(hang, "id bigint")
    begun = time.monotonic()
    with heartbeat(lambda: spark, SECOND, 4 * SECOND), step("a step"), pytest.raises(Exception) as stopped:  # noqa: PT011
        hanging.collect()
    assert time.monotonic() - begun < 300
    assert any("waiting for: a step; Spark, " in line and " of 2 tasks have ended" in line for line in stated.messages)
    reported = machine_error(stopped.value, [])
    assert reported is not None
    assert "no progress" in reported.what
    assert "stall_limit_minutes" in reported.do
