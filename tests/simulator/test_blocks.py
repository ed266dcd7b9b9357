from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

import simulator
from simulator import Scenario, ScenarioError, simulate
from simulator.blocks import staged_in
from simulator.honest_world import block_count, block_persons, make_world
from simulator.schemes import SCHEMES
from simulator.streams import Hand
from tests.simulator.test_delivery import content_of

NIGHTS = (date(2026, 3, 10), date(2026, 3, 17), date(2026, 3, 30), date(2026, 3, 31))
SEVERAL_BLOCKS = Scenario(persons=1600, history_start=date(2026, 2, 25), nights=NIGHTS)


def bytes_of(scenario, folder, **how):
    simulate(scenario, folder / "landing", folder / "truth", **how)
    return content_of(folder)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """What one process makes of several blocks."""
    return bytes_of(SEVERAL_BLOCKS, tmp_path_factory.mktemp("one"))


@pytest.mark.slow
@pytest.mark.parametrize("processes", [2, 3])
def test_the_number_of_processes_changes_no_byte(made, tmp_path, processes):
    assert bytes_of(SEVERAL_BLOCKS, tmp_path, processes=processes) == made


@pytest.mark.slow
def test_nights_simulated_later_are_those_of_the_whole_run(made, tmp_path):
    early = bytes_of(SEVERAL_BLOCKS, tmp_path, nights=NIGHTS[:2])
    assert {name.split("/")[1] for name in early if name.startswith("landing")} == set(map(str, NIGHTS[:2]))
    assert bytes_of(SEVERAL_BLOCKS, tmp_path, nights=NIGHTS[2:]) == made


@pytest.mark.slow
def test_nights_may_be_added_to_a_world_that_ends_later(tmp_path):
    end = date(2026, 3, 31)
    planned = Scenario(persons=60, history_start=date(2026, 2, 1), nights=NIGHTS[:2], ends_on=end)
    first = bytes_of(planned, tmp_path / "first")
    longer = bytes_of(replace(planned, nights=NIGHTS), tmp_path / "longer")
    for name, content in first.items():
        if name.startswith("landing"):
            assert longer[name] == content
    assert first["truth/labels.csv"] == longer["truth/labels.csv"]


def test_a_script_that_every_process_would_run_again_is_reported_so(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "from datetime import date\nfrom pathlib import Path\nfrom simulator import Scenario, simulate\n"
        "world = Scenario(persons=1600, history_start=date(2026, 3, 1), nights=(date(2026, 3, 31),))\n"
        f"simulate(world, Path({str(tmp_path / 'landing')!r}), Path({str(tmp_path / 'truth')!r}), processes=2)\n"
    )
    paths = {"PYTHONPATH": str(Path(simulator.__file__).parent.parent)}
    ran = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, env=os.environ | paths)
    assert ran.returncode != 0
    assert "SimulationError" in ran.stderr
    assert "__main__" in ran.stderr
    assert not list((tmp_path / "landing").glob("*"))


def test_a_night_that_is_not_planned_is_refused(tmp_path):
    with pytest.raises(ScenarioError, match="2026-04-02 are not the scenario's"):
        simulate(SEVERAL_BLOCKS, tmp_path / "landing", tmp_path / "truth", nights=[date(2026, 4, 2)])


def test_every_instance_is_staged_in_exactly_one_block():
    scenario = Scenario(persons=5000, scheme_scale=3.0, scheme_rates={SCHEMES[0].name: 0.0, SCHEMES[1].name: 4.0})
    staged = [(s.name, n) for block in range(block_count(scenario)) for s, n in staged_in(scenario, block)]
    expected = [
        (scheme.name, n)
        for scheme in SCHEMES
        for n in range(scheme.instances(5000, 3.0 * scenario.scheme_rates.get(scheme.name, 1.0)))
    ]
    assert sorted(staged) == sorted(expected)


@pytest.mark.parametrize("persons", [50, 499, 500, 999, 1000, 1499, 123_456])
def test_blocks_hold_everybody_and_none_is_small(persons):
    scenario = Scenario(persons=persons)
    sizes = [block_persons(scenario, block) for block in range(block_count(scenario))]
    assert sum(sizes) == persons
    assert min(sizes) >= min(persons, 500)


def test_no_two_blocks_give_out_the_same_code():
    worlds = [make_world(SEVERAL_BLOCKS, block) for block in range(3)]
    hand = Hand(1, "codes")
    codes = [world.fresh_serial(hand, 3, "H") for world in worlds for _ in range(200)]
    assert len(set(codes)) == 600


def test_no_spool_stays_behind(made):
    assert {name.split("/")[0] for name in made} == {"landing", "truth"}
    assert {name for name in made if name.startswith("truth")} == {
        "truth/labels.csv",
        "truth/mishaps.csv",
        "truth/summary.json",
    }
    summary = json.loads(made["truth/summary.json"])
    assert [night["business_date"] for night in summary["nights"]] == list(map(str, NIGHTS))


def test_people_are_admitted_as_often_as_the_scenario_says():
    def stays(factor):
        scenario = Scenario(persons=4000, stay_factor=factor, scheme_scale=0.0)
        return sum(visit.is_stay for visit in make_world(scenario, 3).visits)

    assert stays(0.5) < 0.75 * stays(1.0)
