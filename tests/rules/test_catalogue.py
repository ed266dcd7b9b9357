"""The catalogue, expressions and knowledge: problems are gathered, fingerprints ignore texts. No Spark here."""

from __future__ import annotations

import copy
import re
from functools import partial
from pathlib import Path

import pytest
import yaml

from fundwatch.errors import CatalogueError
from fundwatch.regions import Region
from fundwatch.resources import package_files
from rules.catalogue.load import load_rules
from rules.catalogue.rule import RuleState
from rules.engine.needs import needs, why_not
from tests.rules.world import EVERY, SHIPPED, shipped
from tests.shapes import SHAPES, refusal_of


@pytest.fixture
def entry():
    (file,) = (f for f in package_files("rules", "catalogue", ".yaml") if f.name == "charging.yaml")
    return copy.deepcopy(yaml.safe_load(file.read_text("utf-8"))["rules"][0])


def _load(folder: Path, *entries, **content):
    file = folder / "mine.yaml"
    file.write_text(yaml.safe_dump({"rules": list(entries), **content}, allow_unicode=True), "utf-8")
    return load_rules([file])


def test_the_shipped_catalogue_holds_the_active_rules_that_worlds_proved():
    expected = """
        DC-01 DC-03 DC-04 DG-03 DQ-03 DQ-04 DQ-05 FK-01 FK-02 FK-03 FK-04 FK-06 FK-07 FK-09 FK-10 FK-25
        FQ-01 FQ-02 FQ-03 FQ-04 FQ-06 FQ-08 HC-05 IA-02 ID-01 ID-04 ID-06 ID-08 IM-03 IM-04 IM-17 OD-01
        OD-02 OP-01 OP-02 OP-05 OP-06 OT-04 OT-07 OT-08 OT-13 OT-19 OV-01 PH-03 RT-01 RT-02 RT-03 RT-05
        SA-01 SA-02 SA-05 SC-03 SC-04 SC-05 SC-06 SW-05 TC-01 TC-02 TC-05 TC-07 TC-10 UB-01 UB-04 XR-03 XR-05
    """
    assert [rule.id for rule in SHIPPED.rules if rule.state == RuleState.ACTIVE] == expected.split()


def test_beside_every_rule_in_shadow_stands_why():
    files = package_files("rules", "catalogue", ".yaml")
    said = [line.strip() for file in files for line in file.read_text("utf-8").splitlines() if "state: shadow" in line]
    assert len(said) > 100
    assert [line for line in said if not re.fullmatch(r"state: shadow  # \S.+", line)] == []


def test_a_rule_names_national_classes_by_place_or_code_and_its_version_does_not_change(tmp_path, entry):
    by_code = _load(tmp_path, {**entry, "classes": [25, "GZ10000102013000"]}).rules[0]
    assert by_code.classes == [25, 26]
    assert by_code.definition == _load(tmp_path, entry).rules[0].definition
    with pytest.raises(CatalogueError, match="the national library has no class 89"):
        _load(tmp_path, {**entry, "classes": [89]})


def test_all_problems_of_all_entries_are_named_at_once(tmp_path, entry):
    unknown_key = {**entry, "id": "AA-01", "colour": "red"}
    few_examples = {**entry, "id": "AA-02", "examples": entry["examples"][:2]}
    division = {**entry, "id": "AA-03", "when": "amount / quantity > :price"}
    stranger = {**entry, "id": "AA-04", "exclude": ["nobody"]}
    with pytest.raises(CatalogueError) as raised:
        _load(tmp_path, unknown_key, few_examples, division, stranger)
    reported = raised.value.what
    for part in (
        "mine.yaml: rule AA-01: colour",
        "rule AA-02: examples: 2 hits and 0 near misses",
        "rule AA-03: when divides",
        "rule AA-03: params: price is used and not declared",
        "rule AA-04: exclude: no exclusion is named 'nobody'",
        "measure copy_number",
    ):
        assert part in reported


def test_a_rule_that_occurs_twice_is_refused(tmp_path, entry):
    with pytest.raises(CatalogueError, match="rule DC-03: occurs 2 times"):
        _load(tmp_path, entry, entry)


def test_the_fingerprint_of_a_rule_ignores_texts_and_follows_what_changes_results():
    rule = shipped("FQ-01")
    reworded = rule.model_copy(update={"name": shipped("DC-03").name, "law": ["条例 1"], "examples": []})
    tuned = rule.model_copy(update={"params": {**rule.params, "max_visits": 16}})
    fingerprints = [SHIPPED.rule_fingerprint(r) for r in (rule, reworded, tuned)]
    assert fingerprints[0] == fingerprints[1] != fingerprints[2]


