"""docs/evaluation.md says all that there is, and its file of worlds holds."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import yaml

from evaluation.labels import OPTIONAL, REQUIRED
from evaluation.report import Evaluation
from jobs.prove.evaluate_worlds import WorldsFile

GUIDE = (Path(__file__).parents[2] / "docs" / "evaluation.md").read_text(encoding="utf-8")


def _named(heading: str) -> set[str]:
    """What the first column of the table under a heading names."""
    section = GUIDE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("|")]
    return {name for cell in cells for name in re.findall(r"`([a-z_]+)`", cell)}


def test_every_column_of_the_label_table_is_explained_and_no_other() -> None:
    assert _named("The label table") == {*REQUIRED, *OPTIONAL}


def test_every_key_of_the_record_is_explained_and_no_other() -> None:
    assert _named("The record") == {field.name for field in fields(Evaluation)} | {"signed_cells"}


def test_the_example_of_worlds_can_be_read() -> None:
    [example] = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
    asked = WorldsFile.model_validate(yaml.safe_load(example))
    assert len(asked.seeds) == 5
    assert list(asked.faults()) == []
