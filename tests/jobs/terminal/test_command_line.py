"""The command line itself: who stops reading, and files that are not there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fundwatch.errors import ExitCode
from jobs.command_line import main


def test_who_stops_reading_gets_no_complaint(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    argv = [sys.executable, "-m", "jobs.command_line", "settings", "--var", str(tmp_path)]
    done = subprocess.run(argv, check=False, stdout=writing, stderr=subprocess.PIPE, text=True)
    os.close(writing)
    assert (done.returncode, done.stderr) == (ExitCode.OK, "")


@pytest.mark.parametrize("words", [["simulate", "--scenario"], ["source", "check", "--mapping"]])
def test_a_file_that_is_not_there_is_named(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = str(tmp_path / "none.yaml")
    given = [*words, missing, "--date", "2026-03-31", "--var", str(tmp_path)]
    assert main(given) == ExitCode.REFUSED
    assert f"there is no such file\n  where: {missing}\n" in capsys.readouterr().err
