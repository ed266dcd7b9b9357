"""A night on a cluster with its lake on HDFS, in which something fails: nothing is lost, and the list is that of one
machine, at the latest after the same command again."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from fundwatch.errors import ExitCode
from fundwatch.lake.delta_rows import is_made
from fundwatch.lake.store import Lake
from fundwatch.lake.stores.s3 import s3_store
from fundwatch.places import LakeAddress
from scripts import fetch_jars
from scripts.small_cluster.hdfs import SmallHdfs
from scripts.small_cluster.object_store import ObjectStore, object_store
from scripts.small_cluster.processes import until
from scripts.small_cluster.spark import Cluster
from tests.lake_content import rows_in
from tests.night import NIGHTS, ROOT, FinishedNight, clean_environment
from tests.places import at

pytestmark = pytest.mark.long
# where every delivered line is found again, and what was found in them
TAKEN_IN = ("claim_line", "claim_line_entry", "control_total", "quarantine")
FOUND = ("rule_hit", "lead")


@dataclass
class DisturbedNight:
    """The first night, or a stage of it, as its command runs it: the folders, the lake's address, the options, the
    environment."""

    var: Path
    lake: LakeAddress
    options: tuple[str, ...]
    environment: dict[str, str]
    verb: str = "nightly"

    def begin(self) -> subprocess.Popen[bytes]:
        """The command, at work; what it says goes to a file."""
        command = [sys.executable, "-m", "jobs.command_line", self.verb, "--date", str(NIGHTS[0])]
        with (self.var / "said.txt").open("wb") as said:
            return subprocess.Popen(
                [*command, "--lake", str(self.lake), *self.options, "--var", str(self.var)],
                cwd=ROOT, env=clean_environment(self.environment), stdout=said, stderr=said,
            )  # fmt: skip

    def begin_until(self, table: str) -> subprocess.Popen[bytes]:
        """The same, at work until it makes a table."""
        running = self.begin()
        until(lambda: is_made(self.lake.within(table)) or running.poll() is not None)
        assert running.poll() is None, self.said()
        return running

    def said(self) -> str:
        return (self.var / "said.txt").read_text(encoding="utf-8")

    def ended(self, running: subprocess.Popen[bytes]) -> tuple[int, str]:
        """The exit code and what was said: a fault is one message, with where it is and what to do."""
        code, said = running.wait(timeout=3_000), self.said()
        print(f"{self.var.parent.name}: {code}\n{said}")  # which pytest shows of a test that fails
        assert "Traceback" not in said
        assert code in (ExitCode.OK, ExitCode.BUSY) or (code == ExitCode.FAULT and "  do:    " in said), said
        return code, said

    def run(self) -> tuple[int, str]:
        return self.ended(self.begin())


@pytest.fixture
def night(finished_night: FinishedNight, workers: Cluster, store: SmallHdfs, tmp_path: Path) -> DisturbedNight:
    lake = LakeAddress(f"{store.address}/lakes/{tmp_path.name}")
    return DisturbedNight(
        finished_night.undone(tmp_path / "var"), lake, ("--set", f"spark_master={workers.address}"),
        store.environment,
    )  # fmt: skip


def assert_taken_in(night: DisturbedNight, finished: FinishedNight, tables: Sequence[str] = TAKEN_IN) -> None:
    """Every row of what was delivered."""
    theirs, ours = Lake(night.lake), Lake(at(finished.after_the_first / "lake"))
    for table in tables:
        assert sorted(map(str, rows_in(theirs, table))) == sorted(map(str, rows_in(ours, table))), table


def assert_whole(night: DisturbedNight, finished: FinishedNight) -> None:
    """The list byte for byte, and every row of what was delivered and found."""
    name = f"lists/{NIGHTS[0]}/leads.csv"
    assert (night.var / name).read_bytes() == (finished.after_the_first / name).read_bytes()
    assert_taken_in(night, finished, (*TAKEN_IN, *FOUND))


def test_a_name_node_that_is_away_for_a_minute_loses_nothing(
    night: DisturbedNight, finished_night: FinishedNight, store: SmallHdfs
) -> None:
    running = night.begin_until("rollup_patient_day")
    store.stop_name_node()
    time.sleep(60)
    store.start_name_node()
    code, said = night.ended(running)
    if code != ExitCode.OK:
        assert "the store of the lake does not answer" in said
        assert str(night.lake) in said
        assert night.run()[0] == ExitCode.OK
    assert_whole(night, finished_night)


def test_a_driver_that_is_killed_at_commits_loses_nothing(night: DisturbedNight, finished_night: FinishedNight) -> None:
    for table in ("claim_line", "rule_hit", "lead"):
        running = night.begin_until(table)
        running.kill()
        running.wait()
    code, said = night.run()
    assert (code, "this one takes the lake over" in said) == (ExitCode.OK, True), said
    assert_whole(night, finished_night)


def test_full_data_nodes_are_reported_and_lose_nothing(
    night: DisturbedNight, finished_night: FinishedNight, store: SmallHdfs
) -> None:
    night.verb = "intake"
    running = night.begin_until("run")
    store.fill()
    code, said = night.ended(running)
    store.make_room()
    assert (code, "no data node of the lake's store takes what is written" in said) == (ExitCode.FAULT, True), said
    assert str(night.lake) in said
    assert night.run()[0] == ExitCode.OK
    assert_taken_in(night, finished_night)


def take(patch: pytest.MonkeyPatch, objects: ObjectStore) -> None:
    """Let this process reach the store, with the credentials that are good now."""
    for name, value in objects.environment.items():
        patch.setenv(name, value)
    s3_store.cache_clear()


def test_credentials_that_expire_in_the_night_are_reported_and_lose_nothing(
    finished_night: FinishedNight, workers: Cluster, tmp_path: Path
) -> None:
    fetch_jars.main(fetch_jars.S3)
    with object_store(tmp_path / "store") as objects, pytest.MonkeyPatch.context() as patch:
        take(patch, objects)
        lake = LakeAddress(f"{objects.address}/lakes/expired")
        options = ("--set", f"spark_master={workers.address}")
        night = DisturbedNight(finished_night.undone(tmp_path / "var"), lake, options, objects.environment, "intake")
        running = night.begin_until("claim_line")
        objects.expire()
        code, said = night.ended(running)
        assert (code, "the credentials of the store have expired" in said) == (ExitCode.FAULT, True), said
        night.environment = objects.environment
        take(patch, objects)
        assert night.run()[0] == ExitCode.OK
        assert_taken_in(night, finished_night)


def test_of_two_drivers_at_once_one_is_sent_away_and_a_lost_data_node_changes_nothing(
    night: DisturbedNight, finished_night: FinishedNight, store: SmallHdfs
) -> None:
    running = night.begin_until("claim_line")
    store.kill_data_node()
    other = DisturbedNight(night.var.parent / "other", night.lake, night.options, night.environment)
    shutil.copytree(night.var / "landing", other.var / "landing")
    shutil.copytree(night.var / "keys", other.var / "keys")
    code, said = other.run()
    assert (code, f"another run (process {running.pid} of " in said) == (ExitCode.BUSY, True), said
    code, said = night.ended(running)
    if code != ExitCode.OK:  # a file in the making on the lost node may have been given up
        assert night.run()[0] == ExitCode.OK
    store.start_data_node()
    assert_whole(night, finished_night)


def test_a_worker_that_is_lost_changes_nothing(
    night: DisturbedNight, finished_night: FinishedNight, workers: Cluster
) -> None:
    running = night.begin_until("rollup_patient_day")
    workers.kill_worker()
    code, said = night.ended(running)
    until(lambda: workers.alive() == 1)
    workers.start_worker()
    assert code == ExitCode.OK, said
    assert_whole(night, finished_night)
