"""The catalogue, expressions and knowledge: faults are gathered, prints ignore texts. No Spark here."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import yaml

from fundwatch.errors import CatalogueError
from fundwatch.resources import package_files
from rules.catalogue import load_rules
from rules.knowledge import knowledge_print, load_knowledge
from rules.needs import needs
from tests.rules.world import SHIPPED, shipped

HEADER = "code,value,unit,name,region,valid_from,valid_to,source\n"


@pytest.fixture
def entry():
    (file,) = (f for f in package_files("rules", "catalogue", ".yaml") if f.name == "charging.yaml")
    return copy.deepcopy(yaml.safe_load(file.read_text("utf-8"))["rules"][0])


def _load(folder: Path, *entries, **content):
    file = folder / "mine.yaml"
    file.write_text(yaml.safe_dump({"rules": list(entries), **content}, allow_unicode=True), "utf-8")
    return load_rules([file])


def test_the_shipped_catalogue_holds_the_twelve_rules():
    expected = "DC-03 FK-02 FK-03 FK-04 FK-06 FQ-01 FQ-02 ID-01 ID-04 OP-01 OP-02 SA-02"
    assert [rule.id for rule in SHIPPED.rules] == expected.split()


def test_all_faults_of_all_entries_are_named_at_once(tmp_path, entry):
    unknown_key = {**entry, "id": "AA-01", "colour": "red"}
    few_examples = {**entry, "id": "AA-02", "examples": entry["examples"][:2]}
    division = {**entry, "id": "AA-03", "when": "amount / quantity > :price"}
    stranger = {**entry, "id": "AA-04", "exclude": ["nobody"]}
    with pytest.raises(CatalogueError) as raised:
        _load(tmp_path, unknown_key, few_examples, division, stranger)
    told = raised.value.what
    for part in (
        "mine.yaml: rule AA-01: colour",
        "rule AA-02: examples: 2 hits and 0 near misses",
        "rule AA-03: when divides",
        "rule AA-03: params: price is used and not declared",
        "rule AA-04: exclude: no exclusion is named 'nobody'",
        "measure copy_number",
    ):
        assert part in told


def test_a_rule_that_stands_twice_is_refused(tmp_path, entry):
    with pytest.raises(CatalogueError, match="rule DC-03: stands 2 times"):
        _load(tmp_path, entry, entry)


def test_the_print_of_a_rule_ignores_texts_and_follows_what_changes_results():
    rule = shipped("FQ-01")
    reworded = rule.model_copy(update={"name": shipped("DC-03").name, "law": ["条例 1"], "examples": []})
    tuned = rule.model_copy(update={"params": {**rule.params, "max_visits": 16}})
    prints = [SHIPPED.rule_print(r) for r in (rule, reworded, tuned)]
    assert prints[0] == prints[1] != prints[2]


def test_a_changed_exclusion_changes_the_print_of_the_rules_that_name_it():
    dialysis = SHIPPED.exclusions["dialysis"].model_copy(update={"condition": "visit_type = 'x'"})
    changed = SHIPPED.model_copy(update={"exclusions": {**SHIPPED.exclusions, "dialysis": dialysis}})
    differing = {r.id for r in SHIPPED.rules if SHIPPED.rule_print(r) != changed.rule_print(r)}
    assert differing == {"FQ-01"}
    assert SHIPPED.print != changed.print


def test_needs_follow_from_the_expressions():
    sources = needs(SHIPPED, shipped("OP-01"))
    assert frozenset({"claim_line.price_limit", "item.price_limit"}) in sources
    assert frozenset({"claim_line.unit_price"}) in sources
    assert not any("patient." in source for group in sources for source in group)


def test_what_only_the_reason_tells_is_not_needed():
    assert frozenset({"claim_line.item_name"}) not in needs(SHIPPED, shipped("DC-03"))


def test_knowledge_that_holds_twice_on_a_day_is_refused_with_all_other_faults(tmp_path):
    file = tmp_path / "frequency.csv"
    file.write_text(
        HEADER
        + "X1,1,day,a,CN,2026-01-01,2026-03-31,s\n"
        + "X1,2,day,a,CN,2026-03-31,,s\n"
        + "X2,1,day,a,CN,gestern,,s\n",
        encoding="utf-8",
    )
    with pytest.raises(CatalogueError) as raised:
        load_knowledge([file])
    assert "X1 and X1 hold on the same days" in raised.value.what
    assert "frequency.csv line 4: valid_from" in raised.value.what


def test_knowledge_of_another_region_does_not_hold_here(tmp_path):
    file = tmp_path / "frequency.csv"
    file.write_text(HEADER + "X1,1,day,a,CN,2026-01-01,,s\nX2,1,day,a,4501,2026-01-01,,s\n", encoding="utf-8")
    assert [p.code for p in load_knowledge([file], region="4501")["frequency"]] == ["X2"]


def test_the_print_of_the_knowledge_ignores_its_sources():
    knowledge = load_knowledge()
    point = knowledge["frequency"][0]
    renamed = {**knowledge, "frequency": (point.model_copy(update={"source": "?"}), *knowledge["frequency"][1:])}
    changed = {**knowledge, "frequency": (point.model_copy(update={"value": "9"}), *knowledge["frequency"][1:])}
    assert knowledge_print(knowledge) == knowledge_print(renamed) != knowledge_print(changed)


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
