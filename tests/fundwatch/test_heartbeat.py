"""A worker that hangs is not waited for without a word, and not for ever where the settings say so."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from fundwatch.heartbeat import heartbeat
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
    with heartbeat(lambda: None, 0.2 * SECOND, 0), step("2026-03-31 rules"):
        time.sleep(0.9)
    assert len(stated.messages) >= 2
    assert stated.messages[0].startswith("nothing has ended for 0 s")
    assert all("waiting for: 2026-03-31 rules; no task of Spark runs" in line for line in stated.messages)
    assert running_steps() == ()


def test_steps_that_go_on_are_not_spoken_of(stated):
    with heartbeat(lambda: None, 0.5 * SECOND, 0):
        for n in range(8):
            with step(f"step {n}"):
                time.sleep(0.15)
    assert stated.messages == []


def test_a_task_that_hangs_is_named_and_stopped_at_the_limit(spark: SparkSession, stated):
    def hang(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        import time

        for batch in batches:
            time.sleep(120)
            yield batch

    hanging = spark.range(1).mapInPandas(hang, "id bigint")
    begun = time.monotonic()
    with heartbeat(lambda: spark, SECOND, 4 * SECOND), step("a step"), pytest.raises(Exception) as stopped:  # noqa: PT011
        hanging.collect()
    assert time.monotonic() - begun < 60
    assert any("waiting for: a step; Spark, " in line and " of 2 tasks have ended" in line for line in stated.messages)
    reported = machine_error(stopped.value, [])
    assert reported is not None
    assert "no progress" in reported.what
    assert "stall_limit_minutes" in reported.do
