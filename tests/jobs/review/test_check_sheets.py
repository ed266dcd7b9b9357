"""The sheet that an inspector fills in, as it comes back: entered whole, or refused by cell with nothing lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from jobs.review.outcomes.check_sheets import import_sheets, written_sheet
from jobs.review.outcomes.lead_desk import LeadStepError
from leads.outcomes.entries import Status
from leads.outcomes.sheet import CASES, LINES
from leads.outcomes.standing import latest_outcome
from tests.jobs.review.inspection import AFTER, Inspection
from tests.libreoffice import saved_by_libreoffice, with_libreoffice

# columns to be filled in
DECISION, ON, FOUND, RECOVERED, FINED, ARTICLE, REASON, NOTE = "L", "M", "N", "O", "Q", "R", "T", "W"
FILL = Callable[[Any, Any], None]


@pytest.fixture(scope="module")
def inspection(tmp_path_factory: pytest.TempPathFactory) -> Inspection:
    """Li checks the hospital; nothing that is refused changes it."""
    made = Inspection(tmp_path_factory.mktemp("inspection"))
    made.in_check()
    return made


@pytest.fixture
def sheet(inspection: Inspection, tmp_path: Path) -> Path:
    written_sheet(inspection.settings, tmp_path / "check.xlsx", ["1"])
    return tmp_path / "check.xlsx"


def _filled(path: Path, fill: FILL) -> Path:
    book = openpyxl.load_workbook(path)
    fill(book[CASES], book[LINES])
    book.save(path)
    return path


def _row(cases: Any, kind: str) -> int:
    return next(row for row in range(5, cases.max_row + 1) if cases.cell(row, 5).value == kind)


def _decide(cases: Any, kind: str, decision: str, **cells: Any) -> int:
    row = _row(cases, kind)
    cases[f"{DECISION}{row}"], cases[f"{ON}{row}"] = decision, AFTER
    for column, value in cells.items():
        cases[f"{column}{row}"] = value
    return row


def _refused(inspection: Inspection, path: Path, *says: str) -> None:
    """The sheet is refused, cell by cell, and nothing was entered."""
    before = len(inspection.said.statuses)
    with pytest.raises(LeadStepError) as caught:
        import_sheets(inspection.desk("Li"), [path], "Li")
    for text in says:
        assert text in str(caught.value)
    assert (len(inspection.said.statuses), inspection.said.outcomes, inspection.said.proposed) == (before, [], [])


def test_every_impossible_cell_is_named_and_nothing_is_taken(inspection: Inspection, sheet: Path) -> None:
    def fill(cases: Any, lines: Any) -> None:
        row = _decide(cases, "FQ-01", "部分属实", **{FOUND: 41, RECOVERED: -1, FINED: 5, ARTICLE: "38"})
        _decide(cases, "DC-03", "已排除", **{REASON: "lawful"})
        assert row == 6
        lines["D7"], lines["E5"] = 39, "也许"

    _refused(
        inspection, _filled(sheet, fill), "核查 Check!N6: 41 高于已支付", "核查 Check!O6: -1 为负数",
        "核查 Check!Q6: 未经陈述申辩", "核查 Check!R6: '38' 不是条款",
        "明细 Lines!D7: 明细已改动 the line was changed: it costs 40.00",
        "明细 Lines!E5: 不是 认定 或 排除",
    )  # fmt: skip


def test_formulas_merged_cells_long_texts_and_texts_that_compute_are_refused(
    inspection: Inspection, sheet: Path
) -> None:
    def fill(cases: Any, lines: Any) -> None:
        _decide(cases, "FQ-01", "属实", **{FOUND: "=20+20", NOTE: "汉" * 32_767})
        _decide(cases, "DC-03", "属实", **{NOTE: "@SUM(A1)"})
        cases[f"{REASON}5"] = "=1+1"
        cases[f"{REASON}5"].data_type = "s"  # typed as a text
        lines["B6"] = "L9"

    _refused(
        inspection, _filled(sheet, fill), "核查 Check!N6: 公式 a formula", "核查 Check!W6: 超过 2,000 字 has 32,767",
        "核查 Check!W5: 以 = + - @ 开头", "核查 Check!T5: ",
    )  # fmt: skip
    merged = _filled(sheet, lambda cases, _lines: cases.merge_cells("L5:L6"))
    _refused(inspection, merged, "核查 Check!L5:L6: 合并单元格 merged cells")


def test_an_unknown_lead_line_or_date_before_the_service_is_refused(inspection: Inspection, sheet: Path) -> None:
    def fill(cases: Any, lines: Any) -> None:
        _decide(cases, "FQ-01", "属实")
        cases["M6"] = date(2026, 3, 1)
        _decide(cases, "DC-03", "属实")
        cases["B5"] = "ff" * 8
        lines["B7"] = "L9"

    _refused(
        inspection, _filled(sheet, fill), "核查 Check!B5: 未知线索", "核查 Check!M6: 2026-03-01 早于服务日期",
        "明细 Lines!B7: 未知明细 no line 'L9'", "1 of its lines are not in the sheet any more",
    )  # fmt: skip


def test_moved_columns_are_refused_before_anything_is_read(inspection: Inspection, sheet: Path) -> None:
    moved = _filled(sheet, lambda cases, _lines: cases.insert_cols(12))
    _refused(inspection, moved, "核查 Check!L4: 列已移动 here should be the column '决定 Decision'")


def test_a_sheet_says_what_it_changed_and_cannot_be_read_twice(tmp_path: Path) -> None:
    inspection = Inspection(tmp_path / "var")
    inspection.in_check()
    written_sheet(inspection.settings, tmp_path / "check.xlsx", ["1"])

    def fill(cases: Any, lines: Any) -> None:
        _decide(cases, "DC-03", "部分属实", **{RECOVERED: 50})
        _decide(cases, "FQ-01", "已陈述申辩 heard", **{NOTE: "院方已书面陈述"})
        lines["E5"], lines["E6"] = "认定", "排除"

    filled = _filled(tmp_path / "check.xlsx", fill)
    done = import_sheets(inspection.desk("Li"), [filled], "Li")
    assert [(step.kind, step.waits) for step in done.steps] == [("DC-03", True), ("FQ-01", False)]
    assert inspection.status("c2") == Status.HEARD
    inspection.desk("Zhao").confirm(inspection.asked("Zhao", kind="DC-03"))
    outcome = latest_outcome(inspection.said.outcomes)["c1"]
    assert (outcome.decision, outcome.found_amount, outcome.recovered_amount) == ("partly", Decimal(100), Decimal(50))
    assert {line.line_id: line.is_accepted for line in inspection.said.lines} == {"L1": True, "L2": False}
    with pytest.raises(LeadStepError, match="it changed since the sheet was written"):
        import_sheets(inspection.desk("Li"), [filled], "Li")


@pytest.mark.long
@with_libreoffice
def test_a_sheet_that_libreoffice_saved_is_read_as_it_was_filled_in(tmp_path: Path) -> None:
    inspection = Inspection(tmp_path / "var")
    inspection.heard()
    written_sheet(inspection.settings, tmp_path / "check.xlsx", ["1"])

    def fill(cases: Any, lines: Any) -> None:
        money = {FOUND: 99.9, RECOVERED: 50, FINED: 120.5}
        _decide(cases, "DC-03", "部分属实", **money, **{ARTICLE: "条例 38(3)", NOTE: "已核对"})
        lines["E5"], lines["E6"] = "认定", "排除"

    saved = saved_by_libreoffice(_filled(tmp_path / "check.xlsx", fill))
    import_sheets(inspection.desk("Li"), [saved], "Li")
    inspection.desk("Zhao").confirm(inspection.asked("Zhao", kind="DC-03"))
    outcome = latest_outcome(inspection.said.outcomes)["c1"]
    assert (outcome.decision, outcome.on_date, outcome.note) == ("partly", AFTER, "已核对")
    amounts = (outcome.found_amount, outcome.recovered_amount, outcome.fined_amount)
    assert amounts == (Decimal("99.90"), Decimal(50), Decimal("120.50"))
    assert {line.line_id: line.is_accepted for line in inspection.said.lines} == {"L1": True, "L2": False}


@pytest.mark.long
@with_libreoffice
def test_what_is_refused_is_refused_of_libreoffice_too(inspection: Inspection, sheet: Path) -> None:
    def fill(cases: Any, lines: Any) -> None:
        _decide(cases, "FQ-01", "属实", **{FOUND: "=20+20"})
        _decide(cases, "DC-03", "属实", **{NOTE: "@SUM(A1)"})

    _refused(
        inspection, saved_by_libreoffice(_filled(sheet, fill)), "核查 Check!N6: 公式 a formula",
        "核查 Check!W5: 以 = + - @ 开头",
    )  # fmt: skip
    merged = _filled(sheet, lambda cases, _lines: cases.merge_cells("L5:L6"))
    _refused(inspection, saved_by_libreoffice(merged), "核查 Check!L5:L6: 合并单元格 merged cells")
