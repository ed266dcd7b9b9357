"""The guide for policy staff says what works: its files load, its commands are commands."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from fundwatch.regions import read_region
from fundwatch.settings import load_settings
from jobs.command_line import parser
from jobs.terminal.options import RULE_ACTIONS
from rules.catalogue.load import load_rules
from rules.catalogue.rule import Tier
from rules.knowledge.points import load_knowledge

TEXT = (Path(__file__).parents[2] / "docs" / "policy_guide.md").read_text(encoding="utf-8")
COMMANDS = [
    line for block in re.findall(r"```\n(fundwatch .*?)```", TEXT, re.DOTALL) for line in block.strip().splitlines()
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of commands as the guide makes it."""
    root = tmp_path_factory.mktemp("guide")
    for name, content in re.findall(r"```yaml\n# (\S+)\n(.*?)```", TEXT, flags=re.DOTALL):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content, encoding="utf-8")
    knowledge = root / "my-conf" / "regions" / "320500" / "knowledge"
    knowledge.mkdir()
    table = re.search(r"```csv\n(.*?)```", TEXT, flags=re.DOTALL)
    assert table is not None
    (knowledge / "frequency.csv").write_text(table[1], encoding="utf-8")
    return root


def test_the_guides_region_says_what_the_guide_says_of_it(folder: Path) -> None:
    settings = load_settings(environment={}, file=folder / "fundwatch.yaml").settings
    region = read_region(settings.region, folder / str(settings.conf))
    assert region.names == ("320000", "320500")
    here = load_rules(region=region)
    rules = {rule.id: rule for rule in here.rules}
    assert rules["FQ-02"].params["max_institutions"] == 4
    assert (str(rules["FQ-05"].valid.to), rules["FQ-05"].exclude) == ("2027-12-31", ["dialysis"])
    assert rules["SA-02"].tier == Tier.CLUE
    assert {*here.switched_off} == {"FK-06", "OV-03"}
    assert {"SZ-01", "JS-01"} <= rules.keys()
    (point,) = (p for p in load_knowledge(region=region)["frequency"] if p.region == "320500")
    assert point.code == "001201000030000"


def test_every_command_of_the_guide_is_one() -> None:
    assert len(COMMANDS) > 15
    for line in COMMANDS:
        words = shlex.split(line, comments=True)
        assert words[0] == "fundwatch", line
        parser().parse_args(words[1:])
    asked = {shlex.split(line)[2] for line in COMMANDS if line.startswith("fundwatch rules ")}
    assert asked <= {*RULE_ACTIONS}
