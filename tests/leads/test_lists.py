"""The files of a list: the same content gives the same bytes, whole or not at all, and people can read them."""

from __future__ import annotations

import csv
import html
import io
import json
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl
import pytest

from fundwatch.pages import page
from leads.evidence.document import lead_document
from leads.evidence.view import LINES_ON_PAPER, LeadView
from leads.publishing.lists import is_whole, write_list
from leads.publishing.published import ListContent
from tests.leads.conftest import case_row, lead_row, line_row

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook


def _bytes(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture
def book(content: ListContent, tmp_path: Path) -> Workbook:
    return openpyxl.load_workbook(write_list(content, tmp_path).folder / "leads.xlsx")


def test_the_same_content_gives_the_same_bytes(content: ListContent, tmp_path: Path):
    first, second = write_list(content, tmp_path / "a"), write_list(content, tmp_path / "b")
    assert _bytes(first.folder) == _bytes(second.folder)
    assert first.list_fingerprint == second.list_fingerprint
    changed = write_list(replace(content, leads=content.leads[:2]), tmp_path / "c")
    assert changed.list_fingerprint != first.list_fingerprint


def test_publishing_again_leaves_an_equal_list_untouched_and_replaces_another(content: ListContent, tmp_path: Path):
    folder = write_list(content, tmp_path).folder
    before = (folder / "leads.xlsx").stat().st_mtime_ns
    write_list(content, tmp_path)
    assert (folder / "leads.xlsx").stat().st_mtime_ns == before
    write_list(replace(content, leads=content.leads[:1]), tmp_path)
    assert json.loads((folder / "summary.json").read_text())["listed"] == 1
    assert [path.name for path in tmp_path.iterdir()] == ["2026-03-31"]


@pytest.mark.parametrize("harm", ["draft left", "file cut", "summary cut", "file gone"])
def test_a_harmed_or_unfinished_folder_is_made_whole(content: ListContent, tmp_path: Path, harm: str):
    folder = write_list(content, tmp_path).folder
    wanted = _bytes(folder)
    if harm == "draft left":
        (tmp_path / ".2026-03-31.draft" / "evidence").mkdir(parents=True)
        folder.rename(tmp_path / ".2026-03-31.former")  # killed between the two renames
    elif harm == "file gone":
        (folder / "leads.csv").unlink()
    else:
        path = folder / ("leads.xlsx" if harm == "file cut" else "summary.json")
        path.write_bytes(path.read_bytes()[:50])
    assert not is_whole(folder)
    write_list(content, tmp_path)
    assert _bytes(folder) == wanted
    assert [path.name for path in tmp_path.iterdir()] == ["2026-03-31"]


def test_the_csv_opens_right_in_excel(content: ListContent, tmp_path: Path):
    path = write_list(content, tmp_path).folder / "leads.csv"
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(path.open(encoding="utf-8-sig", newline="")))
    assert [row["tier"] for row in rows] == ["明确违规", "可疑", "线索"]
    assert rows[0]["amount_at_risk"] == "12345.60"
    assert rows[1]["reason_en"] == "'=1"  # not a formula


def test_the_workbook_has_its_sheets_and_each_can_be_read_filtered_and_printed(book: Workbook):
    assert book.sheetnames == [
        "线索 Leads", "证据 Evidence", "命中 Hits", "指标 Indicators", "小额 Minor", "消退 Faded",
        "变化 Changes", "不列 Unlisted", "追回 Recovered", "抽样 Sample", "规则 Rules", "说明 About",
    ]  # fmt: skip
    for sheet in book.worksheets:
        assert sheet.freeze_panes in {"C5", "B5"}
        assert sheet.auto_filter.ref.startswith("A4:")
        assert sheet.page_setup.orientation == "landscape"
        set_up = sheet.sheet_properties.pageSetUpPr
        assert set_up is not None
        assert set_up.fitToPage  # one page wide, as many high as it takes
        assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)
        assert sheet.print_title_rows == "$4:$4"
        assert all(dimension.width >= 7 for dimension in sheet.column_dimensions.values())
    assert book.properties.created == datetime(2026, 3, 31)


def test_the_workbook_shows_money_as_money_and_colours_the_tiers(book: Workbook):
    sheet = book["线索 Leads"]
    columns = {str(cell.value).split("\n")[-1]: place for place, cell in enumerate(sheet[4])}
    first, second, third = (sheet[row] for row in (5, 6, 7))
    money, reason = first[columns["Fund at risk, CNY"]], first[columns["Why"]]
    assert (str(money.value), money.number_format) == ("12345.6", "#,##0.00")
    assert reason.alignment.wrap_text
    assert len({row[columns["Tier"]].fill.fgColor.rgb for row in (first, second, third)}) == 3
    assert second[columns["Why"]].data_type == "s"  # text that looks like a formula stays text
    assert third[columns["Who"]].value == "医师 doctor\n01234567"
    assert second[columns["Score"]].value is None


