"""YARN is a door too: `spark_master=yarn` beside an HDFS makes the lists of one machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts import fetch_jars
from scripts.small_cluster.hdfs import small_hdfs
from scripts.small_cluster.yarn import small_yarn
from tests.night import NIGHTS, FinishedNight, run_fundwatch

pytestmark = pytest.mark.long


def test_a_night_on_yarn_publishes_the_list_of_one_machine(finished_night: FinishedNight, tmp_path: Path) -> None:
    for jars in (fetch_jars.HDFS, fetch_jars.YARN):
        fetch_jars.main(jars)
    var = finished_night.undone(tmp_path / "var")
    with small_hdfs(tmp_path / "hadoop") as store, small_yarn(store.folder) as yarn:
        where = ("--lake", f"{store.address}/lakes/yarn", "--set", "spark_master=yarn")
        done = run_fundwatch("nightly", "--date", str(NIGHTS[0]), *where, var=var, environment=yarn.environment)
        assert done.returncode == 0, done.stderr
        assert "application application_" in done.stderr
        assert yarn.ended() == ["SUCCEEDED"]
    name = f"lists/{NIGHTS[0]}/leads.csv"
    assert (var / name).read_bytes() == (finished_night.after_the_first / name).read_bytes()
