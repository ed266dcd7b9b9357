"""The benchmark of detection runs as its command does: what the lake holds is what DuckDB counts on the same files."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.night import ROOT, clean_environment


@pytest.mark.long
def test_a_small_lake_holds_what_duckdb_counts() -> None:
    command = [sys.executable, "-m", "benchmarks.detection", "--lines", "8000"]
    done = subprocess.run(command, cwd=ROOT, env=clean_environment({}), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "equal: hits of every rule, values of every indicator, quantiles of every group" in done.stdout
