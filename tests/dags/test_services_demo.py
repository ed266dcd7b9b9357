"""Airflow and MLflow on PostgreSQL, as `make services-demo` starts them."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from scripts.small_cluster.ports import free_port
from tests.dags.conftest import PROJECT, airflow_environment
from tests.night import make_deliveries

DATABASE = Path("/usr/lib/postgresql")


@pytest.mark.long
@pytest.mark.skipif(not DATABASE.is_dir(), reason="Debian's postgresql is not installed here")
def test_two_nights_are_green_on_postgresql_and_a_server_that_is_down_loses_no_list(
    tmp_path: Path,
) -> None:
    make_deliveries(tmp_path / "nights")
    tmp_path.chmod(0o711)
    ports = {
        "SERVICES_POSTGRES_PORT": str(free_port()),
        "SERVICES_MLFLOW_PORT": str(free_port()),
        "AIRFLOW__API__PORT": str(free_port()),
    }
    own = {"SERVICES_HOME": str(tmp_path), "FUNDWATCH_VAR": str(tmp_path / "nights")}
    environment = airflow_environment(tmp_path / "airflow") | ports | own
    for name in ("FUNDWATCH_MLFLOW_URI", "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"):
        environment.pop(name, None)
    done = subprocess.run(
        ["bash", str(PROJECT / "scripts" / "services_demo.sh")],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(re.findall(r"^night \S+: success, \d+ s, LocalExecutor on PostgreSQL$", done.stdout, re.M)) == 2
    assert re.search(r"its note waits in the outbox: 1$", done.stdout, re.M)
