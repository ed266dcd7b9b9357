"""What docs/simulator.md, docs/mishaps.md and docs/schemes.md say of scenarios, schemes and the truth is true."""

from __future__ import annotations

import re
from dataclasses import fields

import pytest
import yaml
from pydantic import BaseModel

from simulator.beside.extra_tables import EXTRA_TABLES
from simulator.care.records import Label
from simulator.delivering.columns import COLUMNS
from simulator.delivering.tables import MISHAP_COLUMNS
from simulator.reference import GUIDES, LISTS, with_lists
from simulator.scenario.scenario_file import ScenarioFile, scenario_of
from simulator.schemes import SCHEMES

TEXTS = TEXT, _, SCHEME_TEXT = tuple(guide.read_text(encoding="utf-8") for guide in GUIDES)


def section(name: str) -> str:
    return TEXT.split(f"\n## {name}")[1].split("\n## ")[0]


def keys_of(model: type[BaseModel], within: str = "") -> dict[str, object]:
    """Every key with what it is by itself."""
    found: dict[str, object] = {}
    for name, field in model.model_fields.items():
        key = f"{within}{field.alias or name}"
        if isinstance(field.default, BaseModel):
            found |= keys_of(type(field.default), f"{key}.")
        else:
            found[key] = field.default
    return found


def documented_keys() -> dict[str, str]:
    return dict(re.findall(r"^\| `([\w.]+)` \| (.*?) ?\| ", section("A scenario, key by key"), re.M))


def test_the_lists_are_those_of_the_code():
    assert all(f"<!-- end of {name} -->" in "".join(TEXTS) for name in LISTS)
    for text in TEXTS:
        assert with_lists(text) == text, "run python -m simulator.reference"


def test_every_scheme_is_named_with_what_it_means():
    reported = dict(re.findall(r"`(\w+)` ([^|<]+)", SCHEME_TEXT.split("| rule |")[1]))
    assert set(reported) == {scheme.name for scheme in SCHEMES}
    assert min(map(len, reported.values())) > 10


def test_every_key_of_a_scenario_is_reported_and_no_other():
    assert set(documented_keys()) - {"dirt.broken"} == set(keys_of(ScenarioFile))


def test_what_a_key_is_by_itself_is_so():
    reported = documented_keys()
    for key, value in keys_of(ScenarioFile).items():
        if value not in (None, "", (), {}):
            assert reported[key] == (str(value).lower() if isinstance(value, bool) else str(value)), key


def test_the_scenario_shown_holds():
    (shown,) = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    content = yaml.safe_load(shown)
    assert set(content) <= set(ScenarioFile.model_fields)
    assert len(scenario_of(content, "docs/simulator.md").nights) == 7


def test_the_truths_columns_are_reported_in_their_order():
    reported = re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.*?) \|", section("The truth"), re.M)))
    assert reported == [field.name for field in fields(Label)]
    assert f"({', '.join(f'`{name}`' for name in MISHAP_COLUMNS)})" in section("The truth")


def test_every_delivered_table_is_reported():
    reported = set(re.findall(r"`(\w+)`", section("What happens in the world")))
    assert {*COLUMNS, *(table.name for table in EXTRA_TABLES)} <= reported


@pytest.mark.parametrize("text", TEXTS, ids=[guide.name for guide in GUIDES])
def test_a_guide_can_be_read_in_one_sitting(text):
    assert len(text.splitlines()) < 250
