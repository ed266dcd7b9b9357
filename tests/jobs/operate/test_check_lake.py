"""The lake check: each kind of damage to a tiny lake is found, named and answered with what to do."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable, write_deltalake

from fundwatch.errors import ExitCode
from fundwatch.lake.check import CheckOutcome
from fundwatch.lake.ledger import Ledger
from fundwatch.lake.store import Lake, Written
from fundwatch.settings import Settings
from jobs.command_line import main
from jobs.operate.accounts import Accounts
from jobs.operate.check_lake import LakeCheckError
from tests.jobs.commands import answered
from tests.lakes import ANNA, FIRST, SECOND, line, make_lake, put
from tests.places import folder_of

LAW = "delivered = in claim_line + reversed + waiting + quarantined + duplicates"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return make_lake(tmp_path)


def check(settings: Settings, *options: str) -> Any:
    return answered("lake", "check", "--var", str(settings.var), *options)


def problems_of(settings: Settings, *options: str) -> str:
    with pytest.raises(LakeCheckError) as problem:
        check(settings, *options)
    return problem.value.what


def data_file(settings: Settings, table: str) -> Path:
    return next(path for path in sorted(folder_of(settings, table).rglob("*.parquet")))


def change(settings: Settings, table: str, updates: dict[str, str], where: str) -> None:
    DeltaTable(str(folder_of(settings, table))).update(updates=updates, predicate=where)


def test_a_lake_that_holds_passes_every_check(settings):
    found = check(settings, "--deep")["findings"]
    assert {str(f["outcome"]) for f in found} == {"ok"}
    names = {f["check"] for f in found}
    assert {"log", "files", "versions", "runs", LAW, "access"} <= names


def test_a_problem_is_the_exit_code_of_a_problem(settings, capsys):
    data_file(settings, "claim_line").unlink()
    assert main(["lake", "check", "--var", str(settings.var), "--quiet"]) == ExitCode.FAULT
    assert "is missing" in capsys.readouterr().err


def test_a_newest_commit_cut_to_nothing_is_found(settings):
    newest = max((folder_of(settings, "claim_line_entry") / "_delta_log").glob("*.json"))
    newest.write_bytes(b"")
    assert f"commit {newest.name} is empty" in problems_of(settings)


def test_a_commit_cut_in_half_is_found(settings):
    newest = max((folder_of(settings, "lead") / "_delta_log").glob("*.json"))
    newest.write_bytes(newest.read_bytes()[:-40])
    assert f"commit {newest.name} is cut off" in problems_of(settings)


def test_a_commit_lost_from_the_middle_is_found(settings):
    (folder_of(settings, "control_total") / "_delta_log" / f"{0:020d}.json").unlink()
    assert f"commit {0:020d}.json is missing" in problems_of(settings)


def test_a_data_file_of_another_size_is_found(settings):
    with data_file(settings, "patient").open("ab") as file:
        file.write(b"x")
    assert "the log says" in problems_of(settings)


def test_a_data_file_damaged_inside_is_found_when_read_through(settings):
    path = data_file(settings, "patient")
    content = bytearray(path.read_bytes())
    content[4 : len(content) // 2] = bytes(len(content) // 2 - 4)
    path.write_bytes(content)
    assert "see which with `fundwatch lake check --deep`" in problems_of(settings)
    assert f"{path.name}: a data file of the table patient is damaged" in problems_of(settings, "--deep")


def test_a_version_the_ledger_knows_and_the_table_lost_is_found(settings):
    Ledger(settings.lake_address).written("run", "rules", SECOND, Written("rule_hit", 7, 3))
    reported = problems_of(settings)
    assert "version 7 is recorded, the table ends at 0" in reported
    assert "run `fundwatch scan --date 2026-03-31` again" in reported


def test_a_version_with_other_rows_than_recorded_is_found(settings):
    Ledger(settings.lake_address).written("run", "rules", SECOND, Written("rule_hit", 0, 99))
    assert "version 0 has 3 rows, recorded are 99" in problems_of(settings)


def test_a_run_that_was_started_and_never_committed_is_found(settings):
    Ledger(settings.lake_address).start("features", SECOND, "p")
    reported = problems_of(settings)
    assert "features of 2026-03-31 was started and never committed" in reported
    assert "run `fundwatch build --date 2026-03-31` again" in reported


def test_control_totals_that_do_not_balance_are_found(settings):
    change(settings, "control_total", {"accepted_amount": "accepted_amount + 0.01"}, f"business_date = DATE '{FIRST}'")
    reported = problems_of(settings)
    assert "5 lines and 90.50 delivered, 5 and 90.51 accounted for" in reported


def test_a_lost_quarantined_row_is_found(settings):
    DeltaTable(str(folder_of(settings, "quarantine"))).delete("line_number = 5")
    assert "1 rows quarantined, 0 lie there" in problems_of(settings)


def test_a_cent_lost_from_the_entries_is_found(settings):
    change(settings, "claim_line_entry", {"amount": "amount - 0.01"}, "line_id = 'L3'")
    reported = problems_of(settings)
    assert "3 rows and 70.50 accepted, 3 rows and 70.49 lie there" in reported


def test_a_line_that_stands_though_it_was_reversed_is_found(settings):
    change(settings, "claim_line", {"known_to": "NULL"}, "line_id = 'L2'")
    assert (
        f"{LAW}, 2026-03-31: national: 1 (-20.50) delivered = 0 (0.00) in claim_line + 2 reversed + 0 (0.00) waiting "
        "is off by 1 (20.50)"
    ) in problems_of(settings)


def test_a_line_that_was_accepted_and_never_came_to_the_clean_table_is_found(settings):
    DeltaTable(str(folder_of(settings, "claim_line"))).delete("line_id = 'L3'")
    assert "+ 2 (20.00) quarantined or duplicates is off by -1 (-40.00)" in problems_of(settings)


def test_a_reversal_whose_original_never_came_waits_with_its_money(settings):
    lake = Lake(settings.lake_address)
    put(lake, "claim_line_entry", [line("L8-", ANNA, "-7.00", business_date=SECOND, original_line_id="L8")])
    change(
        settings,
        "control_total",
        {"accepted_lines": "2", "delivered_lines": "2", "accepted_amount": "-27.50", "delivered_amount": "-27.50"},
        f"business_date = DATE '{SECOND}'",
    )
    waits = "2 (-27.50) delivered = -1 (-20.50) in claim_line + 2 reversed + 1 (-7.00) waiting"
    assert waits in {f["figures"].partition(": ")[2] for f in check(settings)["findings"] if f["check"] == LAW}


def test_two_versions_of_a_key_that_overlap_are_found(settings):
    known = {"known_from": date(2026, 3, 30)}
    put(Lake(settings.lake_address), "patient", [{"patient_id": ANNA, **known}])
    assert "1 of 3 versions overlap another of their key" in problems_of(settings)


def test_evidence_of_a_line_that_is_not_there_is_found(settings):
    put(Lake(settings.lake_address), "hit_line", [{"business_date": SECOND, "hit_id": "ha", "line_id": "L404"}])
    assert "hit_line has its claim_line, hit_line: 1 rows of 1 nights have none" in problems_of(settings)


def test_a_vault_open_to_others_is_found(settings):
    (settings.var / "vault").mkdir(mode=0o755)
    assert "chmod 700" in problems_of(settings)


@pytest.mark.parametrize(("setting", "name"), [("vault", "elsewhere"), ("vault_key_file", "one.share+other.share")])
def test_a_vault_elsewhere_and_the_shares_of_a_key_are_looked_at_too(settings, tmp_path, setting, name):
    paths = [tmp_path / part for part in name.split("+")]
    for path in paths:
        path.mkdir() if setting == "vault" else path.touch()
        path.chmod(0o755)
    given = f"{setting}={'+'.join(map(str, paths))}"
    with pytest.raises(LakeCheckError) as problem:
        check(settings, "--set", given)
    reported = problem.value.result["findings"]
    assert [path.name for path in paths] == [f["subject"] for f in reported if f["outcome"] == "not ok"]


def test_accounts_are_not_looked_at_over_tables_that_cannot_be_read(settings, capsys):
    data_file(settings, "claim_line").unlink()
    assert main(["lake", "check", "--json", "--var", str(settings.var)]) == ExitCode.FAULT
    output = json.loads(capsys.readouterr().out)["findings"]
    assert [f["outcome"] for f in output if f["check"] == "accounts"] == ["not checked"]


def test_only_the_night_asked_for_is_accounted(settings):
    change(settings, "control_total", {"accepted_lines": "9"}, f"business_date = DATE '{FIRST}'")
    assert check(settings, "--date", str(SECOND))["findings"]


def test_accounts_of_a_lake_made_before_columns_were_declared_hold_as_ever(settings):
    lake = Lake(settings.lake_address)
    put(lake, "procedure", [{"encounter_id": "E", "procedure_code": "A", "known_from": FIRST}])
    later = {"claim_line_entry": ["is_removal", "covered_amount"], "control_total": ["file_lines"]}
    later["procedure"] = ["started_at"]
    before = [(f.check, f.subject, f.outcome, f.figures) for f in Accounts(lake, None).findings()]
    for table, columns in later.items():
        place = str(folder_of(settings, table))
        rows = DeltaTable(place).to_pyarrow_table().drop_columns(columns)
        parted = ["business_date"] if "business_date" in rows.column_names else None
        write_deltalake(place, rows, mode="overwrite", schema_mode="overwrite", partition_by=parted)
        assert not {*columns} & {*lake.columns(table)}
    assert [(f.check, f.subject, f.outcome, f.figures) for f in Accounts(lake, None).findings()] == before
    assert {outcome for _, _, outcome, _ in before} == {CheckOutcome.OK}
