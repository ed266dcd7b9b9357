from __future__ import annotations

from datetime import date

import pytest

from fundwatch.resources import conf_names
from simulator import ScenarioError
from simulator.beside.extra_tables import EXTRA_TABLES
from simulator.delivering.tables import extra_tables
from simulator.scenario.scenario_file import read_scenario, scenario_of


def refused(content):
    with pytest.raises(ScenarioError) as found:
        scenario_of(content, "here")
    return found.value.found


@pytest.mark.parametrize("name", ["demo", "city", "province-slice", "faulty-month", "schemes"])
def test_every_preset_holds(name):
    assert name in conf_names("scenarios")
    assert read_scenario(name).nights[-1] == date(2026, 3, 31)


def test_all_problems_are_named_by_their_keys_at_once():
    found = refused(
        {
            "nigths": {},
            "persons": 1000,
            "lines": 4,
            "nights": {"every": "hourly", "cuont": 3},
            "schemes": {"rates": {"drug_reselle": 1, "drug_reseller": -3}},
            "stays": {"factor": 9000},
            "dirt": {"lat": 1, "late": 2},
            "delivery": {"encoding": "ebcdic", "level": 12},
            "tables": {"tea_leaves": True},
        }
    )
    keys = (
        "nigths", "lines", "nights.every", "nights.cuont", "schemes.rates.drug_reselle", "schemes.rates.drug_reseller",
        "stays.factor", "dirt.lat", "dirt.late", "delivery.encoding", "delivery.level", "tables.tea_leaves",
    )  # fmt: skip
    for key in keys:
        assert any(problem.startswith(key) for problem in found), key
    assert len(found) == len(keys)


def test_a_misspelt_scheme_is_reported_its_right_name():
    (problem,) = refused({"schemes": {"rates": {"drug_reselle": 1}}})
    assert problem.endswith("did you mean drug_reseller?")


def test_more_stays_than_the_beds_can_hold_are_refused():
    (problem,) = refused({"persons": 50_000, "stays": {"factor": 4}})
    assert problem.startswith("stays.factor: 4.0 means 40,000 stays a year")


def test_a_key_given_again_replaces_the_files():
    scenario = read_scenario("city", {"nights.last": date(2026, 4, 30), "nights.count": 2, "seed": 3})
    assert scenario.nights == (date(2026, 4, 23), date(2026, 4, 30))
    assert (scenario.seed, scenario.persons) == (3, 60_000)


def test_a_file_of_ones_own_is_read(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("persons: 70\nnights: {dates: [2026-03-30, 2026-03-31]}\ndirt: {late: 0.2, broken: 0}\n")
    scenario = read_scenario(file)
    assert (scenario.persons, scenario.dirt_rate, scenario.rates["late"]) == (70, 0.0, 0.2)
    assert scenario.nights == (date(2026, 3, 30), date(2026, 3, 31))


@pytest.mark.parametrize(
    ("name", "without"), [("demo", {"stock_movement", "trace_scan"}), ("city", set()), ("province-slice", set())]
)
def test_presets_deliver_the_tables_beside_the_claims(name, without):
    assert extra_tables(read_scenario(name)) == [table for table in EXTRA_TABLES if table.name not in without]
