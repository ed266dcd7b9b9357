"""Rows of a published sheet give points, or are left to people with what to do. No Spark here."""

from __future__ import annotations

from datetime import date

import pytest

from rules.knowledge.sheets import SheetPoints, SheetRow, UsualValues, points_of_rows

DRUG, OTHER, SERVICE, BED = f"X{'A' * 22}", f"X{'B' * 22}", "001102000050000", "001109000010000"
USUAL = UsualValues(date(2026, 1, 1), None, "a notice")


def taken(*rows: dict[str, str]) -> SheetPoints:
    """What the rows give; what they do not say is a drug for women."""
    usual = {"rule_class": "药品区分性别使用", "item_name": "甲片", "item_codes": DRUG, "constraint_text": "限女性"}
    return points_of_rows([SheetRow("a.csv", n, usual | row) for n, row in enumerate(rows, 2)], USUAL)


def test_a_row_gives_a_point_to_each_of_its_codes() -> None:
    found = taken({"item_codes": f"{DRUG}|{OTHER}", "valid_from": "2026/2/1", "valid_to": "20261231"})
    assert [(p.knowledge_class, p.code, p.prefix_length, p.cells, p.name) for p in found.points] == [
        ("sex_drug", DRUG, 0, '{"value": "2"}', "甲片"), ("sex_drug", OTHER, 0, '{"value": "2"}', "甲片"),
    ]  # fmt: skip
    assert {(p.valid_from, p.valid_to, p.source, p.stated) for p in found.points} == {
        (date(2026, 2, 1), date(2026, 12, 31), "a notice", "限女性")
    }


def test_a_class_that_is_found_by_names_has_a_point_of_the_name_and_a_pair_has_two() -> None:
    found = taken(
        {"rule_class": "药品限支付疗程", "constraint_text": "支付不超过14天。"},
        {"rule_class": "中药饮片单复方均不予支付", "item_name": "阿胶", "item_codes": "T001700233"},
        {"rule_class": "医疗服务项目重复收费", "item_name": "甲×乙", "item_codes": f"{SERVICE}|{BED}"},
    )
    pair = f"甲×乙 {SERVICE}×{BED}"
    assert {(p.knowledge_class, p.code, p.prefix_length, p.cells) for p in found.points} == {
        ("drug_course", "甲片", 2, '{"days": "14", "drug": "甲片"}'),
        ("herb_payment", "阿胶", 0, '{"value": "ever"}'),
        ("item_pair", SERVICE, 0, f'{{"kind": "exclusive", "pair": "{pair}", "side": "whole"}}'),
        ("item_pair", BED, 0, f'{{"kind": "exclusive", "pair": "{pair}", "side": "part"}}'),
    }


def test_what_a_curator_fills_in_is_taken_in_place_of_the_text() -> None:
    found = taken(
        {
            "constraint_text": "见通知",
            "knowledge_class": "frequency",
            "parameters": "value=2; unit=day",
            "item_codes": BED,
        },
        {"constraint_text": "见通知", "knowledge_class": "sex_drug", "parameters": "value=2", "item_codes": "XG02*"},
    )
    assert [(p.knowledge_class, p.code, p.prefix_length) for p in found.points] == [
        ("frequency", BED, 0), ("sex_drug", "XG02", 4)
    ]  # fmt: skip
    assert found.left == []


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"rule_class": "药品区分性别"}, "the national library has no class '药品区分性别'; did you mean '药品区分性别使用'?"),  # noqa: E501
        ({"rule_class": "药品限二线使用"}, "no shape of text is known for this class"),
        ({"constraint_text": "见说明书"}, "the text has no shape that is known"),
        ({"item_codes": "123"}, "'123' has no shape that codes of item_code have"),
        ({"item_codes": ""}, "item_codes is empty"),
        ({"valid_from": "2026-02-30"}, "valid_from: '2026-02-30' is no date"),
        ({"valid_to": "9999-12-31"}, "valid_to: 9999-12-31 is an impossible date"),
        ({"valid_from": "2026-03-01", "valid_to": "2026-02-01"}, "ends on 2026-02-01, before it begins on 2026-03-01"),
        ({"item_name": '=HYPERLINK("x")'}, "item_name begins like a formula"),
        ({"item_name": "甲\u202e片"}, "item_name holds characters that nobody sees"),
        ({"item_name": "甲" * 201}, "item_name has 201 characters, more than 200"),
        ({"rule_class": "医疗服务项目重复收费"}, "a pair has two codes, the row has 1"),
        ({"knowledge_class": "frequence"}, "there is no class of knowledge 'frequence'; did you mean 'frequency'?"),
        ({"knowledge_class": "frequency", "parameters": "limit=2"}, "parameters: 'limit=2' is none of frequency"),
        ({"knowledge_class": "frequency", "parameters": "value=two"}, "frequency: value: 'two' is no decimal(16,4)"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_taken_is_left_with_why_and_the_others_are_taken(row: dict[str, str], why: str) -> None:
    found = taken(row, {"item_codes": OTHER})
    assert [(left.row.number, left.why) for left in found.left] == [(2, why)]
    assert found.left[0].do
    assert [point.code for point in found.points] == [OTHER]


def test_what_says_two_things_of_one_day_is_left_both_times_and_the_same_thing_twice_is_one_point() -> None:
    man = {"constraint_text": "限男性"}
    clash = taken({}, man, {"item_codes": OTHER})
    assert [(left.row.number, left.why) for left in clash.left] == [
        (2, f"sex_drug says two things of {DRUG} on the same days (see a.csv 3)"),
        (3, f"sex_drug says two things of {DRUG} on the same days (see a.csv 2)"),
    ]
    assert [point.code for point in clash.points] == [OTHER]
    again = taken({}, {"item_name": "乙片"})
    assert (len(again.points), again.repeated, again.left) == (1, 1, [])
    in_turn = taken({"valid_to": "2026-05-31"}, man | {"valid_from": "2026-06-01"})
    assert (len(in_turn.points), in_turn.left) == (2, [])
