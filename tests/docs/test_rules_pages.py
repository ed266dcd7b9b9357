"""The pages of the rules and of the national library's classes are those of today's catalogue."""

from __future__ import annotations

from jobs.author.show_classes import NO_RULE, classes_in
from jobs.author.show_problems import problems_in_lists
from rules.catalogue.categories import OTHERS, category_of
from rules.catalogue.load import load_rules
from rules.catalogue.problems import missing_in_lists, problem_items, wrong_with_items
from rules.knowledge.classes import CLASSES as KNOWLEDGE
from rules.knowledge.points import load_knowledge
from scripts.list_rules import CLASSES, PROBLEMS, RULES, classes_page, problems_page, rules_page


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
    assert (rows[14].points, rows[41].state) == (None, NO_RULE)
    assert rows[3].state == "试运行 shadow"
    assert (rows[27].points or 0) > 10


def test_the_page_of_the_typical_problems_is_current() -> None:
    assert PROBLEMS.read_text(encoding="utf-8") == problems_page(problems_in_lists()), (
        "run `python -m scripts.list_rules`"
    )


def test_every_typical_problem_names_rules_and_points_that_there_are_or_says_why_not() -> None:
    loaded = load_knowledge()
    knowledge = {name: loaded.get(name, ()) for name in KNOWLEDGE}
    assert list(wrong_with_items({rule.id for rule in load_rules().rules}, knowledge)) == []


def test_what_an_item_names_and_there_is_not_is_found() -> None:
    wrong = list(wrong_with_items({"OP-02"}, {"frequency": ()}))
    assert "P10: there is no rule PH-12" in wrong
    assert "P10: no class of knowledge is named herb_payment" in wrong
    assert "H63: no point of frequency speaks of 003110000110000" in wrong


def test_the_lists_have_each_item_once_and_say_which_the_transcription_lacks() -> None:
    codes = [item.code for item in problem_items()]
    assert len({*codes}) == len(codes) == 172 + 19
    assert missing_in_lists() == {"H": [27, 53, 60, 67, 70, 79, 138, 145, 167, 168, 173], "P": []}
    assert {item.template is None for item in problem_items() if item.code[0] == "H"} == {False}
