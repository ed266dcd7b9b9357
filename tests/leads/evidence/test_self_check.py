"""What an institution is handed to check itself by: its own lines, and nothing that tells of others or of ranking."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from pydantic import ValidationError

from fundwatch.errors import FundwatchError
from fundwatch.pages import page, publish
from jobs.review.evidence.self_check import pack_files
from jobs.review.evidence.self_check_answers import take_answers
from leads.cards import Cards
from leads.self_check.answers import AskedLine, read_answers
from leads.self_check.pack import (
    LINES_SHEET,
    OwnLine,
    SelfCheckContent,
    by_department,
    self_check_document,
    self_check_workbook,
)
from privacy.release.exports import Export, read_export
from tests.jobs.commands import run
from tests.leads.conftest import cards  # noqa: F401
from tests.libreoffice import saved_by_libreoffice, with_libreoffice


def _line(number: int, amount: str) -> OwnLine:
    at, money = datetime(2026, 3, 4, 9, 30), Decimal(amount)
    return OwnLine(
        "DC-03", "E1", f"L{number}", at, at, at, "A03", "0011", "=诊查费", Decimal("2.0000"), Decimal("5"), money, money
    )


@pytest.fixture
def pack(cards: Cards) -> SelfCheckContent:  # noqa: F811
    lines = [_line(number, f"{number}.50") for number in range(1, 6)]
    return SelfCheckContent("H1", "平安镇中心卫生院", date(2026, 3, 31), lines, cards, {"DC-03": ["H31 重复收费"]})


def test_a_pack_asks_by_rule_with_examples_and_holds_all_lines_to_answer(pack: SelfCheckContent):
    document = self_check_document(pack)
    text = page(document.title, document.parts)
    for part in ("重复收费", "举例 3 条,全部 5 条", "医嘱单与执行记录", "收费与物价部门", "H31 重复收费", "17.50"):
        assert part in text
    assert "L5" in text  # what comes to most is the example
    assert "L1" not in text
    book = openpyxl.load_workbook(BytesIO(self_check_workbook(pack, document)))
    rows = [*book[LINES_SHEET].iter_rows(min_row=5, values_only=True)]
    assert [row[2] for row in rows] == ["L5", "L4", "L3", "L2", "L1"]
    assert {cell.data_type for row in book[LINES_SHEET].iter_rows(min_row=5) for cell in row if cell.value} <= {
        "s",
        "n",
        "d",
    }
    assert self_check_workbook(pack, document) == self_check_workbook(pack, self_check_document(pack))


def test_no_word_of_persons_scores_or_ranking_stands_in_a_pack(pack: SelfCheckContent):
    text = page("", self_check_document(pack).parts)
    assert not [word for word in ("参保人", "评分", "百分位", "优先度", "线索", "score", "percentile") if word in text]


def test_every_rule_answers_to_one_department(pack: SelfCheckContent):
    found = {rule_id: name.zh for name, own in by_department(pack.cards).items() for rule_id, _ in own}
    assert found == {"DC-03": "收费与物价部门", "SA-02": "住院科室"}


def _declared(**changed: object) -> Export:
    held = read_export("self_check").model_dump(by_alias=True)
    return Export.model_validate(held | changed)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"of_night": ["rule_hit", "hit_line", "score"]}, "score is how it was found or ranked"),
        ({"of_night": ["rule_hit", "hit_line", "lead"]}, "lead is how it was found or ranked"),
        ({"known": ["claim_line", "encounter", "patient"]}, "patient is how it was found or ranked"),
        ({"tier": "T1"}, "records are T2"),
        ({"columns": {"line_id": {"of": "line_id"}}}, "a provider's rows say whose they are"),
        ({"measures": {"n": "count(1)"}}, "its own records, and no cells"),
    ],
)
def test_a_declaration_that_would_tell_an_institution_too_much_does_not_load(changed: dict[str, object], says: str):
    with pytest.raises(ValidationError, match=says):
        _declared(**changed)
    assert _declared().audience == "provider"


def _filled(pack: SelfCheckContent, path: Path, **cells: Any) -> Path:
    """The pack's book with cells filled in, like `N5="属实"`."""
    book = openpyxl.load_workbook(BytesIO(self_check_workbook(pack, self_check_document(pack))))
    for name, value in cells.items():
        book[LINES_SHEET][name].value = value
    book.save(path)
    return path


def _asked(pack: SelfCheckContent) -> dict[tuple[str, str], AskedLine]:
    asked = (AskedLine(line.rule_id, line.line_id, line.amount, line.amount_in_question) for line in pack.lines)
    return {(one.rule_id, one.line_id): one for one in asked}


