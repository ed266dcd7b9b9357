"""A list of objects within an object holds rows of its own: one for each element, with the fields around it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fundwatch.errors import MappingError
from intake.files.forms.objects import lists_of_objects
from intake.files.landed import open_file
from intake.files.unpacking import FileError
from intake.source.load import parse_mapping
from intake.source.mapping import DeliveryForm, SourceFile
from tests.intake.forms import strings, written

CLAIMS = [
    {"claim_id": "C1", "lines": [{"code": "A", "fee": 1.50}, {"code": "B", "fee": 2}], "paid": 3},
    {"claim_id": "C2", "lines": [], "paid": 0},
    {"claim_id": "C3", "lines": [{"code": "C", "marks": [{"m": 1}]}]},
]
FILE = SourceFile(
    name="t.ndjson",
    columns=("claim_id", ("code", "lines.code")),
    optional=("paid",),
    drop=("lines.fee", "lines.marks"),
    rows_of="lines",
)


def read(folder: Path, objects: Any, file: SourceFile = FILE) -> list[list[str]]:
    content = json.dumps(objects) if file.name == "t.json" else "\n".join(json.dumps(one) for one in objects)
    (folder / "scratch").mkdir(exist_ok=True)
    path = written(folder, content.encode(), str(file.name))
    return strings(open_file(path, DeliveryForm(), folder / "scratch", file))


def test_each_element_is_a_row_with_the_fields_around_it_and_an_object_without_any_is_not_lost(tmp_path):
    header, *rows = read(tmp_path, CLAIMS)
    columns = [header.index(name) for name in ("claim_id", "lines.code", "paid")]
    assert [[row[n] for n in columns] for row in rows] == [
        ["C1", "A", "3"], ["C1", "B", "3"], ["C2", "", "0"], ["C3", "C", ""],
    ]  # fmt: skip


def test_the_place_of_an_element_is_a_column_where_the_mapping_names_it(tmp_path):
    file = FILE.model_copy(update={"columns": ("claim_id", ("place", "lines[]"))})
    header, *rows = read(tmp_path, CLAIMS, file)
    at = header.index("lines[]")
    assert [row[at] for row in rows] == ["1", "2", "", "1"]


def test_lists_on_the_way_are_gone_through_and_rows_at_leads_to_the_objects(tmp_path):
    persons = {"data": [{"person": "P1", "claims": CLAIMS[:2]}, {"person": "P2", "claims": [CLAIMS[2]]}]}
    drop = ("claims.lines.fee", "claims.lines.marks", "claims.paid")
    file = SourceFile(name="t.json", columns=("person",), drop=drop, rows_at="data", rows_of="claims.lines")
    header, *rows = read(tmp_path, persons, file)
    columns = [header.index(name) for name in ("person", "claims.claim_id", "claims.lines.code")]
    found = [[row[n] for n in columns] for row in rows]
    assert found == [["P1", "C1", "A"], ["P1", "C1", "B"], ["P1", "C2", ""], ["P2", "C3", "C"]]


@pytest.mark.parametrize(
    ("objects", "reported"),
    [
        ([{"claim_id": "C1", "lines": ["A"]}], "line 1: 'lines' is no list of objects, where the mapping's rows_of"),
        ([{"claim_id": "C1", "lines": [{"code": "A"}, None]}], "line 1: 'lines' is no list of objects"),
        ([{"claim_id": "C1", "items": [{"code": "A"}]}], "line 1: 'items' is a list of objects"),
        ([{"claim_id": "C1"}], "no object has 'lines', where the mapping's rows_of leads"),
    ],
)
def test_what_has_no_such_list_is_refused(tmp_path, objects, reported):
    with pytest.raises(FileError) as caught:
        read(tmp_path, objects)
    assert reported in str(caught.value)


def test_the_lists_of_a_file_that_nobody_has_mapped_are_found_by_their_paths(tmp_path):
    path = written(tmp_path, "\n".join(json.dumps(one) for one in CLAIMS).encode(), "t.ndjson")
    assert lists_of_objects(path, "ndjson") == {"lines": 3, "lines.marks": 1}


def test_a_list_of_rows_that_is_dropped_is_refused_with_the_mapping(tmp_path):
    file = tmp_path / "my.yaml"
    file.write_text(
        "source: my\ndelivery: {manifest: measured}\nfiles:\n  a: {name: a.csv*, columns: [v], drop: [lines], "
        "rows_of: lines}\ntables:\n  encounter: {rows: [{from: a, columns: {encounter_id: v}}]}\n"
    )
    with pytest.raises(MappingError, match=r"files\.a\.rows_of: 'lines' is under drop, with all that is in it"):
        parse_mapping(file)
