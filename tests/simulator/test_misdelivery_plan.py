"""Which nights are spoiled, as a scenario says, and what the truth tells of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from simulator import ScenarioError
from simulator.scenario.misdeliveries import BY_NAME, spoiled_nights
from simulator.scenario.scenario_file import read_scenario, scenario_of
from tests.simulator.misdelivered import FAULTY, LAST, NIGHTS, PLAN, SOUND, made, truth_of
from tests.simulator.test_delivery import content_of


def test_the_truth_names_every_mishap_with_its_night_its_file_and_what_ought_to_come_of_it(faulty):
    reported = {row["kind"]: row for row in truth_of(faulty)}
    assert set(reported) == set(BY_NAME)
    for name, row in reported.items():
        kind = BY_NAME[name]
        assert (row["night"], row["outcome"]) == (str(PLAN[name][0]), kind.outcome)
        assert row["file"] == f"{kind.table}.csv.gz"
        assert row["detail"]


def test_nights_without_a_mishap_are_those_of_the_sound_world(faulty, sound):
    spoiled = {str(night) for (night,) in PLAN.values()}
    expected = {name: text for name, text in content_of(sound).items() if name.split("/")[0] not in spoiled}
    assert expected.items() <= content_of(faulty).items()


def test_rates_spoil_about_so_many_nights_and_the_same_ones_whatever_nights_follow():
    nights = [date(2024, 1, 1) + timedelta(days=n) for n in range(1000)]
    asked = {"no_manifest": 0.1, "sent_again_renamed": 0.05}
    spoiled = spoiled_nights(1, nights, asked)
    assert 110 < len(spoiled) < 180
    fewer = spoiled_nights(1, nights[:400], asked)
    assert fewer == {night: one for night, one in spoiled.items() if night < nights[400]}
    assert nights[0] not in spoiled


def test_what_is_taken_again_comes_from_a_sound_night():
    nights = NIGHTS[:6]
    spoiled = spoiled_nights(1, nights, {"no_manifest": nights[2:5], "sent_again_in_part": nights[5:]})
    assert spoiled[nights[5]].source == nights[1]


def test_mishaps_that_cannot_be_are_refused_together():
    with pytest.raises(ScenarioError) as refused:
        replace(SOUND, mishaps={
            "no_manifst": 0.1, "half_csv": 2.0, "wrong_sum": (date(2025, 1, 1),), "empty_file": NIGHTS[4:5],
            "header_only": NIGHTS[4:5], "sent_again_renamed": NIGHTS[:1],
        })  # fmt: skip
    for word in (
        "did you mean no_manifest?", "half_csv is 2.0", "2025-01-01 is not one of the nights",
        "has empty_file already", "no delivery comes before",
    ):  # fmt: skip
        assert word in str(refused.value)


def test_a_file_names_nights_by_date_by_number_or_by_rate():
    nights = {"every": "daily", "count": 3, "last": "2026-03-31"}
    asked = {"no_manifest": [2], "half_csv": ["2026-03-31"], "wrong_sum": 0.2}
    scenario = scenario_of({"persons": 100, "nights": nights, "mishaps": asked}, "here")
    assert scenario.mishaps == {"no_manifest": (date(2026, 3, 30),), "half_csv": (LAST,), "wrong_sum": 0.2}


EXTRACT_KINDS = {
    "unlisted_flag", "pointer_to_nothing", "refund_positive", "times_with_offset", "dates_only",
}  # fmt: skip


def test_the_faulty_month_plays_everything_once(tmp_path):
    scenario = read_scenario("faulty-month")
    landing = made(scenario, tmp_path)
    kinds = [row["kind"] for row in truth_of(landing)]
    assert all(kinds.count(name) == 1 for name in BY_NAME)
    assert {"late_weeks", "reversal_first", "reversal_in_parts", "reversal_repeated", "reversal_undone"} <= set(kinds)
    assert {"reversal_months_later", *EXTRACT_KINDS} <= set(kinds)
    assert len(scenario.nights) == 30


def test_another_seed_spoils_the_same_named_nights(tmp_path):
    assert {n: s.kind for n, s in replace(FAULTY, seed=3).spoiled.items()} == {
        n: s.kind for n, s in FAULTY.spoiled.items()
    }
