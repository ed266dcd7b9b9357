"""What stands in the evidence of a lead beside its money: compared lines, workplaces, percentiles as they are said."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from fundwatch.pages import page
from leads.evidence.document import lead_document
from leads.evidence.view import LeadView
from leads.publishing.lists import leads_table
from leads.publishing.published import ListContent
from leads.ranking.fuse import FuseOptions, LeadInputs, fuse
from leads.ranking.naming import with_workplaces
from leads.ranking.percentiles import said_percentile
from tests.leads.conftest import NIGHT, MakeFrame, case_row, hit_row, lead_row, line_row

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from leads.cards import Cards
    from leads.publishing.rows import LeadRow


def test_a_percentile_is_never_said_higher_than_the_first_of_its_group_can_stand(spark: SparkSession) -> None:
    groups = [2, 3, 7, 19, 57, 200, 1000, 20000]
    cases: list[tuple[float, int | None]] = [
        (k / (n - 1), n) for n in groups for k in {0, 1, n // 3, n // 2, n - 2, n - 1} if 0 <= k < n
    ]
    cases += [(0.991, None), (1.0, None), (0.0, None)]
    rows = spark.createDataFrame(cases, "percentile double, peer_count bigint")
    stated = rows.select("*", said_percentile("percentile", "peer_count").alias("stated")).collect()
    for percentile, peers, share in stated:
        most = 1 - 1 / peers if peers else 0.999
        assert 1 - most <= share + 1e-9
        assert share <= most + 1e-9
        assert f"{share:.1%}" not in ("100.0%", "0.0%")
        assert abs(share - percentile) < 0.0011 + 1 / (peers or 1000), (percentile, peers)
    assert {row.stated for row in stated if (row.percentile, row.peer_count) == (1.0, 57)} == {0.982}
    assert {row.stated for row in stated if (row.percentile, row.peer_count) == (0.0, 57)} == {0.018}


def test_alone_in_a_group_or_without_a_score_no_percentile_is_said(spark: SparkSession) -> None:
    rows = spark.createDataFrame([(1.0, 1), (0.0, 1), (None, 9)], "percentile double, peer_count bigint")
    assert [
        row.stated for row in rows.select(said_percentile("percentile", "peer_count").alias("stated")).collect()
    ] == [
        None,
        None,
        None,
    ]


def test_the_line_that_a_copy_repeats_stands_in_the_evidence_and_counts_nothing(frame: MakeFrame, cards: Cards) -> None:
    hit = {
        "hit_id": "h1", "rule_id": "DC-03", "tier": "明确违规", "subject_type": "institution", "subject_id": "H1",
        "amount_at_risk": Decimal("30.00"), "is_estimate": False,
    }  # fmt: skip
    proofs = [
        {"hit_id": "h1", "line_id": "L2", "settlement_id": "S1", "amount_at_risk": Decimal("30.00"), "role": "counted"},
        {"hit_id": "h1", "line_id": "L1", "amount_at_risk": Decimal("0.00"), "role": "compared"},
    ]
    line = {"settlement_id": "S1", "charged_at": datetime(2026, 3, 4, 9), "amount": Decimal("30.00")}
    inputs = LeadInputs(
        hits=frame("rule_hit", hit),
        hit_lines=frame("hit_line", *proofs),
        scores=frame("score"),
        score_reasons=frame("score_reason"),
        lines=frame("claim_line", {"line_id": "L1", **line}, {"line_id": "L2", **line}),
        settlements=frame("settlement", {"settlement_id": "S1", "fund_amount": Decimal("90.00")}),
        institutions=frame("institution"),
        doctors=frame("doctor"),
        tips=frame("tip"),
    )
    fused = fuse(inputs, cards, FuseOptions(NIGHT, NIGHT, 0.02))
    reported = [(r.line_id, r.role, r.amount_at_risk, r.amount) for r in fused.evidence.orderBy("place").collect()]
    whole = Decimal("30.00")
    assert reported == [("L2", "counted", whole, whole), ("L1", "compared", Decimal("0.00"), whole)]
    [lead] = fused.leads.collect()
    assert (lead.line_count, lead.amount_at_risk) == (1, whole)


def test_a_doctors_lead_names_hospital_and_department_and_unknown_says_unknown(frame: MakeFrame) -> None:
    leads = frame(
        "lead",
        *({"subject_type": "doctor", "subject_id": one} for one in ("D1", "D2", "D3", "D4")),
        {"subject_type": "patient", "subject_id": "D1"},
    ).drop("workplaces")
    doctors = frame(
        "doctor",
        {"doctor_id": "D1", "institution_id": "H1", "department": "A03"},
        {"doctor_id": "D1", "institution_id": "H2", "department": "X99"},
        {"doctor_id": "D2", "institution_id": "H1"},
        {"doctor_id": "D3", "department": "A04"},
    )
    places = frame("institution", {"institution_id": "H1", "institution_name": "平安镇中心卫生院"})
    rows = with_workplaces(leads, doctors, places).collect()
    reported = {(row.subject_type, row.subject_id): row.workplaces for row in rows}
    assert reported == {
        ("doctor", "D1"): [
            "名称未知 unknown (H2) · 科室 X99",
            "平安镇中心卫生院 (H1) · 科室 A03 内科 internal medicine",
        ],
        ("doctor", "D2"): ["平安镇中心卫生院 (H1) · 科室 未知 unknown"],
        ("doctor", "D3"): ["名称未知 unknown · 科室 A04 外科 surgery"],
        ("doctor", "D4"): ["未知 unknown"],
        ("patient", "D1"): None,
    }


@pytest.fixture
def shown(content: ListContent) -> ListContent:
    """A list whose first lead has a compared line, a hit, a case, and whose doctor has a workplace."""
    leads = [
        content.leads[0],
        content.leads[1],
        replace(content.leads[2], workplaces=["平安医院 (H9) · 科室 A03 内科"]),
    ]
    lines = [line_row(1, 1, role="counted"), line_row(1, 2, role="compared", amount_at_risk=Decimal("0.00"))]
    return replace(
        content,
        leads=leads,
        evidence=lines,
        hits=[hit_row(reason_zh="东山医院与西山医院住院重叠")],
        cases=[case_row()],
        places={"H44030500001": "平安镇中心卫生院"},
    )


def _page(content: ListContent, lead: LeadRow) -> str:
    document = lead_document(LeadView(content, lead))
    return page(document.title, document.parts, document.foot)


def test_the_page_shows_cases_hits_with_their_facts_compared_lines_and_workplaces(shown: ListContent) -> None:
    text = _page(shown, shown.leads[0])
    for part in (
        "个案", "DC-03 增加 grown(自 since 2026-03-24; 2→3 次 hits", "cccccccccccccccc", "逐次命中",
        "东山医院与西山医院住院重叠", "对照 compared", "平安镇中心卫生院 (H44030500001)", "列出 1 / 共 2 条",
    ):  # fmt: skip
        assert part in text
    assert "ab" * 16 not in text
    assert "平安医院 (H9) · 科室 A03 内科" in _page(shown, shown.leads[2])
    assert "逐次命中" not in _page(shown, shown.leads[2])


def test_the_csv_says_which_cases_a_lead_has_and_since_when(shown: ListContent) -> None:
    text = leads_table(shown).content.decode("utf-8-sig")
    first, *_ = csv.DictReader(io.StringIO(text, newline=""))
    assert first["cases"] == "DC-03 增加 grown(自 since 2026-03-24; 2→3 次 hits; 12,000.00→12,345.60 元 CNY)"
    assert (first["lead_id"], first["case_ids"]) == (lead_row(1).lead_id, "c" * 16)
