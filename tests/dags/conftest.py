"""What the tests of the DAGs share: a migrated database, and runs of DAGs in a process that has Airflow in it."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from filelock import FileLock

PROJECT = Path(__file__).parent.parent.parent
DAGS = PROJECT / "dags"
SAID = "患者欧阳金雀"  # by every command that the recorder stands in for
RECORDER = f"""#!/bin/sh
echo "$@" >> "$RECORDER_CALLS"
echo "{SAID}"
echo "12:00:00  {SAID}" >&2
[ "$1" = "$RECORDER_COMMAND" ] || exit 0
[ "$(grep -c "^$1 " "$RECORDER_CALLS")" -le "${{RECORDER_TIMES:-99}}" ] || exit 0
echo "fundwatch: the source is not what it was" >&2
echo "  where: fee_list.csv" >&2
echo "12:00:01  going on" >&2
exit "$RECORDER_CODE"
"""


def airflow_environment(home: Path) -> dict[str, str]:
    ours = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DEFAULT_TASK_RETRY_DELAY": "1",
        "NO_COLOR": "1",
    }
    return {k: v for k, v in os.environ.items() if not k.startswith(("FUNDWATCH_", "AIRFLOW"))} | ours


@dataclass(frozen=True)
class Ran:
    """What became of one run: its state, its tasks' states and tries, the commands that were called, and the log."""

    state: str
    tasks: Mapping[str, str]
    tries: Mapping[str, int]
    calls: tuple[str, ...]
    log: str


Scenario = Mapping[str, Any]
RunDags = Callable[[Sequence[Scenario], Mapping[str, str]], list[Ran]]


@pytest.fixture(scope="session")
def migrated_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An Airflow database, migrated once per test run."""
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "airflow_migrated"
    with FileLock(f"{shared}.lock"):
        if not (shared / "airflow.db").is_file():
            migrate = [sys.executable, "-m", "airflow", "db", "migrate"]
            subprocess.run(migrate, env=airflow_environment(shared), check=True, capture_output=True)
    return shared / "airflow.db"


@pytest.fixture(scope="module")
def airflow_home(tmp_path_factory: pytest.TempPathFactory, migrated_database: Path) -> Path:
    """An Airflow home of the module's own."""
    home = tmp_path_factory.mktemp("airflow_home")
    shutil.copy(migrated_database, home / "airflow.db")
    return home


@pytest.fixture(scope="module")
def run_dags(airflow_home: Path, tmp_path_factory: pytest.TempPathFactory) -> RunDags:
    """Run DAGs one after the other in one process, with a recorder in fundwatch's place."""
    folder = tmp_path_factory.mktemp("recorded")
    recorder = folder / "recorder"
    recorder.write_text(RECORDER, encoding="utf-8")
    recorder.chmod(recorder.stat().st_mode | stat.S_IXUSR)

    def run(scenarios: Sequence[Scenario], settings: Mapping[str, str]) -> list[Ran]:
        results = Path(mkdtemp(dir=folder)) / "results.json"
        done = subprocess.run(
            [sys.executable, str(Path(__file__).parent / "run_dags.py"), str(results)],
            env=airflow_environment(airflow_home) | {"FUNDWATCH_COMMAND": str(recorder), **settings},
            input=json.dumps(scenarios),
            cwd=folder,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        logs = done.stdout.split("=== the next run\n")[1:]
        return [Ran(**reported, log=log) for reported, log in zip(json.loads(results.read_text()), logs, strict=True)]

    return run
