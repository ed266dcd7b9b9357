"""The parts of a condition say, together and each by itself, what the condition says."""

from __future__ import annotations

from fundwatch.expressions.declared import RULE, problems_in, written
from fundwatch.expressions.parts import ConditionPart, PartKind, condition_parts
from rules.catalogue.load import load_rules


def _outline(part: ConditionPart, depth: int = 0) -> list[str]:
    return [f"{'  ' * depth}{part.kind} {part.text}", *(line for p in part.parts for line in _outline(p, depth + 1))]


def test_a_condition_is_cut_where_it_says_and_or_and_not() -> None:
    text = "(amount >= :least OR covered_amount IS NOT NULL) AND NOT (kind = 'a' AND x IN (:kinds)) AND is_inpatient"
    assert _outline(condition_parts(text)) == [
        "all ((amount >= :least) OR (covered_amount IS NOT NULL)) AND (NOT ((kind = 'a') AND (x IN (:kinds))))"
        " AND is_inpatient",
        "  any (amount >= :least) OR (covered_amount IS NOT NULL)",
        "    test amount >= :least",
        "      value amount",
        "      value :least",
        "    test covered_amount IS NOT NULL",
        "      value covered_amount",
        "  not NOT ((kind = 'a') AND (x IN (:kinds)))",
        "    all (kind = 'a') AND (x IN (:kinds))",
        "      test kind = 'a'",
        "        value kind",
        "      test x IN (:kinds)",
        "        value x",
        "        value :kinds",
        "  test is_inpatient",
        "    value is_inpatient",
    ]


def test_a_computed_side_is_a_value_with_what_it_is_made_of() -> None:
    (computed, limit) = condition_parts("greatest(a, b) * 2 > :most").parts
    assert (computed.kind, computed.text) == (PartKind.VALUE, "greatest(a, b) * 2")
    assert [part.text for part in computed.parts] == ["a", "b"]
    assert limit.parameter == "most"


def test_every_part_of_every_shipped_rule_may_run_and_the_whole_runs_as_it_is_written() -> None:
    shipped = load_rules()
    for rule in shipped.rules:
        conditions = (shipped.exclusions[name].condition for name in rule.exclude)
        for text in (rule.where, rule.when, *conditions):
            tree = condition_parts(text)
            assert written(tree.text, params=rule.params) == written(text, params=rule.params)
            assert [p.text for p in tree.every() if problems_in(p.text, RULE)] == [], rule.id
