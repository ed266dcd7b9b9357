"""docs/rule_pack.md is so: its visit has the verdict that stands under it, its schema is that of packs."""

from __future__ import annotations

import re
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import pytest

from jobs.command_line import main
from rules.catalogue.load import load_rules
from rules.knowledge.points import load_knowledge
from rules.pack.document import Pack, schema
from rules.pack.exporting import PackMaker
from rules.pack.verdicts import Verdict
from scripts.write_pack_schema import FILE, schema_text

GUIDE = FILE.parent / "rule_pack.md"
TEXT = GUIDE.read_text(encoding="utf-8")


def _fenced(language: str) -> str:
    return TEXT.split(f"```{language}\n")[1].split("```")[0]


def test_the_schema_beside_the_guide_is_current_and_packs_meet_it() -> None:
    assert FILE.read_text(encoding="utf-8") == schema_text(), "run `python -m scripts.write_pack_schema`"
    pack = PackMaker(load_rules(), load_knowledge(), ("CN",)).pack()
    validator = jsonschema.Draft202012Validator(schema())
    validator.check_schema(schema())
    validator.validate(pack.content())
    assert not validator.is_valid(pack.content() | {"rules": [{"id": "XX-01"}]})


def test_the_visit_of_the_guide_has_the_verdict_under_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    visit, pack = tmp_path / "visit.json", tmp_path / "pack.json"
    visit.write_text(_fenced("json"), encoding="utf-8")
    assert main(["rules", "export", "--out", str(pack)]) == 0
    capsys.readouterr()
    assert main(["rules", "check", str(pack), "--visit", str(visit)]) == 0
    shown = capsys.readouterr().out
    for line in _fenced("text").splitlines():
        assert line in shown


def test_every_verdict_and_every_part_of_a_pack_is_explained() -> None:
    assert {f"`{verdict}`" for verdict in Verdict} <= {*re.findall(r"`[a-z_]+`", TEXT)}
    assert [name for name in Pack.model_fields if f"`{name}`" not in TEXT] == []
