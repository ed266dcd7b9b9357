"""What a list says of what the rules looked at."""

from __future__ import annotations

from dataclasses import replace

from leads.publishing.rows import LinesSeen
from leads.words import scanned_text

WHOLE = LinesSeen(known=9551, in_window=9551, unsettled=0, days_to_first=820, is_first_night=True)


def test_a_first_night_that_did_not_scan_all_says_how_to() -> None:
    said = scanned_text(replace(WHOLE, in_window=2044, unsettled=12))
    assert "2,044/9,551 (21.4%)" in said
    assert "未结算 12 条不判" in said
    assert said.count("scan_days=820") == 2


def test_what_later_nights_leave_out_was_scanned_before_and_needs_no_advice() -> None:
    said = scanned_text(replace(WHOLE, in_window=2044, is_first_night=False))
    assert "2,044/9,551 (21.4%)" in said
    assert "scan_days" not in said


def test_a_whole_scan_says_so_and_an_empty_lake_says_nothing() -> None:
    assert "9,551/9,551 (100.0%)" in scanned_text(WHOLE)
    assert "scan_days" not in scanned_text(WHOLE)
    assert scanned_text(None) == scanned_text(replace(WHOLE, known=0, in_window=0)) == ""
