"""Fusing: who becomes a lead, in which tier, with which money, in which order, with which words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from evaluation.statistics import outlying
from fundwatch.contracts import TABLES
from leads.cards import Cards
from leads.ranking.fuse import FuseOptions, LeadInputs, fuse
from leads.ranking.outliers import outliers, percentiles
from leads.ranking.priority import with_places

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, Row, SparkSession

MakeFrame = Callable[..., "DataFrame"]
NIGHT = date(2026, 3, 31)
OPTIONS = FuseOptions(date(2026, 1, 1), NIGHT, score_share=0.02)


def hit(hit_id: str, rule_id: str, tier: str, subject: str, amount: str, **given: Any) -> dict[str, Any]:
    subject_type, subject_id = subject.split(":")
    return {
        "hit_id": hit_id, "rule_id": rule_id, "tier": tier, "subject_type": subject_type, "subject_id": subject_id,
        "amount_at_risk": Decimal(amount), "is_estimate": False, "reason_zh": f"{hit_id} 的原因",
        "reason_en": f"why {hit_id}", **given,
    }  # fmt: skip


def proof(hit_id: str, line_id: str, settlement_id: str | None, amount: str) -> dict[str, Any]:
    return {"hit_id": hit_id, "line_id": line_id, "settlement_id": settlement_id, "amount_at_risk": Decimal(amount)}


def score(entity: str, value: float, percentile: float, model: str = "robust_peer", **given: Any) -> dict[str, Any]:
    entity_type, entity_id = entity.split(":")
    return {
        "entity_type": entity_type, "entity_id": entity_id, "model": model, "score": value,
        "percentile": percentile, "peer_count": 100, "state": "scored", **given,
    }  # fmt: skip


def reason(entity: str, place: int, z: float | None, model: str = "robust_peer", **given: Any) -> dict[str, Any]:
    entity_type, entity_id = entity.split(":")
    return {
        "entity_type": entity_type, "entity_id": entity_id, "model": model, "place": place, "robust_z": z,
        "indicator": "doctor_drug_share_30d", "value": 0.97, "peer_median": 0.41, "percentile": 1.0,
        "peer_count": 57, **given,
    }  # fmt: skip


HITS = [
    hit("h1", "DC-03", "明确违规", "institution:H1", "60.00"),
    hit("h2", "SA-02", "可疑", "institution:H1", "100.00"),
    hit("h3", "FK-06", "线索", "institution:H1", "5000.00", is_estimate=True),
    hit("h4", "DC-03", "可疑", "patient:P1", "10.00"),
    hit("h5", "DC-03", "可疑", "patient:P2", "10.00"),
    hit("h6", "XX-99", "明确违规", "patient:P3", "7.00"),
    # indicators of one subject, and of another one that says nothing of money
    hit("h7", "AN-01", "线索", "institution:H2", "300.00", is_estimate=True, money_method="A9"),
    hit("h8", "AN-02", "线索", "institution:H2", "200.00", is_estimate=True, money_method="A9"),
    hit("h9", "AN-02", "线索", "institution:H3", "0.00", is_estimate=True, money_method="A11"),
]
HIT_LINES = [
    proof("h1", "L1", "S1", "60.00"),
    proof("h2", "L1", "S1", "80.00"),  # the same line by another rule: counts 80, not 140
    proof("h2", "L2", "S1", "20.00"),
    proof("h4", "L3", "S2", "10.00"),
    proof("h5", "L4", "S3", "10.00"),
    proof("h6", "L5", None, "7.00"),  # never settled: the fund paid nothing
]
DOCTORS = [score(f"doctor:D{i:03d}", i / 10, i / 100) for i in range(1, 101)]


@dataclass(frozen=True)
class Result:
    leads: Mapping[str, Row]
    evidence: Mapping[str, list[Row]]


@pytest.fixture(scope="module")
def inputs(frame: MakeFrame) -> LeadInputs:
    line = {"encounter_id": "E1", "charged_at": datetime(2026, 3, 1, 8), "amount": Decimal("90.00")}
    money = {"fund_amount": Decimal("50.00"), "account_amount": Decimal("40.00")}
    return LeadInputs(
        hits=frame("rule_hit", *HITS),
        hit_lines=frame("hit_line", *HIT_LINES),
        scores=frame(
            "score",
            *DOCTORS,
            score("patient:P1", 0.1, 0.5),
            {
                "entity_type": "patient",
                "entity_id": "",
                "model": "isolation_forest",
                "state": "not_run",
                "why_not": "none",
            },
        ),
        score_reasons=frame(
            "score_reason",
            reason("doctor:D100", 1, 8.0),
            reason("doctor:D100", 1, 2.0, model="isolation_forest"),
            reason("doctor:D099", 1, 1.0),
            reason("patient:P1", 1, 0.5),
            reason("patient:P2", 1, 9.0),
            reason("institution:H2", 1, 9.0, indicator="institution_drug_share_90d"),
            reason("institution:H2", 2, 8.0, indicator="institution_exam_share_90d"),
        ),
        lines=frame("claim_line", *({"line_id": f"L{i}", **line} for i in range(1, 6))),
        settlements=frame("settlement", *({"settlement_id": s, **money} for s in ("S1", "S2", "S3"))),
        institutions=frame("institution", {"institution_id": "H1", "institution_name": "平安镇中心卫生院"}),
        doctors=frame("doctor"),
        tips=frame("tip"),
    )


@pytest.fixture(scope="module")
def result(inputs: LeadInputs) -> Result:
    fused = fuse(inputs, _cards(), OPTIONS)
    evidence: dict[str, list[Row]] = {}
    rows = fused.leads.collect()
    subject = {row.lead_id: row.subject_id for row in rows}
    for row in sorted(fused.evidence.collect(), key=lambda row: row.place):
        evidence.setdefault(subject[row.lead_id], []).append(row)
    return Result({row.subject_id: row for row in rows}, evidence)


def _cards() -> Cards:
    from leads.cards import IndicatorCard, RuleCard

    card = RuleCard("完全重复明细", "The same line charged twice", "明确违规", ("条例 15",), "", "", "分肢体", "Limbs")
    other = RuleCard("当日再入院", "Re-admission", "可疑", ("条例 38(1)", "条例 15"), "", "", "跨年结算", "Year's end")
    share = IndicatorCard("药占比", "Drug share", "share")
    judging = RuleCard("药占比", "Drug share", "线索", (), "", "", "", "", indicator="institution_drug_share_90d")
    return Cards({"DC-03": card, "SA-02": other, "AN-01": judging}, {"doctor_drug_share_30d": share})


def test_the_rows_fit_the_contracts(inputs: LeadInputs):
    from pyspark.sql import functions as F

    fused = fuse(inputs, _cards(), OPTIONS)
    for table, rows in (("lead", fused.leads), ("lead_evidence", fused.evidence)):
        TABLES[table].conform(rows.withColumn("business_date", F.lit(NIGHT)))


def test_a_line_counts_once_and_a_settlement_never_for_more_than_was_paid(result: Result):
    lead = result.leads["H1"]
    assert lead.amount_at_risk == Decimal("90.00")  # 80 + 20, of which 50 + 40 was paid
    assert [row.amount_at_risk for row in result.evidence["H1"]] == [Decimal("80.00"), Decimal("10.00")]
    assert result.evidence["H1"][0].rule_ids == ["DC-03", "SA-02"]


def test_an_estimate_is_kept_apart_from_what_is_at_risk(result: Result):
    assert result.leads["H1"].estimated_amount == Decimal("5000.00")


def test_of_estimates_that_may_be_of_the_same_money_the_greatest_counts(result: Result):
    lead = result.leads["H2"]
    assert (lead.estimated_amount, lead.amount_at_risk, lead.hit_count) == (Decimal("300.00"), 0, 2)


def test_an_indicator_that_a_rule_has_judged_is_told_once(result: Result):
    assert [row.indicator for row in result.evidence["H2"]] == ["institution_exam_share_90d"]


def test_a_finding_without_money_is_as_unknown_as_a_score_and_says_so(result: Result):
    lead = result.leads["H3"]
    assert (lead.money_factor, lead.estimated_amount) == (0.4, 0)
    assert "AN-02 AN-02:1 次,不计金额。" in lead.reason_zh
    assert "AN-02 AN-02: 1 hit, no money." in lead.reason_en


def test_a_line_that_was_never_settled_is_evidence_without_money(result: Result):
    assert result.leads["P3"].amount_at_risk == 0
    assert [row.line_id for row in result.evidence["P3"]] == ["L5"]


def test_the_tier_is_that_of_the_strongest_hit(result: Result):
    assert (result.leads["H1"].tier, result.leads["P1"].tier) == ("明确违规", "可疑")
    assert (result.leads["H1"].hit_count, result.leads["H1"].rule_ids) == (3, ["DC-03", "FK-06", "SA-02"])


def test_a_score_alone_makes_a_clue_and_only_the_top_share_does(result: Result):
    doctors = {subject: lead for subject, lead in result.leads.items() if subject.startswith("D")}
    assert set(doctors) == {"D099", "D100"}  # the top 2 percent of 100
    assert {lead.tier for lead in doctors.values()} == {"线索"}
    assert doctors["D100"].law == ["条例 25"]
    assert "不得据此认定违规" in doctors["D100"].reason_zh


def test_a_score_never_raises_a_tier(result: Result):
    assert result.leads["P1"].score == 0.5
    assert result.leads["P1"].tier == "可疑"


def test_what_is_still_equal_shares_its_place_and_the_next_place_is_left_out(frame: MakeFrame, inputs: LeadInputs):
    from dataclasses import replace

    amounts = {"Q1": "10.00", "Q2": "10.00", "Q3": "90.00", "Q4": "5.00"}
    hits = [hit(f"h{name}", "DC-03", "可疑", f"patient:{name}", amount) for name, amount in amounts.items()]
    proofs = [proof(f"h{name}", name, f"S{name}", amount) for name, amount in amounts.items()]
    paid = [{"settlement_id": f"S{name}", "fund_amount": Decimal(amount)} for name, amount in amounts.items()]
    alike = replace(
        inputs,
        hits=frame("rule_hit", *hits),
        hit_lines=frame("hit_line", *proofs),
        settlements=frame("settlement", *paid),
        scores=inputs.scores.limit(0),
        score_reasons=inputs.score_reasons.limit(0),
    )
    places = {lead.subject_id: lead.place for lead in fuse(alike, _cards(), OPTIONS).leads.collect()}
    assert places == {"Q3": 1, "Q1": 2, "Q2": 2, "Q4": 4}


def test_equal_priorities_are_ordered_by_strength_then_by_money(spark: SparkSession):
    stated = "tier string, is_priced boolean, amount_at_risk double, estimated_amount double, position double"
    rows = [(0.0, "weak", 1.0), (0.0, "strong", 40.0), (0.0, "strong too", 40.0), (0.0, "richer", 40.0)]
    leads = spark.createDataFrame(
        [
            ("线索", False, 3.0 if name == "richer" else 0.0, 0.0, position, name, far, True, 0, 1.0)
            for position, name, far in rows
        ],
        f"{stated}, name string, strength double, is_standout boolean, tip_count int, learned_factor double",
    )
    placed = {row.name: (row.place, row.priority) for row in with_places(leads).collect()}
    assert len({priority for _, priority in placed.values()}) == 1  # at position 0 no strength reaches anywhere
    assert {name: place for name, (place, _) in placed.items()} == {
        "richer": 1,
        "strong": 2,
        "strong too": 2,
        "weak": 4,
    }


def test_what_is_not_worth_a_letter_comes_after_all_others_and_says_so(spark: SparkSession):
    stated = "tier string, is_priced boolean, amount_at_risk double, estimated_amount double, position double"
    rows = [
        ("large", "线索", 50.0, 0.0, False),
        ("small", "明确违规", 8.88, 0.0, False),
        ("none", "可疑", 0.0, 0.0, False),
    ]
    rows += [("by score", "明确违规", 8.88, 0.0, True), ("estimate", "线索", 8.88, 41.12, False)]
    leads = spark.createDataFrame(
        [(tier, True, firm, estimate, 0.5, name, 1.0, is_out, 0, 1.0) for name, tier, firm, estimate, is_out in rows],
        f"{stated}, name string, strength double, is_standout boolean, tip_count int, learned_factor double",
    )
    placed = {row.name: (row.place, row.is_minor) for row in with_places(leads, 50).collect()}
    assert placed["small"] == (5, True)
    assert [name for name, (_, is_minor) in placed.items() if is_minor] == ["small"]


def test_the_first_of_a_small_group_is_less_certain_than_the_first_of_a_large_one(spark: SparkSession):
    stated = "entity_type string, entity_id string, model string, state string, percentile double, peer_count bigint"
    sizes = (1, 20, 200)
    firsts = spark.createDataFrame([("doctor", f"{n}", "m", "scored", 1.0 if n > 1 else 0.0, n) for n in sizes], stated)
    assert {row.subject_id: row.position for row in percentiles(firsts).collect()} == {
        "1": 0.5,
        "20": 0.975,
        "200": 0.9975,
    }


def test_the_order_follows_tier_money_and_outlier(result: Result):
    places = {subject: lead.place for subject, lead in result.leads.items()}
    assert places["H1"] == 1
    assert sorted(places.values()) == list(range(1, len(places) + 1))
    assert places["D100"] < places["D099"]  # the same but for the score


def test_reasons_name_rules_money_and_position_among_peers(result: Result):
    zh, en = result.leads["H1"].reason_zh, result.leads["H1"].reason_en
    assert "DC-03 完全重复明细:1 次,涉及基金 60.00 元,其中 0.00 元计入合计。例:h1 的原因" in zh
    assert "SA-02 当日再入院:1 次,涉及基金 100.00 元,其中 90.00 元计入合计。" in zh
    assert "FK-06 FK-06:1 次,估算 5,000.00 元。" in zh
    assert "合计涉及基金 90.00 元(每条明细只计一次)" in zh
    text = "DC-03 The same line charged twice: 1 hit, fund at risk CNY 60.00, of which CNY 0.00 counts. Example: why h1"
    assert text in en
    assert "药占比 97.0%,同组中位数 41.0%,高于同组 98.2% 的同行(n=57)" in result.leads["D100"].reason_zh
    assert "above 98.2% of its peers (n=57)" in result.leads["D100"].reason_en


def test_what_would_clear_a_lead_and_its_law_come_from_its_rules(result: Result):
    assert set(result.leads["H1"].clear_zh.split("\n")) == {"DC-03:分肢体", "SA-02:跨年结算"}
    assert result.leads["H1"].law == ["条例 15", "条例 38(1)"]
    assert result.leads["D100"].clear_en


def test_a_rule_without_a_card_still_makes_its_lead(result: Result):
    assert "XX-99 XX-99:1 次" in result.leads["P3"].reason_zh
    assert result.leads["P3"].law == []


def test_indicators_of_a_subject_with_hits_are_reported_only_when_noteworthy(result: Result):
    kinds = {subject: [row.kind for row in rows] for subject, rows in result.evidence.items()}
    assert kinds["P1"] == ["line"]
    assert kinds["P2"] == ["line", "indicator"]
    assert kinds["D100"] == ["indicator"]  # two models name it, once


def test_institutions_have_their_name_and_persons_none(result: Result):
    assert result.leads["H1"].subject_name == "平安镇中心卫生院"
    assert result.leads["P1"].subject_name == ""


def test_without_any_card_leads_speak_in_ids(inputs: LeadInputs):
    leads = {lead.subject_id: lead for lead in fuse(inputs, Cards({}, {}), OPTIONS).leads.collect()}
    assert "SA-02 SA-02:1 次" in leads["H1"].reason_zh
    assert "doctor_drug_share_30d 0.97" in leads["D100"].reason_zh
    assert leads["H1"].clear_zh == ""


def test_tips_and_earlier_outcomes_weigh_a_lead_and_a_tip_alone_makes_one(inputs: LeadInputs, frame: MakeFrame):
    from dataclasses import replace

    tip = {"received_on": date(2026, 3, 2)}
    tips = frame(
        "tip",
        {"tip_id": "1", "institution_id": "H1", **tip},
        {"tip_id": "2", "institution_id": "H1", "received_on": date(2026, 3, 9)},
        {"tip_id": "3", "institution_id": "H9", **tip},
        {"tip_id": "4", "institution_id": "H8", "received_on": date(2025, 12, 31)},  # before the period
        {"tip_id": "5", "institution_id": None, **tip},
    )
    options = replace(OPTIONS, learned={"DC-03": 1.2, "SA-02": 0.5, "score": 0.6})
    fused = fuse(replace(inputs, tips=tips), _cards(), options)
    rows = {row.subject_id: row for row in fused.leads.collect()}
    assert "H8" not in rows
    tipped, alone, doctor = rows["H1"], rows["H9"], rows["D100"]
    assert (tipped.tip_factor, tipped.learned_factor, tipped.tip_count) == (1.2, 1.2, 2)
    parts = (tipped.severity_factor * tipped.money_factor * tipped.outlier_factor) ** (1 / 3)
    assert tipped.priority == pytest.approx(parts * 1.2 * 1.2, abs=1e-5)
    assert "举报 2 件,最近 2026-03-09。" in tipped.reason_zh
    assert (alone.tier, alone.hit_count, alone.learned_factor, alone.tip_factor) == ("线索", 0, 1.0, 1.1)
    assert alone.reason_zh.startswith("未命中规则,评分亦不突出,仅有举报,须核实。")
    assert alone.clear_en == "What was reported is verified and not so."
    assert doctor.learned_factor == 0.6
    assert ("H9", "tip") in {(row.subject_id, row.kind) for row in fused.findings.collect()}


def test_no_hits_and_no_scores_make_no_leads(inputs: LeadInputs):
    from dataclasses import replace

    bare = replace(
        inputs, hits=inputs.hits.limit(0), hit_lines=inputs.hit_lines.limit(0), scores=inputs.scores.limit(0)
    )
    assert fuse(bare, _cards(), OPTIONS).leads.isEmpty()


def test_the_evaluation_takes_for_published_whom_the_leads_publish(spark):
    """Its pandas form of `outliers` judges a list it did not make: both must name the same subjects."""
    chance = np.random.default_rng(20260331)
    names = [f"D{n:03d}" for n in range(150)]
    scores = pd.DataFrame(
        {
            "entity_type": "doctor",
            "entity_id": names,
            "model": "robust_peer",
            "state": "scored",
            "score": chance.integers(0, 40, len(names)) / 4,
        }
    )
    scores["percentile"] = np.where(scores["score"] >= 8, 0.99, 0.5)
    published = {row.subject_id for row in outliers(spark.createDataFrame(scores), 0.06).collect()}
    assert published == set(scores.loc[outlying(scores, 0.06), "entity_id"])
    ordered = scores["score"].sort_values(ascending=False)
    assert ordered.iloc[8] == ordered.iloc[9]  # a tie at the cut of nine …
    assert len(published) == (ordered >= ordered.iloc[8]).sum() > 9  # … is taken whole


def test_a_quiet_finding_makes_no_lead_and_is_a_finding_all_the_same(
    spark: SparkSession, inputs: LeadInputs, cards: Cards
) -> None:
    """Quiet are one of a hospital's three rules, the only rule of a person, and a doctor's scores."""
    quiet = [("institution", "H1", "SA-02"), ("patient", "P2", "DC-03"), ("doctor", "D100", "score")]
    given = spark.createDataFrame(quiet, "subject_type string, subject_id string, kind string")
    fused, usual = fuse(replace(inputs, quiet=given), cards, OPTIONS), fuse(inputs, cards, OPTIONS)
    leads = {row.subject_id: row for row in fused.leads.collect()}
    assert leads["H1"].rule_ids == ["DC-03", "FK-06"]
    assert not {"P2", "D100"} & {*leads}
    assert fused.findings.exceptAll(usual.findings).isEmpty()
    assert usual.findings.exceptAll(fused.findings).isEmpty()
