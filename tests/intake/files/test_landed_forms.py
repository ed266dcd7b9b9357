"""Packed files, parquet and workbooks: what is refused in them, and how their values are written."""

from __future__ import annotations

import datetime
import gzip
import random
import zipfile
import zlib
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from intake.files.unpacking import FileError
from tests.intake.forms import (
    HEADER,
    ROWS,
    TEXT,
    opened,
    opened_or_error,
    refused,
    strings,
    write_as,
    write_workbook,
    write_zip,
    written,
)  # fmt: skip


def _first_member(content: bytes) -> int:
    """How many bytes the first member of a gzip file has; -1 if it is not whole."""
    member = zlib.decompressobj(31)
    try:
        member.decompress(content)
    except zlib.error:
        return -1
    return len(content) - len(member.unused_data) if member.eof else -1


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(form=st.sampled_from(["csv.gz", "csv.zip"]), seed=st.integers(0, 10_000), cut=st.booleans())
def test_a_packed_file_that_was_cut_or_changed_reads_the_same_or_is_refused(tmp_path, form, seed, cut):
    path = write_as(form, [HEADER, *ROWS], tmp_path)
    before = strings(opened(path))
    content, hand = bytearray(path.read_bytes()), random.Random(seed)
    at = hand.randrange(len(content))
    if cut:
        del content[at:]
    else:
        content[at] ^= 1 << hand.randrange(8)
    path.write_bytes(content)
    now = opened_or_error(path)
    # cut between two members it is a whole gzip file again: only the manifest's hash and rows tell
    is_whole_again = cut and form == "csv.gz" and at == _first_member(bytes(content))
    assert isinstance(now, FileError) or strings(now) == before or is_whole_again


@pytest.mark.parametrize(
    ("spoil", "reported"),
    [(lambda c: c[:-9], "it ends too early"), (lambda c: c[:20] + b"\xff\xff" + c[22:], "does not unpack"),
     (lambda c: c + b"rubbish", "does not unpack")],
)  # fmt: skip
def test_a_damaged_gzip_file_is_refused(tmp_path, spoil, reported):
    path = written(tmp_path, spoil(gzip.compress(TEXT)), "table.csv.gz")
    assert f"is a damaged or truncated gzip file ({reported}" in refused(path).replace("its content ", "")


def test_zeros_behind_a_gzip_file_are_padding(tmp_path):
    assert opened(written(tmp_path, gzip.compress(TEXT) + bytes(512), "table.csv.gz")).measured.rows == 3


def test_a_zip_holds_exactly_one_text_and_nothing_packed_again(tmp_path):
    two = write_zip(tmp_path / "two.zip", a__csv=TEXT, b__csv=TEXT)
    assert "is a zip of 2 files (a.csv, b.csv): pack each file by itself" in refused(two)
    assert "is a zip of 0 files" in refused(write_zip(tmp_path / "none.zip"))
    assert "is a zip of 'inner.zip'" in refused(write_zip(tmp_path / "nested.zip", inner__zip=two.read_bytes()))


