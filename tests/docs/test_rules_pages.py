"""The pages of the rules and of the national library's classes are those of today's catalogue."""

from __future__ import annotations

from jobs.author.show_classes import NO_RULE, classes_in
from rules.catalogue.categories import OTHERS, category_of
from rules.catalogue.load import load_rules
from scripts.list_rules import CLASSES, RULES, classes_page, rules_page


def test_the_page_of_the_rules_is_current() -> None:
    assert RULES.read_text(encoding="utf-8") == rules_page(load_rules()), "run `python -m scripts.list_rules`"


def test_the_page_of_the_national_classes_is_current() -> None:
    assert CLASSES.read_text(encoding="utf-8") == classes_page(classes_in()), "run `python -m scripts.list_rules`"


def test_every_rule_stands_in_a_category_of_its_own_name() -> None:
    assert [rule.id for rule in load_rules().rules if category_of(rule.id) == OTHERS] == []


def test_a_class_is_as_far_as_the_furthest_of_its_rules() -> None:
    rows = {row.seq: row for row in classes_in()}
    assert len(rows) == 88
    assert (rows[27].rules, rows[27].knowledge, rows[27].state) == (("OP-02",), ("frequency",), "启用 active")
    assert (rows[14].points, rows[5].state) == (None, NO_RULE)
    assert rows[1].state == "试运行 shadow"
    assert (rows[27].points or 0) > 10
