"""Erasure: what is erased is nowhere any more, what is not stays as it was, and the accounts still balance."""

from __future__ import annotations

import csv
import json
import zipfile
from collections.abc import Collection
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable

from fundwatch.errors import FundwatchError
from fundwatch.fingerprint import file_sha256
from fundwatch.lake.store import Lake
from fundwatch.settings import Settings
from jobs.protect.erase_data import finish
from jobs.protect.erase_lists import MARK
from jobs.protect.erase_rows import Eraser
from leads.publishing.lists import is_whole
from privacy.erasure.record import ErasureLog, ErasureRequest, mark_of
from privacy.keys.ring import read_ring, rotate_key
from privacy.tokens.pseudonyms import token_of
from privacy.vault.bridge import build_bridge
from privacy.vault.sealing import make_vault_key
from privacy.vault.vault import Vault
from tests.jobs.commands import answered
from tests.lake_content import content_at
from tests.lakes import ANNA, BERT, FIRST, SECOND, line, make_lake, note_committed, put
from tests.places import files_with, folder_of
from tests.privacy.vaults import CANARIES, fill

SIGNED = ("--as", "甲", "--approve", "乙", "--why", "the person asked")


class ErasureKilledError(Exception):
    """Stands for a process killed at a step."""


class Remembering:
    """A vault that remembers what it was asked to forget."""

    def __init__(self) -> None:
        self.forgotten: set[tuple[str, str]] = set()

    def forget(self, domain: str, tokens: Collection[str]) -> int:
        self.forgotten |= {(domain, token) for token in tokens}
        return len(tokens)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return make_lake(tmp_path)


def erase(settings: Settings, *options: str) -> Any:
    return answered("erase", *options, *SIGNED, "--var", str(settings.var))


def eraser_of(settings: Settings, stop_at: str = "", vault: Any = None, before: date | None = None) -> Eraser:
    def crash(step: str) -> None:
        if step == stop_at:
            raise ErasureKilledError(step)

    kind, token = ("before", None) if before else ("person", ANNA)
    request = ErasureRequest(kind, "mark", "甲", "乙", "asked")
    return Eraser(Lake(settings.lake_address), request, token, before, vault, crash)


def lists_of(settings: Settings) -> Path:
    folder = settings.lists_dir / SECOND.isoformat()
    (folder / "evidence").mkdir(parents=True)
    head = ["place", "lead_id", "subject_id", "reason_zh", "reason_en"]
    rows = [head, ["1", "la", ANNA, "x", "x"], ["2", "lb", BERT, "y", "y"]]
    with (folder / "leads.csv").open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(rows)
    for name, token in (("lead_001_la", ANNA), ("lead_002_lb", BERT)):
        (folder / "evidence" / f"{name}.html").write_text(f"<p>{token[:8]}</p>", encoding="utf-8")
    with zipfile.ZipFile(folder / "leads.xlsx", "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/sharedStrings.xml", ANNA[:8])
    files = {p.relative_to(folder).as_posix(): file_sha256(p) for p in folder.rglob("*") if p.is_file()}
    (folder / "summary.json").write_text(json.dumps({"files": files}), encoding="utf-8")
    return folder


def test_an_erased_person_is_in_no_file_of_the_lake_logs_and_old_versions_included(settings):
    assert files_with(folder_of(settings), ANNA)
    erase(settings, "person", "--token", ANNA)
    assert files_with(folder_of(settings), ANNA) == []


def test_what_belongs_to_the_person_by_another_id_goes_too(settings):
    erase(settings, "person", "--token", ANNA)
    left = content_at(settings)
    assert not any("'Ea'" in row for row in left["diagnosis"])
    assert not any("'L1'" in row for row in left["hit_line"])
    assert not any("'la'" in row for row in left["lead_evidence"])
    assert left["quarantine"] == []


def test_other_persons_rows_stay_as_they_were(settings):
    before = content_at(settings)
    erase(settings, "person", "--token", ANNA)
    after = content_at(settings)
    for table in ("claim_line", "encounter", "patient", "lead", "rollup_patient_day", "diagnosis"):
        theirs = [row for row in before[table] if BERT in row or "'Eb'" in row]
        assert after[table] == theirs != []
    assert after["control_total"] == before["control_total"]


def test_the_person_leaves_the_sets_and_facts_of_others(settings):
    erase(settings, "person", "--token", ANNA)
    lake = Lake(settings.lake_address)
    [day] = lake.rows("rollup_institution_day", "SELECT row_count FROM rollup_institution_day")
    assert day["row_count"] == 3.0
    [hit] = lake.rows("rule_hit", "SELECT facts FROM rule_hit WHERE hit_id = 'hd'")
    assert dict(hit["facts"]) == {"whom": "erased"}