def test_an_encrypted_zip_is_refused_as_such(tmp_path):
    path = write_zip(tmp_path / "t.zip", t__csv=TEXT)
    content = bytearray(path.read_bytes())
    content[content.find(b"PK\x03\x04") + 6] |= 1  # the flag in the member's own header, and in the directory
    content[content.find(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    assert "is an encrypted zip file" in refused(path)


@pytest.mark.parametrize("ending", ["csv.gz", "zip"])
def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path, ending):
    content = b"id\n" + b"a\n" * (20 << 20)
    path = tmp_path / f"t.{ending}"
    if ending == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            archive.writestr("t.csv", content)
    else:
        path.write_bytes(gzip.compress(content, 9))
    assert "1,000 times its size: refused unread" in refused(path)


def test_values_of_parquet_are_written_as_a_csv_would_have_them(tmp_path):
    day, moment = datetime.date(2026, 3, 2), datetime.datetime(2026, 3, 2, 9, 0, 0)
    instant = datetime.datetime(2026, 3, 2, 1, 0, 0, tzinfo=datetime.UTC)
    table = pa.table(
        {
            "money": pa.array([Decimal("90.10"), None], pa.decimal128(16, 2)),
            "day": pa.array([day, None]),
            "moment": pa.array([moment, moment.replace(microsecond=250_000)]),
            "instant": pa.array([instant, None]),
            "count": pa.array([3, None]),
            "word": pa.array(["甲", "乙"]).dictionary_encode(),
        }
    )
    pq.write_table(table, tmp_path / "t.parquet")
    assert strings(opened(tmp_path / "t.parquet"))[1:] == [
        ["90.10", "2026-03-02", "2026-03-02 09:00:00", "2026-03-02 09:00:00", "3", "甲"],
        ["", "", "2026-03-02 09:00:00.25", "", "", "乙"],
    ]


def test_a_parquet_file_without_its_footer_or_with_lists_is_refused(tmp_path):
    path = write_as("parquet", [HEADER, *ROWS], tmp_path)
    path.write_bytes(path.read_bytes()[:-12])
    assert "is a damaged parquet file, or none" in refused(path)
    pq.write_table(pa.table({"a": [1], "many": [[1, 2]]}), tmp_path / "lists.parquet")
    assert "column 2 ('many') is list<" in refused(tmp_path / "lists.parquet")


def test_a_line_break_within_a_value_of_parquet_is_refused_by_its_line(tmp_path):
    pq.write_table(pa.table({"a": ["1", "2"], "b": ["x", "y\nz"]}), tmp_path / "t.parquet")
    assert "line 2: a quoted value is not closed on its line" in refused(tmp_path / "t.parquet")


def test_cells_of_a_workbook_are_written_as_a_person_sees_them(tmp_path):
    moment = datetime.datetime(2026, 3, 2, 9, 30)
    rows = [
        ("a", "b", "c"),
        (0.1 + 0.2, 20, "1.10"),
        (datetime.date(2026, 3, 2), moment, True),
        (),
        (1e-7, "0012", None),
    ]
    file = opened(write_workbook(tmp_path / "t.xlsx", rows))
    assert strings(file)[1:] == [
        ["0.3", "20", "1.10"], ["2026-03-02", "2026-03-02 09:30:00", "true"], ["0.0000001", "0012", ""],
    ]  # fmt: skip
    assert [n for n, _ in file.sample] == [2, 3, 5], "line n is row n"


@pytest.mark.parametrize(
    ("value", "reported"),
    [
        (123456789012345678, "cell B2: a long number of which Excel kept only the beginning"),
        ("1.23457E+17", "cell B2: a long number of which Excel kept only the beginning"),
        ("=1+1", "cell B2: a formula without its value"),
        ("#N/A", "cell B2: an error of Excel"),
    ],
)
def test_what_excel_has_destroyed_is_refused_by_its_cell(tmp_path, value, reported):
    assert reported in refused(write_workbook(tmp_path / "t.xlsx", [("a", "b"), ("1", value)]))


def test_a_broken_workbook_and_one_of_several_sheets_are_refused(tmp_path):
    assert "is a damaged Excel workbook, or none" in refused(written(tmp_path, b"PK\x03\x04rubbish", "t.xlsx"))
    assert "has 2 sheets (Sheet, Sheet1)" in refused(write_workbook(tmp_path / "t.xlsx", [("a",), ("1",)], sheets=2))


def test_a_workbook_gives_as_many_lines_to_look_at_as_a_text(tmp_path):
    table = [HEADER, *ROWS * 300]
    book, text = write_as("xlsx", table, tmp_path), write_as("csv", table, tmp_path)
    assert opened(book).sample == opened(text).sample


@pytest.mark.parametrize(("name", "content", "numbers"), [
    ("blank.csv", b"id,n\nA,1\n\nB,2\n", [2, 4]),
    ("sheet.xlsx", None, [2, 4]),
    ("a.ndjson", b'{"id": "A"}\n\n{"id": "B"}\n', [1, 3]),
    ("array.json", b'[\n {"id": "A"},\n {"id": "B"}\n]', [1, 2]),
    ("table.parquet", None, [1, 2]),
])  # fmt: skip
def test_a_row_has_the_number_of_its_line_or_where_the_form_has_no_lines_its_own(tmp_path, name, content, numbers):
    path = tmp_path / name
    if name.endswith("xlsx"):
        write_workbook(path, [["id"], ["A"], [], ["B"]])
    elif name.endswith("parquet"):
        pq.write_table(pa.table({"id": ["A", "B"]}), path)
    else:
        path.write_bytes(content)
    found = opened(path)
    copied = found.path.read_text(encoding="utf-8").splitlines()[1:]
    assert [int(line.split(",")[0]) for line in copied] == [number for number, _ in found.sample] == numbers


def test_a_number_that_a_workbook_shows_with_zeros_or_letters_before_it_is_read_as_people_see_it(tmp_path):
    book = Workbook()
    sheet = book.worksheets[0]
    for row in (["id", "record", "fee"], [123, 7, 1234.5], [1234567, 12, 3]):
        sheet.append(row)
    for number in (2, 3):
        for column, shown in {"A": "000000", "B": '"P"000', "C": "#,##0.00"}.items():
            sheet[f"{column}{number}"].number_format = shown
    book.save(tmp_path / "t.xlsx")
    assert strings(opened(tmp_path / "t.xlsx"))[1:] == [["000123", "P007", "1234.5"], ["1234567", "P012", "3"]]


def test_cells_merged_over_rows_are_refused_and_a_title_over_columns_is_not(tmp_path):
    book = Workbook()
    sheet = book.worksheets[0]
    for row in (["visit", "fee"], ["V1", 5], [None, 6], ["合计", None]):
        sheet.append(row)
    sheet.merge_cells("A4:B4")
    book.save(tmp_path / "t.xlsx")
    assert len(strings(opened(tmp_path / "t.xlsx"))) == 3
    sheet.merge_cells("A2:A3")
    book.save(tmp_path / "t.xlsx")
    assert "cells A2:A3 are merged, and the value stands in the first alone" in refused(tmp_path / "t.xlsx")


def test_a_zip_is_read_as_what_lies_in_it_whatever_points_its_own_name_has(tmp_path):
    path = write_zip(tmp_path / "明细.2026.03.zip", table__tsv=b"a\tb,c\n1\t2\n")
    assert strings(opened(path)) == [["a", "b,c"], ["1", "2"]]
    assert "nothing nested" in refused(write_zip(tmp_path / "fees.json.zip", fees__json=b"[]"))
