"""An erased person who is delivered again: reported, counted, and kept out unless the settings let the rows in."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fundwatch.lake.store import Lake
from intake.rows.erased import IS_ERASED
from jobs.command_line import main
from jobs.job import run_job
from jobs.load_delivery import JOB
from jobs.loading import intake_work
from jobs.workplace import Workplace
from privacy.keys.ring import read_key
from privacy.tokens.pseudonyms import token_of
from privacy.vault.sealing import read_vault_key
from privacy.vault.vault import Vault
from tests.intake.deliveries import DIAGNOSIS, LINE, PERSON, SETTLEMENT, VISIT, deliver, line, whole
from tests.jobs.test_load_delivery import new_place
from tests.lake_content import known_in, rows_in

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

KeptOut = tuple[Workplace, str, Mapping[str, Any]]
FIRST, SECOND = date(2026, 3, 30), date(2026, 3, 31)
BERT = {**PERSON, "psn_no": "P2", "certno": "990000198001011241", "tel": "10000000002", "addr": "测试路二号"}
HIS_VISIT, HIS_SETTLEMENT = (r | {"mdtrt_id": "E2", "psn_no": "P2"} for r in (VISIT, SETTLEMENT))
HIS_LINE = line("L2", psn_no="P2", mdtrt_id="E2", setl_id="S2")
AGAIN = {
    "psn_info": [{**PERSON, "die_date": "2026-03-20"}, BERT],
    "mdtrt": [{**VISIT, "mdtrt_id": "E3"}, {**HIS_VISIT, "mdtrt_id": "E4"}],
    "setl": [{**SETTLEMENT, "setl_id": "S3", "mdtrt_id": "E3"}, {**HIS_SETTLEMENT, "setl_id": "S4", "mdtrt_id": "E4"}],
    "fee_list": [line("L3", mdtrt_id="E3", setl_id="S3"), {**HIS_LINE, "feedetl_sn": "L4", "mdtrt_id": "E4"},
                 line("L5", mdtrt_id="E3", setl_id="S3", cnt="many")],
    "diag": [{**DIAGNOSIS, "mdtrt_id": "E3"}, {**DIAGNOSIS, "mdtrt_id": "E4"}],
}  # fmt: skip


def _token(place: Workplace, domain: str, value: str) -> str:
    return token_of(read_key(place.settings.key_path), domain, value) or ""


@dataclass(frozen=True)
class LakeWithoutHer:
    """A lake that knew two persons, of whom the first was erased, with both in the next delivery; her token.

    `looked` says of each plan of the night before the erasure whether it looked for erased persons.
    """

    place: Workplace
    token: str
    looked: list[bool]

    def copied(self, spark: SparkSession, root: Path, **settings: Any) -> Workplace:
        """The same in folders of its own."""
        shutil.copytree(self.place.settings.var, root)
        place = Workplace(self.place.settings.model_copy(update={"var": root, "conf": root / "conf", **settings}))
        place._spark = spark
        return place


@pytest.fixture(scope="module")
def erased(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> LakeWithoutHer:
    root = tmp_path_factory.mktemp("erased")
    place = new_place(spark, root, "0.6")  # two lines of three are kept out below, and only one of them is a problem
    his = {"mdtrt": [VISIT, HIS_VISIT], "setl": [SETTLEMENT, {**HIS_SETTLEMENT, "setl_id": "S2"}]}
    diagnoses = [DIAGNOSIS, {**DIAGNOSIS, "mdtrt_id": "E2"}]
    first = whole(psn_info=[PERSON, BERT], fee_list=[LINE, HIS_LINE], diag=diagnoses, **his)
    deliver(place.settings.landing_dir, first, FIRST)
    looked: list[bool] = []
    made = intake_work._canonical

    def noted(*given: Any) -> DataFrame:
        rows = made(*given)
        looked.append(IS_ERASED in rows.columns)
        return rows

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(intake_work, "_canonical", noted)
        detail = run_job(JOB, place, FIRST)
    assert "erased_rows_again" not in detail
    token = _token(place, "person", "P1")
    signed = ("--as", "甲", "--approve", "乙", "--why", "the person asked", "--json", "--quiet")
    assert main(["erase", "person", "--token", token, *signed, "--var", str(root)]) == 0
    deliver(place.settings.landing_dir, AGAIN, SECOND)
    return LakeWithoutHer(place, token, looked)


@pytest.fixture(scope="module")
def kept_out(erased: LakeWithoutHer, spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> KeptOut:
    place = erased.copied(spark, tmp_path_factory.mktemp("kept_out") / "var")
    return place, erased.token, run_job(JOB, place, SECOND)


def test_without_an_erasure_no_plan_of_a_night_looks_for_erased_persons(erased: LakeWithoutHer) -> None:
    assert erased.looked
    assert not any(erased.looked)


def _rows(place: Workplace, query: str) -> list[dict]:
    return Lake(place.settings.lake_address).rows("quarantine", query)


def test_rows_of_an_erased_person_go_to_quarantine_with_a_code_of_their_own(kept_out):
    place, _, _ = kept_out
    found = _rows(place, "SELECT table_name, error_codes FROM quarantine ORDER BY table_name, line_number")
    assert [(row["table_name"], row["error_codes"]) for row in found] == [
        ("claim_line", ["ERASED"]), ("claim_line", ["MALFORMED:quantity", "ERASED"]), ("diagnosis", ["ERASED"]),
        ("encounter", ["ERASED"]), ("patient", ["ERASED"]), ("settlement", ["ERASED"]),
    ]  # fmt: skip


def test_no_table_but_quarantine_holds_the_person_and_others_are_taken_in(kept_out):
    place, token, _ = kept_out
    for table in ("claim_line", "claim_line_entry", "encounter", "settlement", "patient"):
        assert rows_in(place.lake, table, f"patient_id = '{token}'") == []
    assert {row["line_id"] for row in known_in(place.lake, "claim_line", SECOND)} == {"L2", "L4"}
    assert {row["encounter_id"] for row in rows_in(place.lake, "diagnosis")} == {"E2", "E4"}


def test_the_nights_report_counts_rows_and_persons_and_nothing_is_lost(kept_out):
    place, _, detail = kept_out
    assert (detail["erased_rows_again"], detail["erased_persons_again"]) == (6, 1)
    delivered, taken = "delivered_lines", "accepted_lines + quarantined_lines + duplicate_lines"
    assert rows_in(place.lake, "control_total", f"business_date = DATE '{SECOND}'")
    assert rows_in(place.lake, "control_total", f"{delivered} <> {taken}") == []


def test_the_vault_does_not_learn_the_erased_person_again_and_keeps_learning_the_doctor(kept_out):
    place, token, _ = kept_out
    vault = Vault(place.settings.vault_dir, read_vault_key(place.settings.vault_key_path))
    assert vault.open_one("person", token) is None
    assert vault.open_one("certificate", _token(place, "certificate", PERSON["certno"])) is None
    assert vault.open_one("person", _token(place, "person", "P2")) is not None
    assert vault.open_one("doctor", _token(place, "doctor", "D1")) is not None


def test_the_erased_rows_are_no_problems_to_the_gate(kept_out):
    detail = kept_out[2]
    assert detail["quarantined"] == 6  # two lines of three and half of all else; the limit is 60 %


def test_what_a_person_releases_is_taken_in(kept_out):
    place, token, _ = kept_out
    third = date(2026, 4, 1)
    signed = ("--as", "甲", "--why", "a court asked to keep it", "--json", "--quiet", "--var", str(place.settings.var))
    for file in ("fee_list", "psn_info"):
        chosen = ("--date", str(SECOND), "--file", f"{file}.csv.gz", "--line", "2", "--into", str(third))
        assert main(["quarantine", "release", *chosen, *signed, "--set", f"conf={place.settings.conf}"]) == 0
    later = {name: rows for name, rows in AGAIN.items() if name != "psn_info"}  # nothing else of that table comes
    deliver(place.settings.landing_dir, {**later, "fee_list": [{**HIS_LINE, "feedetl_sn": "L6"}]}, third)
    run_job(JOB, place, third)
    lines, persons = (known_in(place.lake, table, third) for table in ("claim_line", "patient"))
    assert [row["line_id"] for row in lines if row["patient_id"] == token] == ["L3"]
    assert [row["patient_id"] for row in persons].count(token) == 1


def test_where_the_settings_say_so_they_are_taken_in_and_counted(erased: LakeWithoutHer, spark, tmp_path):
    place = erased.copied(spark, tmp_path / "var", erased_persons="accept")
    detail = run_job(JOB, place, SECOND)
    assert (detail["erased_rows_again"], detail["erased_persons_again"]) == (6, 1)
    assert {row["line_id"] for row in known_in(place.lake, "claim_line", SECOND)} == {"L2", "L3", "L4"}
    assert erased.token in {row["patient_id"] for row in known_in(place.lake, "patient", SECOND)}
