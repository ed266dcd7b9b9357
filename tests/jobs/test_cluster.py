"""A cluster is a door too: a standalone master with two workers makes the same lists, in a folder, on HDFS and in an
object store, also when a worker, a data node or the driver dies."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fundwatch.lake.delta_rows import is_made
from fundwatch.lake.ledger import Ledger
from fundwatch.lake.store import Lake
from fundwatch.places import LakeAddress
from jobs.declared_stages import night_stages
from jobs.terminal.commands import COMMANDS
from scripts import fetch_jars
from scripts.small_cluster.hdfs import SmallHdfs
from scripts.small_cluster.object_store import object_store
from scripts.small_cluster.processes import until
from scripts.small_cluster.spark import SPARK, Cluster, cluster
from tests.night import NIGHTS, ROOT, FinishedNight, clean_environment, run_fundwatch
from tests.packages import build_wheel
from tests.places import at

pytestmark = pytest.mark.long
SCRIPTS = {command.name: command.script for command in COMMANDS if command.script}


def lists(var: Path) -> dict[str, bytes]:
    """The published lists, byte for byte."""
    return {str(path.relative_to(var)): path.read_bytes() for path in sorted((var / "lists").rglob("leads.csv"))}


def hits(var: Path) -> list[dict[str, object]]:
    query = f"SELECT hit_id, rule_id, amount_at_risk FROM rule_hit WHERE business_date = DATE '{NIGHTS[0]}'"
    return sorted(Lake(at(var / "lake")).rows("rule_hit", query), key=lambda hit: str(hit["hit_id"]))


def test_both_nights_on_a_cluster_publish_the_lists_of_one_machine(
    finished_night: FinishedNight, workers: Cluster, tmp_path: Path
) -> None:
    var = finished_night.undone(tmp_path / "var")
    dates = ("--date", str(NIGHTS[0]), "--to", str(NIGHTS[-1]))
    done = run_fundwatch("nightly", *dates, "--set", f"spark_master={workers.address}", var=var)
    assert done.returncode == 0, done.stderr
    assert workers.state()["completedapps"], "the night ran elsewhere"
    assert lists(var) == lists(finished_night.var)


@pytest.fixture(scope="module")
def by_scripts(finished_night: FinishedNight, workers: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first night up to its indicators, by spark-submit as the README has it."""
    folder = tmp_path_factory.mktemp("scripts")
    shutil.copy(build_wheel(folder / "build"), folder / "fundwatch.zip")
    var = finished_night.undone(folder / "var")
    for stage in ("intake", "build"):
        submit(workers, folder, stage, var)
    return var