def test_a_changed_exclusion_changes_the_fingerprint_of_the_rules_that_name_it():
    dialysis = SHIPPED.exclusions["dialysis"].model_copy(update={"condition": "visit_type = 'x'"})
    changed = SHIPPED.model_copy(update={"exclusions": {**SHIPPED.exclusions, "dialysis": dialysis}})
    differing = {r.id for r in SHIPPED.rules if SHIPPED.rule_fingerprint(r) != changed.rule_fingerprint(r)}
    assert differing == {r.id for r in SHIPPED.rules if "dialysis" in r.exclude} >= {"FQ-01"}
    assert SHIPPED.fingerprint != changed.fingerprint


def test_needs_follow_from_the_expressions():
    sources = needs(SHIPPED, shipped("OP-01"))
    assert frozenset({"claim_line.price_limit", "item.price_limit"}) in sources
    assert frozenset({"claim_line.unit_price"}) in sources
    assert not any("patient." in source for group in sources for source in group)


def test_what_only_the_reason_tells_is_not_needed():
    assert frozenset({"claim_line.item_name"}) not in needs(SHIPPED, shipped("DC-03"))


def region(folder: Path, *levels: str) -> Region:
    """A chain of regions, each with a folder that holds the given rules.yaml."""
    folders = []
    for number, content in enumerate(levels):
        place = folder / f"r{number}"
        place.mkdir()
        (place / "rules.yaml").write_text(content, encoding="utf-8")
        folders.append((place,))
    return Region(tuple(place.name for (place,) in folders), tuple(folders))


def test_a_region_changes_a_limit_and_the_rest_of_the_national_rule_stays(tmp_path):
    national = load_rules()
    name = next(r.id for r in national.rules if r.params and isinstance(next(iter(r.params.values())), int))
    rule = next(r for r in national.rules if r.id == name)
    limit = next(iter(rule.params))
    here = load_rules(
        region=region(tmp_path, f"rules:\n- {{id: {name}, params: {{{limit}: 77}}, law: [本地办法 3]}}\n")
    )
    changed = next(r for r in here.rules if r.id == name)
    assert changed.params == {**rule.params, limit: 77}
    assert changed.law == ["本地办法 3"]
    assert (changed.when, changed.money, len(here.rules)) == (rule.when, rule.money, len(national.rules))
    assert here.fingerprint != national.fingerprint


def test_a_rule_that_a_region_switches_off_is_named_with_its_reason_and_a_narrower_region_may_bring_it_back(tmp_path):
    name = EVERY.rules[0].id
    off = f"rules:\n- {{id: {name}, switched_off: {{zh: 本省另有规定, en: another rule holds here}}}}\n"
    province = load_rules(region=region(tmp_path, off))
    reported = why_not(province, province.rules[0], {"claim_line"}, {}, {})
    assert reported == "switched off in the region: 本省另有规定 another rule holds here"
    assert province.fingerprint != EVERY.fingerprint
    (tmp_path / "city").mkdir()
    city = load_rules(region=region(tmp_path / "city", off, f"rules:\n- {{id: {name}}}\n"))
    assert city.switched_off == {}
    assert city.fingerprint == EVERY.fingerprint


def test_a_regions_own_rule_joins_the_national_ones(tmp_path, entry):
    own_rule = {
        key: reported for key, reported in entry.items() if key not in ("measures", "compares", "holds_without")
    }
    own = yaml.safe_dump({"rules": [own_rule | {"id": "LC-01", "when": "amount > 1"}]}, allow_unicode=True)
    assert {rule.id for rule in load_rules(region=region(tmp_path, own)).rules} == {
        *(rule.id for rule in EVERY.rules),
        "LC-01",
    }


def test_problems_of_a_regions_file_name_it_and_the_rule(tmp_path):
    name = SHIPPED.rules[0].id
    content = f"rules:\n- {{id: {name}, params: {{no_such_limit: 1}}}}\n- {{name: nobody}}\n"
    with pytest.raises(CatalogueError) as raised:
        load_rules(region=region(tmp_path, content))
    assert f"rule {name}: params: the rule has no 'no_such_limit'" in raised.value.what
    assert "rules.yaml: rule number 2: say whose `id` it changes" in raised.value.what


