"""Every command over one finished lake, from a folder that is not the checkout.

Here those that start no Spark share a process, and so do those that do; each in its own is a long proof."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from fundwatch.lake.lock import held
from intake.drafting.draft import draft_files
from intake.drafting.sampling import look_at
from intake.drafting.vocabulary import read_vocabulary
from intake.drafting.yaml_text import draft_text
from jobs.command_line import main, parser
from jobs.protect.manage_keys import make_missing_keys
from jobs.terminal.commands import COMMANDS
from privacy.vault.sealing import read_vault_key
from privacy.vault.vault import Vault
from tests.intake.deliveries import FLAT, csv_bytes
from tests.jobs.commands import CASES, FIRST, FUNDWATCH, SECOND, Called, foreign_lines, run, run_in_turn
from tests.jobs.truth_world import TruthWorld
from tests.night import FinishedNight
from tests.places import at
from tests.privacy.vaults import CANARIES, fill

HOSPITALS = """
source: mine
delivery: {folder: ".", manifest: measured}
files:
  hospitals: {name: hospitals.csv, columns: [id, title]}
tables:
  institution: {rows: [{from: hospitals, columns: {institution_id: id, institution_name: title}}]}
"""
NAMES = [command.name for command in COMMANDS]
_STARTS_SPARK = ("privacy", "export")
_ALONE = [name for name in NAMES if name not in _STARTS_SPARK and name in CASES and not CASES[name].is_long]
_IN_TURN = [name for name in _ALONE if not CASES[name].is_new]
_READ_A_LAKE = [name for name in NAMES if name in CASES and CASES[name].is_read]


@pytest.fixture(scope="module")
def var(finished_night: FinishedNight, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake of this file's own, for some commands write into it."""
    return Path(shutil.copytree(finished_night.var, tmp_path_factory.mktemp("commands") / "var"))


def test_every_command_has_a_case() -> None:
    assert sorted(CASES) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_command_says_how_it_is_called(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parser().parse_args([name, "--help"])
    output = capsys.readouterr().out
    assert ended.value.code == 0
    assert output.startswith(f"usage: fundwatch {name} ")
    assert all(option in output for option in ("--date", "--lake", "--json"))


def test_the_installed_command_lists_all_commands(tmp_path: Path) -> None:
    reported = run("--help", tmp_path, tmp_path / "here")
    assert reported.returncode == 0
    assert all(f"    {name}" in reported.stdout for name in NAMES)


@pytest.fixture(scope="module")
def in_turn(var: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Called]:
    """Every command that writes JSON and makes no lake, one after the other in one process."""
    calls = {name: f"{CASES[name].right} --json" for name in _IN_TURN}
    return run_in_turn(calls, var, tmp_path_factory.mktemp("in_turn"))


@pytest.fixture(scope="module")
def beside_a_night(var: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Called]:
    """The commands that read with Spark, one after the other in one process, while another holds the lake."""
    with held(at(var / "lake")):
        calls = {name: f"{CASES[name].right} --json" for name in _STARTS_SPARK}
        return run_in_turn(calls, var, tmp_path_factory.mktemp("beside"))


@pytest.mark.parametrize("name", _IN_TURN)
def test_json_is_all_that_a_command_writes_to_its_output(name: str, in_turn: dict[str, Called]) -> None:
    done = in_turn[name]
    assert (done.returncode, foreign_lines(done.stderr)) == (0, [])
    assert json.loads(done.stdout) is not None
    assert done.left == ()


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.long] if name in _IN_TURN else []) for name in _ALONE]
)
def test_json_is_all_that_a_command_writes_in_a_process_of_its_own(name: str, var: Path, tmp_path: Path) -> None:
    where = tmp_path / "new" if CASES[name].is_new else var
    done = run(f"{CASES[name].right} --json", where, tmp_path / "here")
    assert (done.returncode, foreign_lines(done.stderr)) == (0, [])
    assert json.loads(done.stdout) is not None
    assert [path.name for path in (tmp_path / "here").iterdir()] == []


@pytest.mark.parametrize("name", _STARTS_SPARK)
def test_reports_and_exports_run_beside_a_night(name: str, beside_a_night: dict[str, Called]) -> None:
    done = beside_a_night[name]
    assert (done.returncode, foreign_lines(done.stderr)) == (0, [])
    assert json.loads(done.stdout)["folder"]


