"""Hostile names through every writer of tables for people: no cell of any file computes, and the files say so."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evaluation.report import WAYS, scheme_table
from fundwatch.cells import NOTE
from jobs.onboard.report import _table
from jobs.protect.erase_lists import redact_lists
from jobs.protect.export_pages import BuiltExport, data_files, page_of, report_of
from leads.publishing.lists import write_list
from leads.publishing.published import ListContent
from privacy.release.exports import Export
from tests.hostile import HOSTILE, computes, computing_cells
from tests.leads.conftest import cards, case_row, content, hit_row, lead_row, line_row  # noqa: F401

NAMES = pytest.mark.parametrize("name", HOSTILE)


@pytest.fixture
def hostile(content: ListContent) -> ListContent:  # noqa: F811
    """A list in which every text that comes from a delivery or a register is hostile."""
    leads = [
        replace(lead_row(n), subject_name=name, reason_zh=name, workplaces=[name])
        for n, name in enumerate(HOSTILE, start=1)
    ]
    lines = [line_row(n, 1, item_name=name, line_id=name, institution_id=name) for n, name in enumerate(HOSTILE, 1)]
    return replace(
        content,
        leads=leads,
        evidence=lines,
        hits=[hit_row(reason_zh=name, encounter_id=name) for name in HOSTILE],
        faded=[case_row(kind=name, subject_name=name, state="faded") for name in HOSTILE],
        places={HOSTILE[0]: HOSTILE[1]},
    )


def test_a_list_as_csv_computes_nothing_and_its_summary_says_where_a_sign_was_put(hostile: ListContent, tmp_path: Path):
    folder = write_list(hostile, tmp_path).folder
    assert computing_cells(folder / "leads.csv") == []
    reported = json.loads((folder / "summary.json").read_text(encoding="utf-8"))["signed_cells"]["leads.csv"]
    assert reported["columns"] == dict.fromkeys(("subject_name", "reason_zh", "workplaces"), len(HOSTILE))
    assert NOTE in reported["note"]


def test_a_list_without_hostile_names_has_no_sign_and_says_nothing_of_it(content: ListContent, tmp_path: Path):  # noqa: F811
    plain = replace(content, leads=[lead_row(1)])
    summary = json.loads((write_list(plain, tmp_path).folder / "summary.json").read_text(encoding="utf-8"))
    assert summary["signed_cells"] == {}


def test_a_workbook_holds_texts_as_texts(hostile: ListContent, tmp_path: Path):
    book = openpyxl.load_workbook(write_list(hostile, tmp_path).folder / "leads.xlsx")
    cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert sum(str(cell.value).lstrip("\u3000 \t\r\n").startswith(("=", "＝")) for cell in cells) > 10
    assert {cell.data_type for cell in cells} <= {"s", "n", "d"}
    assert not any(cell.hyperlink for cell in cells)


def test_a_list_that_a_person_was_taken_out_of_computes_nothing_still(hostile: ListContent, tmp_path: Path):
    token = "f" * 32
    erased = replace(lead_row(len(HOSTILE) + 1), subject_type="patient", subject_name="", subject_id=token)
    folder = write_list(replace(hostile, leads=[*hostile.leads, erased]), tmp_path).folder
    assert redact_lists(tmp_path, token) == [date(2026, 3, 31)]
    assert token[:8].encode() not in (folder / "leads.csv").read_bytes()
    assert computing_cells(folder / "leads.csv") == []


def test_an_export_as_csv_computes_nothing_and_its_report_and_page_say_so_while_parquet_is_as_it_was(tmp_path: Path):
    rows = pa.table({"name": [*HOSTILE], "money": [-5.0] * len(HOSTILE), "many": [None, *range(1, len(HOSTILE))]})
    files = data_files(rows)
    assert computing_cells(files["data.csv"]) == []
    (tmp_path / "data.parquet").write_bytes(files["data.parquet"])
    assert pq.read_table(tmp_path / "data.parquet").equals(rows)
    assert b",-5.0,1\r\n" in files["data.csv"]
    made, export = BuiltExport(rows, None, None, 0, 0), _export()
    assert report_of(export, date(2026, 3, 31), made)["signed_cells"] == {"data.csv": {"name": len(HOSTILE)}}
    assert NOTE.split("(")[0] in page_of(export, date(2026, 3, 31), made)


def _export() -> Export:
    from fundwatch.resources import conf_names
    from privacy.release.exports import read_export

    return read_export(conf_names("exports")[0], None)


@NAMES
def test_an_evaluation_as_csv_computes_nothing(name: str):
    ways = {f"{way}{end}": [None] for way in WAYS for end in ("", "_recall", "_recall_low", "_recall_high")}
    counts = {key: [1] for key in ("instances_counted", "instances_left_out", "things_counted")}
    frame = pd.DataFrame(
        {"kind": ["scheme"], "scheme": [name], "rule_id": ["DC-03"], "state": ["not_run"], "why_not": [name], **counts}
        | {way: pd.Series(values, dtype="Float64") for way, values in ways.items()}
    )
    table = scheme_table(frame)
    assert computing_cells(table.content) == []
    assert sum(table.signed.values()) == 2


@NAMES
def test_the_report_of_a_source_computes_nothing(name: str):
    [*_, row] = _table(("column",), [(name,)])
    assert not any(computes(cell) for cell in row.split("|"))
