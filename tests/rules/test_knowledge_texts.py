"""What bureaus write of a limit: the shapes that are read, and texts of which nothing is guessed. No Spark here."""

from __future__ import annotations

import pytest

from rules.knowledge.classes import CLASSES
from rules.knowledge.texts import SHAPES, known_national, read_text


@pytest.mark.parametrize(
    ("national", "text", "said"),
    [
        ("药品区分性别使用", "限女性。", {"sex_drug": {"value": "2"}}),
        ("药品区分性别使用", "用于良性前列腺增生症", {"sex_drug": {"value": "1"}}),
        ("医疗服务项目区分性别使用", "男性泌尿系统检查", {"sex_item": {"value": "1"}}),
        ("药品限医疗机构级别", "限二级及以上医疗机构的肿瘤患者。", {"level_drug_name": {"level": "2"}}),
        ("药品限就医方式", "限住院使用。", {"visit_drug_name": {"value": "stay"}}),
        ("药品限就医方式", "限急诊或住院患者。", {"visit_drug_name": {"value": "stay_or_emergency"}}),
        ("药品限支付疗程", "限急性期患者，支付不超过１４天。", {"drug_course": {"days": "14", "drug": "{name}"}}),
        (
            "医疗服务项目限支付疗程", "总时间不超过90天，间隔时间不短于14天。",
            {"therapy_course": {"value": "90"}, "period_limit": {"days": "14"}},
        ),
        ("医疗服务项目限定频次", "日", {"frequency": {"value": "1", "unit": "day"}}),
        ("医疗服务项目限定频次", "每日不超过 3 次", {"frequency": {"value": "3", "unit": "day"}}),
        ("医疗服务项目限定频次", "小时", {"frequency": {"value": "24", "unit": "hour"}}),
        ("医疗服务项目周期超频次", "每周不超过2次", {"period_count": {"days": "7", "count": "2"}}),
        ("药品限工伤保险", "限工伤保险", {"insurance_drug_name": {"value": "work_injury"}}),
        ("药品限生育保险", "限生育保险", {"insurance_drug_name": {"value": "maternity"}}),
        ("药品限儿童使用", "限儿童。", {"child_drug_name": {"max_age": "17"}}),
        ("药品限儿童使用", "限14岁以下儿童。", {"child_drug_name": {"max_age": "14"}}),
        ("药品限儿童使用", "限不满14岁的儿童。", {"child_drug_name": {"max_age": "13"}}),
        ("药品限儿童使用", "限2岁至11岁儿童便秘。", {"child_drug_name": {"max_age": "11"}}),
        ("医疗服务项目限年龄", "限65岁及以上患者", {"age_item": {"min_age": "65"}}),
        ("医疗服务项目限年龄", "限法定就业年龄段患者", {"age_item": {"min_age": "16", "max_age": "63"}}),
        ("医疗服务项目限新生儿使用", "限新生儿", {"age_item": {"max_age": "0"}}),
        ("药品儿童禁用", "8岁以下儿童禁用", {"child_barred_drug": {"min_age": "8"}}),
        ("中药饮片单方使用不予支付", "单独使用时不予支付", {"herb_payment": {"value": "alone"}}),
        ("药品限适应症", "限十二指肠溃疡和反流性食管炎患者。", {"payment_indication": {"diagnoses": "K21|K26|K27"}}),
        ("药品限适应症", "限绝经后女性骨质疏松症。", {}),  # a narrower one: wider stems would acquit, others convict
        ("药品限适应症", "限十二指肠溃疡、反流性食管炎诊断患者的二线用药。", {}),
        ("药品限支付疗程", "首次支付不超过7天，重症支付不超过14天。", {}),  # which of them?
        ("药品区分性别使用", "用于月经不调、前列腺炎", {}),
        ("药品儿童专用", "成人及儿童均可", {}),
        ("药品限医疗机构级别", "限三级医疗机构", {}),
        ("医疗服务项目周期超频次", "反映近2-3个月的平均血糖水平", {}),
        ("药品限二线使用", "限二线用药。", {}),
    ],
)  # fmt: skip
def test_a_text_says_what_its_shape_says_or_nothing(national: str, text: str, said: dict[str, dict[str, str]]) -> None:
    assert {one.knowledge_class: dict(one.cells) for one in read_text(national, text)} == said


def test_shapes_are_of_classes_that_there_are_and_of_their_cells() -> None:
    for shape in SHAPES:
        assert {*shape.national} <= known_national()
        assert shape.knowledge_class in CLASSES
    stated = [
        one for shape in SHAPES for text in ("限儿童", "日", "限工伤保险") for one in read_text(shape.national[0], text)
    ]
    assert stated
    assert all({*one.cells} <= {*CLASSES[one.knowledge_class].cells} for one in stated)
