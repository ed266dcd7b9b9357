"""What an institution is handed to check itself by: its own lines, and nothing that tells of others or of ranking."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from io import BytesIO

import openpyxl
import pytest
from pydantic import ValidationError

from fundwatch.pages import page
from leads.cards import Cards
from leads.evidence.self_check import (
    LINES_SHEET,
    OwnLine,
    SelfCheckContent,
    by_department,
    self_check_document,
    self_check_workbook,
)
from privacy.release.exports import Export, read_export
from tests.leads.conftest import cards  # noqa: F401


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
