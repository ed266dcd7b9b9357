"""The gate's expectations, and the page that shows a bureau what a delivery was worth."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from intake.files.delivery import LandedFile
from intake.files.landed import Measured
from intake.gate import CodeCount, findings_of, judge
from intake.quality_page import PAGE, RECORD, QualityReport
from intake.rows.totals import Total, WaitingTotal
from intake.source.checks import Quality

NIGHT = date(2026, 3, 31)
QUALITY = Quality(quarantine_share=0.02, tables={})


def total(table: str = "claim_line", delivered: int = 100, **other: Any) -> Total:
    money = {f"{part}_amount": None for part in ("delivered", "accepted", "quarantined", "duplicate")}
    counts = {"accepted_lines": delivered, "quarantined_lines": 0, "duplicate_lines": 0, "excluded_lines": 0}
    return Total(
        **{"file_name": f"{table}.csv", "table_name": table, "delivered_lines": delivered, **counts, **money} | other
    )


def landed(name: str, rows: int, amount: str | None = None) -> LandedFile:
    declared = None if amount is None else Decimal(amount)
    return LandedFile("k", name, None, (), Measured("", 0, rows, "utf-8"), rows, declared)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def judged() -> dict[str, tuple[int, int]]:
    """By expectation, how many totals it looked at and how many failed: one problem of each kind among five tables."""
    amounts: dict[str, Any] = {"delivered_amount": Decimal("10.00"), "accepted_amount": Decimal("9.99"),
               "quarantined_amount": Decimal(0), "duplicate_amount": Decimal(0)}  # fmt: skip
    totals = [
        total("claim_line", **amounts),
        total("encounter", accepted_lines=90),
        total("settlement", waiting_lines=3, waiting_amount=Decimal("-90.00")),
        total("patient", accepted_lines=90, quarantined_lines=10),
        total("item", delivered=0),
    ]
    files = [landed("claim_line.csv", 100, "10.01"), landed("encounter.csv", 99), landed("patient.csv", 100)]
    files += [landed("item.csv", 0), landed("settlement.csv", 100)]
    return {one.name: (one.looked_at, one.failed) for one in judge(totals, files, QUALITY)}


def test_each_expectation_finds_its_own_problem_and_skips_what_it_cannot_judge(judged):
    assert judged == {
        "lines_balance": (5, 1),
        "money_balances": (1, 1),
        "lines_as_declared": (5, 1),
        "money_as_declared": (1, 1),
        "faulty_share": (5, 1),
        "waiting_share": (5, 1),
        "enough_lines": (5, 1),
    }


def test_sums_that_differ_are_wrong_and_shares_are_doubts():
    expectations = judge(
        [total("patient", accepted_lines=90, quarantined_lines=10)], [landed("patient.csv", 90)], QUALITY
    )
    found = findings_of(expectations)
    assert found.wrong == ("patient.csv (patient): 100 lines read, 90 declared",)
    assert found.doubts == ("patient.csv (patient): 10.00% of the lines are faulty, the limit is 2.00%",)


def test_reversals_that_wait_are_a_doubt_told_with_their_money():
    waits = total("claim_line", waiting_lines=3, waiting_amount=Decimal("-90.00"))
    assert findings_of(judge([waits], [landed("claim_line.csv", 100)], QUALITY)).doubts == (
        "claim_line.csv (claim_line): 3 reversals (-90.00) name no original that has come, 3.00% of the accepted "
        "lines, the limit is 2.00%",
    )


def test_a_delivery_without_any_total_has_nothing_to_judge():
    assert judge([], [], QUALITY) == ()


def test_the_page_says_what_was_held_and_why_with_every_total_to_the_cent():
    amounts: dict[str, Any] = {"delivered_amount": Decimal("1234.50"), "accepted_amount": Decimal("1200.00"),
               "quarantined_amount": Decimal("34.50"), "duplicate_amount": Decimal(0)}  # fmt: skip
    held = total("claim_line", accepted_lines=96, quarantined_lines=4, **amounts)
    report = QualityReport(
        NIGHT,
        "national",
        outcome="held",
        why="the quality gate stopped the night",
        expectations=judge([held, total("item", 5)], [landed("claim_line.csv", 100)], QUALITY),
        totals=[held, total("claim_line", 4, file_name="fee_list_2.csv"), total("item", 5)],
        waiting=[WaitingTotal("claim_line", 7, Decimal("-4321.00"), 2, Decimal("-21.00"), {})],
        codes=[CodeCount("claim_line", "AMOUNT_MISMATCH", 4, (("claim_line.csv", 7),))],
        drift=["fee.csv: column 'x' is new: parked, not read"],
        history=[{"state": "held", "by": "", "why": "a share of 4 %"}],
    )
    page, record = report.files()[PAGE].decode(), json.loads(report.files()[RECORD])
    for reported in ("暂存", "the quality gate stopped the night", "1,234.50", "34.50", "✗ 不合格行占比不超过 2.00%",
                 "AMOUNT_MISMATCH", "claim_line.csv:7", "parked, not read", "a share of 4 %", "合计 all",
                 ">104<", "等待原记录的冲正", "-4,321.00", "-21.00"):  # fmt: skip
        assert reported in page, reported
    assert record["outcome"] == "held"
    assert record["totals"][0]["delivered_amount"] == "1234.50"


def test_unknown_money_is_a_dash_and_never_zero():
    page = QualityReport(NIGHT, "national", outcome="accepted", totals=[total("item", 5)]).files()[PAGE].decode()
    assert "<td>–</td>" * 6 in page
    assert "0.00" not in page
