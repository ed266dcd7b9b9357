"""Nouns of the command line: rules, indicators, knowledge and leads are looked at."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fundwatch.errors import ExitCode
from fundwatch.settings import Settings
from jobs.command_line import main
from jobs.review.show_catalogues import listed_indicators, listed_rules, shown_indicator, shown_knowledge, shown_rule
from rules.catalogue.load import load_rules

SETTINGS = Settings()


def answer(words: str, capsys: pytest.CaptureFixture[str]) -> object:
    assert main([*words.split(), "--json"]) == ExitCode.OK
    return json.loads(capsys.readouterr().out)


def test_every_rule_is_listed_with_its_law_and_days() -> None:
    rows = {row.id: row for row in listed_rules(SETTINGS)}
    assert rows.keys() == {rule.id for rule in load_rules().rules}
    assert (rows["FK-06"].tier, rows["FK-06"].switched_off) == ("线索", "")
    assert all(row.law for row in rows.values())


def test_a_rule_is_shown_with_its_examples_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    shown = answer("rules show FK-06", capsys)
    assert isinstance(shown, dict)
    assert shown["fingerprint"] == shown_rule(SETTINGS, "FK-06").fingerprint
    assert len(shown["examples"]) >= 6
    assert main(["rules", "show", "FK-06"]) == ExitCode.OK
    text = capsys.readouterr().out
    assert "命中条件 Hit when: in_patients > bed_count * :factor AND crowded_nights >= :min_nights" in text
    assert (
        "参数 Parameter factor: 在院人数超过床位数的 1 倍 | patients over beds, more than 1× | 可设 may be 1–" in text
    )
    assert text.count("命中 hit") + text.count("不命中 miss") == len(shown["examples"])


def test_an_indicator_says_what_it_is_made_of() -> None:
    columns = [row.column for row in listed_indicators(SETTINGS)]
    assert len(columns) == len({*columns})
    found = shown_indicator(SETTINGS, "patient_drug_share_30d")
    assert (found.indicator.window, found.formula) == (30, "try_divide(drug_amount, classed_amount)")
    assert {*found.made_of} == {"drug_amount", "classed_amount"}


def test_points_are_found_by_a_code_and_by_what_it_begins_with() -> None:
    assert shown_knowledge(SETTINGS, "item_class", "001109000010000").points[0].cells == {"value": "bed"}
    assert len(shown_knowledge(SETTINGS, "frequency").points) > 10


def test_a_region_that_switches_a_rule_off_says_why(tmp_path: Path) -> None:
    region = tmp_path / "regions" / "town"
    region.mkdir(parents=True)
    (region / "region.yaml").write_text("zh: 镇\nen: Town\n", encoding="utf-8")
    off = "rules:\n  - id: FK-06\n    switched_off: {zh: 本市按床日付费, en: paid per bed day here}\n"
    (region / "rules.yaml").write_text(off, encoding="utf-8")
    rows = {row.id: row for row in listed_rules(Settings(conf=tmp_path, region="town"))}
    assert rows["FK-06"].switched_off == "本市按床日付费 paid per bed day here"


@pytest.mark.parametrize("words", ["rules", "rules list", "rules show DC-03", "leads list", "leads show 1"])
def test_a_noun_looks(words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([*words.split(), "--var", str(tmp_path)])
    assert "runs the stage" not in capsys.readouterr().err
