"""A real intake that is killed leaves nothing that others may read, and the next run takes it away."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.canaries import marks_in
from benchmarks.canary_search import contents
from fundwatch.errors import ExitCode
from fundwatch.settings import Settings
from jobs.command_line import main
from jobs.workplace import workplace
from tests.intake.deliveries import change_manifest
from tests.night import NIGHTS, ROOT, FinishedNight, clean_environment, wait_for

pytestmark = pytest.mark.slow


def _delivered(night: FinishedNight, var: Path) -> None:
    """A night's delivery whose fee lines Spark reads from a copy, for the sake of their file's name."""
    shutil.copytree(night.var / "keys", var / "keys")
    folder = var / "landing" / NIGHTS[0].isoformat()
    shutil.copytree(night.var / "landing" / NIGHTS[0].isoformat(), folder)
    files = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["files"]
    fee = max(files, key=lambda file: int(file["bytes"]))
    (folder / fee["name"]).rename(folder / f"100%{fee['name']}")
    change_manifest(folder, fee["table"], name=f"100%{fee['name']}")


def _kill_at_work(var: Path) -> str:
    """Kill an intake with its Java process once it has put rows down; how Java was called."""
    command = [sys.executable, "-m", "jobs.command_line", "intake", "--date", str(NIGHTS[0]), "--var", str(var)]
    (var / "system").mkdir()
    process = subprocess.Popen(
        [*command, "--set", "stage_rows=1"],
        cwd=ROOT,
        env=clean_environment({"TMPDIR": str(var / "system")}),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    reached = wait_for(lambda: (var / "lake" / ".staging" / "intake").is_dir(), process)
    java = json.loads((var / "lake" / ".lock").read_text())["java"] if reached else 0
    called = Path(f"/proc/{java}/cmdline").read_text().replace("\0", " ") if java else ""
    os.killpg(process.pid, signal.SIGKILL)
    _, reported = process.communicate()
    assert reached, f"the intake never put rows down:\n{reported}"
    return called


def test_what_a_killed_intake_leaves_is_private_is_named_by_the_lake_check_and_goes_with_the_next_run(
    finished_night: FinishedNight, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _delivered(finished_night, tmp_path)
    called = _kill_at_work(tmp_path)
    (own,) = (tmp_path / "tmp").iterdir()
    (copied,) = (tmp_path / "vault" / "scratch").iterdir()
    staged = tmp_path / "lake" / ".staging"
    assert f"-Djava.io.tmpdir={own / 'java'}" in called
    assert list((own / "spark").glob("**/blockmgr-*"))
    copies = [file for file in copied.rglob("*") if file.is_file()]
    readable = [file for file in copies for _, content in contents(file) if marks_in(content)]
    assert readable, "the copy holds names; who else may enter its folder?"
    assert {p.stat().st_mode & 0o077 for p in (own, own.parent, copied, copied.parent, staged)} == {0}
    elsewhere = [file for file in (tmp_path / "system").rglob("*") if file.is_file()]
    assert not [str(file) for file in elsewhere for _, content in contents(file) if marks_in(content)]
    assert main(["lake", "check", "--var", str(tmp_path), "--quiet"]) == ExitCode.FAULT
    output = capsys.readouterr().err
    assert all(str(path) in output for path in (own, copied, staged))
    with workplace(Settings(var=tmp_path)):
        assert not [path for path in (own, copied, staged) if path.exists()]
