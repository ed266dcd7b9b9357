"""One more stage is one declaration: this file declares one, and it is typed, ordered, run and scheduled."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from fundwatch.errors import ContractError
from fundwatch.settings import Settings
from jobs import run_nights
from jobs.command_line import main, parser
from jobs.declared_stages import NOUNS, PUBLISH, STAGES, Stage, Task, night_stages
from jobs.job import Job, Night, Report
from jobs.stages_file import stages_text
from jobs.terminal.commands import commands_of
from tests.dags.conftest import DAGS, airflow_environment
from tests.places import folder_of

NIGHT = date(2026, 3, 31)


def _run(night: Night) -> Report:
    return {"pairs": 2, "of": str(night.date)}


LINK = Stage("links", "link", "link who meets whom", __name__, task=Task(retries=5, hours=1))
JOB = Job(name=LINK.name, title="links", reads=(), writes=(), run=_run, own_fingerprint=lambda _place, _night: "links")
STAGES_AND_ONE = (*STAGES[:-1], replace(PUBLISH, needs=(*PUBLISH.needs, "links")), LINK)

PROBE = """
import json, sys
from airflow.dag_processing.dagbag import BundleDagBag
bag = BundleDagBag(sys.argv[1], bundle_path=sys.argv[1], bundle_name="dags-folder")
night = bag.dags["fundwatch_nightly"] if not bag.import_errors else None
tasks = {t.task_id: [t.retries, t.execution_timeout and t.execution_timeout.total_seconds(),
                     getattr(t, "command_line", ""), sorted(t.downstream_task_ids)] for t in night.tasks}
print(json.dumps({"errors": bag.import_errors, "tasks": tasks}))
"""


def test_it_is_a_command_of_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parser(commands_of(STAGES_AND_ONE)).parse_whole(["--help"])
    assert re.search(r"^ +link +link who meets whom$", capsys.readouterr().out, re.MULTILINE)


def test_a_night_runs_it_before_what_needs_it_and_not_where_nothing_can() -> None:
    names = [stage.name for stage in night_stages(STAGES_AND_ONE)]
    assert names == ["intake", "features", "rules", "score", "links", "leads"]
    with pytest.raises(ContractError, match=r"no order of a night runs links \(needs nothing_known\)"):
        night_stages((replace(LINK, needs=("nothing_known",)),))


def test_it_runs_within_a_night(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []

    def run_stage(stage: Stage, *_: Any) -> Report:
        ran.append(stage.verb)
        return {"is_new": True}

    monkeypatch.setattr(run_nights, "run_stage", run_stage)
    monkeypatch.setattr(run_nights, "_report_privacy", lambda *_: None)
    place: Any = None
    reports = run_nights.run_night(place, NIGHT, night_stages(STAGES_AND_ONE))
    assert reports["links"] == {"is_new": True}
    assert ran.index("link") < ran.index("publish")


def test_it_runs_by_its_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.workplace.Workplace.spark", None)  # it reads and writes no table
    settings = Settings(var=tmp_path)
    folder_of(settings).mkdir()
    words = ["link", "--date", str(NIGHT), "--var", str(tmp_path), "--json", "--quiet"]
    assert main(words, commands_of(STAGES_AND_ONE)) == 0
    output = json.loads(capsys.readouterr().out)
    assert output == {"stage": "links", "date": str(NIGHT), "pairs": 2, "of": str(NIGHT), "is_new": True}
    assert main(words, commands_of(STAGES_AND_ONE)) == 0
    assert json.loads(capsys.readouterr().out)["is_new"] is False


def test_it_is_a_task_of_the_nightly_dag_in_a_real_airflow(tmp_path: Path) -> None:
    dags = Path(shutil.copytree(DAGS, tmp_path / "dags", ignore=shutil.ignore_patterns("__pycache__")))
    (dags / "stages.json").write_text(stages_text(STAGES_AND_ONE), encoding="utf-8")
    environment = airflow_environment(tmp_path / "airflow") | {"AIRFLOW__CORE__DAGS_FOLDER": str(dags)}
    done = subprocess.run(
        [sys.executable, "-c", PROBE, str(dags)], env=environment, cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout.splitlines()[-1])
    assert seen["errors"] == {}
    retries, seconds, command, downstream = seen["tasks"]["link"]
    assert (retries, seconds, downstream) == (5, 3600, ["publish"])
    assert command.startswith("fundwatch link --date ")
    assert seen["tasks"]["score"][3] == ["link"]


@pytest.mark.parametrize(
    ("word", "verb", "more"), [("features", "build", ""), ("rules", "scan", "rules"), ("leads", "publish", "leads")]
)
def test_a_word_that_was_typed_before_runs_its_stage_and_says_the_word_of_today(
    word: str, verb: str, more: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--date", str(NIGHT), "--var", str(tmp_path)]
    assert main([word, *where]) == main([verb, *where]) == 5
    [note, *rest] = capsys.readouterr().err.splitlines()
    assert f"`fundwatch {word}` runs the stage `fundwatch {verb}`" in note
    assert note.endswith(f"to look at the {more}, type `fundwatch {more} list`" if more else "type that")
    assert rest[: len(rest) // 2] == rest[len(rest) // 2 :], "beside the note, the same"
    assert main([word, *where, "--quiet"]) == 5
    assert "runs the stage" not in capsys.readouterr().err


def test_help_lists_the_words_of_today(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    listed = {line.split()[0] for line in capsys.readouterr().out.splitlines() if line.startswith("    ")}
    assert {stage.verb for stage in STAGES} | NOUNS <= listed
    assert "features" not in listed
