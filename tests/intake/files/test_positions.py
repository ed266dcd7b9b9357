"""Text of fixed width: columns by their place, in bytes or characters, and lines of another width."""

from __future__ import annotations

import gzip

import pytest
from pydantic import ValidationError

from fundwatch.errors import MappingError
from intake.files.landed import Opened, open_file
from intake.files.peeking import peek
from intake.files.unpacking import FileError
from intake.source.load import parse_mapping
from intake.source.mapping import DeliveryForm, SourceFile
from intake.source.widths import FixedWidth
from tests.intake.forms import strings, written

FORM = DeliveryForm(encodings=("utf-8", "gb18030"), delimiter="|")


def file_of(count: str, **columns: str | int) -> SourceFile:
    layout = FixedWidth.model_validate({"count": count, "columns": columns})
    return SourceFile(name="t.csv*", columns=tuple(columns), fixed_width=layout)


BYTES = file_of("bytes", visit="1-3", name="4-9", kind=10, note="11-")


def opened_as(file: SourceFile, content: bytes, folder, name: str = "t.txt") -> Opened:
    (folder / "scratch").mkdir(exist_ok=True)
    return open_file(written(folder, content, name), FORM, folder / "scratch", file)


def test_columns_stand_where_the_mapping_says_in_bytes_of_the_files_own_encoding(tmp_path):
    content = 'V01张三  1a, "b"|\r\n\r\nV02李四丰2\r\n'.encode("gb18030")
    expected = [["visit", "name", "kind", "note"], ["V01", "张三  ", "1", 'a, "b"|'], ["V02", "李四丰", "2", ""]]
    for name, packed in (("t.txt", content), ("t.csv.gz", gzip.compress(content))):
        file = opened_as(BYTES, packed, tmp_path, name)
        assert strings(file) == expected
        assert file.measured.rows == 2
        assert file.measured.encoding == "gb18030"
        assert [line for line, _ in file.sample] == [1, 3]
        seen = peek(tmp_path / name, FORM, file=BYTES)
        assert [[*seen.header], *map(list, seen.rows)] == [[cell.strip() for cell in row] for row in expected]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_columns_stand_where_the_mapping_says_in_characters(tmp_path, encoding):
    signs = file_of("characters", visit="1-3", name="4-6", kind=7)
    content = "V01张三 1\nV02欧阳丰2\n".encode(encoding)
    assert strings(opened_as(signs, content, tmp_path))[1:] == [["V01", "张三 ", "1"], ["V02", "欧阳丰", "2"]]


def test_a_line_of_another_width_has_a_value_too_many_and_is_no_readable_row(tmp_path):
    two = file_of("bytes", a="1-2", b="3-4")
    rows = strings(opened_as(two, b"1122\n112\n11223\n1\n", tmp_path))
    assert [len(row) for row in rows] == [2, 2, 3, 3, 3]


def test_a_column_that_cuts_a_character_is_refused(tmp_path):
    with pytest.raises(FileError, match="line 1: a column ends within a sign"):
        opened_as(file_of("bytes", a="1-1", b="2-"), "张三\n".encode() * 3, tmp_path)


@pytest.mark.parametrize(
    ("columns", "reported"),
    [
        ({"a": "1-3", "b": "5-6"}, "'b' begins at 5, and what is before it ends at 3: name what lies between"),
        ({"a": "1-3", "b": "3-6"}, "'b' begins at 3, and what is before it ends at 3"),
        ({"a": "2-3", "b": "4-6"}, "'a' begins at 2, and what is before it ends at 0"),
        ({"a": "1-", "b": "4-6"}, "'b' begins at 4, and what is before it ends at the line's end"),
        ({"a": "1-3", "b": "4-2"}, "'b: 4-2' ends before it begins"),
        ({"a": "1-3", "b": "4 to 6"}, "'b: 4 to 6' is no place in a line"),
    ],
)
def test_places_that_leave_a_gap_or_meet_are_refused(columns, reported):
    with pytest.raises(ValidationError) as caught:
        FixedWidth.model_validate({"count": "bytes", "columns": columns})
    assert reported in str(caught.value)


def test_the_columns_of_the_line_are_those_of_the_mapping(tmp_path):
    text = """
source: my
delivery: {folder: "."}
files:
  persons:
    name: persons.txt
    columns: [[id, number], sex]
    drop: ["filler*"]
    fixed_width: {count: bytes, columns: {number: 1-18, filler_1: 19-20, born: 21-28}}
tables:
  patient: {rows: [{from: persons, columns: {patient_id: {token: person, of: id}, sex: sex}}]}
"""
    with pytest.raises(MappingError) as caught:
        parse_mapping(written(tmp_path, text.encode(), "my.yaml"))
    reported = str(caught.value)
    assert "files.persons.fixed_width: the file has no column 'born'; list it under columns, or under drop" in reported
    assert "files.persons.fixed_width: the column 'sex' stands nowhere in the line" in reported
    assert "filler" not in reported
    assert parse_mapping(written(tmp_path, text.replace("born:", "sex:").encode(), "my.yaml")).source == "my"


def test_a_line_that_would_be_cut_within_a_sign_is_unreadable_and_the_rest_stands(tmp_path):
    content = "V01张三  1a\nV2李四丰 2b\nV03王    3c\n".encode("gb18030")
    rows = strings(opened_as(BYTES, content, tmp_path))
    assert rows[1:] == [["V01", "张三  ", "1", "a"], ["V2李四丰 2b"], ["V03", "王    ", "3", "c"]]
