"""Values that a rule is tried with: read as the parameter's own kind, and refused with what there is."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

import pytest

from fundwatch.errors import ExitCode, FundwatchError
from fundwatch.expressions.declared import Value
from fundwatch.settings import Settings
from jobs.command_line import main
from jobs.terminal.options import values_tried
from jobs.trial.past import window_of
from rules.catalogue.variants import changed_params, params_text, variants_asked
from rules.engine.measures import Shared
from tests.rules.world import SHIPPED, shipped

NIGHT = date(2026, 3, 31)


def _tried(rule_id: str, *pairs: str) -> list[dict[str, Value]]:
    rule = shipped(rule_id)
    return [changed_params(rule, one) for one in variants_asked(rule, pairs)]


def test_each_choice_of_values_is_a_variant_and_what_is_in_force_is_none() -> None:
    now = shipped("FQ-04").params
    assert (now["most_purchases"], now["least_amount"]) == (8, 200)
    assert _tried("FQ-04", "most_purchases=8,9", "least_amount=200,300") == [
        {"least_amount": 300}, {"most_purchases": 9}, {"most_purchases": 9, "least_amount": 300},
    ]  # fmt: skip
    (lists,) = _tried("FQ-04", "pharmacy_types=41")
    assert lists == {"pharmacy_types": ["41"]}
    assert params_text({"kinds": ["CT", "MR"], "most": 3}) == "kinds=CT|MR most=3"


@pytest.mark.parametrize(
    ("pairs", "says"),
    [
        ((), "no value of a parameter is given"),
        (("most=3",), "it has no parameter 'most', and no setting is named so"),
        (("most_purchases=3.5",), "most_purchases: '3.5' is no whole number"),
        (("most_purchases=",), "most_purchases: '' is no whole number"),
        (("most_purchases=8",), "no value differs from what is in force"),
        (("most_purchases=2", "most_purchases=3"), "gives a parameter twice"),
        (("purchase_window_days=0",), "over_days: is a whole number of days"),
        ((f"most_purchases={','.join(map(str, range(100, 130)))}",), "30 choices of values are more than the 24"),
    ],
)
def test_what_cannot_be_tried_is_refused_with_what_there_is(pairs: tuple[str, ...], says: str) -> None:
    with pytest.raises(FundwatchError) as refused:
        variants_asked(shipped("FQ-04"), pairs)
    assert says in refused.value.what
    assert "most_purchases=8" in refused.value.do


def test_a_value_outside_the_declared_range_is_refused_with_the_range() -> None:
    rule = next(rule for rule in SHIPPED.rules if "stock_window_days" in rule.ranges)
    with pytest.raises(FundwatchError, match=r"5000 is not within 30–366") as refused:
        variants_asked(rule, ["stock_window_days=5000"])
    assert "stock_window_days=90 (30–366)" in refused.value.do


def test_variants_share_the_shuffle_of_their_rule_however_many_they_are() -> None:
    rule = shipped("FQ-04")
    variants = variants_asked(rule, ["purchase_window_days=10,20,40", "most_purchases=5,6"])
    shared = Shared()
    judged = [shared.judge(SHIPPED, one) for one in (rule, *variants)]
    assert len(judged) == 7
    assert {shared.keys[window.column] for one in judged for window in one.windows} == {frozenset({"patient_id"})}


def test_only_what_is_no_setting_is_tried() -> None:
    options = argparse.Namespace(set=["scan_days=30", "max=3,4"])
    assert values_tried(options) == ["max=3,4"]
    assert options.set == ["scan_days=30"]


def test_no_parameter_of_a_shipped_rule_has_the_name_of_a_setting() -> None:
    assert {name for rule in SHIPPED.rules for name in rule.params} & {*Settings.model_fields} == set()


def test_the_days_are_those_that_the_night_can_know() -> None:
    settings = Settings(scan_days=10)
    assert window_of(settings, NIGHT).start == date(2026, 3, 22)
    assert window_of(settings, NIGHT, date(2026, 1, 1)).end == NIGHT
    with pytest.raises(FundwatchError, match="after the night"):
        window_of(settings, NIGHT, None, date(2026, 4, 1))
    with pytest.raises(FundwatchError, match="is after"):
        window_of(settings, NIGHT, date(2026, 3, 2), date(2026, 3, 1))


@pytest.mark.parametrize("words", ["trial FQ-02 --set max_institutions=2", "explain abcd", "diff --against nowhere"])
def test_without_a_lake_nothing_is_made(words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", *words.split(), "--var", str(tmp_path / "var")]) != ExitCode.OK
    assert str(tmp_path / "var" / "lake") in capsys.readouterr().err
    assert not (tmp_path / "var").exists()
