"""Points as a frame of spans say what listed points say: the narrowest region's word, on its days; and editions."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from pyspark.sql import functions as F

from fundwatch.regions import Region
from rules.frames.inputs import ScanInputs
from rules.frames.lines import lines_frame
from rules.frames.registry import GRAINS
from rules.knowledge.classes import CLASSES
from rules.knowledge.declaration import Given, KnowledgeClass
from rules.knowledge.framed import Layer, framed, layer_of_files, points_of
from rules.knowledge.points import Knowledge, load_knowledge
from tests.rules.world import YEAR, shipped, tables_of, with_rows

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import DataFrame, SparkSession

WARDS = KnowledgeClass(
    "wards", "科室", "Where an item is done", "item_code", {"wards": Given("ward")}, says_several=True
)
CHAIN = ("CN", "province", "city")
GIVEN = ("item_sex", "frequency_limit", "frequency_unit", "wards")
DAYS = [date(2026, 1, 1) + timedelta(days=n) for n in (0, 31, 58, 59, 89, 90, 120, 181, 364)]
CODES = ("X1", "X12", "X2", "Y1", "Z")


@pytest.fixture(autouse=True)
def declared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CLASSES, WARDS.name, WARDS)
    monkeypatch.setitem(GRAINS, "line", replace(GRAINS["line"], frame=lines_frame(CLASSES.values())))


def loaded(folder: Path, **files: str) -> Knowledge:
    """Knowledge of files: `name="code cell region from to"`, rows with a semicolon between, - for what is open."""
    cells = {"sex_item": "value", "frequency": "value,unit", "wards": "ward"}
    written = []
    for name, text in files.items():
        rows = [",".join("" if cell == "-" else cell for cell in row.split()) for row in text.split(";")]
        file = folder / f"{name}.csv"
        header = f"code,{cells[name]},region,valid_from,valid_to,name,source\n"
        file.write_text(header + "\n".join(f"{row},n,s" for row in rows) + "\n", encoding="utf-8")
        written.append(file)
    return load_knowledge(written, Region(CHAIN[1:]))


def layers_of(spark: SparkSession, knowledge: Knowledge) -> list[Layer]:
    by_region = [{n: [p for p in points if p.region == r] for n, points in knowledge.items()} for r in CHAIN]
    return [layer_of_files(spark, place, own) for place, own in enumerate(by_region) if any(own.values())]


def lines_with(spark: SparkSession, knowledge: object) -> DataFrame:
    """A line of each code on each day, with what the knowledge gives it."""
    rows = [(code, day) for code in CODES for day in DAYS]
    lines = [{"line_id": f"{n}", "item_code": code, "charged_at": day} for n, (code, day) in enumerate(rows)]
    inputs = ScanInputs(tables_of(spark, with_rows(shipped("DC-03"), lines=lines)), knowledge, YEAR)  # type: ignore[arg-type]
    return GRAINS["line"].frame.build(inputs, frozenset(GIVEN), 0).select("item_code", "service_date", *GIVEN)


@pytest.mark.long
def test_a_frame_of_points_gives_lines_what_listed_points_give_them(spark: SparkSession, tmp_path: Path) -> None:
    knowledge = loaded(
        tmp_path,
        sex_item="X* 1 CN 2026-01-01 -;X1* 2 city 2026-03-01 2026-03-31;Y* 1 CN 2025-01-01 2026-02-01",
        frequency="X1 3 day CN 2026-01-01 -;X1 4 - province 2026-02-01 2026-06-30;X1 5 hour city 2026-03-31 2026-04-01;"
        "Y1 2 day CN 2026-01-01 2026-02-28;Y1 1 day CN 2026-03-01 -;Z 9 day province 2026-07-01 -",
        wards="X1 lung CN 2026-01-01 -;X* eye CN 2026-01-01 2026-03-31;X1 heart CN 2026-03-01 -;"
        "Y1 ear CN 2026-01-01 -;Y1 skin city 2026-03-01 2026-03-31",
    )
    spans, by_length = framed(layers_of(spark, knowledge))
    listed = lines_with(spark, knowledge).withColumn("way", F.lit("listed"))
    of_frame = lines_with(spark, points_of(spans.localCheckpoint(), by_length)).withColumn("way", F.lit("framed"))
    rows = listed.unionByName(of_frame).collect()
    ways = {way: {(r.item_code, r.service_date): r[2:-1] for r in rows if r.way == way} for way in ("listed", "framed")}
    assert len(ways["listed"]) == len(rows) / 2 == len(CODES) * len(DAYS)
    assert ways["framed"] == ways["listed"]
    said = ways["framed"]
    assert [said["X1", day][0] for day in (DAYS[2], DAYS[3], DAYS[5])] == ["1", "2", "1"]
    assert said["Y1", date(2026, 3, 1)][3] == ["skin"]
