"""The files of one lead's evidence: equal bytes, one fingerprint in each, and whether a file is what was sent."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from fundwatch.errors import FundwatchError
from fundwatch.settings import Settings
from jobs.protect.erase_lists import redact_lists
from jobs.review.evidence.verify_file import FileStanding, NotPublishedError, compared, verify_file
from leads.evidence import verify
from leads.evidence.document import MARK, lead_document
from leads.evidence.verify import marks_in
from leads.evidence.view import LeadView
from leads.publishing.lists import read_summary, write_list
from leads.publishing.published import ListContent
from tests.hostile import HOSTILE
from tests.leads.conftest import cards, content, hit_row, lead_row, line_row  # noqa: F401

PERSON = "ab" * 16


@pytest.fixture
def folder(content: ListContent, tmp_path: Path) -> Path:  # noqa: F811
    """The evidence folder of a published list."""
    return write_list(content, tmp_path / "lists").folder / "evidence"


def test_page_paper_and_workbook_bear_the_mark_that_the_summary_names(folder: Path):
    files = sorted(folder.glob("lead_001_*"))
    assert [file.suffix for file in files] == [".html", ".pdf", ".xlsx"]
    marks = {mark for file in files for mark in marks_in(file)}
    assert marks == {read_summary(folder.parent)["evidence"][lead_row(1).lead_id]}
    assert all(len(marks_in(file)) == 1 for file in files)
    assert files[1].read_bytes().startswith(b"%PDF-1.7")


def test_what_a_file_shows_makes_its_mark(content: ListContent):  # noqa: F811
    def mark(shown: ListContent) -> str:
        return lead_document(LeadView(shown, shown.leads[0])).fingerprint

    dearer = [replace(line, amount=Decimal("61.00")) for line in content.evidence]
    assert mark(content) == mark(replace(content, evidence=[*content.evidence]))
    assert mark(content) != mark(replace(content, evidence=dearer))


def test_a_file_is_as_published_or_changed_or_of_no_list(folder: Path, tmp_path: Path):
    settings = Settings(lists=tmp_path / "lists")
    for file in folder.glob("lead_001_*"):
        found = verify_file(settings, file)
        assert (found.state, found.night, found.lead_id) == (FileStanding.PUBLISHED, "2026-03-31", lead_row(1).lead_id)
        changed = tmp_path / file.name
        changed.write_bytes(file.read_bytes())
        if file.suffix == ".xlsx":
            book = openpyxl.load_workbook(changed)
            book["核查表 Check"].cell(5, 13).value = "属实"  # as an inspector fills it in
            book.save(changed)
        else:
            changed.write_bytes(file.read_bytes().replace(b"</h1>", b"!</h1>") + b"\n")
        assert compared(tmp_path / "lists", changed).state is FileStanding.CHANGED
        with pytest.raises(NotPublishedError, match="was changed"):
            verify_file(settings, changed)
        other = tmp_path / f"other{file.suffix}"
        other.write_bytes(changed.read_bytes().replace(MARK.encode(), b"someone-elses-mark"))
        if file.suffix != ".xlsx":  # whose texts are packed
            with pytest.raises(NotPublishedError, match="is in no list here"):
                verify_file(settings, other)


def test_hostile_files_are_refused_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    broken, text, large = tmp_path / "a.xlsx", tmp_path / "b.docx", tmp_path / "c.pdf"
    broken.write_bytes(b"PK\x03\x04 no book")
    text.write_bytes(b"x")
    large.write_bytes(b"x" * 2000)
    monkeypatch.setattr(verify, "MOST_BYTES", 1000)
    for file, says in ((broken, "a.xlsx cannot be read"), (text, "no evidence file"), (large, "at most 1,000")):
        with pytest.raises(FundwatchError, match=says):
            marks_in(file)
    bomb = tmp_path / "d.xlsx"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("docProps/core.xml", b"\0" * 5_000_000 + f"{MARK}:{'a' * 64}".encode())
    monkeypatch.setattr(verify, "MOST_BYTES", 100_000)
    assert marks_in(bomb) == []  # no more than the bound is unpacked


def test_the_paper_of_a_person_who_was_erased_goes_with_the_page(
    content: ListContent,  # noqa: F811
    tmp_path: Path,
):
    folder = write_list(replace(content, hits=[hit_row()]), tmp_path / "lists").folder / "evidence"
    assert redact_lists(tmp_path / "lists", PERSON)
    assert sorted(file.suffix for file in folder.glob("lead_001_*")) == [".html"]
    assert PERSON[:8] not in next(folder.glob("lead_001_*.html")).read_text(encoding="utf-8")
    assert "lead_003_00000000.pdf" in {file.name for file in folder.iterdir()}  # who is another stays


def test_hostile_texts_are_texts_on_every_file(content: ListContent, tmp_path: Path):  # noqa: F811
    name = "".join(HOSTILE) + '#panic("x") $x$ *b* \x00\u202e<script>'
    lead = lead_row(1, subject_name=name, workplaces=[name])
    lines = [line_row(1, 1, item_name=name, line_id=name, encounter_id=name)]
    made = write_list(replace(content, leads=[lead], evidence=lines), tmp_path).folder / "evidence"
    (page,) = made.glob("*.html")
    assert "<script>" not in page.read_text(encoding="utf-8")
    assert next(made.glob("*.pdf")).stat().st_size > 10_000
    book = openpyxl.load_workbook(next(made.glob("*.xlsx")))
    kinds = {cell.data_type for sheet in book.worksheets for row in sheet.iter_rows() for cell in row if cell.value}
    assert kinds <= {"s", "n", "d"}
