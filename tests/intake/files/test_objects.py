"""JSON and NDJSON: fields by their path, numbers as written, and what is refused with its line."""

from __future__ import annotations

import gzip
import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fundwatch.errors import DeliveryError, MappingError
from intake.files.delivery import open_delivery
from intake.files.landed import open_file
from intake.files.unpacking import FileError
from intake.source.load import parse_mapping
from intake.source.mapping import DeliveryForm, SourceFile
from tests.intake.forms import opened, refused, strings, written

VISITS = [
    {"visit": "V1", "patient": {"id": 500123456789012345678, "sex": None}, "fee": 1.10, "codes": [{"code": "I10"}]},
    {"visit": "V2", "patient": {"id": "0012"}, "paid": True, "codes": [], "note": 'a "quoted", 甲'},
    {"visit": "", "patient": None, "fee": -0.0, "paid": False},
]
FILE = SourceFile(
    name="table.json",
    columns=("visit", ("person", "patient.id"), ("diagnosis", "codes[0].code")),
    optional=(("sex", "patient.sex"), "fee", "paid", "note"),
)
HEADER = ["visit", "patient.id", "patient.sex", "fee", "codes[0].code", "paid", "note"]
ROWS = [
    ["V1", "500123456789012345678", "", "1.10", "I10", "", ""],
    ["V2", "0012", "", "", "", "true", 'a "quoted", 甲'],
    ["", "", "", "-0.0", "", "false", ""],
]
LINES = "\n".join(json.dumps(one, ensure_ascii=False) for one in VISITS).replace("1.1,", "1.10,").encode()
ARRAY = b"[\n" + LINES.replace(b"\n", b",\n") + b"\n]"
MAPPING = b"""
source: my
delivery: {folder: ".", manifest: measured}
files:
  visits:
    name: visits.csv*
    rows_at: data
    columns: [visit, [person, patient.id], hospital, day, kind]
    identifying: [person]
    drop: [patient.phone]
tables:
  encounter:
    rows:
      - from: visits
        columns:
          encounter_id: visit
          patient_id: {token: person, of: person}
          institution_id: hospital
          visit_type: kind
          started_at: day
"""


def read(path: Path, file: SourceFile = FILE) -> list[list[str]]:
    (path.parent / "scratch").mkdir(exist_ok=True)
    return strings(open_file(path, DeliveryForm(), path.parent / "scratch", file))


def refused_of(path: Path, file: SourceFile = FILE) -> str:
    with pytest.raises(FileError) as caught:
        read(path, file)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.ndjson", LINES),
        ("t.jsonl", b"\xef\xbb\xbf" + LINES.replace(b"\n", b"\r\n\n")),
        ("t.json", LINES),
        ("t.NDJSON.gz", gzip.compress(LINES)),
        ("t.json", ARRAY),
        ("t.json.gz", gzip.compress(ARRAY)),
    ],
)
def test_objects_are_rows_and_fields_are_columns_by_their_path(tmp_path, name, content):
    assert read(written(tmp_path, content, name)) == [HEADER, *ROWS]


def test_an_array_within_an_object_is_found_where_the_mapping_says(tmp_path):
    content = b'{"count": 3, "result": {"page": [1, 2], "list": ' + ARRAY + b'}, "of": "x"}'
    path = written(tmp_path, content, "t.json")
    inner = FILE.model_copy(update={"rows_at": "result.list"})
    assert read(path, inner) == [HEADER, *ROWS]
    assert "line 1: its rows stand in no array: it is an object; say where they stand by rows_at" in refused_of(path)
    other = FILE.model_copy(update={"rows_at": "result.rows"})
    assert "there is no 'rows', where the mapping's rows_at leads" in refused_of(path, other)
    cut = written(tmp_path, content[:-20], "cut.json")
    assert "line 4: is cut off" in refused_of(cut, inner)
    twice = written(tmp_path, content.replace(b'"of"', b'"count"'), "twice.json")
    assert "line 5: the field 'count' stands twice" in refused_of(twice, inner)


def test_a_row_is_told_by_the_line_of_its_object(tmp_path):
    file = opened(written(tmp_path, b'{"a": 1}\n\n{"a": 2}\n', "t.ndjson"))
    assert [line for line, _ in file.sample] == [1, 3]
    assert file.measured.rows == 2


def test_an_object_without_a_value_is_a_row_nevertheless(tmp_path):
    assert opened(written(tmp_path, b'{"a": 1}\n{}\n{"a": "2"}', "t.ndjson")).measured.rows == 3


def test_a_field_that_is_null_or_empty_is_no_column_where_the_mapping_knows_fields_in_it(tmp_path):
    assert read(written(tmp_path, b'{"visit": "V1", "patient": null, "codes": []}', "t.ndjson")) == [["visit"], ["V1"]]


def test_a_list_of_objects_is_refused_by_its_path_unless_its_elements_are_named_or_it_is_dropped(tmp_path):
    path = written(tmp_path, b'{"visit": "V1"}\n{"visit": "V2", "stay": {"wards": [{"bed": "3"}]}}', "t.ndjson")
    assert "line 2: 'stay.wards' is a list of objects, and an object is one row" in refused_of(path)
    dropping = FILE.model_copy(update={"drop": ("stay.wards",)})
    assert read(path, dropping) == [["visit", "stay.wards"], ["V1", ""], ["V2", ""]]
    plain = written(tmp_path, b'{"visit": "V1", "tags": ["a", "b"]}', "plain.ndjson")
    assert read(plain) == [["visit", "tags[0]", "tags[1]"], ["V1", "a", "b"]]


