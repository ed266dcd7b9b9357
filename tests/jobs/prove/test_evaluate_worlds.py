"""Several worlds in one evaluation: lakes that were run already, seeds that are simulated, files that do not hold."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fundwatch.engine.session import FEW_ROWS, JAVA_OPTIONS
from fundwatch.errors import FundwatchError, NotReadyError
from fundwatch.settings import Settings, load_settings
from jobs.command_line import main
from jobs.prove.evaluate_worlds import evaluate_worlds
from tests.jobs.truth_world import TruthWorld


def _file(folder: Path, text: str) -> Path:
    file = folder / "worlds.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def _lake(folder: Path, hit: str) -> None:
    """A lake with a staged line `a` and an honest one `b`, of which one is hit."""
    folder.mkdir()
    world = TruthWorld(folder)
    world.lines({"line_id": "a"}, {"line_id": "b"})
    world.rules(DC_03="")
    world.hits({"rule_id": "DC-03", "line_id": hit})
    world.truth({"feedetl_sn": "a"})


def test_lakes_that_were_run_already_are_read_on_their_last_night_and_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _lake(tmp_path / "right", "a")
    _lake(tmp_path / "seed 3", "b")  # a folder may have any name, and is simulated into under none
    file = _file(tmp_path, "title: two towns\nlakes: [right, seed 3]\n")
    assert main(["evaluate", "--worlds", str(file), "--var", str(tmp_path / "var"), "--quiet"]) == 0
    assert "欺诈实例 staged instances" in capsys.readouterr().out
    folder = tmp_path / "var" / "evaluation" / "worlds"
    record = json.loads((folder / "worlds.json").read_text(encoding="utf-8"))
    assert [record["worlds"][name]["false_hits"] for name in ("lake right", "lake seed 3")] == [0, 1]
    figure = next(row for row in record["figures"] if row["figure"] == "false_hits")
    assert (figure["mean"], figure["least"], figure["most"], figure["worlds"]) == (0.5, 0, 1, 2)
    page = (folder / "worlds.html").read_text(encoding="utf-8")
    assert "two towns" in page
    assert "如何阅读" in page


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("title: none\n", "seeds, lakes: name one world at least"),
        ("seeds: [1]\n", "last: seeds need a preset, a scenario or the last night"),
        ("seeds: [1, 1]\npreset: demo\n", "seeds: each world counts once"),
        ("lakes: [a]\nsede: 3\n", "sede: Extra inputs are not permitted"),
        ("seeds: [1]\npreset: demo\nscenario: a.yaml\n", "preset, scenario: give one of the two"),
    ],
)
def test_a_file_of_worlds_that_does_not_hold_is_refused_with_the_key(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(FundwatchError, match="the file of worlds does not hold") as caught:
        evaluate_worlds(Settings(var=tmp_path), _file(tmp_path, text))
    assert problem in str(caught.value)


def test_a_lake_without_a_night_is_named_as_the_world_that_stops_it(tmp_path: Path) -> None:
    (tmp_path / "empty" / "lake").mkdir(parents=True)
    with pytest.raises(NotReadyError, match="world lake empty: no night has run"):
        evaluate_worlds(Settings(var=tmp_path), _file(tmp_path, "lakes: [empty]\n"))


def test_a_file_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(FundwatchError, match="there is no file of worlds"):
        evaluate_worlds(Settings(var=tmp_path), tmp_path / "none.yaml")


@pytest.mark.long
def test_seeds_are_simulated_run_and_evaluated_and_never_made_twice(tmp_path: Path) -> None:
    interpreted = {JAVA_OPTIONS: FEW_ROWS[JAVA_OPTIONS]}
    demo = load_settings({"profile": "demo"}, {}).settings.spark_conf
    settings = load_settings({"profile": "demo", "var": str(tmp_path), "spark_conf": demo | interpreted}, {}).settings
    file = _file(tmp_path, "seeds: [1, 2]\nlast: 2026-03-31\nnights: 1\nlines: 3000\n")
    first = evaluate_worlds(settings, file)
    assert list(first.worlds) == ["seed 1", "seed 2"]
    assert first.worlds["seed 1"] != first.worlds["seed 2"]
    made = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")}
    again = evaluate_worlds(settings, file)
    assert again.worlds == first.worlds
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")} == made
