"""Erasure beside open cases: what they rest on stays until they are closed; what people wrote has its own retention."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fundwatch.errors import FundwatchError
from fundwatch.lake.store import Lake
from fundwatch.settings import Settings
from jobs.protect.erase_data import Erased, ErasureArguments, erase_data
from jobs.review.outcomes.people_said import PeopleSaid
from leads.outcomes.entries import DecidedHit, Outcome, OutcomeLine, StatusEntry, deciding_entry
from tests.lakes import ANNA, FIRST, SECOND, make_lake
from tests.places import files_with, folder_of

LATER = date(2027, 1, 1)
_CASE: dict[str, Any] = {
    "case_id": "ca", "lead_id": "la", "night": SECOND, "subject_type": "patient", "subject_id": ANNA, "kind": "DC-03",
    "on_date": SECOND,
}  # fmt: skip


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The lead `la` is Anna's; somebody checks it."""
    made = make_lake(tmp_path)
    PeopleSaid(made.lake_address).add_status([StatusEntry(entry_id="s1", status="in_check", by="Li", **_CASE)])
    return made


def _close(settings: Settings) -> None:
    outcome = Outcome(outcome_id="o1", decision="confirmed", found_amount=Decimal(10), by="Li", **_CASE)
    said = PeopleSaid(settings.lake_address)
    said.add_decision([outcome], [OutcomeLine("o1", "L1", True, Decimal(10))], [DecidedHit("o1", "h1")])
    said.add_status([deciding_entry(outcome, "s2")])


def _erase(settings: Settings, token: str | None = None, before: date | None = None) -> Erased:
    kind = "person" if token else "before"
    return erase_data(settings, ErasureArguments(kind, token, before, "甲", "乙", "asked by the person"))


def _ids(settings: Settings, table: str, column: str) -> set[str]:
    return {row[column] for row in Lake(settings.lake_address).rows(table, f"SELECT {column} FROM {table}")}


def test_a_person_of_an_open_case_is_not_erased_and_once_it_is_closed_is_nowhere(settings: Settings) -> None:
    with pytest.raises(FundwatchError, match="legal hold: the evidence of open cases names this person; open are ca"):
        _erase(settings, ANNA)
    _close(settings)
    _erase(settings, ANNA)
    assert files_with(folder_of(settings), ANNA) == []
    said = PeopleSaid(settings.lake_address)
    assert [(one.subject_id, one.found_amount) for one in said.outcomes] == [("erased", Decimal(10))]
    assert [step.status for step in said.steps["ca"]] == ["in_check", "confirmed"]


def test_an_erasure_by_age_spares_what_open_cases_rest_on(settings: Settings) -> None:
    done = _erase(settings, before=LATER)
    assert done.held_cases == ("ca",)
    assert _ids(settings, "claim_line", "line_id") == {"L1"}  # what proves the lead; L2 and L3 are gone
    assert _ids(settings, "patient", "patient_id") == {ANNA}
    assert _ids(settings, "rollup_patient_day", "patient_id") == set()
    assert [step.status for step in PeopleSaid(settings.lake_address).steps["ca"]] == ["in_check"]


def test_leads_and_what_people_wrote_are_kept_as_long_as_is_declared(settings: Settings) -> None:
    """Ten years by default: an erasure of all before a later date takes the claims and leaves leads and outcomes."""
    _close(settings)
    _erase(settings, before=LATER)
    assert _ids(settings, "claim_line", "line_id") == set()
    assert _ids(settings, "lead", "lead_id") >= {"la"}
    assert len(PeopleSaid(settings.lake_address).outcomes) == 1
    conf = settings.var / "conf" / "regions" / "town"
    conf.mkdir(parents=True)
    (conf / "region.yaml").write_text("zh: 镇\nen: Town\n", encoding="utf-8")
    (conf / "inspection.yaml").write_text("retention_days: {leads: 1, outcomes: 1}\n", encoding="utf-8")
    town = settings.model_copy(update={"conf": settings.var / "conf", "region": "town"})
    PeopleSaid(town.lake_address).add_status(
        [StatusEntry(entry_id="s9", status="assigned", **{**_CASE, "case_id": "cb"})]
    )
    old = [StatusEntry(entry_id="s8", status="cleared", **{**_CASE, "case_id": "cc", "on_date": FIRST})]
    PeopleSaid(town.lake_address).add_status(old)
    _erase(town, before=LATER)
    said = PeopleSaid(town.lake_address)
    assert {entry.entry_id for entry in said.statuses} == {
        "s1",
        "s2",
        "s9",
    }  # s8 is older than a day before the last list
