"""What every test shares: one small Spark session per worker, and a counter of Spark jobs."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from filelock import FileLock
from hypothesis import settings

from tests.longest import file_of, place_of
from tests.night import FinishedNight, make_finished_night

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


# Spark's Connect modules, which Great Expectations imports, take a main module without a file (a worker of
# pytest-xdist has one) for a run of their own doctests, and end the process where gRPC is not installed.
if not hasattr(sys.modules["__main__"], "__file__"):
    sys.modules["__main__"].__file__ = __file__


# Without a deadline: how long an example takes says more of the machine than of us. The same examples each time, so
# that a change is judged by what it changed; `make test-all` draws others with --hypothesis-profile=search.
settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None)
settings.load_profile("same")

_STARTS_SLOWLY = {"spark", "finished_night"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever needs a Spark session or a finished night is slow: the inner loop leaves it out. The longest files are
    first."""
    for item in items:
        if _STARTS_SLOWLY & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.slow)
    slow_files = {file_of(item.nodeid) for item in items if item.get_closest_marker("slow") is not None}
    items.sort(key=lambda item: place_of(item.nodeid, slow_files))


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """A session that compiles nothing: on rows this few most of the time goes into plans that run once."""
    from fundwatch.engine.session import FEW_ROWS, start_session

    scratch = tmp_path_factory.mktemp("spark")
    own = {
        "spark.driver.memory": "2g",
        "spark.sql.warehouse.dir": str(scratch / "warehouse"),
        "spark.databricks.delta.writeChecksumFile.enabled": "false",
        "spark.driver.extraJavaOptions": f"{FEW_ROWS['spark.driver.extraJavaOptions']} -Dderby.system.home={scratch}",
    }
    session = start_session("tests", FEW_ROWS | own, "local[2]")
    yield session
    session.stop()


@pytest.fixture(scope="module")
def compiled(spark: SparkSession) -> Iterator[SparkSession]:
    """The session as large nights have it, with generated code: for one module of tests a package."""
    stated = {
        "spark.sql.codegen.wholeStage": "true",
        "spark.sql.codegen.factoryMode": "FALLBACK",
        "spark.sql.subexpressionElimination.enabled": "true",
    }
    before = {name: spark.conf.get(name) or "" for name in stated}
    for name, value in stated.items():
        spark.conf.set(name, value)
    yield spark
    for name, known in before.items():
        spark.conf.set(name, known)


@pytest.fixture
def job_count(spark: SparkSession) -> Callable[[Callable[[], object]], int]:
    """Run an action and return how many Spark jobs it started.

    The tracker learns of jobs from a queue of events, which another thread may still be reading when they have ended.
    """

    def count(action: Callable[[], object]) -> int:
        tracker, group = spark.sparkContext.statusTracker(), uuid4().hex
        spark.sparkContext.setJobGroup(group, group)
        action()
        spark.sparkContext._jsc.sc().listenerBus().waitUntilEmpty(600_000)
        return len(tracker.getJobIdsForGroup(group))

    return count


@pytest.fixture(scope="session")
def finished_night(tmp_path_factory: pytest.TempPathFactory) -> FinishedNight:
    """The small lake of tests/night.py, made by whichever worker asks first and shared by all."""
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "finished_night"
    with FileLock(f"{shared}.lock"):
        if not (shared / "output.txt").is_file():
            return make_finished_night(shared)
    return FinishedNight(shared, (shared / "output.txt").read_text(encoding="utf-8"))
