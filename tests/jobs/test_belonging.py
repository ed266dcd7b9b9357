"""Runs that stand belong together: whatever was run again since, or came late, leaves what rests on it out of date."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from fundwatch.errors import ExitCode
from fundwatch.lake.ledger import Ledger
from fundwatch.settings import Settings
from jobs.belonging import MARK, Belonging
from jobs.command_line import main
from jobs.job import FOLLOWED
from jobs.stages import NIGHT, night_jobs
from tests.lakes import make_lake
from tests.places import at

FIRST, SECOND = date(2026, 3, 24), date(2026, 3, 31)
Run = Callable[..., None]


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """Two nights, every stage of which stands."""
    ledger = Ledger(at(tmp_path))
    for night in (FIRST, SECOND):
        for stage in NIGHT:
            run(ledger, stage, night)
    return ledger


def run(ledger: Ledger, stage: str, night: date, made: str = "as ever") -> None:
    ledger.commit(ledger.start(stage, night, made), stage, night, made, {})


def reported(ledger: Ledger, night: date | None = None) -> list[str]:
    nights = None if night is None else {night}
    found = Belonging(ledger, night_jobs()).out_of_date(nights)
    return sorted(sentence for why in found.values() for sentence in why)


def test_nights_run_in_order_belong_together(ledger: Ledger) -> None:
    assert reported(ledger) == []
    assert Belonging(ledger, night_jobs()).reported(SECOND) == {}
    assert str(Belonging(ledger, night_jobs()).finding(None).outcome) == "ok"


def test_rules_run_again_with_another_result_leave_the_list_out_of_date_until_it_is_made_again(ledger: Ledger) -> None:
    run(ledger, "rules", SECOND, "another threshold")
    committed = Belonging(ledger, night_jobs())
    sentence = "the list of 2026-03-31 was made from another run of scan than the one that is committed"
    assert committed.reported(SECOND) == {"out_of_date": [sentence], "do": "run `fundwatch publish --date 2026-03-31`"}
    assert committed.finding(None).figures == sentence
    assert committed.reported(FIRST) == {}
    run(ledger, "leads", SECOND, "a new list")
    assert reported(ledger) == []


def test_a_stage_run_again_with_the_same_result_changes_nothing(ledger: Ledger) -> None:
    for stage in ("rules", "intake", "leads"):
        run(ledger, stage, FIRST)
    assert reported(ledger) == []


def test_a_stage_that_was_started_again_and_did_not_end_is_reported_of_what_rests_on_it(ledger: Ledger) -> None:
    ledger.start("score", SECOND, "as ever")
    assert reported(ledger) == ["the list of 2026-03-31 was made from a run of score that is not committed any more"]
    # the list alone cannot be made before its scores are
    assert Belonging(ledger, night_jobs()).reported(SECOND)["do"] == "run `fundwatch nightly --date 2026-03-31`"


def test_an_earlier_night_run_again_leaves_later_nights_out_of_date_list_and_all(ledger: Ledger) -> None:
    run(ledger, "intake", FIRST, "a better delivery")
    run(ledger, "rules", FIRST, "new")
    run(ledger, "leads", FIRST, "new")
    other = "than the one that is committed"
    assert reported(ledger, SECOND) == [
        f"build of 2026-03-31 was made from another run of intake of 2026-03-24 {other}",
        f"scan of 2026-03-31 was made from another run of intake of 2026-03-24 {other}",
        f"the list of 2026-03-31 was made from another run of the list of 2026-03-24 {other}",
    ]
    assert Belonging(ledger, night_jobs()).reported(SECOND)["do"] == (
        "run `fundwatch nightly --date 2026-03-24 --to 2026-03-31`"
    )


def test_a_night_that_comes_late_is_reported_of_the_nights_after_it(ledger: Ledger) -> None:
    late = date(2026, 3, 27)
    for stage in NIGHT:
        run(ledger, stage, late)
    assert "scan of 2026-03-31 was made before intake of 2026-03-27 was committed" in reported(ledger, SECOND)
    assert "the list of 2026-03-31 was made before the list of 2026-03-27 was committed" in reported(ledger, SECOND)
    assert reported(ledger, FIRST) == []
    assert reported(ledger, late) == []


def test_a_list_out_of_date_says_so_in_its_folder_and_no_more_when_it_is_made_again(ledger: Ledger, tmp_path: Path):
    folders = [tmp_path / "lists" / str(night) for night in (FIRST, SECOND)]
    for folder in folders:
        folder.mkdir(parents=True)
    run(ledger, "rules", SECOND, "another threshold")
    Belonging(ledger, night_jobs()).mark_lists(tmp_path / "lists", FIRST)
    assert [(folder / MARK).exists() for folder in folders] == [False, True]
    note = (folders[1] / MARK).read_text(encoding="utf-8")
    assert note.startswith("本清单已不是最新")
    assert "fundwatch publish --date 2026-03-31" in note
    run(ledger, "leads", SECOND, "a new list")
    Belonging(ledger, night_jobs()).mark_lists(tmp_path / "lists", FIRST)
    assert not (folders[1] / MARK).exists()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = make_lake(tmp_path / "var")
    ledger = Ledger(settings.lake_address)
    for stage, made in (("score", "as ever"), ("leads", "as ever"), ("rules", "another threshold")):
        run(ledger, stage, SECOND, made)
    return settings


def test_show_and_lake_check_say_it(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    var = ("--var", str(settings.var))
    sentence = "the list of 2026-03-31 was made from another run of scan than the one that is committed"
    assert main(["show", "--date", "2026-03-31", "--json", *var]) == 0
    assert json.loads(capsys.readouterr().out)["out_of_date"] == [sentence]
    assert main(["lake", "check", *var]) == ExitCode.FAULT
    output = capsys.readouterr().err
    assert f"runs belong together, ledger: {sentence}; do: run `fundwatch publish --date 2026-03-31 " in output


def test_a_scan_that_judged_by_the_earlier_list_is_out_of_date_when_that_list_is_made_again(ledger: Ledger) -> None:
    ledger.commit(ledger.start("rules", SECOND, "by the list"), "rules", SECOND, "by the list", {FOLLOWED: ["leads"]})
    run(ledger, "leads", SECOND)
    assert reported(ledger) == []
    run(ledger, "leads", FIRST, "a decision more")
    another = "made from another run of the list of 2026-03-24 than the one that is committed"
    assert reported(ledger) == [f"scan of 2026-03-31 was {another}", f"the list of 2026-03-31 was {another}"]
    assert Belonging(ledger, night_jobs()).cure({("rules", SECOND)}, SECOND) == "run `fundwatch scan --date 2026-03-31`"


def test_a_scan_that_did_not_judge_by_the_earlier_list_is_none_of_its_business(ledger: Ledger) -> None:
    run(ledger, "leads", FIRST, "a decision more")
    assert not [sentence for sentence in reported(ledger) if sentence.startswith("scan")]