def submit(workers: Cluster, folder: Path, stage: str, var: Path) -> None:
    script = shutil.copy(ROOT / "jobs" / f"{SCRIPTS[stage]}.py", folder)
    options = ("--date", str(NIGHTS[0]), "--profile", "cluster", "--set", "spark_shuffle_partitions=4")
    done = subprocess.run(
        [str(SPARK / "bin" / "spark-submit"), "--master", workers.address, "--driver-memory", "2g",
         "--py-files", str(folder / "fundwatch.zip"), "--jars", ",".join(map(str, jars())),
         str(script), *options, "--var", str(var)],
        cwd=folder, env=clean_environment() | {"PYSPARK_PYTHON": sys.executable}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def jars() -> list[Path]:
    """Delta's jars, as set-up put them down."""
    return sorted(Path(os.environ.get("FUNDWATCH_JARS", ROOT / ".jars" / "jars")).glob("*.jar"))


def test_a_worker_that_dies_in_the_rule_scan_changes_nothing(finished_night: FinishedNight, tmp_path: Path) -> None:
    var = Path(shutil.copytree(finished_night.var, tmp_path / "var"))
    Ledger(at(var / "lake")).start("rules", NIGHTS[0], "killed")  # a scan that did not end is made again
    with cluster(tmp_path) as failing:
        command = [sys.executable, "-m", "jobs.command_line", "scan", "--date", str(NIGHTS[0]), "--var", str(var)]
        scan = subprocess.Popen(
            [*command, "--set", f"spark_master={failing.address}"], cwd=ROOT, env=clean_environment(), text=True,
            stderr=subprocess.PIPE,
        )  # fmt: skip
        until(failing.has_shuffled)
        failing.kill_worker()
        assert scan.poll() is None, "the scan was over before the worker died"
        reported = scan.communicate(timeout=1200)[1]
        assert scan.returncode == 0, reported
        until(lambda: sum(worker["state"] == "ALIVE" for worker in failing.state()["workers"]) == 1)
    assert "done before" not in reported
    assert hits(var) == hits(finished_night.var)


def test_the_scripts_of_a_night_publish_the_list_of_one_machine(
    finished_night: FinishedNight, workers: Cluster, by_scripts: Path, tmp_path: Path
) -> None:
    var = Path(shutil.copytree(by_scripts, tmp_path / "var"))
    for stage in (*[stage.verb for stage in night_stages()[2:]], "privacy"):
        submit(workers, by_scripts.parent, stage, var)
    first = {name: content for name, content in lists(finished_night.var).items() if str(NIGHTS[0]) in name}
    assert lists(var) == first
    assert (var / "reports" / str(NIGHTS[0]) / "privacy" / "privacy.html").is_file()


def test_both_nights_with_the_lake_on_hdfs_publish_the_lists_of_one_machine(
    finished_night: FinishedNight, workers: Cluster, store: SmallHdfs, tmp_path: Path
) -> None:
    var = finished_night.undone(tmp_path / "var")
    where = ("--lake", f"{store.address}/lakes/both", "--set", f"spark_master={workers.address}")
    dates = ("--date", str(NIGHTS[0]), "--to", str(NIGHTS[-1]))
    done = run_fundwatch("nightly", *dates, *where, var=var, environment=store.environment)
    assert done.returncode == 0, done.stderr
    assert lists(var) == lists(finished_night.var)
    checked = run_fundwatch("lake", "check", "--deep", *where, var=var, environment=store.environment)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_both_nights_with_the_lake_in_an_object_store_publish_the_lists_of_one_machine(
    finished_night: FinishedNight, workers: Cluster, tmp_path: Path
) -> None:
    fetch_jars.main(fetch_jars.S3)
    var = finished_night.undone(tmp_path / "var")
    dates = ("--date", str(NIGHTS[0]), "--to", str(NIGHTS[-1]))
    with object_store(tmp_path / "store") as objects:
        where = ("--lake", f"{objects.address}/lakes/both", "--set", f"spark_master={workers.address}")
        done = run_fundwatch("nightly", *dates, *where, var=var, environment=objects.environment)
        assert done.returncode == 0, done.stderr
        assert lists(var) == lists(finished_night.var)
        checked = run_fundwatch("lake", "check", "--deep", *where, var=var, environment=objects.environment)
        assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_driver_killed_at_a_commit_on_hdfs_and_a_lost_data_node_change_nothing(
    finished_night: FinishedNight, store: SmallHdfs, tmp_path: Path
) -> None:
    var, lake = finished_night.undone(tmp_path / "var"), LakeAddress(f"{store.address}/lakes/killed")
    options = ("--date", str(NIGHTS[0]), "--lake", str(lake))
    driver = subprocess.Popen(
        [sys.executable, "-m", "jobs.command_line", "nightly", *options, "--var", str(var)],
        cwd=ROOT, env=clean_environment(store.environment), stderr=subprocess.DEVNULL,
    )  # fmt: skip
    until(lambda: is_made(lake.within("claim_line")) or driver.poll() is not None)
    assert driver.poll() is None, "the night was over before the driver died"
    driver.kill()
    driver.wait()
    store.kill_data_node()
    again = run_fundwatch("nightly", *options, var=var, environment=store.environment)
    assert again.returncode == 0, again.stderr
    assert "this one takes the lake over" in again.stderr
    first = {name: content for name, content in lists(finished_night.var).items() if str(NIGHTS[0]) in name}
    assert lists(var) == first
