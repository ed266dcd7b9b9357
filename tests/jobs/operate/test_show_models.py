"""`fundwatch models`: who speaks, who waits and why; and a person's word that is kept, signed, in the lake."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable

from fundwatch.errors import ExitCode
from fundwatch.settings import Settings
from jobs.command_line import main
from jobs.lake_models import lake_models_of, model_findings, promotions_in
from models.registry.champions import NotRun
from tests.models.lake_models import CHALLENGER, FIRST, SECOND, THIRD, no_lake_models, record_of, trained, write_models
from tests.places import at, stored

FOREST = "doctor/isolation_forest"
WORD = ("--as", "Li Na", "--why", "looked through the new places")


@pytest.fixture
def var(tmp_path: Path) -> Path:
    """A champion of the first night, a challenger of the second."""
    lake_models = no_lake_models(tmp_path)
    forest, other = trained(FIRST)[1], trained(SECOND)[1]
    waiting = replace(record_of(lake_models, other, CHALLENGER), why_not="rank agreement 0.1").signed(
        lake_models.signer
    )
    write_models(tmp_path, record_of(lake_models, forest), waiting)
    return tmp_path


def reported(var: Path, night: Any, capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, Any]]:
    assert main(["models", "--date", str(night), "--var", str(var), "--json"]) == ExitCode.OK
    rows = [row for row in json.loads(capsys.readouterr().out)["models"] if row["model"] == FOREST]
    return {str(row["learned_on"]): row for row in rows}


def promote(var: Path, night: Any, *options: str) -> int:
    return main(["models", "promote", "--date", str(night), "--model", FOREST, "--var", str(var), *options])


def test_a_promotion_holds_from_its_night_on_and_is_recorded_with_who_and_why(var, capsys):
    before = reported(var, THIRD, capsys)
    assert (before[str(FIRST)]["speaks"], before[str(SECOND)]["speaks"]) == (True, False)
    assert "rank agreement 0.1" in before[str(SECOND)]["note"]

    assert promote(var, THIRD, *WORD) == ExitCode.OK
    assert "fundwatch nightly" in capsys.readouterr().out
    assert reported(var, SECOND, capsys)[str(FIRST)]["speaks"]
    assert reported(var, THIRD, capsys)[str(SECOND)]["speaks"]
    [row] = promotions_in(at(var / "lake")).rows()
    assert (row["by"], row["why"], row["from_date"]) == ("Li Na", "looked through the new places", THIRD)

    first = str(lake_models_of(Settings(var=var)).records[0].model_fingerprint)
    assert promote(var, THIRD, "--fingerprint", first[:6], *WORD) == ExitCode.OK  # and back
    capsys.readouterr()
    assert reported(var, THIRD, capsys)[str(FIRST)]["speaks"]


def test_the_screen_says_it_in_both_languages(var, capsys):
    assert main(["models", "--date", str(THIRD), "--var", str(var)]) == ExitCode.OK
    shown = capsys.readouterr().out
    assert "上岗" in shown
    assert "待定 challenger" in shown.replace("\n", " ")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--as", "Li Na"), "--why must be given"),
        ((*WORD, "--fingerprint", "zz"), "0 models"),
        ((*WORD, "--model", "doctor/oracle"), "no model is named"),
    ],
)
def test_a_wrong_word_is_refused_and_nothing_is_recorded(var, capsys, options, says):
    assert promote(var, THIRD, *options) == ExitCode.REFUSED
    assert says in capsys.readouterr().err
    assert promotions_in(at(var / "lake")).rows() == []


def test_a_model_that_does_not_hold_or_is_of_a_later_night_cannot_be_promoted(var, capsys):
    lake_models = lake_models_of(Settings(var=var))
    stored(lake_models.files, str(lake_models.records[1].content_sha256)).write_bytes(b"{}")
    assert promote(var, THIRD, *WORD) == ExitCode.REFUSED
    assert "was changed" in capsys.readouterr().err
    assert (
        promote(var, FIRST, "--fingerprint", str(lake_models.records[1].model_fingerprint), *WORD) == ExitCode.REFUSED
    )


def test_a_row_that_somebody_edits_in_the_table_is_found_by_the_lake_check_and_not_run(var):
    settings = Settings(var=var)
    assert [str(found.outcome) for found in model_findings(settings)] == ["ok"]
    DeltaTable(str(var / "lake" / "model")).update({"state": "'champion'"}, predicate=f"business_date = '{SECOND}'")
    [found] = model_findings(settings)
    assert (str(found.outcome), "does not hold" in found.figures) == ("not ok", True)
    speaks = lake_models_of(settings).champion("doctor", "isolation_forest", SECOND)
    assert isinstance(speaks, NotRun)
    assert speaks.is_problem


@pytest.mark.parametrize("table", ["model", "model_promotion"])
@pytest.mark.parametrize("harm", ["file gone", "file cut", "file flipped", "log cut"])
def test_a_table_that_cannot_be_read_silences_every_model_and_counts_as_models_that_were_made(var, table, harm):
    assert promote(var, THIRD, *WORD, "--json") == ExitCode.OK
    folder = var / "lake" / table
    data = max(folder.rglob("*.parquet"))
    if harm == "file gone":
        data.unlink()
    elif harm == "log cut":
        min((folder / "_delta_log").glob("*.json")).write_bytes(b"{")
    else:
        content = data.read_bytes()
        data.write_bytes(content[:90] if harm == "file cut" else content[:4] + bytes(60) + content[64:])
    lake_models = lake_models_of(Settings(var=var))
    speaks = lake_models.champion("doctor", "isolation_forest", THIRD)
    assert isinstance(speaks, NotRun)
    assert speaks.is_problem
    assert str(var) not in speaks.why_not
    assert lake_models.has_models(THIRD)


def test_without_the_key_nothing_is_scored_or_replaced(var, capsys):
    (var / "keys" / "pseudonym.key").unlink()
    assert main(["score", "--date", str(THIRD), "--var", str(var)]) == ExitCode.REFUSED
    assert "the pseudonymisation key is missing" in capsys.readouterr().err
    assert not (var / "lake" / "score").exists()
    assert [str(found.outcome) for found in model_findings(Settings(var=var))] == ["not checked"]