@pytest.mark.parametrize(
    ("line", "reported"),
    [
        (b'{"a": 1, "b": {"c": 1, "c": 2}}', "line 2: the field 'c' stands twice in one object"),
        (b'{"a": NaN}', "line 2: NaN is no value"),
        (b'{"a": -Infinity}', "line 2: -Infinity is no value"),
        (b'{"a": "\xb2\xa1"}', "line 2: byte 0xb2 is no UTF-8"),
        (b'{"a": "123', "line 2: is cut off"),
        (b'{"a": 1', "line 2: is cut off"),
        (b'{"a": 1,}', "line 2: no JSON"),
        (b'{"a": 01}', "line 2: no JSON"),
        (b'{"a": 1} {"a": 2}', "line 2: something stands behind its end"),
        (b"[1]", "line 2: is no object, and a row is one"),
        (b'{"a": "x\\ny"}', "line 2: 'a' holds a line break"),
        (b'{"a": "\\ud800"}', "line 2: 'a' holds a line break or a sign that is no text"),
        (b'{"a": {"b": 1}, "a.b": 2}', "line 2: two values at 'a.b'"),
        (b'{"x,y": 1}', "line 2: the name of a field is blank"),
        (b'{"a": ' + b"[" * 5_000 + b"]" * 5_000 + b"}", "line 2: "),
        (b'{"a": ' + b'{"b": ' * 30 + b"1" + b"}" * 31, "line 2: has fields within fields"),
        (b"{" + b",".join(b'"c%d": 1' % n for n in range(1_001)) + b"}", "columns, more than 1,000"),
    ],
)
def test_what_is_no_json_or_no_row_is_refused_with_its_line(tmp_path, line, reported):
    assert reported in refused(written(tmp_path, b'{"a": 1}\n' + line + b"\n", "t.ndjson"))


@pytest.mark.parametrize(
    ("content", "reported"),
    [
        (b'[{"a": 1},\n{"a": 1, "a": 2}]', "line 2: the field 'a' stands twice"),
        (b'[{"a": 1},\n\n{"a": NaN}]', "line 3: NaN is no value"),
        (b'[{"a": 1},\n3]', "line 2: is no object, and a row is one"),
        (b'[{"a": 1},\n]', "line 2: is no object, and a row is one"),
        (b'[{"a": 1}\n{"a": 2}]', "line 2: ',' or ']' is expected"),
        (b'[{"a": 1}]\n[{"a": 2}]', "line 2: something stands behind its end"),
        (b'[{"a": 1},\n{"a": [{"b": 1}', "line 2: is cut off"),
        (b"[]", "is empty: no object with a field"),
        (b"3", "line 1: an array of objects is expected"),
    ],
)
def test_what_is_no_array_of_rows_is_refused_with_its_line(tmp_path, content, reported):
    assert reported in refused(written(tmp_path, content, "t.json"))


def test_a_json_array_beyond_the_limit_is_refused_and_lines_are_not(tmp_path, monkeypatch):
    monkeypatch.setattr("intake.files.forms.objects.MOST_JSON", 100)
    assert "deliver an object a line (.ndjson)" in refused_of(written(tmp_path, ARRAY, "t.json"))
    assert read(written(tmp_path, LINES, "t.ndjson"))[1:] == ROWS


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, len(ARRAY) - 1))
def test_a_json_array_that_was_cut_anywhere_is_refused(tmp_path, at):
    refused_of(written(tmp_path, ARRAY[:at], "t.json"))


def test_a_field_by_its_path_has_a_name_of_its_own_for_sql(tmp_path):
    file = written(tmp_path, MAPPING.replace(b"[person, patient.id]", b"patient.id"), "my.yaml")
    with pytest.raises(MappingError) as caught:
        parse_mapping(file)
    assert "files.visits: 'patient.id' is no name in SQL; give it one of its own beside it: [patient_id, " in str(
        caught.value
    )


def test_a_delivery_of_objects_has_the_columns_of_the_mapping_and_no_other(tmp_path):
    mapping = parse_mapping(written(tmp_path, MAPPING, "my.yaml"))
    folder = tmp_path / "landing"
    folder.mkdir()
    (tmp_path / "scratch").mkdir()
    row = {"visit": "V1", "day": "2026-03-31", "kind": "11", "patient": {"id": "P1", "phone": "1"}, "hospital": "H1"}
    written(folder, json.dumps({"data": [row]}).encode(), "visits.json")
    night = date(2026, 3, 31)
    (file,) = open_delivery(mapping, folder, night, tmp_path / "scratch").files
    assert file.header == ("visit", "day", "kind", "person", "patient.phone", "hospital")
    written(folder, json.dumps({"data": [{**row, "patient": {"id": "P1", "name": "x"}}]}).encode(), "visits.json")
    with pytest.raises(DeliveryError, match=r"column 'patient\.name': the mapping does not know it"):
        open_delivery(mapping, folder, night, tmp_path / "scratch")
