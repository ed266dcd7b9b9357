"""Rules on indicators: rows become ordinary rules; what they hit is far from its peers, and a question alone."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from features.catalogue import load_catalogues
from fundwatch.contracts import TABLES
from fundwatch.errors import CatalogueError
from rules.analysis.indicators import SIZE, VALUE, indicator_columns
from rules.analysis.measured import BUDGET, alerts_of, measured_alerts
from rules.analysis.rows import entries_of
from rules.analysis.shapes import SHAPES
from rules.catalogue.example_indicators import indicator_rows
from rules.catalogue.examples import Worlds, example_worlds
from rules.catalogue.load import load_rules
from rules.catalogue.proving import Played, wrong_with
from rules.catalogue.rule import Example, Money, Rule, RuleSet, RuleState, Tier
from rules.engine.needs import why_not
from rules.engine.planned import planned
from rules.frames.inputs import ScanWindow
from rules.frames.registry import GRAINS
from tests.rules.world import ALL_SUPPLIED, ANALYSIS, scanned

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pyspark.sql import SparkSession

STATISTICS = {"peer_statistic": frozenset(TABLES["peer_statistic"].column_names)}
NIGHT = ScanWindow(date(2026, 1, 1), date(2026, 3, 31))
HEAD = """
class: staff
law: [条例 15]
ask_for: {zh: 排班表, en: The roster}
clears: {zh: 专科特点, en: The specialty}
rules:
"""


def shipped(rule_id: str) -> Rule:
    return next(rule for rule in ANALYSIS.rules if rule.id == rule_id)


def of_shape(shape: str) -> Rule:
    """The first rule of the shape."""
    return next(rule for rule in ANALYSIS.rules if rule.when == SHAPES[shape].when)


def played(spark: SparkSession, rule_set: RuleSet) -> tuple[Worlds, list[Any]]:
    """The hits of the rules in the worlds of their examples."""
    active = tuple(rule.model_copy(update={"state": RuleState.ACTIVE}) for rule in rule_set.rules)
    playing = rule_set.model_copy(update={"rules": active})
    worlds = example_worlds(playing)
    tables = {t: spark.createDataFrame(rows, worlds.schema(t), verifySchema=False) for t, rows in worlds.rows.items()}
    supplied = ALL_SUPPLIED | STATISTICS | worlds.columns
    found = scanned(spark, playing, tables=tables, supplied=supplied, window=NIGHT).found
    return worlds, found.collect()


def test_at_least_294_rules_judge_indicators_of_all_ten_classes() -> None:
    known = indicator_columns()
    classes = Counter(known[rule.indicators["value"]].class_ for rule in ANALYSIS.rules)
    assert len(ANALYSIS.rules) >= 294
    assert len(classes) == 10
    assert min(classes.values()) >= 20
    assert {rule.when for rule in ANALYSIS.rules} == {shape.when for shape in SHAPES.values()}


def test_no_rule_judges_a_size_proves_anything_or_shows_fewer_than_three_examples_of_a_kind() -> None:
    known = indicator_columns()
    for rule in ANALYSIS.rules:
        assert known[rule.indicators["value"]].kind != SIZE
        assert rule.tier in (Tier.SUSPECT, Tier.CLUE)
        assert rule.money.is_estimate
        hits = sum(1 for example in rule.examples if example.hits)
        assert min(hits, len(rule.examples) - hits) >= 3


def test_no_two_rules_ask_the_same_of_the_same() -> None:
    asked = Counter((rule.indicators["value"], rule.when) for rule in ANALYSIS.rules)
    assert [one for one, times in asked.items() if times > 1] == []


def test_an_example_judges_the_value_that_it_says_also_where_that_is_the_money() -> None:
    for rule in ANALYSIS.rules:
        for example in rule.examples:
            rows = [row for table, row in indicator_rows(rule, example, "A") if table not in STATISTICS]
            said = [one.get("value") for one in example.indicators]
            assert [row[rule.indicators["value"]] for row in rows] == said, rule.id


def test_active_rules_were_measured_as_they_are_and_stay_within_the_budget_of_alerts_together() -> None:
    active = [rule for rule in ANALYSIS.rules if rule.state == RuleState.ACTIVE]
    worlds: Counter[tuple[str, int]] = Counter()
    for rule in active:
        measured = alerts_of(rule.id, ANALYSIS.rule_fingerprint(rule))
        assert measured, f"{rule.id}: measure it again: python -m scripts.measure_alerts"
        for one in measured:
            worlds[one.world, one.seed] += one.hits
    settled = {(one.world, one.seed): one.settlements for one in measured_alerts()}
    assert active
    assert {world: hits / settled[world] for world, hits in worlds.items() if hits / settled[world] > BUDGET} == {}


def test_every_night_computes_what_active_rules_judge_and_estimate_by() -> None:
    nightly = {
        named.column
        for catalogue in load_catalogues().values()
        for named in catalogue.named
        if named.name in catalogue.nightly_indicators
    }
    active = [rule for rule in ANALYSIS.rules if rule.state == RuleState.ACTIVE]
    assert {name: {*rule.indicators.values()} - nightly for rule in active if (name := rule.id)} == {
        rule.id: set() for rule in active
    }


def _problems(folder: Path, *rows: str) -> list[str]:
    file, wrong = folder / "mine.yaml", list[str]()
    file.write_text(HEAD + "".join(f"  - {{{row}}}\n" for row in rows), "utf-8")
    entries_of(file, wrong)
    return wrong


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("id: AS-90, indicator: doctor.exam_shar, window: 90, shape: above_peers", "no 'doctor.exam_shar' over 90"),
        ("id: AS-90, indicator: doctor.exam_share, window: 60, shape: above_peers", "no 'doctor.exam_share' over 60"),
        ("id: AS-90, indicator: doctor.exam_share, window: 90, shape: odd", "shape: there is no 'odd'; there are"),
        (
            "id: AS-90, indicator: doctor.patient_count, window: 90, shape: above_peers",
            "doctor.patient_count is a size",
        ),
        ("id: AS-90, indicator: doctor.exam_share, window: 90, shape: grown", "grown judges a growth, and"),
        ("id: AS-90, indicator: doctor.covered_share, window: 90, shape: below_peers", "strange when low, doctor.cov"),
        (
            "id: AS-90, indicator: doctor.exam_share, window: 90, shape: above_peers, params: {z: 3}",
            "params: above_peers has no 'z'",
        ),
        (
            "id: AS-90, indicator: doctor.exam_share, window: 90, shape: above_peers, money: drug_share",
            "money: drug_share is in share",
        ),
        (
            "id: AS-90, indicator: doctor.ordered_amount_past, window: 90, shape: off_own_past",
            "beside: off_own_past needs growth",
        ),
    ],
)
def test_a_row_that_cannot_be_judged_is_refused_with_its_file_rule_and_key(
    tmp_path: Path, row: str, problem: str
) -> None:
    (only,) = [one for one in _problems(tmp_path, row) if problem in one]
    assert only.startswith("mine.yaml: rule AS-90: ")


def test_a_rule_written_whole_may_neither_judge_a_size_nor_prove_by_an_indicator(tmp_path: Path) -> None:
    sound = shipped("AS-13").model_dump(mode="json", by_alias=True, exclude_none=True)
    changed: dict[str, dict[str, Any]] = {
        "is a size, and the big ones are not strange": {"indicators": {"value": "doctor_patient_count_90d"}},
        "tier: an indicator proves nothing": {"tier": "明确违规"},
        "money: no line carries it": {"money": {"method": "A1"}},
        "subject: of a doctor it is the doctor": {"subject": "institution"},
        "there is no indicator 'patient_drug_share_90d' of a doctor": {
            "indicators": {"value": "patient_drug_share_90d"}
        },
    }
    import yaml

    for problem, change in changed.items():
        file = tmp_path / "mine.yaml"
        file.write_text(yaml.safe_dump({"rules": [sound | change]}, allow_unicode=True), "utf-8")
        with pytest.raises(CatalogueError, match=problem):
            load_rules([file])


def test_a_rule_whose_indicator_the_night_did_not_compute_says_so() -> None:
    rule = shipped("AS-13")
    column = rule.indicators["value"]
    tables = {"indicator_doctor": frozenset({"doctor_id"})} | STATISTICS
    alone = ANALYSIS.only({rule.id})
    why = why_not(alone, rule, tables.keys(), tables, {})
    assert why == f"indicator_doctor.{column} is not computed tonight (setting `indicators`)" or "shadow" in why
    there = {"indicator_doctor": frozenset({"doctor_id", column})} | STATISTICS
    assert why_not(alone, rule, there.keys(), there, {}) == ""


def test_the_rules_of_a_kind_of_entity_are_one_pass_without_a_shuffle() -> None:
    passes = [one for one in planned(ANALYSIS) if one.rules]
    assert len(passes) == len({GRAINS[rule.grain].frame.name for rule in ANALYSIS.rules})
    assert {one.shuffles for one in passes} == {()}


def _golden() -> RuleSet:
    """One doctor's rule of the first shape with money and texts to be looked at, and one of every other shape."""
    rules = {rule.id: rule for rule in (shipped("AS-13"), *(of_shape(shape) for shape in SHAPES))}
    shown = Example(
        says="85.1 % where 24 peers have 13.7 %",
        indicators=[
            {"entity_id": "E1", "value": 0.851, "peer_count": 24, "median": 0.137, "mad": 0.1, "rungs_below": 97,
             "money": 10_000.0}
        ],
        hits=["E1"],
        amount=Decimal("8390.13"),  # what 10,000 yuan have above the median's part of them
        reason_says=[
            "近 90 天检查检验费用占比 85.1%,同组 24 个对象的中位数为 13.7%(其 6.2 倍),",
            "稳健偏离 7.1,高于 96% 的同行",
        ],
    )  # fmt: skip
    unknown = Example(says="nothing known of it", indicators=[{"entity_id": "E1", "peer_count": 24}], hits=[])
    golden = rules["AS-13"].model_copy(update={"examples": [shown, unknown, *rules["AS-13"].examples]})
    return ANALYSIS.model_copy(update={"rules": tuple((rules | {golden.id: golden}).values())})


