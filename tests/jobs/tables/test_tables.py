"""Decision tables of a tiny lake: persons distinct in every total, unknown lengths and quotas unknown, files safe."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from features.tables.rows import Cell
from fundwatch.errors import FundwatchError
from fundwatch.lake.store import Lake
from fundwatch.settings import Settings
from jobs.tables.show_tables import TableAsked, TableShown, show_table
from tests.lakes import ANNA, BERT, FIRST, SECOND, make_lake, note_committed, put

KNOWN = {"known_from": FIRST}
SPAN = (date(2026, 3, 1), date(2026, 3, 31))
WARD = "=cmd|' /C calc'!A0"


def _visit(name: str, patient: str, day: int, **more: Any) -> dict[str, Any]:
    at = datetime(2026, 3, day, 9)
    usual = {"insurance_type": "310", "person_type": "11", "visit_type": "11", "is_inpatient": False, "ended_at": at}
    who = {
        "encounter_id": name,
        "patient_id": patient,
        "institution_id": "T1",
        "region_code": "990101",
        "started_at": at,
    }
    return {**who, **usual, "admission_department": "内科", **KNOWN, **more}


def _paid(name: str, day: int, total: int) -> dict[str, Any]:
    amounts = {
        "total_amount": Decimal(total),
        "fund_amount": Decimal(total) / 2,
        "pooled_fund_amount": Decimal(total) / 2,
    }
    at = datetime(2026, 3, day, 12)
    return {
        "settlement_id": f"s {name}",
        "encounter_id": name,
        "institution_id": "T1",
        "settled_at": at,
        **amounts,
        **KNOWN,
    }


def _line(name: str, charge_class: str | None, amount: int) -> dict[str, Any]:
    ids = {
        "line_id": f"{name}{charge_class}",
        "encounter_id": name,
        "settlement_id": f"s {name}",
        "institution_id": "T1",
    }
    return {**ids, "patient_id": ANNA, "charge_class": charge_class, "amount": Decimal(amount), **KNOWN}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Anna twice in one department and once in a ward, Bert in the ward without a known end."""
    settings = make_lake(tmp_path_factory.mktemp("tables") / "var")
    lake, stay = Lake(settings.lake_address), {"is_inpatient": True, "visit_type": "21", "admission_department": WARD}
    here = {"institution_id": "T1", "institution_level": "2", "region_code": "990101", "bed_count": 10}
    put(lake, "institution", [{**here, **KNOWN}])
    put(lake, "encounter", [
        _visit("V1", ANNA, 2), _visit("V2", ANNA, 9),
        _visit("V3", ANNA, 10, ended_at=datetime(2026, 3, 14, 9), **stay),
        _visit("V4", BERT, 10, ended_at=datetime(9999, 1, 1), region_code="110101", **stay),
    ])  # fmt: skip
    put(lake, "settlement", [_paid("V1", 2, 100), _paid("V2", 9, 300), _paid("V3", 14, 40_000), _paid("V4", 20, 1_000)])
    put(lake, "claim_line", [
        _line("V1", "09", 100), _line("V2", "09", 100), _line("V2", "03", 200), _line("V3", "08", 40_000),
        _line("V4", None, 1_000),
    ])  # fmt: skip
    note_committed(lake, "intake", SECOND)
    return settings


def _shown(settings: Settings, *by: str) -> TableShown:
    return show_table(settings, SECOND, TableAsked(by, *SPAN, institution_id="T1"))


def _cells(shown: TableShown) -> dict[tuple[str | None, ...], Cell]:
    return {cell.at: cell for cell in shown.table.cells}


def test_a_person_counts_once_in_every_cell_and_in_every_total(settings: Settings) -> None:
    cells = _cells(_shown(settings, "department", "care"))
    persons = {at: cell.sums["persons"] for at, cell in cells.items()}
    assert persons == {
        (None, None): 2, ("内科", None): 1, (WARD, None): 2, (None, "门诊"): 1, (None, "住院"): 2,
        ("内科", "门诊"): 1, (WARD, "住院"): 2,
    }  # fmt: skip
    whole = cells[(None, None)]
    assert (whole.figures["encounters_per_person"], whole.figures["cost_per_person"]) == (2, 20_700)


