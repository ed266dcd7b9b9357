"""What CONTRIBUTING.md says is so: every how-to is followed here as it stands there."""

from __future__ import annotations

import importlib
import re
from datetime import date
from pathlib import Path
from textwrap import indent
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
import pytest
import yaml

from features.catalogue.loader import catalogue_files, read_catalogues
from fundwatch.contracts.table import Table
from fundwatch.settings import Settings, values_that_change
from intake.source.load import parse_mapping
from jobs.job import Job
from jobs.terminal.commands import COMMANDS
from models.detectors.detector import Parameters, Reads
from models.detectors.known import DETECTORS
from models.registry import model_data
from rules.catalogue.load import load_rules
from rules.frames.declaration import each_of
from rules.frames.lines import lines_frame
from rules.knowledge.classes import CLASSES
from rules.knowledge.points import load_knowledge
from scripts.draw_house import GUIDE, with_rooms
from scripts.list_knowledge import GUIDE as REGIONS
from scripts.list_knowledge import with_classes

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

TEXT = GUIDE.read_text(encoding="utf-8")
ROOT = GUIDE.parent


def fenced(heading: str, language: str) -> str:
    """The block under a heading of the guide."""
    part = TEXT.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return part.split(f"```{language}\n")[1].split("```")[0]


def written(folder: Path, heading: str) -> Path:
    file = folder / f"{heading.replace(' ', '_')}.yaml"
    file.write_text(fenced(heading, "yaml"), encoding="utf-8")
    return file


def module(heading: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The guide's Python as a module."""
    name = f"guide_{heading.replace(' ', '_').lower()}"
    (folder / f"{name}.py").write_text(fenced(heading, "python"), encoding="utf-8")
    monkeypatch.syspath_prepend(folder)
    return importlib.import_module(name)


def test_the_guide_has_a_line_for_each_room() -> None:
    assert with_rooms(TEXT) == TEXT, "run `python -m scripts.draw_house`"


def test_every_file_that_the_guide_names_is_there() -> None:
    named = re.findall(r"(?<![\w<])((?:[a-z_]+/)+[\w.]+\.(?:py|yaml|md|svg))", TEXT.replace("](", " "))
    assert len(named) > 10
    made_by_tests = {"var/test/junit.xml"}
    assert {name for name in named if not (ROOT / name).exists()} - made_by_tests == set()


def test_every_command_of_the_guide_is_one() -> None:
    commands = {command.name for command in COMMANDS}
    assert {*re.findall(r"\bfundwatch ([a-z]+)\b", TEXT)} <= commands
    targets = re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    assert {*re.findall(r"`make ([a-z0-9-]+)", TEXT)} <= {*targets}


def test_the_rule_is_admitted_and_its_examples_hit_what_they_say(tmp_path: Path, spark: SparkSession) -> None:
    from tests.rules.world import scanned

    rule_set = load_rules([written(tmp_path, "A rule")])
    hits = {line.line_id for hit in scanned(spark, rule_set).found.collect() for line in hit.lines}
    (rule,) = rule_set.rules
    stated = {f"{rule.id}#{n}:{line}" for n, example in enumerate(rule.examples, 1) for line in example.hits}
    assert hits == stated


def test_the_class_of_knowledge_is_declared_its_points_load_and_lines_have_its_columns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    declared = module("A class of knowledge", tmp_path, monkeypatch).LEAST_AGE
    monkeypatch.setitem(CLASSES, declared.name, declared)
    file = tmp_path / f"{declared.name}.csv"
    file.write_text(fenced("A class of knowledge", "csv"), encoding="utf-8")
    assert f"`{file.name}`" in TEXT
    points = load_knowledge([file])[declared.name]
    assert {point.code: dict(point.cells) for point in points} == {
        "X1": {"age": "60", "unit": "year"},
        "X2": {"age": "18"},
    }
    columns = lines_frame(CLASSES.values()).columns
    assert {name for name, sources in columns.items() if sources == each_of("knowledge.least_age")} == {
        "least_age", "least_age_unit",
    }  # fmt: skip


def test_the_guide_to_regions_has_a_line_for_each_class_of_knowledge() -> None:
    text = REGIONS.read_text(encoding="utf-8")
    assert with_classes(text, CLASSES.values()) == text, "run `python -m scripts.list_knowledge`"


def test_the_indicator_is_computed_and_a_share_of_nothing_is_unknown(tmp_path: Path, spark: SparkSession) -> None:
    from features.catalogue.running import narrowed
    from features.indicators import to_indicators

    files = catalogue_files()
    every = read_catalogues(files, [written(tmp_path, "An indicator")])["doctor"]
    catalogue = narrowed(every, ["nursing_share"])
    measures = catalogue.measure_columns.values()
    schema = ", ".join(f"{name} double" for name in measures)
    amounts = {"half": {"nursing_amount_fen": 50.0, "amount_fen": 100.0}, "nothing": {}}
    rows = [
        (doctor, date(2026, 3, 30), 1.0, *(known.get(name, 0.0) for name in measures))
        for doctor, known in amounts.items()
    ]
    days = spark.createDataFrame(rows, f"doctor_id string, day date, row_count double, {schema}")
    found = (
        to_indicators(catalogue, days, {}, date(2026, 3, 31)).select("doctor_id", "doctor_nursing_share_30d").collect()
    )
    assert dict(map(tuple, found)) == {"half": 0.5, "nothing": None}


def test_the_mapping_holds(tmp_path: Path) -> None:
    assert parse_mapping(written(tmp_path, "A source")).source == yaml.safe_load(fenced("A source", "yaml"))["source"]


def test_the_table_is_declared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = module("A table", tmp_path, monkeypatch).VISIT_COUNT
    assert isinstance(table, Table)
    assert set(table.key) <= {*table.column_names}
    assert table.token_columns == ("doctor_id",)
    assert table.spark_type("amount") == "decimal(16,2)"


def test_the_detector_learns_scores_and_comes_back_from_its_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    detector = module("A detector", tmp_path, monkeypatch).Strangest
    monkeypatch.setattr(model_data, "DETECTORS", {**DETECTORS, detector.name: detector})
    reads, robust_z = Reads(("a", "b"), ("high", "both")), np.array([[1.0, -7.0], [np.nan, np.nan], [-9.0, 2.0]])
    learned = detector.learn(reads, robust_z, Parameters(seed=1))
    assert learned.scores(robust_z).tolist() == [7.0, 0.0, 2.0]
    again = model_data.of_bytes(model_data.to_bytes(learned))
    assert again.scores(robust_z).tolist() == learned.scores(robust_z).tolist()


def test_the_job_declares_tables_that_are_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from fundwatch.contracts import TABLES

    job = module("A job", tmp_path, monkeypatch).JOB
    assert isinstance(job, Job)
    assert {*job.reads, *job.writes} <= {*TABLES}


def test_the_setting_makes_its_stage_run_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    field = fenced("A setting that changes the list", "python")
    text = (
        "from typing import Annotated\nfrom pydantic import Field\nfrom fundwatch.settings import Changes, Settings\n"
    )
    (tmp_path / "guide_setting.py").write_text(f"{text}class More(Settings):\n{indent(field, '    ')}", "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    more = importlib.import_module("guide_setting").More
    (name,) = more.model_fields.keys() - Settings.model_fields.keys()
    assert values_that_change(more(), "rules").keys() - values_that_change(Settings(), "rules").keys() == {name}
    assert values_that_change(more(), "intake") == values_that_change(Settings(), "intake")