def test_the_workbook_says_what_did_not_run_and_why(book: Workbook):
    rows = {row[0].value: [cell.value for cell in row] for row in book["规则 Rules"].iter_rows(min_row=5)}
    assert rows["DC-03"][3] == "已运行 run"
    assert rows["SA-02"][3:5] == ["未运行 not run", "encounter.ended_at is not supplied"]


def test_the_workbook_names_the_inputs_by_content(book: Workbook):
    reported = {row[0].value: row[1].value for row in book["说明 About"].iter_rows(min_row=5)}
    assert reported["规则集指纹 Rule-set fingerprint"] == "a" * 16
    assert reported["模型指纹 Model fingerprint: doctor robust_peer"] == "b" * 16
    assert reported["交付文件 Delivered file: fee_list.csv"] == f"sha256 {'e' * 64}"


def test_every_lead_has_a_page_with_law_lines_and_what_would_clear_it(content: ListContent, tmp_path: Path):
    published = write_list(content, tmp_path)
    carried = [name for name in published.files if name.startswith("evidence/")]
    assert carried[:3] == [f"evidence/lead_001_00000000.{ending}" for ending in ("html", "pdf", "xlsx")]
    pages = [name for name in carried if name.endswith(".html")]
    assert len(carried) == 3 * len(pages) == 9
    page = (published.folder / pages[0]).read_text(encoding="utf-8")
    for part in ("条例 38(3)", "医嘱单与执行记录", "分肢体治疗可合法重复", "L1-1", "12,345.60", "&lt;门诊诊查费&gt;",
                 "fundwatch profile institution H44030500001"):  # fmt: skip
        assert part in page
    assert "<门诊诊查费>" not in page
    assert "ab" * 16 not in page  # the patient's token is shortened
    assert "97.0%" in (published.folder / pages[2]).read_text(encoding="utf-8")


def test_what_a_page_lists_and_what_it_leaves_out_come_to_the_leads_money(content: ListContent):
    lead = replace(content.leads[0], amount_at_risk=Decimal("52.05"))
    lines = [line_row(1, place, amount_at_risk=Decimal("0.26")) for place in range(1, LINES_ON_PAPER + 2)]
    lead = replace(lead, line_count=LINES_ON_PAPER + 1)
    document = lead_document(LeadView(replace(content, evidence=lines), lead))
    text = page(document.title, document.parts)
    assert "列出 200 / 共 201 条,涉及基金 52.00 元;未列出的 1 条计 0.05 元" in text
    assert "200 of 201 lines, CNY 52.00 of the fund; the others count CNY 0.05" in text


def test_the_summary_counts_exactly(content: ListContent, tmp_path: Path):
    summary = json.loads((write_list(content, tmp_path).folder / "summary.json").read_text(encoding="utf-8"))
    assert (summary["lead_total"], summary["listed"]) == (7, 3)
    assert summary["by_tier"] == {"明确违规": 1, "可疑": 1, "线索": 1}
    assert Decimal(summary["amount_at_risk"]) == Decimal("24691.20")
    assert (summary["ran"], summary["not_run"]) == (1, 1)


def test_an_empty_list_is_published_too(content: ListContent, tmp_path: Path):
    published = write_list(replace(content, leads=[], evidence=[], lead_total=0), tmp_path)
    assert is_whole(published.folder)
    assert openpyxl.load_workbook(published.folder / "leads.xlsx")["线索 Leads"].max_row >= 4


def test_the_console_shows_both_languages_and_short_tokens(content: ListContent):
    from rich.console import Console

    from leads.publishing.console import lead_pack, top_table

    console = Console(width=160, record=True, file=io.StringIO())
    console.print(top_table(content.leads))
    console.print(lead_pack(content.leads[0], content.lines_of(content.leads[0].lead_id)))
    text = console.export_text()
    for part in ("涉及基金", "Fund at risk", "平安镇中心卫生院", "01234567", "12,345.60", "abababab"):
        assert part in text
    assert "0123456789abcdef" not in text


