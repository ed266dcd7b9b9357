"""What docs/sources.md says of the language and of the tables is true."""

from __future__ import annotations

import json
import re

import yaml

from intake.delivery import Manifest
from intake.forms import UNITS
from intake.mapping import Reversal, parse_mapping
from jobs.source_enables import disabled_without, enabled_by, everything
from jobs.source_reference import GUIDE, with_reference

TEXT = GUIDE.read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def test_the_guides_mapping_holds(tmp_path):
    file = tmp_path / "my_claims.yaml"
    file.write_text(blocks("yaml")[0], encoding="utf-8")
    assert parse_mapping(file).source == "my_claims"


def test_the_guides_reversal_and_manifest_hold():
    assert Reversal.model_validate(yaml.safe_load(blocks("yaml")[1])["reversal"]).when == "amount < 0"
    manifest = Manifest.model_validate(json.loads(blocks("json")[0]))
    assert manifest.source == "my_claims"


def test_the_guide_names_every_unit():
    row = next(line for line in TEXT.splitlines() if "unit: u}" in line)
    assert set(UNITS) <= set(re.findall(r"`(\w+)` \(", row))


def test_the_reference_of_tables_is_that_of_the_contracts():
    assert with_reference(TEXT) == TEXT, "run python -m jobs.source_reference"


def test_no_rule_runs_without_the_columns_that_the_guide_says_every_rule_needs():
    whole = everything()
    every = {one.id for one in enabled_by(whole, whole) if one.kind == "rule"}
    told = {
        (t, c)
        for t, names in re.findall(r"^- (\w+): (.+)$", TEXT.split("every rule -->")[1], re.M)
        for c in names.split(", ")
    }
    found = {
        (table, column)
        for table, columns in whole.items()
        for column in columns
        if {one.id for one in disabled_without(table, column) if one.kind == "rule"} == every
    }
    assert found == told
