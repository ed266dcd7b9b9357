from __future__ import annotations

import subprocess
import sys
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fundwatch.errors import FundwatchError
from simulator import Scenario, ScenarioError, scenario_for_lines, simulate
from simulator.scenario.scenario import MIN_PERSONS
from simulator.schemes import SCHEMES


def test_every_problem_of_a_scenario_is_named_at_once():
    with pytest.raises(ScenarioError) as refused:
        Scenario(persons=3, scheme_scale=-1, dirt_rate=0.9, nights=(date(2026, 3, 2), date(2026, 3, 1)))
    for word in ("4 problems", "persons is 3", "scheme_scale is -1", "dirt_rate is 0.9", "nights must ascend"):
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
    made = simulate_into(scenario_for_lines(lines)).summary.fee_lines
    assert abs(made - lines) < 0.2 * lines


@pytest.mark.parametrize("seed", [20260331, 1, 2])
@pytest.mark.parametrize("lines", [1_000, 2_000, 5_000])
def test_small_worlds_are_of_the_size_asked_for_and_schemes_are_played_in_them(tmp_path, lines, seed):
    summary = simulate(scenario_for_lines(lines, seed=seed), tmp_path / "landing", tmp_path / "truth")
    assert abs(summary.fee_lines - lines) < 0.25 * lines
    assert summary.schemes
    assert summary.lookalikes


@given(st.integers(15_000, 10**7), st.floats(0, 100))
def test_for_lines_always_gives_a_world_that_holds(lines, scale):
    assert scenario_for_lines(lines, scheme_scale=scale).persons >= MIN_PERSONS


@pytest.mark.parametrize("lines", [0, 1, 100])
def test_for_lines_makes_the_smallest_of_worlds_where_even_less_is_asked_for(lines):
    assert MIN_PERSONS <= scenario_for_lines(lines).persons < 4 * MIN_PERSONS


def test_the_smallest_world_can_play_every_scheme(tmp_path):
    scenario = Scenario(persons=MIN_PERSONS, history_start=date(2026, 3, 1), nights=(date(2026, 3, 31),))
    assert len(simulate(scenario, tmp_path / "landing", tmp_path / "truth").schemes) == len(
        {scheme.name for scheme in SCHEMES if scheme.kind == "scheme"}
    )


def test_importing_the_simulator_brings_no_engine_along():
    heavy = "import sys, simulator; print(sorted({'pyspark', 'pandas', 'sklearn', 'mlflow'} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", heavy], check=True, capture_output=True, text=True)
    assert found.stdout == "[]\n"
