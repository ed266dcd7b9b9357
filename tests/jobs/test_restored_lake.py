"""A copy that was put back is a lake like any other: it is checked in depth, and the next night goes on with it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from scripts import fetch_jars
from scripts.small_cluster.hadoop import server
from scripts.small_cluster.hdfs import small_hdfs
from tests.night import NIGHTS, FinishedNight, run_fundwatch

pytestmark = pytest.mark.long


def go_on(finished: FinishedNight, var: Path, *where: str, environment: dict[str, str] | None = None) -> None:
    """Check the lake, run the second night, and compare its list with that of the lake that was never copied."""
    checked = run_fundwatch("lake", "check", "--deep", *where, var=var, environment=environment)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    done = run_fundwatch("nightly", "--date", str(NIGHTS[-1]), *where, var=var, environment=environment)
    assert done.returncode == 0, done.stderr
    name = f"lists/{NIGHTS[-1]}/leads.csv"
    assert (var / name).read_bytes() == (finished.var / name).read_bytes()


def test_a_restored_copy_on_one_machine_goes_on_with_the_next_night(
    finished_night: FinishedNight, tmp_path: Path
) -> None:
    """Lake, keys, vault, audit log and lists, all of one moment."""
    go_on(finished_night, Path(shutil.copytree(finished_night.after_the_first, tmp_path / "restored")))


def test_a_copy_that_is_put_on_hdfs_goes_on_there_with_the_next_night(
    finished_night: FinishedNight, tmp_path: Path
) -> None:
    """By `hdfs dfs -put -p`, which keeps folders closed that were."""
    fetch_jars.main(fetch_jars.HDFS)
    var = Path(shutil.copytree(finished_night.after_the_first, tmp_path / "restored"))
    with small_hdfs(tmp_path / "hdfs") as store:
        lake = f"{store.address}/lakes/restored"
        for words in (("-mkdir", "-p", f"{store.address}/lakes"), ("-put", "-p", str(var / "lake"), lake)):
            subprocess.run([*server(store.folder, "org.apache.hadoop.fs.FsShell"), *words], check=True)
        shutil.rmtree(var / "lake")
        go_on(finished_night, var, "--lake", lake, environment=store.environment)
