"""`fundwatch simulate`: what it asks the simulator for, and when it refuses, skips or continues."""

from __future__ import annotations

from datetime import date

import pytest

from fundwatch.errors import FundwatchError
from fundwatch.settings import Settings
from jobs.command_line import parser
from jobs.prove.commands import asked as asked_by
from jobs.prove.simulate_claims import deliver, scenario_asked
from simulator import Scenario, scenario_for_lines, take_resent
from tests.simulator.test_delivery import content_of

NIGHTS = (date(2026, 3, 10), date(2026, 3, 20), date(2026, 3, 31))


def asked(*words):
    return scenario_asked(asked_by(parser().parse_args(["simulate", *words])), Settings())


def small(nights, **more):
    return Scenario(
        persons=60, history_start=date(2026, 2, 20), nights=nights, ends_on=NIGHTS[-1], every_scheme=False, **more
    )


def test_the_plain_command_delivers_four_weeks_of_about_24000_lines():
    scenario = asked("--date", "2026-03-31")
    assert scenario == scenario_for_lines(
        24_000,
        seed=Settings().seed,
        nights=tuple(date(2026, 3, day) for day in (10, 17, 24, 31)),
    )


def test_a_preset_takes_what_the_command_line_says_again():
    words = ("--preset", "city", "--lines", "30000", "--date", "2026-06-30", "--nights", "2", "--compression", "zip")
    scenario = asked(*words)
    assert scenario.nights == (date(2026, 6, 23), date(2026, 6, 30))
    assert scenario.layout.ending == ".csv.zip"
    assert scenario.layout.encoding == "gb18030"
    assert scenario.persons < 2000


def test_a_preset_and_a_file_exclude_each_other(capsys):
    with pytest.raises(SystemExit):
        asked("--preset", "city", "--scenario", "mine.yaml")
    assert "not allowed with" in capsys.readouterr().err


def test_an_unknown_preset_is_refused_by_name():
    with pytest.raises(FundwatchError, match="conf/scenarios has no 'town'"):
        asked("--preset", "town")


def test_later_nights_of_the_same_world_are_added_and_the_earlier_left_alone(tmp_path):
    landing, truth = tmp_path / "landing", tmp_path / "truth"
    assert deliver(small(NIGHTS[:1]), landing, truth)
    first = content_of(landing)
    assert deliver(small(NIGHTS), landing, truth)
    assert not deliver(small(NIGHTS), landing, truth)
    whole = tmp_path / "whole"
    deliver(small(NIGHTS), whole, tmp_path / "truth of the whole")
    assert first.items() <= content_of(landing).items()
    assert content_of(landing) == content_of(whole)


def test_another_world_is_never_mixed_into_a_landing_zone(tmp_path):
    landing, truth = tmp_path / "landing", tmp_path / "truth"
    deliver(small(NIGHTS[:1]), landing, truth)
    for other in (small(NIGHTS, seed=7), small(NIGHTS[1:])):
        with pytest.raises(FundwatchError, match="other deliveries lie in the landing folder"):
            deliver(other, landing, truth)


@pytest.mark.parametrize("kind", ["half_csv", "no_manifest"])
def test_a_world_is_continued_whether_its_spoiled_night_was_fixed_or_not(tmp_path, kind):
    early, all_nights = (small(nights, mishaps={kind: NIGHTS[1:2]}) for nights in (NIGHTS[:2], NIGHTS))
    for folder, is_fixed in ((tmp_path / "spoiled", False), (tmp_path / "mended", True)):
        landing, truth = folder / "landing", folder / "truth"
        deliver(early, landing, truth)
        assert not is_fixed or take_resent(landing, NIGHTS[1])
        assert not deliver(early, landing, truth)
        before = content_of(landing)
        assert deliver(all_nights, landing, truth)
        assert before.items() <= content_of(landing).items()
