"""A trial, and a hit explained, as a person reads them on a terminal of 80 columns."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from jobs.review.read_hit import LineExplained
from jobs.trial.explain_hit import (
    ExclusionTested,
    HitExplained,
    MeasureExplained,
    MoneyExplained,
    ParameterInForce,
    PartExplained,
    PointUsed,
    notes_of,
)
from jobs.trial.explain_pages import print_explained
from jobs.trial.play_beside import HitSum, RuleFindings, RuleTrial, Tried
from jobs.trial.trial_pages import print_trial, trial_page
from rules.catalogue.rule import BilingualText, RuleState
from rules.frames.inputs import ScanWindow
from tests.rules.world import shipped

NIGHT, DAY = date(2026, 3, 31), date(2026, 3, 15)


def _found(hits: int, amount: str, **changes: int) -> RuleFindings:
    every = HitSum(hits, Decimal(amount))
    sums = {"all": {"": every}, "lines": {"": HitSum(hits)}, "shared": {"": HitSum(1)}, "with": {"DC-03": HitSum(1)}}
    sums |= {"level": {"1": every}, "month": {"2026-03": every}, "region": {"330100": every}}
    return RuleFindings(sums | {kind: {"": HitSum(count, Decimal(count))} for kind, count in changes.items()})


def _trial() -> RuleTrial:
    rule = shipped("FQ-02")
    tried = (
        Tried({}, rule.params, _found(4, "334.50")),
        Tried({"max_institutions": 2}, {"max_institutions": 2}, _found(8, "1876.92", kept=4, gained=4)),
        Tried({"max_institutions": 4}, {"max_institutions": 4}, RuleFindings(problem="the table patient is missing")),
    )
    return RuleTrial(rule, "abc", NIGHT, ScanWindow(date(2026, 1, 1), NIGHT), "CNY", tried, Path("reports"))


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


@pytest.mark.usefixtures("narrow")
def test_a_trial_reads_version_by_version(capsys: pytest.CaptureFixture[str]) -> None:
    print_trial(_trial(), print)
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "现行 in force 4 334.50 – – – 25.0%" in lines
    assert "max_institutions=2 8 1,876.92 4 4 0 12.5%" in lines
    assert "三级 tertiary 4 8 –" in lines
    assert "2026-03 4 8 –" in lines
    assert "与其他规则重合的明细 Lines that other rules hit too (现行 in force): DC-03 1" in lines
    page = trial_page(_trial())
    assert "未运行 not run: max_institutions=4: the table patient is missing" in page
    assert '<rect class="bar"' in page


def _test(text: str, outcome: str, *values: tuple[str, str]) -> PartExplained:
    parts = tuple(PartExplained("value", name, "", value, ()) for name, value in values)
    return PartExplained("test", text, outcome, "", parts)


@pytest.mark.usefixtures("narrow")
def test_an_explanation_reads_from_the_condition_to_the_money(capsys: pytest.CaptureFixture[str]) -> None:
    both = (_test("a > :b", "true", ("a", "4"), (":b", "3")), _test("c IN ('x')", "unknown", ("c", "?")))
    line = LineExplained("l1", "counted", DAY, "X1", "项目甲", *map(Decimal, ("100", "80", "40", "80", "5", "45.25")))
    words = BilingualText(zh="整次就诊", en="the whole visit")
    explained = HitExplained(
        hit_id="929b2a9ac517ccda5f3996c3f7c52faf",
        night=NIGHT,
        rule=shipped("FQ-02"),
        rule_version="v2",
        hit_version="v1",
        subject="patient P1",
        period=(DAY, DAY),
        reason=BilingualText(zh="四家机构", en="four places"),
        service_date=DAY,
        judged=_test("NOT is_inpatient", "false", ("is_inpatient", "true")),
        hit_when=PartExplained("all", "a > :b AND c IN ('x')", "unknown", "", both),
        measures=(MeasureExplained("a", "count(*)", ("patient_id",), ":days", "4"),),
        exclusions=(ExclusionTested("dialysis", BilingualText(zh="透析", en="Dialysis"), both[1]),),
        knowledge=(PointUsed("frequency", "item_code", "X1", "X*", "甲", {"value": "1"}, "CN", DAY, None, "两库"),),
        parameters=(ParameterInForce("max_institutions", 4, "330100"),),
        money=MoneyExplained(Decimal("45.25"), "A6", words, False, "1", "1", True, 7, (line,)),
        notes=(BilingualText(zh="版本已变", en="another version"),),
    )
    print_explained(explained, print)
    text = capsys.readouterr().out
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "注意 Note: 版本已变 | another version" in lines
    assert lines.index("命中条件 Hit when ? 未知 unknown") == lines.index("NOT is_inpatient ✗ 不成立 false") + 2
    at = lines.index("同时满足 all of ? 未知 unknown")
    assert lines[at + 1 : at + 6] == ["a > :b ✓ 成立 true", "a = 4", ":b = 3", "c IN ('x') ? 未知 unknown", "c = ?"]
    assert "透析 未知 unknown" in lines
    at = lines.index("同日就诊机构超过 4 家 330100")
    assert lines[at + 1 : at + 3] == ["institutions in a day, more than 4", "max_institutions"]
    assert "金额 Money: 45.25 元 CNY = A6 整次就诊 the whole visit" in lines
    assert "2026-03-15 项目甲 计入 100.00 80.00 40.00/ 45.25" in lines


def test_what_is_not_as_the_night_had_it_is_said() -> None:
    found, row = {"rule_version": "v1"}, {"is_hit": True}
    assert notes_of(shipped("FQ-02"), "v1", found, row, is_recorded=True) == []
    retired = shipped("FQ-02", state=RuleState.RETIRED)
    said = [note.en for note in notes_of(retired, "v2", found, {"is_hit": None}, is_recorded=False)]
    assert [text.split(":")[0] for text in said] == [
        "the data versions that the night read are gone",
        "the rule has been retired",
        "the hit is of version v1, the rule is v2 now",
        "by the rule and the data as they are played here it is no hit any more",
    ]
