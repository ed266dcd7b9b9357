"""The DAGs parse fast without our packages, and say the commands a person types, in order."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fundwatch.errors import ExitCode

PROJECT = Path(__file__).parent.parent.parent
DAGS = PROJECT / "dags"
NIGHT = ["intake", "features", "rules", "score", "leads"]
SAID = "患者欧阳金雀"  # by every command of a night in the tests below
HEAVY = ["pyspark", "mlflow", "great_expectations", "sklearn", "fundwatch", "jobs"]

# Airflow reads its settings and makes its home when it is imported: it stays out of the tests' own process
PROBE = """
import json, sys
from airflow.dag_processing.dagbag import BundleDagBag
bag = BundleDagBag(sys.argv[1], bundle_path=sys.argv[1], bundle_name="dags-folder")
tasks = {
    dag_id: {
        task.task_id: {
            "command": task.bash_command,
            "downstream": sorted(task.downstream_task_ids),
            "outlets": [asset.name for asset in task.outlets],
            "retries": task.retries,
            "final": list(task.skip_on_exit_code),
            "timeout": task.execution_timeout is not None,
        }
        for task in dag.tasks
    }
    for dag_id, dag in bag.dags.items()
}
print(json.dumps({
    "errors": bag.import_errors,
    "seconds": {stat.file: stat.duration.total_seconds() for stat in bag.dagbag_stats},
    "heavy": [name for name in sys.argv[2:] if name in sys.modules],
    "tasks": tasks,
    "runs": {dag_id: [dag.catchup, dag.max_active_runs] for dag_id, dag in bag.dags.items()},
}))
"""


def airflow_environment(home: Path) -> dict[str, str]:
    ours = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DEFAULT_TASK_RETRY_DELAY": "1",
    }
    return {k: v for k, v in os.environ.items() if not k.startswith("FUNDWATCH_")} | ours


@pytest.fixture(scope="module")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What Airflow makes of the DAG files, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE, str(DAGS), *HEAVY],
        env=airflow_environment(tmp_path_factory.mktemp("airflow")),
        cwd=tmp_path_factory.mktemp("elsewhere"),
        check=True,
        capture_output=True,
        text=True,
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def test_the_dag_files_parse_in_under_a_second_without_our_packages(parsed: dict[str, Any]) -> None:
    assert parsed["errors"] == {}
    assert set(parsed["tasks"]) == {"fundwatch_nightly", "fundwatch_training"}
    assert parsed["heavy"] == []
    assert max(parsed["seconds"].values()) < 1, parsed["seconds"]


def test_a_night_runs_its_stages_one_after_the_other(parsed: dict[str, Any]) -> None:
    downstream = {name: task["downstream"] for name, task in parsed["tasks"]["fundwatch_nightly"].items()}
    followers = [[name] for name in NIGHT[1:]] + [[]]
    expected = dict(zip(NIGHT, followers, strict=True)) | {"privacy": []}  # a report, which nothing waits for
    assert downstream == expected | {"intake": sorted([*expected["intake"], "privacy"])}


def test_only_the_stage_that_publishes_updates_the_asset(parsed: dict[str, Any]) -> None:
    outlets = {name: task["outlets"] for name, task in parsed["tasks"]["fundwatch_nightly"].items()}
    assert {name: found for name, found in outlets.items() if found} == {"leads": ["fundwatch_leads"]}


def test_every_task_is_retried_twice_and_cannot_hang(parsed: dict[str, Any]) -> None:
    tasks = [task for dag in parsed["tasks"].values() for task in dag.values()]
    assert {(task["retries"], task["timeout"]) for task in tasks} == {(2, True)}


def test_refused_input_and_a_closed_gate_are_what_a_retry_cannot_mend(parsed: dict[str, Any]) -> None:
    tasks = [task for dag in parsed["tasks"].values() for task in dag.values()]
    assert {tuple(task["final"]) for task in tasks} == {(ExitCode.REFUSED, ExitCode.GATE)}


def test_runs_do_not_overlap_and_missed_ones_are_not_made_up(parsed: dict[str, Any]) -> None:
    assert parsed["runs"] == {"fundwatch_nightly": [False, 1], "fundwatch_training": [False, 1]}


def test_every_task_is_a_command_of_the_command_line(
    parsed: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    from jobs.command_line import main

    commands = [task["command"].split()[1] for dag in parsed["tasks"].values() for task in dag.values()]
    assert sorted(commands) == sorted([*NIGHT, "privacy", "train"])
    for command in commands:
        with pytest.raises(SystemExit) as ended:
            main([command, "--help"])
        assert ended.value.code == 0
        assert "--date" in capsys.readouterr().out


@pytest.fixture(scope="module")
def airflow_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An Airflow home with a migrated database."""
    home = tmp_path_factory.mktemp("airflow_home")
    migrate = [sys.executable, "-m", "airflow", "db", "migrate"]
    subprocess.run(migrate, env=airflow_environment(home), check=True, capture_output=True)
    return home


RunNight = Callable[[str, int], tuple[bool, list[str]]]


@pytest.fixture
def run_night(airflow_home: Path, tmp_path: Path) -> RunNight:
    """Run the night of 2026-03-31 with a recorder in fundwatch's place, which ends `command` with `code`."""
    calls, recorder = tmp_path / "calls", tmp_path / "recorder"

    def run(command: str, code: int) -> tuple[bool, list[str]]:
        told = f'echo "$@" >> {calls}\necho {SAID}\necho {SAID} >&2\n[ "$1" != {command} ] || exit {code}\n'
        recorder.write_text(f"#!/bin/sh\n{told}", encoding="utf-8")
        recorder.chmod(recorder.stat().st_mode | stat.S_IXUSR)
        done = subprocess.run(
            [sys.executable, "-m", "airflow", "dags", "test", "fundwatch_nightly", "2026-03-31"],
            env=airflow_environment(airflow_home) | {"FUNDWATCH_COMMAND": str(recorder)},
            cwd=tmp_path,
            capture_output=True,
        )
        return done.returncode == 0, calls.read_text().splitlines()

    return run


def without_report(commands: list[str]) -> list[str]:
    """The commands of a night in order; the privacy report may run at any time after the intake."""
    return [command for command in commands if not command.startswith("privacy ")]


@pytest.mark.slow
def test_airflow_runs_the_commands_of_a_night_for_its_date(run_night: RunNight) -> None:
    is_green, commands = run_night("none", 0)
    assert is_green
    assert without_report(commands) == [f"{stage} --date 2026-03-31" for stage in NIGHT]
    assert commands.count("privacy --date 2026-03-31") == 1


@pytest.mark.slow
def test_nothing_that_a_command_says_gets_into_airflows_database(run_night: RunNight, airflow_home: Path) -> None:
    assert run_night("none", 0)[0]
    with sqlite3.connect(airflow_home / "airflow.db") as database:
        content = "\n".join(database.iterdump())
        (pushed,) = database.execute("SELECT count(*) FROM xcom").fetchone()
    assert "fundwatch_nightly" in content, "the run is not in this database"
    assert SAID not in content
    assert pushed == 0


@pytest.mark.slow
def test_a_fault_is_retried_and_then_fails_the_night(run_night: RunNight) -> None:
    is_green, commands = run_night("features", ExitCode.FAULT)
    assert not is_green
    assert without_report(commands) == ["intake --date 2026-03-31", *["features --date 2026-03-31"] * 3]


@pytest.mark.slow
def test_refused_input_fails_the_night_without_a_retry(run_night: RunNight) -> None:
    assert run_night("intake", ExitCode.REFUSED) == (False, ["intake --date 2026-03-31"])
