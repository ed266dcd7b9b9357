"""What docs/sources.md says of the language and of the tables is true."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Any, get_args

import pytest
import yaml

from fundwatch.contracts.successors import SUCCESSOR_TABLES
from fundwatch.regions import laid_over
from intake.files.delivery import open_delivery
from intake.files.landed import form_of
from intake.files.manifest import Manifest
from intake.source.checks import read_quality
from intake.source.columns import UNITS, Domain
from intake.source.load import parse_mapping
from intake.source.mapping import DeliveryForm, DriftRules, LaterReplaces, Reversal
from intake.source.unpivot import Unpivot
from jobs.onboard.enables import NEEDED_BY_EVERY_RULE, disabled_without, enabled_by, everything
from jobs.onboard.reference import GUIDE, with_reference
from jobs.onboard.trial import Trial
from privacy.keys.ring import PseudonymKey
from privacy.vault.sealing import FIELDS
from rules.catalogue.load import load_rules

TEXT = GUIDE.read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def test_the_guides_mapping_holds(tmp_path):
    file = tmp_path / "my_claims.yaml"
    file.write_text(blocks("yaml")[0], encoding="utf-8")
    assert parse_mapping(file).source == "my_claims"


def block(key: str) -> Any:
    """What the guide's block that begins with a key says under it."""
    found = [read[key] for text in blocks("yaml")[1:] if key in (read := yaml.safe_load(text))]
    assert len(found) == 1
    return found[0]


def test_the_guides_reversal_replacement_unpivot_and_manifest_hold():
    assert Reversal.model_validate(block("reversal")).matches[0] == "patient_id"
    assert Unpivot.model_validate(block("unpivot")).values == ("fee", "days")
    replaces = LaterReplaces.model_validate(block("later_replaces"))
    assert replaces.order == ("settlement_id IS NOT NULL",)
    manifest = Manifest.model_validate(json.loads(blocks("json")[0]))
    assert manifest.source == "my_claims"


def test_the_guides_links_of_ids_that_change_hold_beside_its_mapping(tmp_path):
    file, whole = tmp_path / "my_claims.yaml", yaml.safe_load(blocks("yaml")[0])
    parts = [yaml.safe_load(text) for text in blocks("yaml")[1:]]
    links = [part for part in parts if "files" in part and "source" not in part]
    for more in links:
        whole = laid_over(whole, more)
    file.write_text(yaml.safe_dump(whole, allow_unicode=True), encoding="utf-8")
    tables = parse_mapping(file).tables
    assert {*SUCCESSOR_TABLES} <= tables.keys()


def test_the_guide_names_every_unit():
    row = next(line for line in TEXT.splitlines() if "unit: u}" in line)
    assert set(UNITS) <= set(re.findall(r"`(\w+)` \(", row))


def test_the_guide_names_every_domain_and_every_field_of_the_vault():
    row = next(line for line in TEXT.splitlines() if "{token: domain" in line)
    assert set(get_args(Domain)) <= set(re.findall(r"\w+", row.split("domains:")[1]))
    reported = TEXT.split("under `with` any of")[1].split(".")[0]
    assert set(FIELDS) - {"value"} == set(re.findall(r"\w+", reported))


@pytest.mark.parametrize("model", [DeliveryForm, DriftRules])
def test_the_guide_names_every_choice_of_how_deliveries_come(model):
    reported = set(re.findall(r"[\w-]+", TEXT))
    for name, field in model.model_fields.items():
        choices = [choice for part in (field.annotation, *get_args(field.annotation)) for choice in get_args(part)]
        assert {name, *(choice for choice in choices if isinstance(choice, str))} <= reported


def test_every_form_of_file_that_the_guide_names_is_taken():
    table = TEXT.split("### Forms of files")[1].split("###")[0]
    endings = [
        ending for line in table.splitlines() for ending in re.findall(r"`(\.[a-z.]+)`", line.partition(" | ")[0])
    ]
    assert {form_of(f"lines{ending}") for ending in endings} == {"text", "parquet", "xlsx", "json", "ndjson"}
    assert len(endings) == 15


def test_the_guides_mapping_shows_every_key_of_the_language(tmp_path):
    file = tmp_path / "my_claims.yaml"
    file.write_text(blocks("yaml")[0], encoding="utf-8")
    mapping = parse_mapping(file)
    assert set(yaml.safe_load(blocks("yaml")[0])["delivery"]) == set(DeliveryForm.model_fields)
    forms = {type(given).__name__ for how in mapping.tables.values() for r in how.rows for given in r.columns.values()}
    assert forms == {"str", "Value", "Codes", "Flag", "Token", "Scrub", "Expression", "Constant"}
    assert any(rows.vault for how in mapping.tables.values() for rows in how.rows)
    assert any(rows.where and rows.sign for how in mapping.tables.values() for rows in how.rows)


def test_the_guides_example_of_costs_in_a_file_of_their_own_gives_what_it_says(spark, tmp_path):
    (text,) = (text for text in blocks("yaml") if text.startswith("source: my_costs"))
    (tmp_path / "my_costs.yaml").write_text(text, encoding="utf-8")
    for folder in ("landing", "scratch"):
        (tmp_path / folder).mkdir()
    for name, content in re.findall(r"```csv (\w+)\n(.*?)```", TEXT, re.DOTALL):
        (tmp_path / "landing" / f"{name}.csv").write_text(content, encoding="utf-8")
    mapping = parse_mapping(tmp_path / "my_costs.yaml")
    delivery = open_delivery(mapping, tmp_path / "landing", date(2026, 3, 31), tmp_path / "scratch")
    trial = Trial(spark, mapping, read_quality("default"), delivery, 100, PseudonymKey(bytes(32)))
    trial.map_all()
    table = TEXT.split("| line_id | charged_at | amount |\n|---|---|---|\n")[1].split("\n\n")[0]
    lines = trial.clean["claim_line"].orderBy("line_id").select("line_id", "charged_at", "amount").collect()
    assert "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines) == table
    (settled,) = trial.clean["settlement"].collect()
    reported = f"{settled.settlement_id} has a `total_amount` of {settled.total_amount}"
    assert f"The settlement {reported} and a `fund_amount` of {settled.fund_amount}." in TEXT


def test_the_reference_of_tables_is_that_of_the_contracts():
    assert with_reference(TEXT) == TEXT, "run python -m jobs.onboard.reference"


@pytest.mark.long
def test_no_rule_on_claims_runs_without_the_columns_that_the_guide_says_every_one_needs():
    whole = everything()
    on_claims = {rule.id for rule in load_rules().rules if not rule.indicators}
    every = on_claims & {one.id for one in enabled_by(whole, whole) if one.kind == "rule"}
    reported = {
        (t, c)
        for t, names in re.findall(r"^- (\w+): (.+)$", TEXT.split("every rule -->")[1], re.M)
        for c in names.split(", ")
    }
    found = {
        (table, column)
        for table, columns in whole.items()
        for column in columns
        if on_claims & {one.id for one in disabled_without(table, column) if one.kind == "rule"} == every
    }
    assert found == reported
    assert found == {(table, column) for table, columns in NEEDED_BY_EVERY_RULE.items() for column in columns}