def test_at_80_columns_no_word_of_ours_is_broken_and_no_line_is_longer(content: ListContent):
    """However large a lead is: every kind of subject and tier, cases in every state, money up to a thousand million."""
    from rich.cells import cell_len
    from rich.console import Console

    from leads.cards import TIER_ENGLISH
    from leads.publishing.case_words import STATE_WORDS
    from leads.publishing.console import lead_pack, top_table
    from leads.words import SUBJECT_WORDS

    large = {"amount_at_risk": Decimal("1234567890.12"), "estimated_amount": Decimal("98765432.10"), "hit_count": 12345}
    rules = {"rule_ids": ["DC-03", "FK-04", "SA-02"], "subject_name": "Community Health Centre 平安镇中心卫生院"}
    subjects = [{"subject_type": kind, "subject_id": f"s{kind}" * 8} for kind in SUBJECT_WORDS]
    leads = [
        lead_row(place, tier=tier, **(large | rules | subject))
        for place, (tier, subject) in enumerate(zip(TIER_ENGLISH, subjects, strict=True), start=98)
    ]
    clue = lead_row(1, rule_ids=[], estimated_amount=Decimal("0.00"), score=1.0)
    cases = [case_row(state=state, **subject) for state in STATE_WORDS for subject in subjects * 12]
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(top_table([*leads, clue], "线索", cases), overflow="fold")
    lines = console.export_text().splitlines()
    words = {word for reported in (SUBJECT_WORDS, STATE_WORDS) for text in reported.values() for word in text.split()}
    words |= {*TIER_ENGLISH, *TIER_ENGLISH.values(), *rules["rule_ids"], "统计", "score", "Place", "Estimate", "百分位"}
    words |= {"1,234,567,890.12", "98,765,432.10", "12,345", "100.0%", "Community", "估算"}
    assert words - {*" ".join(lines).split()} == set()
    console.print(lead_pack(leads[0], [line_row(98, 1, rule_ids=rules["rule_ids"])], cases[:3]), overflow="fold")
    lines += console.export_text().splitlines()
    assert {"Charged", "Counted", "参保人"} <= {*" ".join(lines).split()}
    assert [line for line in lines if cell_len(line) > 80] == []


def test_every_file_says_which_models_did_not_run(content: ListContent, tmp_path: Path, book: Workbook):
    folder = write_list(content, tmp_path).folder
    why = "doctor isolation_forest: 模型数据不可用 the model's data do not hold"
    with (folder / "leads.csv").open(encoding="utf-8-sig", newline="") as stream:
        assert {row["models_not_run"] for row in csv.DictReader(stream)} == {"doctor isolation_forest"}
    assert json.loads((folder / "summary.json").read_text())["provenance"]["models_not_run"].keys() == {
        "doctor isolation_forest"
    }
    about = {row[0].value: row[1].value for row in book["说明 About"].iter_rows(min_row=5)}
    assert about["未运行的模型 Model not run: doctor isolation_forest"] == why.partition(": ")[2]
    pages = [html.unescape(path.read_text(encoding="utf-8")) for path in (folder / "evidence").glob("*.html")]
    assert all(f"未运行的模型 Models not run: {why}" in page for page in pages)
    whole = replace(content, provenance=replace(content.provenance, models_not_run={}))
    folder = write_list(whole, tmp_path / "whole").folder / "evidence"
    assert "未运行" not in next(folder.glob("*.html")).read_text(encoding="utf-8")


def test_every_file_says_which_knowledge_was_in_force_and_which_currency_its_money_has(
    content: ListContent, tmp_path: Path, book: Workbook
):
    folder = write_list(content, tmp_path).folder
    made = json.loads((folder / "summary.json").read_text())["provenance"]
    assert (made["knowledge_fingerprint"], made["currency"]) == ("f" * 16, "CNY")
    assert made["knowledge"] == {"frequency": {"name_zh": "限定频次", "points": 30, "sources": ["两库知识点"]}}
    about = {row[0].value: row[1].value for row in book["说明 About"].iter_rows(min_row=5)}
    assert about["知识指纹 Knowledge fingerprint"] == "f" * 16
    assert about["知识 Knowledge: 限定频次 frequency"] == "30 条 points; 来源 from: 两库知识点"
    assert about["币种 Currency"] == "CNY 人民币元"
    text = next((folder / "evidence").glob("*.html")).read_text(encoding="utf-8")
    assert f"knowledge {'f' * 16} · currency CNY" in text
    assert "知识点 Knowledge points: 30, 1 类 classes" in text
    with (folder / "leads.csv").open(encoding="utf-8-sig", newline="") as stream:
        assert {row["currency"] for row in csv.DictReader(stream)} == {"CNY"}


def test_a_list_in_another_currency_calls_no_money_yuan(content: ListContent, tmp_path: Path):
    leads = [replace(lead, reason_zh="", reason_en="") for lead in content.leads]  # these are said in the lake
    dollars = replace(content, leads=leads, provenance=replace(content.provenance, currency="USD"))
    folder = write_list(replace(dollars, cases=[case_row()], hits=[]), tmp_path).folder
    pages = [path.read_text(encoding="utf-8") for path in (folder / "evidence").glob("*.html")]
    texts = [*pages, (folder / "leads.csv").read_text(encoding="utf-8-sig"), (folder / "summary.json").read_text()]
    books = [folder / "leads.xlsx", *(folder / "evidence").glob("*.xlsx")]
    sheets = [sheet for path in books for sheet in openpyxl.load_workbook(path).worksheets]
    for sheet in (sheet for sheet in sheets if sheet.title not in ("规则 Rules", "说明 About")):
        texts += [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert [text for text in texts if "元" in text or "CNY" in text] == []
    assert "fund at risk USD 12,345.60" in "".join(pages)
