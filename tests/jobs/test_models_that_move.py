"""A finished lake whose folder moves, whose models are damaged, whose MLflow is hostile or gone: each run a process of
its own, as people start it."""

from __future__ import annotations

import csv
import json
import shutil
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from fundwatch.settings import Settings
from jobs.lake_models import lake_models_of, model_findings
from models.registry.champions import find_champions
from tests.night import NIGHTS, ROOT, FinishedNight, clean_environment, run_fundwatch

pytestmark = pytest.mark.long
LAST = NIGHTS[-1]


@pytest.fixture
def moved(finished_night: FinishedNight, tmp_path: Path) -> Path:
    """The finished lake in another place than the one it was made in, its former place gone."""
    shutil.copytree(finished_night.var, tmp_path / "was here")
    return (tmp_path / "was here").rename(tmp_path / "is there")


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _put_code(var: Path, canary: Path) -> None:
    """Code and a pickle wherever MLflow keeps files, which would write the canary."""
    code = f"open({str(canary)!r}, 'w').write('ran')"
    for folder in [path for path in (var / "mlflow" / "artifacts").rglob("*") if path.is_dir()]:
        (folder / "MLmodel").write_text("flavors:\n  python_function: {loader_module: served, code: .}\n")
        (folder / "served.py").write_text(code)
        (folder / "detector.json").write_bytes(f"cbuiltins\nexec\n(V{code}\ntR.".encode())


def test_damaged_models_end_with_six_and_a_list_that_says_so_and_mlflow_gone_changes_nothing(
    finished_night: FinishedNight, moved: Path, tmp_path: Path
):
    wanted, lists = _files(finished_night.lists), moved / "lists" / LAST.isoformat()
    _put_code(moved, tmp_path / "canary")
    models = {path: path.read_bytes() for path in (moved / "lake" / "model_files").iterdir()}
    for path, content in models.items():
        path.write_bytes(content[:-2] + b" " + content[-2:])

    done = run_fundwatch("nightly", "--date", str(LAST), var=moved)
    assert done.returncode == 6, done.stderr
    assert "was changed" in done.stderr
    assert "未运行的模型 Models not run" in done.stdout
    reported = json.loads((lists / "summary.json").read_text(encoding="utf-8"))["provenance"]
    assert reported["model_fingerprints"] == {}
    assert reported["models_not_run"]
    with (lists / "leads.csv").open(encoding="utf-8-sig", newline="") as stream:
        assert {row["models_not_run"] for row in csv.DictReader(stream)} == {
            ";".join(sorted(reported["models_not_run"]))
        }

    for path, content in models.items():
        path.write_bytes(content)
    shutil.rmtree(moved / "mlflow")
    done = run_fundwatch("nightly", "--date", str(LAST), var=moved)
    assert done.returncode == 0, done.stderr
    assert _files(lists) == wanted
    assert not (tmp_path / "canary").exists()
    assert not (tmp_path / "was here").exists()


# with Java, where the files lie there and the table does not know of them yet
KILLED = """
import os, signal, sys
from jobs.command_line import main
from jobs.job import Night

Night.write_rows = lambda *_: os.killpg(0, signal.SIGKILL)
main(sys.argv[1:])
"""


def test_training_killed_between_the_files_and_the_table_is_done_again_as_if_nothing_had_been(moved: Path):
    settings = Settings(var=moved)
    folder, before = moved / "lake" / "model_files", _speakers(settings, LAST)
    there = {path.name for path in folder.iterdir()}
    command = [sys.executable, "-c", KILLED, "train", "--date", str(LAST), "--var", str(moved)]
    killed = subprocess.run(
        command, cwd=ROOT, env=clean_environment(), start_new_session=True, stderr=subprocess.DEVNULL, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    assert {path.name for path in folder.iterdir()} > there
    assert _speakers(settings, LAST) == before  # files without a row are nobody's
    assert [found.outcome for found in model_findings(settings)] == ["ok"]

    done = run_fundwatch("train", "--date", str(LAST), var=moved)
    assert done.returncode == 0, done.stderr
    after = _speakers(settings, LAST)
    assert after.keys() == before.keys()
    assert {*after.values()} <= {LAST, *before.values()}
    assert _speakers(settings, NIGHTS[0]) == before
    assert [found.outcome for found in model_findings(settings)] == ["ok"]


def _speakers(settings: Settings, night: date) -> dict[str, date | None]:
    """By model the night it learned from."""
    runnable, _ = find_champions(lake_models_of(settings), night)
    return {f"{one.entity}/{one.model}": one.learned_on for one in runnable}
