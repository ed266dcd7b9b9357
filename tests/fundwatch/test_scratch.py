"""Temporary files are their owner's alone, and what a killed run left is swept by the next and by nobody else's."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from fundwatch.scratch import Scratch

_HOLDS = """
import sys, time
from pathlib import Path
from fundwatch.scratch import Scratch
with Scratch(Path(sys.argv[1])).folder("delivery") as folder:
    (folder / "fee.csv").write_text("somebody")
    print(folder, flush=True)
    time.sleep(60)
"""


def _holder(root: Path) -> tuple[subprocess.Popen[str], Path]:
    process = subprocess.Popen([sys.executable, "-c", _HOLDS, str(root)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_a_killed_runs_files_are_private_and_go_with_the_next_sweep_and_a_living_ones_stay(tmp_path: Path) -> None:
    scratch = Scratch(tmp_path / "tmp")
    process, folder = _holder(scratch.root)
    scratch.sweep()
    assert (folder / "fee.csv").is_file(), "it is at work"
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert scratch.left() == [folder.parent]
    assert {p.stat().st_mode & 0o777 for p in (scratch.root, folder.parent, folder)} == {0o700}
    scratch.sweep()
    assert scratch.left() == []
    assert not folder.exists()


def test_a_folder_of_another_process_that_has_the_number_by_now_is_swept(tmp_path: Path) -> None:
    old = tmp_path / f"run-{os.getpid()}-1"
    old.mkdir()
    Scratch(tmp_path).sweep()
    assert not list(tmp_path.iterdir())


def test_what_others_put_into_the_place_stays(tmp_path: Path) -> None:
    """A setting may name a folder that serves others too."""
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "pseudonym.key").write_text("secret")
    Scratch(tmp_path).sweep()
    assert (tmp_path / "keys" / "pseudonym.key").read_text() == "secret"
    assert Scratch(tmp_path).left() == []


def test_sparks_temporary_files_lie_in_the_runs_folder_and_go_with_it(tmp_path: Path) -> None:
    scratch = Scratch(tmp_path / "tmp")
    conf = scratch.spark_conf({"spark.driver.extraJavaOptions": "-Xmn1g", "spark.eventLog.enabled": "true"})
    own = scratch.own()
    assert conf["spark.local.dir"] == str(own / "spark")
    assert conf["spark.driver.extraJavaOptions"] == f'-Xmn1g "-Djava.io.tmpdir={own / "java"}"'
    assert conf["spark.eventLog.dir"] == (own / "events").as_uri()
    (own / "events" / "local-1").write_text("a plan")
    scratch.drop(tmp_path / "spark-events")
    assert (tmp_path / "spark-events" / "local-1").read_text() == "a plan"
    assert (tmp_path / "spark-events").stat().st_mode & 0o777 == 0o700
    assert not list(scratch.root.iterdir())


def test_places_that_somebody_set_are_kept(tmp_path: Path) -> None:
    own = {"spark.local.dir": "/fast", "spark.eventLog.enabled": "true", "spark.eventLog.dir": "/logs"}
    conf = Scratch(tmp_path / "tmp").spark_conf(own)
    assert own.items() <= conf.items()
