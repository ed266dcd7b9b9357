"""What a scan shuffles follows the keys that measures need: copies of rules add no shuffle, no join and no grouping."""

from __future__ import annotations

import re
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any

import pytest
from pyspark.sql import functions as F

from rules.catalogue.rule import Rule, RuleMeasure, RuleSet
from rules.engine.measures import Shared, steps, together
from rules.frames.registry import GRAINS, frames
from tests.rules.world import CORE, SHIPPED, YEAR, scanned, shipped, tables_of, with_rows

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


ALL = len(CORE.rules)


def _copy(rule: Rule, number: int) -> Rule:
    """The rule under another id, with other thresholds, so that it judges and measures other rows."""
    params = {n: v + number if isinstance(v, int) and not isinstance(v, bool) else v for n, v in rule.params.items()}
    later = rule.valid.model_copy(update={"to": YEAR.end.replace(year=2100 + number)})
    return rule.model_copy(update={"id": f"{rule.id}-{number}", "params": params, "valid": later})


def _catalogue(size: int) -> RuleSet:
    """The shipped rules, again and again."""
    rules = islice(cycle(CORE.rules), size)
    copies = (_copy(rule, place // len(CORE.rules)) for place, rule in enumerate(rules))
    return RuleSet(rules=tuple(copies), exclusions=CORE.exclusions)


def _key_sets(rule_set: RuleSet) -> set[frozenset[str]]:
    """The sets of columns by which some measure is taken, or a grain's things are told apart."""
    measured = {frozenset(m.by) for rule in rule_set.rules for m in rule.measures.values()}
    return measured | {frozenset(GRAINS[rule.grain].thing) for rule in rule_set.rules}


def _plan(frame: DataFrame) -> str:
    return str(frame._jdf.queryExecution().executedPlan().toString())


def _count(plan: str, node: str) -> int:
    return len(re.findall(rf"(?:\+-|:-) (?:\*\(\d+\) )?\w*{node}\b", plan))


@pytest.fixture(scope="module", params=[48, pytest.param(200, marks=pytest.mark.long)])
def plans(request: pytest.FixtureRequest, spark: SparkSession) -> dict[int, str]:
    """The plan of the shipped rules, and of copies of them, by their number: two hundred are a long proof."""
    tables = tables_of(spark, CORE)
    return {size: _plan(scanned(spark, _catalogue(size), tables=tables).passes) for size in (ALL, request.param)}


@pytest.mark.parametrize("node", ["Exchange hashpartitioning", "Join", "HashAggregate"])
def test_copied_rules_shuffle_join_and_group_as_often_as_the_shipped(plans: dict[int, str], node: str) -> None:
    of_all, of_copies = (_count(plan, node) for plan in plans.values())
    assert 0 < of_all == of_copies


def test_rows_are_shuffled_for_measures_by_four_keys_and_never_by_a_rule(plans: dict[int, str]) -> None:
    assert {plan.count("REPARTITION_BY_COL") for plan in plans.values()} == {4}
    assert len(_key_sets(CORE)) == 9


def test_a_copy_adds_a_window_only_where_it_ranks_or_looks_back_otherwise(plans: dict[int, str]) -> None:
    of_all, of_copies = (_count(plan, "Window") for plan in plans.values())
    copies = max(plans) // len(CORE.rules)
    assert of_all == 15
    assert of_copies <= of_all + 3 * copies  # the rank and the maximum of FQ-02's, the days of FQ-01's
    assert len(plans[max(plans)].splitlines()) <= 3 * len(plans[ALL].splitlines())


def test_the_measures_of_the_whole_catalogue_are_shuffled_by_few_keys() -> None:
    keys = {
        (frame.name, key)
        for frame in frames()
        for of_pass in _keys(*(rule for rule in SHIPPED.rules if GRAINS[rule.grain].frame is frame))
        for key in of_pass
    }
    assert len(keys) <= len(_key_sets(SHIPPED)) // 2


def _planned(*rules: Rule) -> list[list[tuple[frozenset[str], list[str]]]]:
    """By pass the steps of its windows: the key of the shuffle, and the columns made."""
    shared = Shared()
    judged = [shared.judge(SHIPPED, rule) for rule in rules]
    groups = together(judged, shared.keys)
    return [[(step.key, [*step.made]) for step in steps(group, shared.keys)] for group in groups]


def _keys(*rules: Rule) -> list[set[frozenset[str]]]:
    return [{key for key, _ in found} for found in _planned(*rules)]


def _measuring(rule_id: str, **measures: RuleMeasure) -> Rule:
    return shipped("DC-03", id=rule_id, measures=measures, compares=None)


def test_equal_measures_of_several_rules_are_one_window_and_others_share_its_shuffle() -> None:
    of_day = RuleMeasure(compute="sum(quantity)", by=["patient_id", "service_date"])
    of_item = RuleMeasure(compute="count(1)", by=["service_date", "item_code", "patient_id"])
    found = _planned(_measuring("AA-01", a=of_day), _measuring("AA-02", b=of_day), _measuring("AA-03", c=of_item))
    key = frozenset({"patient_id", "service_date"})
    assert found == [[(key, ["measure__1"]), (key, ["measure__0"])]]


def test_windows_within_each_other_are_sorted_once(spark: SparkSession) -> None:
    day, item = ["patient_id", "service_date"], ["item_code", "patient_id", "service_date"]
    finest = RuleMeasure(compute="row_number()", by=item, order=["charged_at"])
    wider = {"of_item": RuleMeasure(compute="count(1)", by=item), "of_day": RuleMeasure(compute="count(1)", by=day)}
    apart = RuleMeasure(compute="count(1)", by=["patient_id", "service_date", "charge_class"])
    lines = [{"line_id": 1, "amount": 9}, {"line_id": 2, "amount": 9}]

    def sorts(**measures: RuleMeasure) -> int:
        when = " AND ".join(f"{name} > 0" for name in measures)
        plain = {"when": when, "facts": {}, "reason": shipped("DC-03").reason.model_copy(update={"zh": "-", "en": "-"})}
        shown = with_rows(_measuring("AA-01", **measures).model_copy(update=plain), lines=lines)
        return _count(_plan(scanned(spark, shown).passes), "Sort")

    alone = sorts(number=finest)
    assert sorts(**wider, number=finest) == alone > 0
    assert sorts(apart=apart, **wider, number=finest) == alone + 1


def test_a_key_that_no_other_measure_shares_is_shuffled_in_a_pass_of_its_own() -> None:
    alone = RuleMeasure(compute="count(1)", by=["performing_doctor_id", "charge_class"])
    keys = _keys(*CORE.rules, _measuring("AA-01", alone=alone))
    assert keys.count({frozenset({"performing_doctor_id", "charge_class"})}) == 1
    assert [k for k in keys if k != {frozenset({"performing_doctor_id", "charge_class"})}] == _keys(*CORE.rules)


def test_a_measure_of_a_measure_waits_for_it_and_a_rank_counts_judged_rows_alone() -> None:
    measures = {
        "place": RuleMeasure(compute="dense_rank()", by=["patient_id"], order=["first"]),
        "first": RuleMeasure(compute="min(charged_at)", by=["patient_id", "institution_id"]),
    }
    shared = Shared()
    judged = shared.judge(CORE, _measuring("AA-01", **measures))
    first, place = judged.windows
    assert first.call == "min(IF(judged__0, `charged_at`, NULL))"
    assert [place.sees, place.over] == [frozenset({first.column}), frozenset({"patient_id", "judged__0"})]
    assert {*shared.keys.values()} == {frozenset({"patient_id"})}


def test_a_gathered_set_is_sorted_whatever_the_order_of_its_rows(spark: SparkSession) -> None:
    items = RuleMeasure(compute="collect_set(item_code)", by=["encounter_id"])
    lines = [{"line_id": n, "item_code": f"X{n * 7 % 10}", "amount": n} for n in range(1, 10)]
    reason = shipped("DC-03").reason.model_copy(update={"zh": "{said}", "en": "{said}"})
    facts = {"said": "array_join(items, ' ')"}
    rule = shipped(
        "DC-03", measures={"items": items}, when="size(items) > 0", compares=None, facts=facts, reason=reason
    )
    shown = with_rows(rule, lines=lines)
    tables = tables_of(spark, shown)
    rows = tables["claim_line"].orderBy(F.desc("item_code")), tables["claim_line"].orderBy("line_id")
    said = [
        {hit.reason_en for hit in scanned(spark, shown, tables={**tables, "claim_line": r}).found.collect()}
        for r in rows
    ]
    assert said == [{"X2 X3 X5 X6 X9"}] * 2  # the lines below the least amount are judged by nobody


def test_rules_that_judge_other_rows_by_one_window_hit_as_each_would_alone(spark: SparkSession) -> None:
    lines = [{"line_id": n, "amount": 4 + n // 2 * 4, "encounter_id": "E"} for n in range(1, 7)]
    shown = with_rows(shipped("DC-03"), lines=lines)
    rules = [shipped("DC-03", id=f"DC-{n:02}", params={"min_amount": n}) for n in (1, 8, 12, 50)]
    tables = tables_of(spark, shown)
    for name in ("quantity", "unit_price"):
        tables["claim_line"] = tables["claim_line"].withColumn(name, F.lit(1).cast("decimal(16,4)"))

    def numbered(rule_set: RuleSet) -> set[Any]:
        found = scanned(spark, shown, tables=tables, rule_set=rule_set)
        return {(hit.rule_id, hit.hit_id, hit.reason_en) for hit in found.found.collect()}

    alone = [numbered(RuleSet(rules=(rule,), exclusions=CORE.exclusions)) for rule in rules]
    assert [len(found) for found in alone] == [5, 4, 2, 0]
    assert numbered(RuleSet(rules=tuple(rules), exclusions=CORE.exclusions)) == set().union(*alone)
