"""Cells of files for people: nothing that a spreadsheet would compute, and numbers stay numbers."""

from __future__ import annotations

import csv
import io
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fundwatch.cells import csv_for_people, safe_text
from tests.hostile import HOSTILE, computes

BLANKS = st.sampled_from(["", " ", "\t", "\r", "\u3000", "\u00a0", "\n"])
SIGNS = st.sampled_from(["", "=", "+", "-", "@", "＝", "＋", "－", "＠"])


@given(st.builds("".join, st.tuples(BLANKS, SIGNS, BLANKS, SIGNS, st.text(max_size=8))))
@example("=1+1")
@example("-5.00")
@example("\u3000＝cmd|' /C calc'!A0")
def test_no_text_is_left_that_a_spreadsheet_would_compute_and_none_is_lost(text: str) -> None:
    safe = safe_text(text)
    assert not computes(safe)
    assert safe in (text, "'" + text)
    assert safe_text(safe) == safe


@pytest.mark.parametrize("text", ["-5.00", "+3", "-1,234.50", "1e-5", "-5%", "-.5", "2026-03-31", "a=b", "", "'=1"])
def test_numbers_and_harmless_texts_stay_as_they_are(text: str) -> None:
    assert safe_text(text) == text


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_gets_a_sign(text: str) -> None:
    assert safe_text(text) == "'" + text


def test_a_table_counts_the_signs_it_put_and_says_so() -> None:
    table = csv_for_people(["name", "n"], [["=1", -5.0], ["甲", None], ["＠x", 2]])
    rows = list(csv.reader(io.StringIO(table.content.decode("utf-8-sig"), newline="")))
    assert rows == [["name", "n"], ["'=1", "-5.0"], ["甲", ""], ["'＠x", "2"]]
    assert table.signed == {"name": 2}
    assert re.search(r"撇号.*apostrophe.*name: 2", table.note)
    assert csv_for_people(["name"], [["甲"]]).note == ""
