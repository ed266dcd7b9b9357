from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from fundwatch.engine.lineage import Base, ColumnOrigin
from fundwatch.errors import CatalogueError
from fundwatch.pages import PageTable, page, publish
from fundwatch.resources import conf_names
from privacy.release.exports import Export, counts_persons, leaks, parse_export, read_export

RECORDS: dict[str, Any] = {
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
WHY = {"zh": "粗", "en": "coarse"}
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
    ("change", "reported"),
    [
        ({"limits": {"k": 4, "l": 2}}, "inside needs at least 5"),
        ({"audience": "outside"}, "outside needs at least 20"),
        ({"limits": {"k": 5, "l": 1}}, "limits.l of at least 2"),
        ({"limits": None}, "records need `quasi` and `limits`"),
        ({"tier": "T0"}, "records are T2"),
        ({"quasi": ["county"]}, "county is no column of the export"),
        ({"columns": RECORDS["columns"] | {"days": {"of": "days"}}}, "days is declared neither quasi, sensitive nor"),
        ({"harmless": {"month": WHY}}, "month is declared in two ways"),
        ({"columns": RECORDS["columns"] | {"patient_id": {"of": "days"}}}, "patient_id is whom k counts"),
        ({"harmless": {"county": WHY}}, "county is no column of the export"),
        ({"known": ["encounters"]}, "there is no table 'encounters'"),
        ({"query": "SELECT * FROM patient"}, "query: reads 'patient', which is not declared beside it"),
        ({"named_suspicion": True, "audience": "outside"}, "packs of leads are T2 and stay inside"),
    ],
)
def test_records_that_would_let_too_much_out_do_not_load(tmp_path, change, reported):
    with pytest.raises(CatalogueError, match=reported):
        _parse(tmp_path, RECORDS | change)


@pytest.mark.parametrize(
    ("change", "reported"),
    [
        ({"cells": None}, "needs `cells`"),
        ({"cells": {"counts": "patients", "least": 3}}, "cells.least"),
        ({"audience": "outside"}, "cells.least"),
        ({"tier": "T2"}, "T0 or T1"),
    ],
)
def test_cells_that_would_let_too_much_out_do_not_load(tmp_path, change, reported):
    with pytest.raises(CatalogueError, match=reported):
        _parse(tmp_path, CELLS | change)


def _made(*columns: str, counts: bool = False) -> ColumnOrigin:
    bases = frozenset(Base(*column.split(".")) for column in columns)
    return ColumnOrigin(counts=bases) if counts else ColumnOrigin(of=bases)


def _leaks(change: Mapping[str, object], made: ColumnOrigin) -> list[str]:
    export = Export.model_validate(change)
    return leaks(export, dict.fromkeys((*export.columns, *export.measures), made))


PACK = RECORDS | {"named_suspicion": True, "of_night": ["lead", "rule_hit"]}


@pytest.mark.parametrize(
    ("column", "reported"),
    [
        ("encounter.patient_id", r"tokens \(person\)"),
        ("encounter.attending_doctor_id", r"tokens \(doctor\)"),
        ("encounter.record_id", r"tokens \(record\)"),
        ("encounter.contact_id", r"tokens \(contact\)"),
        ("encounter.complaint", "never leaves"),
        ("patient.certificate_id", "no table that the export declares"),
        ("encounter.nonsense", "does not know"),
    ],
)
@pytest.mark.parametrize("export", [RECORDS, CELLS], ids=["records", "cells"])
def test_what_is_made_of_a_token_or_of_free_text_does_not_leave(export, column, reported):
    (first, *_) = _leaks(export, _made(column))
    assert re.search(reported, first)
    assert first.startswith(f"month is made of {column}, ")


def test_a_count_of_tokens_and_what_holds_none_may_leave():
    assert _leaks(CELLS, _made("encounter.patient_id", counts=True)) == []
    assert _leaks(RECORDS, _made("encounter.region_code", "encounter.institution_id")) == []


def test_a_pack_of_leads_holds_its_subjects_and_nobody_else():
    assert _leaks(PACK, _made("lead.subject_id")) == []
    for column in ("encounter.contact_id", "rule_hit.facts", "lead.reason_zh"):
        assert all("never leaves" in problem for problem in _leaks(PACK, _made(column)))
        assert _leaks(PACK, _made(column))


def test_cells_to_be_published_name_no_institution_under_any_name():
    published = CELLS | {"tier": "T0"}
    assert "T0 names no institution" in _leaks(published, _made("encounter.institution_id"))[0]


def test_what_tells_one_record_is_not_harmless():
    export = RECORDS | {"quasi": ["diagnosis"], "sensitive": None, "harmless": {"month": WHY}, "named_suspicion": True}
    assert "not harmless" in _leaks(export, _made("encounter.encounter_id"))[0]


@pytest.mark.parametrize(
    ("person", "is_counted"),
    [
        (ColumnOrigin(frozenset({Base("encounter", "patient_id")}), is_copy=True), True),
        (ColumnOrigin(frozenset({Base("encounter", "patient_id")}), is_copy=False), False),
        (ColumnOrigin(frozenset({Base("encounter", "encounter_id")}), is_copy=True), False),
        (ColumnOrigin(frozenset({Base("encounter", "attending_doctor_id")}), is_copy=True), False),
        (ColumnOrigin(), False),
    ],
)
def test_only_whole_tokens_of_persons_count_persons(person, is_counted):
    assert counts_persons(person) is is_counted


def test_a_folder_is_replaced_whole(tmp_path):
    publish(tmp_path / "export", {"old.csv": b"1"})
    publish(tmp_path / "export", {"new.csv": b"2"})
    assert [path.name for path in (tmp_path / "export").iterdir()] == ["new.csv"]
    assert [path.name for path in tmp_path.iterdir()] == ["export"]


def test_pages_escape_what_they_show():
    assert "<b>" not in page("<b>", [PageTable("<b>", ["<b>"], [["<b>"]])])
