"""Rules on a finished night's history: a hit explained, a rule tried, two versions compared. Nothing is written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fundwatch.contracts import TABLES
from fundwatch.errors import FundwatchError
from fundwatch.lake.store import Lake
from fundwatch.settings import Settings
from jobs.review.read_hit import find_hit, recorded_lake
from jobs.terminal.answer import plain
from jobs.trial import compare_rules, explain_hit, try_rule
from jobs.trial.compare_rules import ComparisonAsked, RuleComparison, region_meant
from jobs.trial.explain_hit import HitExplained
from jobs.trial.play_beside import RuleTrial
from jobs.trial.try_rule import TrialAsked
from jobs.workplace import Workplace
from tests.night import NIGHTS, FinishedNight

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.long  # nights, and scans of their history
RULE = "FQ-02"


@dataclass(frozen=True)
class Answers:
    """What is answered about one rule and a hit of it, with the lake's versions before and after."""

    hit: dict[str, Any]
    explained: HitExplained
    trial: RuleTrial
    versions: tuple[dict[str, int], dict[str, int]]


def _versions(lake: Lake) -> dict[str, int]:
    return {name: lake.version(name) for name in TABLES if lake.exists(name)}


@pytest.fixture(scope="module")
def settings(finished_night: FinishedNight, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(var=finished_night.var, reports=tmp_path_factory.mktemp("reports"), profile="demo")


@pytest.fixture(scope="module")
def _in_this_session(spark: SparkSession) -> Iterator[None]:
    """The services read the lake in the session of the tests, which goes on after them."""

    @contextmanager
    def reading(settings: Settings, pinned: Lake | None = None) -> Iterator[Workplace]:
        place = Workplace(settings, lake=pinned or Lake(settings.lake_address).pinned())
        place._spark = spark
        yield place

    with pytest.MonkeyPatch.context() as patch:
        for module in (explain_hit, try_rule, compare_rules):
            patch.setattr(module, "reading", reading)
        yield


@pytest.fixture(scope="module")
def answers(_in_this_session: None, settings: Settings) -> Answers:
    lake = Lake(settings.lake_address)
    before, row = _versions(lake), _a_hit(lake)
    explained = explain_hit.explain_hit(settings, row["hit_id"][:12])
    trial = try_rule.try_rule(settings, TrialAsked(RULE, ["max_institutions=2,4"]))
    return Answers(row, explained, trial, (before, _versions(lake)))


@pytest.fixture(scope="module")
def comparison(_in_this_session: None, settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> RuleComparison:
    overlay = tmp_path_factory.mktemp("overlay") / "my-rules.yaml"
    overlay.write_text(f"rules: [{{id: {RULE}, params: {{max_institutions: 2}}}}]", encoding="utf-8")
    return compare_rules.compare_rules(settings, ComparisonAsked(str(overlay), [RULE]))


def _a_hit(lake: Lake) -> dict[str, Any]:
    night = NIGHTS[-1]
    query = (
        f"SELECT * FROM rule_hit WHERE rule_id = '{RULE}' AND business_date = DATE '{night}' ORDER BY hit_id LIMIT 1"
    )
    (row,) = lake.rows("rule_hit", query)
    return row


def test_a_hit_is_explained_by_the_values_that_made_it(answers: Answers) -> None:
    found, facts = answers.explained, dict(answers.hit["facts"])
    assert (found.hit_id, found.hit_version, found.notes) == (answers.hit["hit_id"], found.rule_version, ())
    assert (found.judged.outcome, found.judged.text, found.judged.parts[0].value) == (
        "true",
        "NOT is_inpatient",
        "false",
    )
    assert (found.hit_when.outcome, found.hit_when.text) == ("true", "institution_number > :max_institutions")
    number, limit = found.hit_when.parts
    assert int(number.value) > int(limit.value) == 3
    assert {one.name: one.value for one in found.measures}["institutions_that_day"] == facts["institutions_that_day"]
    assert [(one.name, one.value, one.said_by) for one in found.parameters] == [("max_institutions", 3, "CN")]
    assert sum(line.amount_at_risk or 0 for line in found.money.lines) == found.money.amount
    assert json.loads(json.dumps(plain(found), default=str))["law"] == found.rule.law


def test_the_versions_of_the_night_are_those_that_its_scan_read(settings: Settings) -> None:
    lake = recorded_lake(Lake(settings.lake_address), NIGHTS[0])
    assert lake is not None
    assert lake.versions is not None
    assert lake.versions["claim_line"] < Lake(settings.lake_address).version("claim_line")
    assert Lake(settings.lake_address).as_recorded({"claim_line": 999}) is None


@pytest.mark.parametrize(
    ("hit", "says"), [("no-hit", "no hit's id"), ("ffffffffffff", "no hit is named"), ("' OR 1=1 --", "no hit's id")]
)
def test_a_hit_that_there_is_not_is_refused(hit: str, says: str, settings: Settings) -> None:
    with pytest.raises(FundwatchError, match=says):
        find_hit(Lake(settings.lake_address), hit, None)


def test_a_trial_agrees_with_the_night_and_a_stricter_limit_loses_what_a_looser_one_gains(answers: Answers) -> None:
    now, looser, stricter = (one.findings for one in answers.trial.tried)
    written = answers.trial.night
    assert written == NIGHTS[-1]
    assert (now.one("all").amount or 0) >= answers.hit["amount_at_risk"]
    for found in (looser, stricter):
        assert found.one("kept").count + found.one("lost").count == now.one("all").count
        assert found.one("kept").count + found.one("gained").count == found.one("all").count
        for kind in ("month", "level", "region"):
            assert sum(each.count for each in found.of(kind).values()) == found.one("all").count
    assert looser.one("lost").count == stricter.one("gained").count == 0
    assert looser.one("all").count >= now.one("all").count >= stricter.one("all").count


def test_a_trial_is_a_page_and_figures_beside_it(answers: Answers) -> None:
    folder = answers.trial.folder
    page = (folder / "trial.html").read_text(encoding="utf-8")
    assert "规则试算 FQ-02" in page
    assert "<svg" in page
    assert "http" not in page.replace("http-equiv", "")
    figures = json.loads((folder / "trial.json").read_text(encoding="utf-8"))
    assert [one["changed"] for one in figures["tried"]] == [{}, {"max_institutions": 2}, {"max_institutions": 4}]


def test_an_overlay_compared_gains_what_a_trial_of_its_value_gains(
    answers: Answers, comparison: RuleComparison
) -> None:
    (one,) = comparison.compared
    words = "同日就诊机构超过 3 家 → 2 家 institutions in a day, more than 3 → 2"
    assert one.differs == (f"{words} (params.max_institutions)",)
    looser = answers.trial.tried[1].findings
    assert {k: one.other.one(k) for k in ("kept", "gained")} == {k: looser.one(k) for k in ("kept", "gained")}
    assert one.findings.one("all") == answers.trial.in_force.findings.one("all")
    assert len(one.other.changed) == min(5, one.other.one("gained").count)


def test_nothing_is_written_to_the_lake(answers: Answers) -> None:
    before, after = answers.versions
    assert before == after
    assert "rule_hit" in before


def test_a_place_without_rules_is_refused(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(FundwatchError, match="holds no rules"):
        region_meant(settings, str(tmp_path))
    with pytest.raises(FundwatchError, match="there is no region named 'nowhere'"):
        region_meant(settings, "nowhere")
