"""A session that does not start says what Java said; one that has started is not asked for what is known."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest
    from pyspark.sql import SparkSession

_START = """
from fundwatch.engine.session import start_session
start_session("tests", {}, "local[1]")
"""


def test_java_that_does_not_come_up_is_quoted(tmp_path: Path) -> None:
    environment = os.environ | {"JAVA_HOME": str(tmp_path / "no_java")}
    done = subprocess.run([sys.executable, "-c", _START], capture_output=True, text=True, env=environment, check=False)
    assert "SettingsError: Spark did not start" in done.stderr
    assert "no_java/bin/java: No such file or directory" in done.stderr.partition("SettingsError")[2]
    assert "`make setup` installs what is missing" in done.stderr


def test_a_column_is_one_question_to_java(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    from pyspark.sql import functions as F

    client, asked = spark.sparkContext._gateway._gateway_client, list[str]()
    send = client.send_command

    def noted(command: str, *given: Any, **named: Any) -> Any:
        asked.append(command)
        return send(command, *given, **named)

    F.lower(F.col("a"))  # what the names stand for is asked for once
    monkeypatch.setattr(client, "send_command", noted)
    F.lower(F.col("b"))
    assert len([command for command in asked if command.startswith("c\n")]) == 2
    assert [command for command in asked if command.startswith("r\n")] == []


def test_a_session_beside_one_that_runs_has_its_own_settings_and_ends_alone(spark: SparkSession) -> None:
    from fundwatch.engine.session import start_session, stop_session

    name = "spark.sql.shuffle.partitions"
    beside = start_session("beside", {name: "7"}, "local[1]")
    assert (beside.conf.get(name), spark.conf.get(name)) == ("7", "1")
    stop_session(beside)
    assert spark.range(3).count() == 3
