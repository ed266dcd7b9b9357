"""What rules' parameters are called, and how their values are written."""

from __future__ import annotations

from datetime import date

import pytest

from fundwatch.expressions.declared import Value
from rules.catalogue.load import load_rules
from rules.wording.said import in_one_line, params_said, range_said
from rules.wording.values import alternatives, value_said
from rules.wording.words import ParameterWords, problems_of_words, shared_words

RULES = {rule.id: rule for rule in load_rules().rules}


def test_every_parameter_of_a_shipped_rule_has_words_and_every_word_a_rule() -> None:
    said = [(rule.id, rule.params, rule.words) for rule in RULES.values()]
    assert [*problems_of_words(said)] == []
    assert [*problems_of_words([*said, ("AA-01", ("no_such_limit",), ())])] == [
        "parameters.yaml: rule AA-01: no words say what no_such_limit means"
    ]
    without = [one for one in said if "least_shops" not in one[1]]
    assert [*problems_of_words(without)] != []


def test_no_person_reads_a_parameters_name_or_a_python_value() -> None:
    for rule in RULES.values():
        for one in params_said(rule):
            zh, en = one.both
            assert not {"_", "'", "\n"} & {*one.value_en, *zh, *one.value_zh}, (rule.id, one.name)
            assert "_" not in en, (rule.id, one.name)
            assert len(one.value_zh) <= 80, (rule.id, one.name)


def test_a_rules_thresholds_are_said_in_both_languages_with_their_units() -> None:
    zh, en = in_one_line(params_said(RULES["AD-05"]))
    assert zh == "同组对象至少 20 个;稳健偏离至少 3.5;高于同行至少 95%;指标值至少 5%"
    assert en.startswith("peers, at least 20; robust deviations, at least 3.5; above its peers, at least 95%; ")
    assert next(iter(params_said(RULES["DC-01"]))).both[0] == "判断的类别:同日互斥、计时互斥"


def test_a_name_that_means_something_else_in_a_rule_is_said_by_the_rules_own_words() -> None:
    by_name = {name: {one.name: one.zh for one in params_said(RULES[name])} for name in ("FK-08", "FQ-01")}
    assert by_name["FK-08"]["max_visits"] != by_name["FQ-01"]["max_visits"]


def test_a_parameter_that_a_region_added_is_said_by_its_name() -> None:
    rule = RULES["FQ-02"].model_copy(update={"params": {"own_limit": 3}})
    assert [one.both for one in params_said(rule)] == [("own_limit 3", "own_limit 3")]


def test_a_range_is_said_as_its_parameter_is() -> None:
    rule = RULES["AD-05"]
    assert range_said(rule, "least_place", rule.ranges["least_place"]) == "50%–99%"
    assert range_said(rule, "least_peers", rule.ranges["least_peers"]) == "20–…"


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (0.95, "share", ("95%", "95%")),
        (0.07, "share", ("7%", "7%")),
        (30000, "yuan", ("30,000 元", "30,000 yuan")),
        (1, "day", ("1 天", "1 day")),
        (1.0, "fold", ("1 倍", "1×")),
        (True, "", ("是", "yes")),
        (date(2026, 3, 1), "", ("2026-03-01", "2026-03-01")),
        (["41", "9929"], "codes", ("41、9929", "41, 9929")),
        ([f"C{n:02}" for n in range(20)], "codes",
         ("C00、C01、C02、C03、C04、C05、C06、C07 等 20 项",
          "C00, C01, C02, C03, C04, C05, C06, C07 and others, 20 in all")),
        ("(^| )(C|D0|R52)", "codes", ("C、D0、R52", "C, D0, R52")),
        ("%泵%", "codes", ("泵", "泵")),
    ],
)  # fmt: skip
def test_values_are_written_as_people_write_them(value: Value, unit: str, said: tuple[str, str]) -> None:
    assert value_said(value, ParameterWords(zh="至少", en="at least", unit=unit), unit) == said


def test_the_choices_of_a_pattern_are_said_one_by_one() -> None:
    assert alternatives("^(I6[0-4]|S|K85)") == ["I60–4", "S", "K85"]
    assert alternatives("临床试验|[ⅠI]期(临床|病房)") == ["临床试验", "Ⅰ/I期(临床|病房)"]


def test_words_name_a_unit_that_there_is() -> None:
    assert "least_peers" in shared_words()
    with pytest.raises(ValueError, match="there is no unit 'parsec'"):
        ParameterWords(zh="至少", en="at least", unit="parsec")
