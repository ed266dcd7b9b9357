"""A class may say several things of one code: they hold together, and only the same thing twice is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from fundwatch.errors import CatalogueError
from fundwatch.regions import Region
from rules.frames.inputs import ScanInputs
from rules.frames.lines import lines_frame
from rules.frames.registry import GRAINS
from rules.knowledge.classes import CLASSES
from rules.knowledge.declaration import Given, KnowledgeClass
from rules.knowledge.points import load_knowledge
from tests.rules.world import YEAR, shipped, tables_of, with_rows

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import SparkSession

WARDS = KnowledgeClass(
    "wards", "科室", "Where an item is done", "item_code",
    {"wards": Given("ward"), "ward_beds": Given("beds", "int", is_optional=True)}, says_several=True,
)  # fmt: skip
HEADER = "code,ward,beds,name,region,valid_from,valid_to,source\n"


@pytest.fixture
def declared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CLASSES, WARDS.name, WARDS)
    monkeypatch.setitem(GRAINS, "line", replace(GRAINS["line"], frame=lines_frame(CLASSES.values())))


def written(folder: Path, *rows: str) -> Path:
    file = folder / "wards.csv"
    folder.mkdir(parents=True, exist_ok=True)
    file.write_text(HEADER + "\n".join(rows) + "\n", encoding="utf-8")
    return file


@pytest.mark.usefixtures("declared")
def test_a_code_and_its_prefix_may_say_several_things_and_one_of_them_only_once(tmp_path: Path) -> None:
    holding = ("X1,heart,,甲,CN,2026-01-01,,s", "X1,lung,,甲,CN,2026-01-01,,s", "X*,heart,4,甲,CN,2026-01-01,,s")
    assert len(load_knowledge([written(tmp_path, *holding)])["wards"]) == 3
    again = written(tmp_path, *holding, "X1,lung,,甲,CN,2026-05-01,,s", "X12*,heart,4,甲,CN,2026-05-01,,s")
    with pytest.raises(CatalogueError) as raised:
        load_knowledge([again])
    assert [line.strip(" -") for line in raised.value.what.splitlines()[1:]] == [
        "wards.csv: X* and X12* hold on the same days and say the same",
        "wards.csv: X1 and X1 hold on the same days and say the same",
    ]
    after = written(tmp_path, "X1,lung,,甲,CN,2026-01-01,2026-04-30,s", "X1,lung,,甲,CN,2026-05-01,,s")
    assert len(load_knowledge([after])["wards"]) == 2


@pytest.mark.usefixtures("declared")
def test_all_that_points_say_of_a_code_on_a_day_is_one_sorted_array(spark: SparkSession, tmp_path: Path) -> None:
    rows = (
        "X1,lung,9,甲,CN,2026-01-01,,s",
        "X1,heart,,甲,CN,2026-03-04,2026-03-31,s",
        "X1,heart,9,甲,CN,2026-06-01,,s",
        "X*,eye,10,甲,CN,2026-01-01,2026-04-15,s",
        "Y1,ear,,乙,CN,2026-01-01,,s",
        "Z1,eye,,丙,CN,2026-01-01,,s",
        "Z1,skin,,丙,city,2026-03-01,2026-03-31,s",
    )
    of_code = {
        ("X1", date(2026, 3, 3)): (["eye", "lung"], [9, 10]),
        ("X1", date(2026, 3, 31)): (["eye", "heart", "lung"], [9, 10]),
        ("X1", date(2026, 4, 15)): (["eye", "lung"], [9, 10]),
        ("X1", date(2026, 4, 16)): (["lung"], [9]),
        ("X1", date(2026, 6, 1)): (["heart", "lung"], [9]),
        ("X2", date(2026, 3, 3)): (["eye"], [10]),
        ("X2", date(2026, 4, 16)): (None, None),
        ("Y1", date(2026, 3, 3)): (["ear"], None),
        ("Z1", date(2026, 3, 3)): (["skin"], None),  # the city's word stands alone on its days
        ("Z1", date(2026, 4, 3)): (["eye"], None),
        (None, date(2026, 3, 3)): (None, None),
    }
    lines = [{"line_id": f"{n}", "item_code": code, "charged_at": day} for n, (code, day) in enumerate(of_code)]
    knowledge = load_knowledge([written(tmp_path, *rows)], Region(("city",)))
    inputs = ScanInputs(tables_of(spark, with_rows(shipped("DC-03"), lines=lines)), knowledge, YEAR)
    found = GRAINS["line"].frame.build(inputs, frozenset({"wards", "ward_beds"}), 0).collect()
    assert {(r.item_code, r.service_date): (r.wards, r.ward_beds) for r in found} == of_code
    assert len(found) == len(lines)
