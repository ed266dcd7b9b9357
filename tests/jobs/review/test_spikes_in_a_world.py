"""Item spikes in a simulated world: the staged run on one test is first, well before the honest clinic beside it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.jobs.commands import run

SCENARIO = """
title: A run on one test
seed: 20260331
lines: 18000
history: {days: 89}
nights: {every: weekly, count: 1, last: 2026-03-31}
schemes:
  at_least_once: false
  rates: {one_test_for_everyone: 40, clinic_for_the_thyroid: 40}
  disguise: {plain: 1.0, careful: 0.0, disguised: 0.0}
tables: {stock_movement: false, trace_scan: false}
"""


@pytest.mark.long
def test_the_staged_run_on_one_test_is_the_first_spike(tmp_path: Path) -> None:
    var, here, scenario = tmp_path / "var", tmp_path / "here", tmp_path / "scenario.yaml"
    scenario.write_text(SCENARIO, encoding="utf-8")
    for command in (f"simulate --scenario {scenario}", "keys make", "intake --date 2026-03-31 --profile demo"):
        done = run(command, var, here)
        assert done.returncode == 0, done.stderr
    with (var / "truth" / "labels.csv").open(encoding="utf-8", newline="") as file:
        places = {row["scheme"]: row["fixmedins_code"] for row in csv.DictReader(file)}
    spikes = json.loads(run("spikes --json", var, here).stdout)["spikes"]
    of_institutions = [spike for spike in spikes if spike["kind"] == "institution"]
    first = of_institutions[0]
    assert (first["institution_id"], first["item_name"]) == (places["one_test_for_everyone"], "甲状腺功能组合")
    assert first["patients"] >= 20
    clinic = [s["strength"] for s in of_institutions if s["institution_id"] == places["clinic_for_the_thyroid"]]
    assert max(clinic, default=0.0) < 0.5 * first["strength"]