_EXCLUSION = {"name": {"zh": "某", "en": "Some"}, "condition": "amount > 1"}


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_regions_file_of_any_shape_holds_or_is_refused_by_name(tmp_path, entry, shape):
    """A list where a mapping is meant, a number, nothing: at the top, for all rules, for one, for a part of one."""
    national = tmp_path / "national.yaml"
    national.write_text(yaml.safe_dump({"rules": [entry], "exclusions": {"some": _EXCLUSION}}), encoding="utf-8")
    contents = [
        shape, {"rules": shape}, {"exclusions": shape}, {"rules": [shape]}, {"exclusions": {"some": shape}},
        {"exclusions": {"some": {"name": shape}}}, {"rules": [{"id": shape}]},
        {"rules": [dict.fromkeys(entry, shape) | {"id": entry["id"]}]},
        *({"rules": [{"id": entry["id"], key: shape}]} for key in ("params", "measures", "facts", "switched_off")),
    ]  # fmt: skip
    for number, content in enumerate(contents):
        (tmp_path / str(number)).mkdir()
        here = region(tmp_path / str(number), yaml.safe_dump(content))
        refused = refusal_of(partial(load_rules, [national], here))
        assert refused is None or "rules.yaml: " in refused.what, content


def test_all_problems_of_shape_of_all_files_are_reported_at_once_by_file_and_key(tmp_path):
    here = region(
        tmp_path, "rules: 5\nexclusions: [a]\n", "rules: {DC-03: {}}\n", "exclusions: {7: {}}\n", "", "rules: [[a]]\n"
    )
    with pytest.raises(CatalogueError) as raised:
        load_rules(region=here)
    for reported in (
        f"{tmp_path}/r0/rules.yaml: rules: is a list of rules, each with its `id`, and not 5",
        f"{tmp_path}/r0/rules.yaml: exclusions: is a mapping of names to exclusions, and not a list",
        f"{tmp_path}/r1/rules.yaml: rules: is a list of rules, each with its `id`, and not a mapping",
        f"{tmp_path}/r2/rules.yaml: exclusions: 7 is no name",
        f"{tmp_path}/r3/rules.yaml: holds a mapping with `rules` and `exclusions`",
        f"{tmp_path}/r4/rules.yaml: rule number 1: say whose `id` it changes",
    ):
        assert reported in raised.value.what


_HOSTILE = [
    "reflect('java.lang.System', 'getenv', 'HOME') = 'a'",
    "(select max(value) from text.`/etc/passwd`) = 'a'",
    "exists(array(1), x -> raise_error(patient_id))",
    "raise_error(patient_id)",
    "input_file_name() = 'a'",
    "amount > 1 -- and no more",
    "charged_at > 'now'",
    "patient.amount > 1",
    "no_such_column > 1",
]
_PLACES = [
    ("where",), ("when",), ("money", "share"), ("measures", "copy_number", "compute"), ("facts", "amount_text"),
    ("measures", "copy_number", "by", 0), ("measures", "copy_number", "order", 0),
]  # fmt: skip


@pytest.mark.parametrize("place", _PLACES, ids=[".".join(map(str, place)) for place in _PLACES])
def test_no_place_of_a_rule_takes_what_is_no_plain_expression(tmp_path, entry, place):
    for hostile in _HOSTILE:
        changed = copy.deepcopy(entry)
        at = changed
        for key in place[:-1]:
            at = at.setdefault(key, {}) if isinstance(at, dict) else at[key]
        at[place[-1]] = hostile
        with pytest.raises(CatalogueError) as refused:
            _load(tmp_path, changed)
        key = ".".join(part for part in map(str, place) if part not in ("compute", "0"))
        assert f"mine.yaml: rule {entry['id']}: {key}" in refused.value.what, hostile


def test_an_exclusion_takes_none_either_and_names_its_file(tmp_path, entry):
    for hostile in _HOSTILE:
        exclusion = {"name": {"zh": "某", "en": "Some"}, "condition": hostile}
        with pytest.raises(CatalogueError, match=r"mine\.yaml: exclusion some: condition "):
            _load(tmp_path, entry, exclusions={"some": exclusion})


def test_a_list_stands_in_in_and_nowhere_else(tmp_path, entry):
    changed = {**entry, "params": {**entry["params"], "kinds": ["11", "12"]}, "when": "visit_type = :kinds"}
    with pytest.raises(CatalogueError, match=r"when compares with the list :kinds: write IN \(:kinds\)"):
        _load(tmp_path, changed)


def test_a_parameter_is_no_moment_of_the_clock(tmp_path, entry):
    with pytest.raises(CatalogueError, match=r"params\.day: the text 'now'"):
        _load(tmp_path, {**entry, "params": {**entry["params"], "day": "now"}, "when": "charged_at > :day"})


def test_names_are_compared_without_case(tmp_path, entry):
    _load(tmp_path, {**entry, "when": "COPY_NUMBER > 1 AND Amount > 0"})
