"""What the simulated city's bureau says of its catalogue ships as that catalogue has it, and holds as a region's."""

from __future__ import annotations

import pytest

from fundwatch.regions import read_region
from rules.knowledge.points import load_knowledge
from simulator.bureau_points import KNOWLEDGE, REGION, files
from simulator.city.items import all_items


def test_the_shipped_points_are_those_of_the_catalogue() -> None:
    shipped = {file.name: file.read_text(encoding="utf-8") for file in KNOWLEDGE.glob("*.csv")}
    assert shipped == files(), "run python -m simulator.bureau_points"


def test_the_points_hold_beside_the_national_ones_and_speak_of_items_that_are_delivered() -> None:
    knowledge = load_knowledge(region=read_region(REGION))
    own = [point for points in knowledge.values() for point in points if point.region == REGION]
    delivered = {item.code for item in all_items()} | {item.name for item in all_items()}
    assert {point.stem for point in own} <= delivered
    assert len(own) == sum(text.count("\n") - 1 for text in files().values())


@pytest.mark.parametrize(
    ("name", "stem", "cells"),
    [
        ("item_class", "009900009340000", {"value": "MR"}),  # 头部磁共振平扫
        ("frequency", "009900010710000", {"value": "1", "unit": "day"}),  # 血压监测(日)
        ("benefit_drug", "XR03DAS133A001019900133", {"diseases": "慢性阻塞性肺疾病"}),  # 茶碱缓释片
        ("item_pair", "009900009220000", {"pair": "肝功能全套×单项", "side": "part", "kind": "panel"}),
        ("per_time_item", "009900002110000", {"value": "time"}),  # 大换药
    ],
)
def test_a_point_says_what_the_name_the_panel_or_the_benefit_list_says(
    name: str, stem: str, cells: dict[str, str]
) -> None:
    knowledge = load_knowledge(region=read_region(REGION))
    (found,) = [point for point in knowledge[name] if point.stem == stem and point.cells == cells]
    assert found.region == REGION