def test_an_older_version_can_no_longer_be_read(settings):
    erase(settings, "person", "--token", ANNA)
    with pytest.raises(Exception, match="No files in log segment"):
        DeltaTable(str(folder_of(settings, "claim_line")), version=0).to_pyarrow_table()


def test_the_accounts_still_balance_after_an_erasure(settings):
    erase(settings, "person", "--token", ANNA)
    found = answered("lake", "check", "--deep", "--var", str(settings.var))["findings"]
    assert {str(f["outcome"]) for f in found} == {"ok"}


def test_the_accounts_of_a_night_that_was_taken_in_again_after_an_erasure_balance(settings):
    erase(settings, "person", "--token", ANNA)
    lake = Lake(settings.lake_address)
    anew = {"accepted_lines": "1", "accepted_amount": "40.00", "quarantined_lines": "3", "quarantined_amount": "35.50"}
    DeltaTable(str(lake.table_address("control_total"))).update(
        updates=anew, predicate=f"business_date = DATE '{FIRST}'"
    )
    reported_again = {
        "business_date": FIRST,
        "source": "national",
        "table_name": "claim_line",
        "error_codes": ["ERASED"],
    }
    rows = [{**reported_again, "file_name": "fee_list.csv.gz", "line_number": n} for n in (2, 3, 5)]
    put(lake, "quarantine", rows, FIRST)
    note_committed(lake, "intake", FIRST)
    found = answered("lake", "check", "--var", str(settings.var))["findings"]
    assert {str(f["outcome"]) for f in found} == {"ok"}


def test_erased_rows_that_come_back_are_found_by_the_check(settings):
    erase(settings, "person", "--token", ANNA)
    put(Lake(settings.lake_address), "claim_line_entry", [line("L1", ANNA, "10.00", business_date=FIRST)], FIRST)
    with pytest.raises(FundwatchError, match=r"3 rows and 70\.50 accepted, 4 rows and 80\.50 lie"):
        answered("lake", "check", "--var", str(settings.var))


def test_the_record_says_who_and_why_and_never_whose(settings):
    reported = erase(settings, "person", "--token", ANNA)
    rows = ErasureLog(settings.lake_address).rows()
    assert {(r["by"], r["approved_by"], r["why"]) for r in rows} == {("甲", "乙", "the person asked")}
    assert ErasureLog(settings.lake_address).has_erased(reported["mark"])
    assert not any(ANNA in str(row) for row in rows)


@pytest.mark.parametrize("step", ["claim_line_entry", "claim_line_entry noted", "claim_line_entry deleted", "patient"])
def test_an_erasure_killed_at_any_step_is_finished_by_the_next(settings, tmp_path, step):
    with pytest.raises(ErasureKilledError):
        eraser_of(settings, step).run()
    again = eraser_of(settings)
    again.run()
    finish(again, settings)
    undisturbed = make_lake(tmp_path / "other")
    eraser_of(undisturbed).run()
    assert content_at(settings) == content_at(undisturbed)
    assert files_with(folder_of(settings), ANNA) == []
    gone = ErasureLog(settings.lake_address).gone("claim_line_entry")
    assert {night: (g.rows, str(g.amount)) for night, g in gone.items()} == {
        FIRST: (2, "30.50"), SECOND: (1, "-20.50")
    }  # fmt: skip


def test_the_vault_forgets_the_person_and_what_is_the_persons_alone(settings):
    vault = Remembering()
    eraser_of(settings, vault=vault).run()
    assert vault.forgotten == {("person", ANNA), ("certificate", "ca")}


def test_the_vault_forgets_a_person_whom_no_register_named(settings):
    DeltaTable(str(folder_of(settings, "patient"))).delete(f"patient_id = '{ANNA}'")
    vault = Remembering()
    eraser_of(settings, vault=vault).run()
    assert ("person", ANNA) in vault.forgotten


@pytest.fixture
def rotating(tmp_path) -> tuple[Settings, Vault, tuple[str, str]]:
    """A lake in which a key is being rotated and half of which was carried over; a person's old and new token."""
    settings = make_lake(tmp_path)
    old = read_ring(settings.key_path).active
    vault = Vault(settings.vault_dir, make_vault_key(settings.vault_key_path))
    fill(vault, old, {"value": "P-1", "name": CANARIES["name"]}, {"value": "P-2"})
    fill(vault, old, {"value": CANARIES["certificate"]}, domain="certificate")
    ring = rotate_key(settings.key_path)
    build_bridge(vault, ring, token_of)
    first, second = (token_of(key, "person", "P-1") or "" for key in (old, ring.active))
    certificate = token_of(ring.active, "certificate", CANARIES["certificate"])
    put(Lake(settings.lake_address), "claim_line", [line("L8", first, "1.00", known_from=FIRST, encounter_id="E8")])
    put(
        Lake(settings.lake_address),
        "patient",
        [{"patient_id": second, "certificate_id": certificate, "known_from": FIRST}],
    )
    return settings, vault, (first, second)