def test_an_unknown_end_has_no_length_and_no_quota_is_no_zero(settings: Settings) -> None:
    cells = _cells(_shown(settings, "care", "department"))
    stays = cells[("住院", None)]
    assert (stays.sums["stays"], stays.sums["stay_days"], stays.figures["mean_stay"]) == (2, 4, 4)
    # V3's quota is 9,000, V4 is insured by an area without a policy
    over = {name: stays.sums[name] for name in ("with_quota", "over_quota", "over_quota_amount", "far_over_amount")}
    assert over == {"with_quota": 1, "over_quota": 1, "over_quota_amount": 31_000, "far_over_amount": 4_000}
    assert stays.figures["material_share"] == 1  # of V3 alone: the class of V4's line is unknown
    assert (stays.figures["turnover"], cells[(None, None)].figures["turnover"]) == (None, 0.2)
    assert cells[(None, None)].figures["occupancy"] == pytest.approx(4 / 310)


def test_page_and_files_are_read_from_one_table_of_the_lake_that_a_second_asking_replaces(settings: Settings) -> None:
    asked = TableAsked(("month", "care"), date(2026, 3, 14), SPAN[1], institution_id="T1")
    shown, again = (show_table(settings, SECOND, asked) for _ in range(2))
    rows = Lake(settings.lake_address).rows(
        "decision_cube", "SELECT * FROM decision_cube WHERE version = '2026-03-31_2026-03-14_2026-03-31_T1_month-care'"
    )
    assert again.table.cells == shown.table.cells
    assert {(row["split_by"], row["persons"], row["mean_stay"]) for row in rows} == {
        (split, 2.0, 4.0) for split in ("", "month", "care", "month,care")
    }
    whole = next(row for row in rows if not row["split_by"])
    assert (whole["beds"], whole["bed_days"], whole["turnover"]) == (10, 180, 0.2)
    # of the days from 24 February to 13 March: two visits of one person, no stay
    compared = ("before_encounters_per_person", "before_pooled_per_encounter", "before_occupancy")
    assert [whole[name] for name in compared] == [2.0, 100.0, None]


def test_a_class_of_charge_has_persons_and_cost_and_no_length(settings: Settings) -> None:
    cells = _cells(_shown(settings, "charge_class"))
    assert {at[0]: cell.sums["total_amount"] for at, cell in cells.items()} == {
        None: 41_400, "": 1_000, "09": 200, "03": 200, "08": 40_000
    }  # fmt: skip
    assert cells[("09",)].figures["mean_stay"] is None
    assert cells[(None,)].figures["mean_stay"] == 4


def test_the_files_compute_nothing_and_the_page_escapes(settings: Settings) -> None:
    shown = _shown(settings, "month", "department")
    text = (shown.folder / "table.csv").read_text(encoding="utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert f"'{WARD}" in {row[1] for row in rows}
    assert rows[1][:4] == ["合计 total", "合计 total", "2", "4"]
    page = shown.page.read_text(encoding="utf-8")
    assert "每月费用构成" in page
    assert "calc&#39;!A0" in page
    assert (shown.folder / "table.xlsx").read_bytes()[:2] == b"PK"


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (TableAsked(("ward",)), "no table is split by ward"),
        (TableAsked(("month", "month")), "2 dimensions, or one twice"),
        (TableAsked(("month",), institution_id="x' OR 1"), "is no institution's code"),
        (TableAsked(("month",), last=date(2026, 4, 30)), "is after the night"),
        (TableAsked(("month",), first=date(2026, 4, 1), last=date(2026, 3, 1)), "is after 2026-03-01"),
    ],
)
def test_what_cannot_be_shown_is_refused(settings: Settings, asked: TableAsked, says: str) -> None:
    with pytest.raises(FundwatchError, match=says):
        show_table(settings, SECOND, asked)


def test_days_without_a_settlement_say_so(settings: Settings) -> None:
    empty = show_table(settings, SECOND, TableAsked(("month",), date(2025, 1, 1), date(2025, 1, 31)))
    assert empty.table.cells == []
    assert "本期没有结算" in empty.page.read_text(encoding="utf-8")
