"""A session that does not start says what Java said."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

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
