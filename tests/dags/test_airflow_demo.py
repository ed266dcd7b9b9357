"""`make airflow-demo`: the nightly DAG by the real commands, for two dates, ends green."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from fundwatch.lake.ledger import Ledger
from tests.dags.conftest import PROJECT, airflow_environment
from tests.night import NIGHTS, SMALL_JAVA, FinishedNight, make_deliveries
from tests.places import at

STAGES = ("intake", "features", "rules", "score", "leads")
PRIVACY = "reports/{}/privacy/privacy.json"


def run_demo(var: Path, home: Path, settings: Mapping[str, str]) -> str:
    """The words of the demonstration. Raises AssertionError with them unless it ends green."""
    environment = airflow_environment(home) | SMALL_JAVA | {"FUNDWATCH_VAR": str(var)} | dict(settings)
    script = ["bash", str(PROJECT / "scripts" / "airflow_demo.sh")]
    done = subprocess.run(script, env=environment, cwd=home, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.long
def test_both_dates_of_a_finished_lake_are_green_task_by_task(
    finished_night: FinishedNight, airflow_home: Path, tmp_path: Path
) -> None:
    """Every command runs in a process of its own, as Airflow runs it; what stands already is not made again."""
    var = tmp_path / "var"
    shutil.copytree(finished_night.var, var)
    (var / PRIVACY.format(NIGHTS[-1])).unlink()
    reported = run_demo(var, airflow_home, {"FUNDWATCH_AIRFLOW_NIGHT": "stages"})
    assert [line.split(",")[0] for line in reported.splitlines()] == [f"night {night}: green" for night in NIGHTS]
    assert (var / PRIVACY.format(NIGHTS[-1])).is_file(), "made in a process of its own"


@pytest.mark.long
def test_both_dates_are_green_from_their_deliveries_on(airflow_home: Path, tmp_path: Path) -> None:
    var = tmp_path / "var"
    make_deliveries(var)
    reported = run_demo(var, airflow_home, {"FUNDWATCH_AIRFLOW_NIGHT": "stages"})
    assert [line.split(",")[0] for line in reported.splitlines()] == [f"night {night}: green" for night in NIGHTS]
    ledger = Ledger(at(var / "lake"))
    assert all(ledger.committed(stage, night) is not None for stage in STAGES for night in NIGHTS)
    assert all((var / "lists" / str(night) / "leads.xlsx").is_file() for night in NIGHTS)
    assert all((var / PRIVACY.format(night)).is_file() for night in NIGHTS)
