"""The DAGs parse fast without our packages, and say the commands a person types, in order."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from fundwatch.errors import ExitCode
from jobs.declared_stages import night_stages
from tests.dags.conftest import DAGS, airflow_environment

NIGHT = ["delivery", *(stage.verb for stage in night_stages()), "verdict"]
HEAVY = ["pyspark", "mlflow", "great_expectations", "sklearn", "fundwatch", "jobs"]

# Airflow reads its settings and makes its home when it is imported: it stays out of the tests' own process
PROBE = """
import json, sys, time
from airflow.dag_processing.dagbag import BundleDagBag
begun = time.process_time()  # its own: others may have the cores meanwhile
bag = BundleDagBag(sys.argv[1], bundle_path=sys.argv[1], bundle_name="dags-folder")
seconds = time.process_time() - begun
tasks = {
    dag_id: {
        task.task_id: {
            "command": getattr(task, "command_line", None),
            "downstream": sorted(task.downstream_task_ids),
            "outlets": [asset.name for asset in task.outlets],
            "retries": task.retries,
            "at_once": task.max_active_tis_per_dag,
            "timeout": task.execution_timeout is not None,
            "mode": getattr(task, "mode", None),
        }
        for task in dag.tasks
    }
    for dag_id, dag in bag.dags.items()
}
codes = {}
if not bag.import_errors:
    from fundwatch_delivery import NOT_READY
    from fundwatch_stage import BUSY, FINAL, INCOMPLETE
    codes = {"final": FINAL, "incomplete": INCOMPLETE, "busy": BUSY, "not ready": NOT_READY}
print(json.dumps({
    "codes": codes,
    "errors": bag.import_errors,
    "seconds": seconds,
    "heavy": [name for name in sys.argv[2:] if name in sys.modules],
    "tasks": tasks,
    "runs": {dag_id: [dag.catchup, dag.max_active_runs] for dag_id, dag in bag.dags.items()},
    "zones": {dag_id: str(dag.timezone) for dag_id, dag in bag.dags.items()},
    "params": {dag_id: sorted(dag.params) for dag_id, dag in bag.dags.items()},
}))
"""
Parse = Callable[[Mapping[str, str]], dict[str, Any]]


@pytest.fixture(scope="module")
def parse(tmp_path_factory: pytest.TempPathFactory) -> Parse:
    """What Airflow makes of the DAG files, in a process of its own."""

    def parsed(settings: Mapping[str, str]) -> dict[str, Any]:
        done = subprocess.run(
            [sys.executable, "-c", PROBE, str(DAGS), *HEAVY],
            env=airflow_environment(tmp_path_factory.mktemp("airflow")) | dict(settings),
            cwd=tmp_path_factory.mktemp("elsewhere"),
            check=True,
            capture_output=True,
            text=True,
        )
        return dict(json.loads(done.stdout.splitlines()[-1]))

    return parsed


@pytest.fixture(scope="module")
def parsed(parse: Parse) -> dict[str, Any]:
    return parse({})


def test_the_dag_files_parse_in_under_a_second_without_our_packages(parsed: dict[str, Any]) -> None:
    assert parsed["errors"] == {}
    assert set(parsed["tasks"]) == {"fundwatch_nightly", "fundwatch_training"}
    assert parsed["heavy"] == []
    assert parsed["seconds"] < 1


def test_a_night_waits_for_its_delivery_and_runs_its_stages_one_after_the_other(parsed: dict[str, Any]) -> None:
    tasks = parsed["tasks"]["fundwatch_nightly"]
    downstream = {name: task["downstream"] for name, task in tasks.items()}
    followers = [[name] for name in NIGHT[1:]] + [[]]
    expected = dict(zip(NIGHT, followers, strict=True)) | {"privacy": []}  # a report, which nothing waits for
    assert downstream == expected | {"intake": sorted([*expected["intake"], "privacy"])}
    assert tasks["delivery"]["mode"] == "reschedule", "a task that only waits would hold a place of two"


def test_only_the_stage_that_publishes_updates_the_asset(parsed: dict[str, Any]) -> None:
    outlets = {name: task["outlets"] for name, task in parsed["tasks"]["fundwatch_nightly"].items()}
    assert {name: found for name, found in outlets.items() if found} == {"publish": ["fundwatch_leads"]}


def test_every_command_is_retried_twice_cannot_hang_and_runs_for_one_night_at_a_time(parsed: dict[str, Any]) -> None:
    tasks = {name: task for dag in parsed["tasks"].values() for name, task in dag.items() if name != "verdict"}
    assert {(task["retries"], task["timeout"]) for task in tasks.values()} == {(2, True)}
    assert {task["at_once"] for name, task in tasks.items() if name != "delivery"} == {1}


def test_runs_do_not_overlap_missed_ones_are_not_made_up_and_a_date_can_be_given(parsed: dict[str, Any]) -> None:
    assert parsed["runs"] == {"fundwatch_nightly": [False, 1], "fundwatch_training": [False, 1]}
    assert parsed["params"] == {"fundwatch_nightly": ["date"], "fundwatch_training": ["date"]}


def test_the_night_is_one_command_and_the_zone_another_where_the_settings_say_so(parse: Parse) -> None:
    parsed = parse({"FUNDWATCH_AIRFLOW_NIGHT": "whole", "FUNDWATCH_AIRFLOW_TIMEZONE": "Asia/Urumqi"})
    tasks = parsed["tasks"]["fundwatch_nightly"]
    assert {name: task["downstream"] for name, task in tasks.items()} == {"delivery": ["nightly"], "nightly": []}
    assert tasks["nightly"]["outlets"] == ["fundwatch_leads"]
    assert set(parsed["zones"].values()) == {"Asia/Urumqi"}


def test_settings_that_do_not_hold_are_reported_all_at_once_where_airflow_shows_them(parse: Parse) -> None:
    wrong = {
        "NIGHT": "half",
        "TIMEZONE": "Asia/Nowhere",
        "POKE_MINUTES": "soon",
        "NOTIFY_WEBHOOK": "x.org",
        "ZONE": "x",
    }
    errors = parse({f"FUNDWATCH_AIRFLOW_{name}": value for name, value in wrong.items()})["errors"]
    text = "".join(str(error) for error in errors.values())
    assert [name for name in wrong if f"FUNDWATCH_AIRFLOW_{name}" not in text] == []


def test_every_task_is_a_command_of_the_command_line(
    parsed: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    from jobs.command_line import main

    found = [task["command"] for dag in parsed["tasks"].values() for task in dag.values() if task["command"]]
    commands = [command.split()[1] for command in found]
    assert sorted(commands) == sorted(["deliveries", *NIGHT[1:-1], "privacy", "train"])
    for command in commands:
        with pytest.raises(SystemExit) as ended:
            main([command, "--help"])
        assert ended.value.code == 0
        assert "--date" in capsys.readouterr().out


def test_the_exit_codes_of_the_dags_are_those_of_fundwatch(parsed: dict[str, Any]) -> None:
    assert parsed["codes"] == {
        "final": [ExitCode.REFUSED, ExitCode.GATE, ExitCode.INCOMPLETE],
        "incomplete": ExitCode.INCOMPLETE,
        "busy": ExitCode.BUSY,
        "not ready": ExitCode.NOT_READY,
    }