@pytest.mark.parametrize("mapping", ["hospitals", pytest.param("fees", marks=pytest.mark.long)])
def test_a_source_is_checked_in_the_profile_that_nobody_chose(mapping: str, tmp_path: Path) -> None:
    """Of hospitals no rule asks anything; how fees are checked is proved in jobs/onboard/test_check_source.py."""
    landing, draft = tmp_path / "landing", tmp_path / "mine.yaml"
    landing.mkdir()
    if mapping == "fees":
        file = landing / "费用明细.csv"
        file.write_bytes(csv_bytes([FLAT], [*FLAT]))
        draft.write_text(draft_text("mine", draft_files([look_at(file)], read_vocabulary())), encoding="utf-8")
    else:
        (landing / "hospitals.csv").write_text("id,title\nH1,测试医院\n", encoding="utf-8")
        draft.write_text(HOSPITALS, encoding="utf-8")
    where = f"--mapping {draft} --landing {landing}"
    done = run(f"source check {where} --date {SECOND} --profile local --json", tmp_path / "var", tmp_path / "here")
    assert (done.returncode, foreign_lines(done.stderr)) == (0, [])
    assert json.loads(done.stdout)["files"]
    assert not list((tmp_path / "var" / "tmp").glob("run-*"))


def test_a_rotated_key_is_carried_over_in_a_process_of_its_own(tmp_path: Path) -> None:
    var, here = tmp_path / "var", tmp_path / "here"
    world = TruthWorld(var)
    world.ran("intake")
    make_missing_keys(world.settings)
    fill(Vault(var / "vault", read_vault_key(var / "keys" / "vault.key")), world.key, {"value": "P-1", **CANARIES})
    assert run("keys rotate --as Wang", var, here).returncode == 0
    done = run("keys carry --as Wang --json", var, here)
    assert (done.returncode, foreign_lines(done.stderr)) == (0, [])
    assert "delivery" in json.loads(done.stdout)["rows"]


@pytest.mark.parametrize("name", _READ_A_LAKE)
def test_a_mistyped_folder_is_reported_and_not_made(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([*CASES[name].right.split(), "--var", "vra"]) in (2, 5)
    assert "vra" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_use_is_named_and_leaves_nothing(name: str, var: Path, tmp_path: Path) -> None:
    done = run(CASES[name].wrong, var, tmp_path / "here")
    assert done.returncode == 2
    assert CASES[name].says in done.stderr
    assert "Traceback" not in done.stderr
    assert list((tmp_path / "here").iterdir()) == []


@pytest.mark.parametrize("wrong", ["shwo", "show --dates 2026-03-31", "keys mkae"])
def test_what_is_near_a_mistyped_word_is_suggested_with_the_usage_of_its_command(
    wrong: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(wrong.split())
    output = capsys.readouterr().err
    assert ended.value.code == 2
    assert "did you mean" in output
    name = wrong.split()[0]
    assert output.startswith(f"usage: fundwatch {name} " if name in NAMES else "usage: fundwatch ")


@pytest.mark.parametrize(
    "arguments", [f"show --date {FIRST[:-1]}9", "evaluate --date 2026-03-01", "privacy --date 2026-03-01",
                  "export leads_pseudonymous --date 2026-03-01 --out out", "deliveries --date 2026-03-01",
                  "quarantine list --date 2026-03-01", "nightly --date 2026-03-01", "scan --date 2026-03-01"],
)  # fmt: skip
def test_a_date_that_is_not_there_is_reported_with_those_that_are(
    arguments: str, var: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments.split(), "--var", str(var)]) in (2, 5)
    assert f"{SECOND}, {FIRST}" in capsys.readouterr().err


def test_commands_to_copy_are_whole(var: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--var", str(var), "--profile", "demo"]
    assert main(["show", "--date", "2026-03-01", *where]) == 5
    assert f"nightly --date 2026-03-01 --profile demo --var {var}`" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", ["show", "show 1", "deliveries", f"quarantine list --date {FIRST}", "lake check --details",
                  "settings", f"evaluate --date {SECOND} --details"],
)  # fmt: skip
def test_what_is_printed_fits_eighty_columns(
    arguments: str, var: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from rich.cells import cell_len

    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(var.parent)
    assert main([*arguments.split(), "--var", "var"]) == 0
    wide = [line for line in capsys.readouterr().out.splitlines() if cell_len(line.rstrip()) > 80]
    assert [line for line in wide if len(line.split()) > 1 and "files:" not in line and "workbook:" not in line] == []


@pytest.mark.parametrize(("arguments", "most"), [("lake check", 3), (f"evaluate --date {SECOND}", 15)])
def test_a_check_ends_with_one_line_that_says_the_verdict(
    arguments: str, most: int, var: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments.split(), "--var", str(var)]) == 0
    output = capsys.readouterr().out.splitlines()
    assert len(output) <= most
    assert output[-1].startswith(("一致 all ", "清单 on the list: "))


def test_the_entry_point_is_installed_beside_the_interpreter() -> None:
    assert FUNDWATCH.is_file()
