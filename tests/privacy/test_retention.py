"""What is erased with a person or by age is read from the contracts alone: a new table is declared once."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from fundwatch.contracts import CLEAN, TABLES
from fundwatch.contracts.clean import history
from fundwatch.lake.store import Lake
from jobs.protect.erase_rows import Eraser
from privacy.erasure.record import ErasureRequest
from privacy.erasure.retention import id_of, in_order, owners, tables_of_persons, tables_with
from tests.lakes import ANNA, BERT, make_lake, put

CONSENT = history(
    "consent",
    "one consent of a person",
    "consent_id string\npatient_id token(person)\nsigned_on date",
    key="consent_id",
    dated="signed_on",
)
CONSENT_PAGE = history(
    "consent_page",
    "one page of a consent",
    "consent_id string\npage int",
    key="consent_id page",
    dated=None,
    goes_with={"consent_id": "consent"},
)
OLD, NEW = date(2019, 5, 1), date(2026, 3, 1)


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lake:
    """A lake with an old consent of one person, a new one of each, and two pages of every consent."""
    for contract in (CONSENT, CONSENT_PAGE):
        monkeypatch.setitem(TABLES, contract.name, contract)
    made = Lake(make_lake(tmp_path).lake_address)
    consents = (("C1", ANNA, NEW), ("C2", BERT, NEW), ("C3", BERT, OLD), ("C4", BERT, None))
    put(made, "consent", [{"consent_id": c, "patient_id": p, "signed_on": day} for c, p, day in consents])
    put(made, "consent_page", [{"consent_id": c, "page": n} for c, _, _ in consents for n in (1, 2)])
    return made


def erased(lake: Lake, token: str | None, before: date | None) -> dict[str, set[str]]:
    """The consents that are left, and those of which pages are."""
    request = ErasureRequest("before" if before else "person", "mark", "甲", "乙", "asked")
    rows = Eraser(lake, request, token, before, vault=None).run()
    left = {name: {r["consent_id"] for r in lake.rows(name, f"SELECT consent_id FROM {name}")} for name in
            ("consent", "consent_page")}  # fmt: skip
    gone = 4 - len(left["consent"])
    assert (rows["consent"], rows["consent_page"]) == (gone, 2 * gone)
    return left


def test_a_new_table_goes_with_its_person_and_what_belongs_to_its_rows_goes_too(lake: Lake) -> None:
    assert erased(lake, ANNA, None) == {"consent": {"C2", "C3", "C4"}, "consent_page": {"C2", "C3", "C4"}}


def test_a_new_table_grows_old_by_the_date_it_declares_and_an_unknown_date_is_not_old(lake: Lake) -> None:
    assert erased(lake, None, date(2020, 1, 1)) == {"consent": {"C1", "C2", "C4"}, "consent_page": {"C1", "C2", "C4"}}


def test_whose_ids_others_go_with_is_erased_after_them_and_the_register_of_persons_last() -> None:
    order = in_order()
    assert sorted(order) == sorted(TABLES)
    assert order[-1] == "patient"
    late = [(t.name, of) for t in TABLES.values() for _, owner in t.goes_with for of in tables_with(owner, by_age=False)
            if order.index(of) < order.index(t.name)]  # fmt: skip
    assert late == []


def test_by_age_only_the_owners_own_rows_make_what_goes_with_them_old() -> None:
    assert {owner: tables_with(owner, by_age=True) for owner in owners()} == {
        "encounter": ("encounter",),
        "settlement": ("settlement", "settlement_entry"),
        "claim_line": ("claim_line", "claim_line_entry"),
        "rule_hit": ("rule_hit",),
        "lead": ("lead",),
    }
    assert {"claim_line", "settlement_entry", "presence_check"} < {*tables_with("encounter", by_age=False)}
    assert (id_of("rule_hit"), id_of("claim_line")) == ("hit_id", "line_id")


def test_nobody_leaves_the_register_of_whom_a_clean_table_still_speaks() -> None:
    speak = {t.name for t in CLEAN if "patient_id" in t.token_columns} - {"patient"}
    assert {*tables_of_persons()} == speak