def test_answers_are_read_line_by_line_and_what_is_open_is_left_out(pack: SelfCheckContent, tmp_path: Path):
    given = {"N5": "属实", "O5": 5.5, "N6": "不属实", "P6": "分两处执行", "N8": "部分属实", "O8": "1.25"}
    answers = read_answers(_filled(pack, tmp_path / "a.xlsx", **given), _asked(pack))
    assert [(one.line_id, one.answer, one.pay_back) for one in answers] == [
        ("L5", "属实", Decimal("5.50")), ("L4", "不属实", Decimal("0.00")), ("L2", "部分属实", Decimal("1.25")),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"N5": "是", "O5": 1}, "N5 自查结果"),
        ({"N5": "属实", "O5": 99}, "O5 应退金额.*99.00 应在 0 与所涉金额 5.50 之间"),
        ({"N5": "属实", "O5": -1}, "O5 应退金额"),
        ({"N5": "属实", "O5": "多少"}, "不是金额"),
        ({"N5": "属实"}, "缺应退金额"),
        ({"N5": "不属实"}, "P5 说明: 不属实须说明理由"),
        ({"N5": "不属实", "O5": 1, "P5": "有记录"}, "没有应退金额"),
        ({"N5": "不属实", "P5": "长" * 32_767}, "P5 说明: 超过"),
        ({"C5": "L77", "N5": "属实", "O5": 1}, "不在自查包中"),
        ({"C6": "L5", "N6": "属实", "O6": 1, "N5": "属实", "O5": 1}, "明细号重复"),
        ({"O5": "=1+1", "N5": "属实"}, "有公式"),
        ({"N4": "别的"}, "列被移动或改名.*自查结果"),
    ],
)
def test_an_answer_that_does_not_fit_is_named_by_cell_and_nothing_is_taken(
    pack: SelfCheckContent, tmp_path: Path, given: dict[str, Any], says: str
):
    with pytest.raises(FundwatchError, match=says):
        read_answers(_filled(pack, tmp_path / "a.xlsx", **given), _asked(pack))


def test_answers_lie_beside_their_pack_with_texts_scrubbed(pack: SelfCheckContent, tmp_path: Path):
    folder = tmp_path / "pack"
    folder.mkdir()
    lines = "rule_id,line_id,amount,amount_in_question\r\n" + "".join(
        f"{line.rule_id},{line.line_id},{line.amount},{line.amount_in_question}\r\n" for line in pack.lines
    )
    (folder / "lines.csv").write_text(lines, encoding="utf-8-sig")
    book = _filled(pack, tmp_path / "a.xlsx", N5="不属实", P5="患者电话 13800138000,已核对", N6="属实", O6=4.5)
    taken = take_answers(book, folder)
    assert (taken.asked, dict(taken.by_answer), taken.pay_back) == (5, {"不属实": 1, "属实": 1}, Decimal("4.50"))
    kept = json.loads((folder / "answers.json").read_text(encoding="utf-8"))
    assert "13800138000" not in str(kept)
    with pytest.raises(FundwatchError, match="is no self-check pack"):
        take_answers(book, tmp_path)
    (tmp_path / "b.xlsx").write_bytes(b"PK no book")
    with pytest.raises(FundwatchError, match="is no readable self-check book"):
        take_answers(tmp_path / "b.xlsx", folder)


@pytest.mark.long
@with_libreoffice
def test_a_book_that_libreoffice_saved_is_answered_by_a_typed_command(pack: SelfCheckContent, tmp_path: Path):
    folder = publish(tmp_path / "pack", pack_files(pack, "print", {}))
    book = _filled(pack, tmp_path / "a.xlsx", N5="不属实", P5="已核对", N6="属实", O6=4.5)
    saved = saved_by_libreoffice(book)
    done = run(f"leads answers {saved} --pack {folder} --json", tmp_path / "var", tmp_path / "here")
    assert done.returncode == 0, done.stderr
    answered = {"folder": str(folder), "asked": 5, "by_answer": {"不属实": 1, "属实": 1}, "pay_back": "4.50"}
    assert json.loads(done.stdout) == answered
    assert len(json.loads((folder / "answers.json").read_text(encoding="utf-8"))["lines"]) == 2
    wrong = saved_by_libreoffice(_filled(pack, tmp_path / "b.xlsx", N5="属实", O5="=1+1"))
    refused = run(f"leads answers {wrong} --pack {folder}", tmp_path / "var", tmp_path / "here")
    assert refused.returncode == 2
    assert "O5" in refused.stderr
