"""A new class of knowledge is one declaration and its file: rules may name what it gives."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest
import yaml

from fundwatch.errors import CatalogueError, ContractError
from fundwatch.regions import Region
from fundwatch.resources import package_files
from rules.catalogue.load import load_rules
from rules.engine.needs import why_not
from rules.frames.lines import lines_frame
from rules.frames.registry import GRAINS
from rules.knowledge.classes import CLASSES
from rules.knowledge.declaration import Given, KnowledgeClass
from rules.knowledge.points import knowledge_fingerprint, load_knowledge
from tests.rules.world import ALL_SUPPLIED, scanned, shipped, with_rows

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import SparkSession

LEAST_AGE = KnowledgeClass(
    "least_age", "限定最小年龄", "The least age for an item", "item_code",
    {"least_age": Given("age", "int"), "age_unit": Given("unit", among=("year", "month"), is_optional=True)},
)  # fmt: skip
HEADER = "code,age,unit,name,region,valid_from,valid_to,source\n"


def written(folder: Path, *rows: str, header: str = HEADER) -> Path:
    file = folder / "least_age.csv"
    folder.mkdir(parents=True, exist_ok=True)
    file.write_text(header + "\n".join(rows) + "\n", encoding="utf-8")
    return file


@pytest.fixture
def declared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CLASSES, LEAST_AGE.name, LEAST_AGE)
    monkeypatch.setitem(GRAINS, "line", replace(GRAINS["line"], frame=lines_frame(CLASSES.values())))


def test_a_file_of_a_class_that_nobody_declared_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"least_age\.csv: there is no class of knowledge of this name"):
        load_knowledge([written(tmp_path, "X1,60,,甲,CN,2026-03-05,,s")])


@pytest.mark.usefixtures("declared")
def test_its_cells_are_refused_by_file_and_line_where_they_do_not_hold(tmp_path: Path) -> None:
    rows = (
        "X1,60,year,甲,CN,2026-03-05,,s",
        "X2,old,year,甲,CN,2026-03-05,,s",
        "X3,,year,甲,CN,2026-03-05,,s",
        "X4,60,yaer,甲,CN,2026-03-05,,s",
        "X5,60,,甲,CN,2026-03-05,,s",
        "X6,6.5,,甲,CN,gestern,,",
    )
    file = written(tmp_path, *rows)
    with pytest.raises(CatalogueError) as raised:
        load_knowledge([file])
    assert [line.strip(" -").removeprefix(f"{file} ") for line in raised.value.what.splitlines()[1:]] == [
        "line 3: age: 'old' is no int",
        "line 4: age: Field required",
        "line 5: unit: 'yaer' is none of year, month",
        "line 7: age: '6.5' is no int",
        "line 7: valid_from: Input should be a valid date or datetime, input is too short",
        "line 7: source: Field required",
    ]
    with pytest.raises(CatalogueError, match="its first line names no column age"):
        load_knowledge([written(tmp_path, header=HEADER.replace("age", "value"))])


@pytest.mark.usefixtures("declared")
def test_a_region_has_a_file_of_the_new_class_too(tmp_path: Path) -> None:
    written(tmp_path / "city" / "knowledge", "X1,18,,甲,city,2026-03-05,,s")
    here = Region(("city",), ((tmp_path / "city",),))
    (point,) = load_knowledge(region=here)["least_age"]
    assert (point.code, point.cells, point.region) == ("X1", {"age": "18"}, "city")
    assert knowledge_fingerprint(load_knowledge(region=here)) != knowledge_fingerprint(load_knowledge())
    written(tmp_path / "city" / "knowledge", "X1,19,,甲,city,2026-03-05,,s")
    (changed,) = load_knowledge(region=here)["least_age"]
    assert knowledge_fingerprint({"least_age": [point]}) != knowledge_fingerprint({"least_age": [changed]})


def test_a_class_that_gives_what_a_line_has_already_is_refused() -> None:
    twice = KnowledgeClass("doses", "剂量", "Doses", "drug_code", {"quantity": Given("value"), "dose": Given("unit")})
    with pytest.raises(ContractError) as raised:
        lines_frame([*CLASSES.values(), twice])
    assert "quantity is given 2 times" in raised.value.what
    assert "doses is matched by drug_code, no column of a line" in raised.value.what
    assert "dose is" not in raised.value.what


@pytest.mark.usefixtures("declared")
def test_a_rule_may_need_it_by_name_and_a_name_of_nothing_is_refused(tmp_path: Path) -> None:
    (catalogue,) = (f for f in package_files("rules", "catalogue", ".yaml") if f.name == "charging.yaml")
    entry = yaml.safe_load(catalogue.read_text("utf-8"))["rules"][0]
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump({"rules": [entry | {"needs": ["knowledge.least_age"]}]}), "utf-8")
    rule_set = load_rules([file])
    assert why_not(rule_set, rule_set.rules[0], ALL_SUPPLIED.keys(), ALL_SUPPLIED, {}) == (
        "knowledge.least_age is not supplied"
    )
    file.write_text(yaml.safe_dump({"rules": [entry | {"needs": ["knowledge.least_aeg", "item.colour"]}]}), "utf-8")
    with pytest.raises(CatalogueError, match=r"no class of knowledge is named item\.colour, knowledge\.least_aeg"):
        load_rules([file])


@pytest.mark.usefixtures("declared")
def test_what_a_new_class_gives_can_be_named_and_holds_on_its_days(spark: SparkSession, tmp_path: Path) -> None:
    rows = (
        "X1*,60,year,项目甲,CN,2026-03-05,,a catalogue",
        "X2*,60,month,项目乙,CN,2021-01-01,,a catalogue",
        "X20*,60,,项目丙,city,2021-01-01,,a catalogue",
    )
    file = written(tmp_path, *rows)
    rule = shipped(
        "DC-03", where="TRUE", measures={}, params={}, exclude=[], compares=None, facts={},
        when="year(service_date) - birth_year < least_age AND coalesce(age_unit, 'year') = 'year'",
        reason=shipped("DC-03").reason.model_copy(update={"zh": "限 {least_age} 岁", "en": "from {least_age} on"}),
    )  # fmt: skip
    lines = [
        {"line_id": n, "item_code": item, "charged_at": day, "encounter_id": f"E{n}", "patient_id": who}
        for n, item, day, who in (
            (1, "X1", date(2026, 3, 5), "young"),
            (2, "X1", date(2026, 3, 4), "young"),  # the day before it held
            (3, "X1", date(2026, 3, 5), "old"),
            (4, "X1", date(2026, 3, 5), "unknown"),
            (5, "X29", date(2026, 3, 5), "young"),  # sixty months
            (6, "X3", date(2026, 3, 5), "young"),
            (7, "X20", date(2026, 3, 5), "young"),  # the city's code holds, and leaves the unit open
        )
    ]
    people = [{"patient_id": "young", "birth_year": 1990}, {"patient_id": "old", "birth_year": 1950}]
    rule_set, knowledge = with_rows(rule, lines=lines, patients=people), load_knowledge([file], Region(("city",)))
    hits = scanned(spark, rule_set, knowledge=knowledge).found.collect()
    assert sorted(line.line_id.split(":")[1] for hit in hits for line in hit.lines) == ["1", "7"]
    assert {hit.reason_zh for hit in hits} == {"限 60 岁"}
    stated = why_not(rule_set, rule_set.rules[0], ALL_SUPPLIED.keys(), ALL_SUPPLIED, {})
    assert stated == "knowledge.least_age is not supplied"