@pytest.mark.parametrize("given", [0, 1])
def test_who_is_erased_while_a_key_is_rotated_goes_under_both_tokens_wherever_they_stand(rotating, given):
    settings, vault, tokens = rotating
    erase(settings, "person", "--token", tokens[given])
    folders = (folder_of(settings), settings.vault_dir)
    assert not [file for folder in folders for token in tokens for file in files_with(folder, token)]
    assert vault.counts() == {"person": 1}
    key = read_ring(settings.key_path).active
    assert {mark_of(token, key) for token in tokens} <= ErasureLog(settings.lake_address).marks()


def test_an_erasure_under_two_tokens_that_was_killed_is_finished_by_the_same_command(rotating, monkeypatch):
    settings, vault, tokens = rotating

    def killed(*_: object) -> None:
        raise ErasureKilledError

    with monkeypatch.context() as patch:
        patch.setattr("jobs.protect.erase_data.finish", killed)
        with pytest.raises(ErasureKilledError):
            erase(settings, "person", "--token", tokens[1])
    erase(settings, "person", "--token", tokens[1])
    assert not [f for root in (folder_of(settings), vault.root) for token in tokens for f in files_with(root, token)]


def test_a_list_that_named_the_person_is_redacted_marked_and_whole(settings):
    folder = lists_of(settings)
    reported = erase(settings, "person", "--token", ANNA)
    with (folder / "leads.csv").open(encoding="utf-8-sig", newline="") as file:
        first, second = list(csv.DictReader(file))
    assert (first["place"], first["lead_id"], first["subject_id"]) == ("1", "", "")
    assert (second["subject_id"], second["reason_zh"]) == (BERT, "y")
    assert not (folder / "leads.xlsx").exists()
    assert "erased on request" in (folder / "evidence" / "lead_001_la.html").read_text(encoding="utf-8")
    assert "不可重现" in (folder / MARK).read_text(encoding="utf-8")
    assert is_whole(folder)
    assert reported["nights_not_reproducible"] == [FIRST, SECOND]
    assert set(ErasureLog(settings.lake_address).marked_nights()) == {FIRST, SECOND}


def test_files_of_persons_that_were_written_are_removed(settings):
    folders = [settings.reports_dir / str(night) / "profiles" for night in (FIRST, SECOND)]
    for folder, kind in zip(folders, (f"patient-{ANNA}", "institution-H1"), strict=True):
        (folder / kind).mkdir(parents=True)
        (folder / kind / "profile.html").write_text(ANNA[:8])
    beside = folders[0].with_name("quality")
    beside.mkdir()
    erase(settings, "person", "--token", ANNA)
    assert [folder.exists() for folder in (*folders, beside)] == [False, False, True]


def test_an_erasure_by_age_takes_old_rows_and_leaves_newer_ones(settings):
    lake = Lake(settings.lake_address)
    new = line("L7", BERT, "1.00", charged_at=datetime(2026, 3, 20), known_from=SECOND, encounter_id="E7")
    put(lake, "claim_line", [new])
    vault = Remembering()
    eraser_of(settings, vault=vault, before=date(2026, 3, 25)).run()
    left = content_at(settings)
    assert left["claim_line"] == []
    assert left["diagnosis"] == left["encounter"] == left["patient"] == left["quarantine"] == []
    assert len(left["lead"]) == 2
    others = {("certificate", "ca"), ("certificate", "cb"), ("address", "shared")}
    assert vault.forgotten == {("person", ANNA), ("person", BERT)} | others


def test_a_person_with_newer_data_stays_in_the_register(settings):
    later = {"encounter_id": "E8", "patient_id": BERT, "started_at": datetime(2026, 3, 29), "known_from": SECOND}
    put(Lake(settings.lake_address), "encounter", [later])
    eraser_of(settings, before=date(2026, 3, 25)).run()
    assert [BERT in row for row in content_at(settings)["patient"]] == [True]


@pytest.mark.parametrize(
    ("options", "reported"),
    [
        (("person", "--token", ANNA, "--as", "甲", "--approve", "甲 ", "--why", "x"), "another person"),
        (("person", "--token", ANNA, "--as", "甲", "--why", "x"), "--approve is missing"),
        (("person", "--token", "x' OR TRUE --", "--as", "甲", "--approve", "乙", "--why", "x"), "32 hex digits"),
        (("before", "--as", "甲", "--approve", "乙", "--why", "x"), "--date is missing"),
    ],
)
def test_an_erasure_needs_two_persons_a_reason_and_an_exact_subject(settings, options, reported):
    before = content_at(settings)
    with pytest.raises(FundwatchError, match=reported):
        answered("erase", *options, "--var", str(settings.var))
    assert content_at(settings) == before