def test_every_shape_hits_a_shade_beyond_its_limits_and_spares_a_shade_within(
    spark: SparkSession, job_count: Callable[..., int]
) -> None:
    found: list[Any] = []
    golden = _golden()

    def play() -> None:
        worlds, hits = played(spark, golden)
        found.extend((worlds, Played.of(hits), hits))

    jobs = job_count(play)
    worlds, seen, hits = found
    wrong = {name: problems for name, e in worlds.expected.items() if (problems := [*wrong_with(name, e, seen)])}
    assert (wrong, seen.odd) == ({}, {})
    assert {hit.is_estimate for hit in hits} == {True}
    windows = {rule.id: indicator_columns()[rule.indicators["value"]].window for rule in golden.rules}
    spans = {hit.rule_id: (hit.period_end - hit.period_start).days + 1 for hit in hits}
    assert spans == {rule_id: windows[rule_id] for rule_id in spans}  # what was judged is the whole window
    assert {hit.hit_id for hit in hits if not hit.lines} == {hit.hit_id for hit in hits}
    assert jobs <= 2 + 4 * len({rule.grain for rule in golden.rules})


@pytest.mark.long
def test_every_rule_stands_its_examples_and_their_number_starts_no_job(
    spark: SparkSession, job_count: Callable[..., int]
) -> None:
    found: list[Any] = []
    all_jobs = job_count(lambda: found.extend(played(spark, ANALYSIS)))
    seen = Played.of(found[1])
    wrong = {name: problems for name, e in found[0].expected.items() if (problems := [*wrong_with(name, e, seen)])}
    assert (wrong, seen.odd) == ({}, {})
    few = {rule.grain: rule.id for rule in ANALYSIS.rules}
    assert job_count(lambda: played(spark, ANALYSIS.only({*few.values()}))) == all_jobs


def test_a_rule_on_indicators_has_an_estimate_or_no_money() -> None:
    assert Money(method="A11").is_estimate
    assert all(rule.money.method in ("A9", "A11") for rule in ANALYSIS.rules)
    assert {one.kind for one in indicator_columns().values()} >= {SIZE, VALUE}
