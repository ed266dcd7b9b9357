"""Where jobs are at work: settings, lake and ledger, the lock of who writes, and the one Spark session of a command."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from threading import Lock
from typing import TYPE_CHECKING

from fundwatch.heartbeat import heartbeat
from fundwatch.lake.ledger import Ledger
from fundwatch.lake.lock import held, refuse_no_lake
from fundwatch.lake.store import Lake
from fundwatch.lake.stores.spark_settings import spark_settings
from fundwatch.logs import step
from fundwatch.scratch import Scratch
from fundwatch.settings import Settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


class Workplace:
    """Settings, lake, ledger and the one Spark session that a command's jobs share (started when first used)."""

    def __init__(
        self, settings: Settings, note_java: Callable[[int], None] | None = None, lake: Lake | None = None
    ) -> None:
        self.settings = settings
        self.lake = lake or Lake(settings.lake_address)
        self.ledger = Ledger(settings.lake_address)
        self._note_java = note_java
        self._spark: SparkSession | None = None
        self._starting = Lock()
        self._scratch = Scratch(settings.scratch_dir)
        self.beside_start: Callable[[], object] = lambda: None  # what can be done while Spark starts

    @property
    def spark(self) -> SparkSession:
        with self._starting:
            if self._spark is None:
                from fundwatch.engine.session import start_session  # a night with nothing to do needs no Spark

                with step("Spark starts") as facts:
                    self.beside_start()
                    self._scratch.sweep()
                    conf, master = self.settings.spark()
                    conf = spark_settings(self.settings.lake_address, has_own_jars=master is not None) | conf
                    self._spark = start_session("fundwatch", self._scratch.spark_conf(conf), master)
                    if not self.settings.is_one_machine:  # by it the cluster's own pages and logs name the run
                        facts["application"] = self._spark.sparkContext.applicationId
                java = getattr(self._spark.sparkContext._gateway, "proc", None)
                if self._note_java is not None and java is not None:
                    self._note_java(java.pid)
            return self._spark

    @property
    def running_spark(self) -> SparkSession | None:
        """The session if it has been started; looking does not start it."""
        return self._spark

    def close(self) -> None:
        """End the session, if one was started."""
        if self._spark is not None:
            from fundwatch.engine.session import stop_session  # imports Spark

            stop_session(self._spark)
            self._spark = None
            self._scratch.drop(self.settings.events_dir)


@contextmanager
def workplace(settings: Settings) -> Iterator[Workplace]:
    """The lake, made if need be and locked, for jobs: the first that has something to do starts the session."""
    Lake(settings.lake_address).make()
    with _locked(settings) as place:
        yield place


@contextmanager
def writing(settings: Settings) -> Iterator[Workplace]:
    """A lake that is there, locked, with a running session: for commands that are no job of a night."""
    with _locked(settings) as place:
        _ = place.spark
        yield place


@contextmanager
def reading(settings: Settings, pinned: Lake | None = None) -> Iterator[Workplace]:
    """A lake that is there, with a running session and without the lock: a night may write meanwhile, and every
    table is read at the version that it had when the block began, or that the `pinned` lake names."""
    refuse_no_lake(settings.lake_address)
    lake = pinned or Lake(settings.lake_address).pinned()
    with closing(Workplace(settings, lake=lake)) as place:
        _ = place.spark
        yield place


@contextmanager
def _locked(settings: Settings) -> Iterator[Workplace]:
    """The lake, locked. What killed runs left is removed first: nobody else is at work in it."""
    with held(settings.lake_address) as lock, closing(Workplace(settings, lock.note_process)) as place:
        place.lake.clear_staging()
        for root in (settings.scratch_dir, settings.vault_dir / "scratch"):
            Scratch(root).sweep()
        watch = heartbeat(lambda: place.running_spark, place.settings.stall_minutes, place.settings.stall_limit_minutes)
        try:
            with watch:
                yield place
        finally:
            place.lake.clear_staging()
