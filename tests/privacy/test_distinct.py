"""What works once for each distinct content gives every row what working row by row would."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from privacy.tokens.distinct import distinct_rows, once_each

_TEXT = st.none() | st.sampled_from(["", "甲", "乙", "a|b", "a", "b"])


@given(st.lists(st.tuples(_TEXT, _TEXT), max_size=30))
def test_each_row_gets_what_its_own_strings_make(rows):
    columns = [pa.array([row[n] for row in rows], pa.string()) for n in (0, 1)]
    made = once_each(columns, lambda text, name: f"{text}/{name}")
    assert made.to_pylist() == [None if text is None else f"{text}/{name}" for text, name in rows]


@given(st.lists(st.tuples(_TEXT, _TEXT), min_size=1, max_size=30))
def test_each_content_is_made_once_and_its_first_row_is_found(rows):
    calls: list[tuple[str | None, str | None]] = []
    columns = [pa.array([row[n] for row in rows], pa.string()) for n in (0, 1)]
    once_each(columns, lambda *row: calls.append(row))
    assert sorted(calls, key=str) == sorted({row for row in rows if row[0] is not None}, key=str)
    firsts, numbers = distinct_rows(columns)
    assert [rows[place] for place in firsts[numbers]] == rows
    assert all(rows.index(rows[place]) == place for place in firsts)


@given(st.lists(_TEXT, max_size=30), st.lists(_TEXT, max_size=30))
def test_what_an_earlier_batch_made_is_not_made_again(first, second):
    calls: list[str] = []
    known: dict[tuple[str | None, ...], str | None] = {}

    def make(text: str) -> str:
        calls.append(text)
        return f"<{text}>"

    for batch in (first, second):
        made = once_each([pa.array(batch, pa.string())], make, known)
        assert made.to_pylist() == [None if text is None else f"<{text}>" for text in batch]
    assert sorted(calls) == sorted({text for text in (*first, *second) if text is not None})
