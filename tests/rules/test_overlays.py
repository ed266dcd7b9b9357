"""What a region's file may say of the rules, and what is refused, by file, rule and key. No Spark here."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from fundwatch.errors import CatalogueError
from fundwatch.regions import Region
from fundwatch.resources import package_files
from rules.catalogue.load import load_rules
from rules.catalogue.rule import Rule, RuleSet, RuleState, Tier
from tests.rules.world import shipped

FEW = {"FQ-01", "FQ-02", "FQ-04", "FQ-05", "SA-02", "DC-03"}
PAIR = {"zh": "另一句", "en": "another text"}


def _region(folder: Path, *levels: dict[str, Any]) -> Region:
    """A chain of regions, the widest first, each with what its rules.yaml says."""
    for number, content in enumerate(levels):
        (folder / f"r{number}").mkdir()
        (folder / f"r{number}" / "rules.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    names = tuple(f"r{number}" for number in range(len(levels)))
    return Region(names, tuple((folder / name,) for name in names))


@cache
def _national() -> str:
    """A few of the shipped rules as a whole national catalogue: reading all of them takes a second each time."""
    contents = [yaml.safe_load(file.read_text("utf-8")) for file in package_files("rules", "catalogue", ".yaml")]
    few = {
        "rules": [rule for content in contents for rule in content.get("rules", []) if rule["id"] in FEW],
        "exclusions": {name: one for content in contents for name, one in content.get("exclusions", {}).items()},
    }
    return yaml.safe_dump(few, allow_unicode=True)


def _loaded(folder: Path, region: Region | None = None) -> RuleSet:
    (folder / "national.yaml").write_text(_national(), encoding="utf-8")
    return load_rules([folder / "national.yaml"], region)


def _here(folder: Path, *entries: dict[str, Any], **content: Any) -> RuleSet:
    return _loaded(folder, _region(folder, {"rules": [*entries], **content}))


def _rule(rule_set: RuleSet, rule_id: str) -> Rule:
    return next(rule for rule in rule_set.rules if rule.id == rule_id)


def _refusal(folder: Path, *entries: dict[str, Any], **content: Any) -> str:
    with pytest.raises(CatalogueError) as raised:
        _here(folder, *entries, **content)
    return raised.value.what


def test_a_region_says_parameters_dates_tier_state_texts_and_exclusions_otherwise(tmp_path: Path) -> None:
    said = {
        "id": "FQ-05", "params": {"most_admissions": 8}, "valid": {"to": "2027-12-31"}, "exclude": ["dialysis"],
        "name": PAIR, "ask_for": {"zh": "病历"}, "law": ["本省办法 9"],
    }  # fmt: skip
    lowered = {"id": "SA-02", "tier": "线索", "state": "shadow"}
    here, was = _here(tmp_path, said, lowered), shipped("FQ-05")
    rule = _rule(here, "FQ-05")
    assert rule.params == {**was.params, "most_admissions": 8}
    assert (rule.valid.from_, str(rule.valid.to)) == (was.valid.from_, "2027-12-31")
    assert (rule.exclude, rule.name.en, rule.law) == (["dialysis"], "another text", ["本省办法 9"])
    assert (rule.ask_for.zh, rule.ask_for.en) == ("病历", was.ask_for.en)
    assert (rule.when, rule.grain) == (was.when, was.grain)
    assert (_rule(here, "SA-02").tier, _rule(here, "SA-02").state) == (Tier.CLUE, RuleState.SHADOW)


def test_a_city_says_the_last_word_and_what_it_does_not_speak_of_is_the_provinces(tmp_path: Path) -> None:
    province = {"rules": [{"id": "FQ-04", "params": {"most_purchases": 10, "least_amount": 300}, "tier": "线索"}]}
    city = {"rules": [{"id": "FQ-04", "params": {"most_purchases": 12}}]}
    rule = _rule(_loaded(tmp_path, _region(tmp_path, province, city)), "FQ-04")
    assert (rule.params["most_purchases"], rule.params["least_amount"]) == (12, 300)


def test_a_city_does_not_raise_again_what_its_province_lowered(tmp_path: Path) -> None:
    here = _region(
        tmp_path, {"rules": [{"id": "DC-03", "tier": "可疑"}]}, {"rules": [{"id": "DC-03", "tier": "明确违规"}]}
    )
    with pytest.raises(
        CatalogueError, match=r"r1/rules\.yaml: rule DC-03: tier: 明确违规 is more than the rule's own 可疑"
    ):
        _loaded(tmp_path, here)


@pytest.mark.parametrize(
    ("said", "refused"),
    [
        ({"id": "FQ-99", "params": {"a": 1}}, "rule FQ-99: there is none to change ('FQ-0"),
        ({"id": "FQ-99", "switched_off": PAIR}, "rule FQ-99: there is none to change"),
        ({"id": "FQ-02", "params": {"max_institution": 4}}, "params: the rule has no 'max_institution'; it has max_"),
        ({"id": "FQ-02", "params": {"max_institutions": "4"}}, "max_institutions is a whole number, and '4' is a text"),
        ({"id": "FQ-02", "params": {"max_institutions": 3.5}}, "and 3.5 is a number"),
        ({"id": "FQ-02", "params": {"max_institutions": 1}}, "params.max_institutions: 1 is not within 2–20"),
        ({"id": "FQ-02", "ranges": {"max_institutions": [0, 99]}}, "ranges: a region leaves it as it is"),
        ({"id": "FQ-02", "tier": "可疑"}, "tier: 可疑 is more than the rule's own 线索"),
        ({"id": "FQ-05", "state": "active"}, "state: active is more than the rule's own shadow"),
        ({"id": "FQ-02", "when": "TRUE"}, "when: a region leaves it as it is"),
        ({"id": "FQ-02", "colour": "red"}, "colour: no rule has such a key"),
        ({"id": "FQ-02", "exclude": ["dialysys"]}, "exclude: no exclusion is named 'dialysys'"),
        ({"id": "FQ-02", "valid": {"to": "2020-01-01"}}, "valid.to: Value error, the rule ends before it begins"),
        ({"id": "FQ-02", "reason": {"zh": "{nobody}"}}, "reason: the two languages name different facts"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_a_region_cannot_say_is_refused_by_file_rule_and_key(
    tmp_path: Path, said: dict[str, Any], refused: str
) -> None:
    text = _refusal(tmp_path, said)
    assert refused in text
    assert f"r0/rules.yaml: rule {said['id']}: " in text


def test_a_rule_that_stands_twice_in_one_file_is_refused(tmp_path: Path) -> None:
    assert "rule FQ-02: stands twice, as number 1 and 3" in _refusal(
        tmp_path, {"id": "FQ-02"}, {"id": "FQ-01"}, {"id": "FQ-02", "tier": "线索"}
    )


def test_an_exclusion_that_there_is_not_is_not_changed(tmp_path: Path) -> None:
    text = _refusal(tmp_path, exclusions={"dialysys": {"condition": "amount > 1"}})
    assert "r0/rules.yaml: exclusions: dialysys: there is none to change ('dialysis' may be meant)" in text


def test_a_rule_leaves_out_what_its_exclusion_includes_and_is_another_version(tmp_path: Path) -> None:
    local = {"name": PAIR, "condition": "visit_type = '9907'"}
    here = _here(tmp_path, exclusions={"local": local, "dialysis": {"includes": ["local"]}})
    was = _loaded(tmp_path)
    condition = here.exclusions["dialysis"].condition
    assert condition == (
        f"coalesce(({was.exclusions['dialysis'].condition}), FALSE) OR coalesce((visit_type = '9907'), FALSE)"
    )
    assert here.rule_fingerprint(_rule(here, "FQ-01")) != was.rule_fingerprint(_rule(was, "FQ-01"))


def test_exclusions_that_go_in_a_circle_or_include_nobody_are_refused_by_name(tmp_path: Path) -> None:
    own = {"name": PAIR, "condition": "amount > 1"}
    text = _refusal(
        tmp_path,
        exclusions={
            "a": own | {"includes": ["b"]}, "b": own | {"includes": ["c"]}, "c": own | {"includes": ["a", "nobody"]},
        },
    )  # fmt: skip
    assert "r0/rules.yaml: exclusion a: includes: a → b → c → a goes in a circle" in text
    assert "exclusion c: includes: no exclusion is named 'nobody'" in text


@pytest.mark.parametrize(
    ("ranges", "refused"),
    [
        ({"nobody": [1, 2]}, "ranges.nobody: there is no such parameter"),
        ({"kinds": [1, 2]}, "ranges.kinds: the parameter is no number"),
        ({"max_exams": [5, 1]}, "a range is [least, most]"),
        ({"max_exams": [None, None]}, "a range is [least, most]"),
        ({"max_exams": [4, None]}, "params.max_exams: 3 is not within 4–…"),
    ],
    ids=str,
)
def test_a_range_that_does_not_hold_is_refused(tmp_path: Path, ranges: dict[str, Any], refused: str) -> None:
    entry = shipped("OT-05").model_dump(mode="json", by_alias=True, exclude_none=True) | {"ranges": ranges}
    entry["examples"] = [example.model_dump(mode="json", exclude_none=True) for example in shipped("OT-05").examples]
    file = tmp_path / "own.yaml"
    file.write_text(yaml.safe_dump({"rules": [entry]}, allow_unicode=True), encoding="utf-8")
    with pytest.raises(CatalogueError) as raised:
        load_rules([file])
    assert refused in raised.value.what


def test_a_range_is_no_part_of_a_rules_version() -> None:
    rule = shipped("FQ-02")
    assert rule.ranges
    assert rule.model_copy(update={"ranges": {}}).definition == rule.definition
