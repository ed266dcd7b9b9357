from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from fundwatch.errors import CatalogueError
from fundwatch.resources import conf_names
from leads.exports import parse_export, read_export
from leads.privacy_pages import page, publish, table

RECORDS = {
    "name": "some_records",
    "title": {"zh": "记录", "en": "Records"},
    "tier": "T2",
    "audience": "inside",
    "known": ["encounter"],
    "query": "SELECT * FROM encounter",
    "columns": {"month": {"of": "started_at", "as": "month"}, "diagnosis": {"of": "main_diagnosis_code"}},
    "quasi": ["month"],
    "sensitive": "diagnosis",
    "limits": {"k": 5, "l": 2},
}
CELLS = RECORDS | {
    "tier": "T1",
    "measures": {"patients": "count(DISTINCT patient_id)"},
    "cells": {"counts": "patients", "margins": [["month"]]},
}


def _parse(folder: Path, content: Mapping[str, object]) -> None:
    file = folder / "some.yaml"
    file.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    parse_export(file)


@pytest.mark.parametrize("name", conf_names("exports"))
def test_every_shipped_export_holds_and_bears_the_name_of_its_file(name):
    assert read_export(name).name == name


def test_a_declaration_within_the_bounds_holds(tmp_path):
    _parse(tmp_path, RECORDS)
    _parse(tmp_path, CELLS)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"limits": {"k": 4, "l": 2}}, "inside needs at least 5"),
        ({"audience": "outside"}, "outside needs at least 20"),
        ({"limits": {"k": 5, "l": 1}}, "limits.l of at least 2"),
        ({"limits": None}, "records need `quasi` and `limits`"),
        ({"tier": "T0"}, "records are T2"),
        ({"quasi": ["county"]}, "county is no column of the export"),
        ({"columns": {"month": {"of": "patient_id"}}}, "only packs of leads hold tokens"),
        ({"columns": {"month": {"of": "contact_id"}}, "named_suspicion": True}, "contact_id never leaves"),
        ({"columns": {"month": {"of": "complaint"}}}, "complaint never leaves"),
        ({"named_suspicion": True, "audience": "outside"}, "packs of leads are T2 and stay inside"),
    ],
)
def test_records_that_would_let_too_much_out_do_not_load(tmp_path, change, told):
    with pytest.raises(CatalogueError, match=told):
        _parse(tmp_path, RECORDS | change)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"cells": None}, "needs `cells`"),
        ({"cells": {"counts": "patients", "least": 3}}, "cells.least"),
        ({"audience": "outside"}, "cells.least"),
        ({"tier": "T2"}, "T0 or T1"),
        ({"tier": "T0", "columns": {"institution_id": {"of": "institution_id"}}}, "T0 names no institution"),
    ],
)
def test_cells_that_would_let_too_much_out_do_not_load(tmp_path, change, told):
    with pytest.raises(CatalogueError, match=told):
        _parse(tmp_path, CELLS | change)


def test_a_folder_is_replaced_whole(tmp_path):
    publish(tmp_path / "export", {"old.csv": b"1"})
    publish(tmp_path / "export", {"new.csv": b"2"})
    assert [path.name for path in (tmp_path / "export").iterdir()] == ["new.csv"]
    assert [path.name for path in tmp_path.iterdir()] == ["export"]


def test_pages_escape_what_they_show():
    assert "<b>" not in page("<b>", [table("<b>", ["<b>"], [["<b>"]])])
