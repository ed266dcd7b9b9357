from __future__ import annotations

import subprocess
import sys
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fundwatch.errors import FundwatchError
from simulator import Scenario, ScenarioError, simulate


def test_every_fault_of_a_scenario_is_named_at_once():
    with pytest.raises(ScenarioError) as refused:
        Scenario(persons=3, scheme_scale=-1, dirt_rate=0.9, nights=(date(2026, 3, 2), date(2026, 3, 1)))
    for word in ("4 faults", "persons is 3", "scheme_scale is -1", "dirt_rate is 0.9", "nights must ascend"):
        assert word in str(refused.value)


@pytest.mark.parametrize(
    ("nights", "word"),
    [
        ((), "nights is empty"),
        ((date(2025, 12, 31), date(2026, 3, 31)), "2025-12-31 do not come after"),
        ((date(2026, 1, 15),), "is 14 days"),
        ((date(2026, 3, 31), date(2026, 3, 31)), "not repeat"),
    ],
)
def test_nights_that_cannot_be_are_refused(nights, word):
    with pytest.raises(FundwatchError, match=word):
        Scenario(nights=nights)


def test_the_truth_may_not_lie_where_detectors_read(tmp_path):
    for truth in (tmp_path, tmp_path / "inner" / "truth", tmp_path.parent):
        with pytest.raises(ScenarioError, match="within each other"):
            simulate(Scenario(), tmp_path, truth)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("lines", [10_000, 20_000])
def test_for_lines_aims_well(simulate_into, lines):
    made = simulate_into(Scenario.for_lines(lines)).summary.fee_lines
    assert abs(made - lines) < 0.2 * lines


@settings(deadline=None)
@given(st.integers(0, 10**7), st.floats(0, 100))
def test_for_lines_always_gives_a_world_that_holds(lines, scale):
    assert Scenario.for_lines(lines, scheme_scale=scale).persons >= 50


def test_importing_the_simulator_brings_no_engine_along():
    heavy = "import sys, simulator; print(sorted({'pyspark', 'pandas', 'sklearn', 'mlflow'} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", heavy], check=True, capture_output=True, text=True)
    assert found.stdout == "[]\n"
