"""Small inputs for leads: invented hits, lines, scores; one place that knows the contracts' columns."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from fundwatch.contracts import TABLES
from leads.cards import Cards, IndicatorCard, RuleCard
from leads.publishing.published import KnowledgeUsed, ListContent, Provenance
from leads.publishing.rows import CaseRow, CoverageRow, EvidenceRow, HitRow, LeadRow

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

NIGHT = date(2026, 3, 31)
MakeFrame = Callable[..., "DataFrame"]


@pytest.fixture
def cards() -> Cards:
    duplicate = RuleCard(
        name_zh="完全重复明细", name_en="The same line charged twice", tier="明确违规", law=("条例 15", "条例 38(3)"),
        ask_for_zh="医嘱单与执行记录", ask_for_en="The order sheet and the record of each act",
        clears_zh="分肢体治疗可合法重复", clears_en="Limbs treated one by one may repeat a line lawfully",
    )  # fmt: skip
    readmission = RuleCard(
        name_zh="当日再入院", name_en="Re-admission within a day", tier="可疑", law=("条例 15",),
        ask_for_zh="两次住院病历", ask_for_en="The records of both stays",
        clears_zh="险种变更或跨年结算", clears_en="A change of insurance, or a settlement at year's end",
    )  # fmt: skip
    share = IndicatorCard("药占比(近 30 天)", "Drug share (30 days)", "share")
    return Cards({"DC-03": duplicate, "SA-02": readmission}, {"doctor_drug_share_30d": share})


@pytest.fixture(scope="session")
def frame(spark: SparkSession) -> MakeFrame:
    """`frame("rule_hit", {...}, ...)`: rows of a contract without its night columns; what is not given is null."""

    def make(table: str, *rows: dict[str, Any]) -> DataFrame:
        schema = TABLES[table].schema()
        kept = [f for f in schema.fields if f.name not in ("business_date", "known_from", "known_to")]
        unknown = {key for row in rows for key in row} - {f.name for f in kept}
        assert not unknown, f"{table} has no {unknown}"
        return spark.createDataFrame([tuple(row.get(f.name) for f in kept) for row in rows], type(schema)(kept))

    return make


def lead_row(place: int, **given: Any) -> LeadRow:
    """An invented lead."""
    values: dict[str, Any] = {
        "lead_id": f"{place:016x}", "place": place, "subject_type": "institution", "subject_id": "H44030500001",
        "subject_name": "平安镇中心卫生院", "period_start": date(2026, 1, 1), "period_end": NIGHT, "tier": "明确违规",
        "priority": 0.9 - place / 100, "amount_at_risk": Decimal("12345.60"), "estimated_amount": Decimal("800.00"),
        "hit_count": 3, "line_count": 2, "rule_ids": ["DC-03"], "score": 0.98,
        "reason_zh": "DC-03 完全重复明细:3 次,涉及基金 12,345.60 元。\n合计涉及基金 12,345.60 元(每条明细只计一次)。",
        "reason_en": "DC-03 The same line charged twice: 3 hits, fund at risk CNY 12,345.60.",
        "clear_zh": "DC-03:分肢体治疗可合法重复", "clear_en": "DC-03: Limbs treated one by one may repeat a line",
        "law": ["条例 15", "条例 38(3)"],
    }  # fmt: skip
    return LeadRow(**(values | given))


def line_row(lead: int, place: int, **given: Any) -> EvidenceRow:
    """An invented evidence line."""
    values: dict[str, Any] = dict.fromkeys(EvidenceRow.__dataclass_fields__) | {
        "lead_id": f"{lead:016x}", "place": place, "kind": "line", "rule_ids": ["DC-03"], "line_id": f"L{lead}-{place}",
        "encounter_id": "E1", "settlement_id": "S1", "patient_id": "ab" * 16, "institution_id": "H44030500001",
        "charged_at": datetime(2026, 3, 4, 9, 30), "item_code": "001101000010000", "item_name": "<门诊诊查费>",
        "quantity": Decimal("2.0000"), "unit_price": Decimal("30.000000"), "amount": Decimal("60.00"),
        "amount_at_risk": Decimal("42.00"),
    }  # fmt: skip
    return EvidenceRow(**(values | given))


def hit_row(**given: Any) -> HitRow:
    """An invented hit on the subject of `lead_row`."""
    values: dict[str, Any] = {
        "subject_type": "institution", "subject_id": "H44030500001", "rule_id": "DC-03", "patient_id": "ab" * 16,
        "institution_id": "H44030500001", "encounter_id": "E1", "period_start": date(2026, 3, 4),
        "period_end": date(2026, 3, 4), "amount_at_risk": Decimal("42.00"), "is_estimate": False,
        "reason_zh": "收取2次,本条为第2次", "reason_en": "charged 2 times; this is number 2",
    }  # fmt: skip
    return HitRow(**(values | given))


def case_row(**given: Any) -> CaseRow:
    """An invented case of the subject of `lead_row`, which goes on since a week."""
    values: dict[str, Any] = {
        "case_id": "c" * 16, "subject_type": "institution", "subject_id": "H44030500001",
        "subject_name": "平安镇中心卫生院", "kind": "DC-03", "state": "grown", "first_seen": date(2026, 3, 24),
        "last_seen": NIGHT, "faded_since": None, "hit_count": 3, "amount": Decimal("12345.60"), "is_estimate": False,
        "earlier_hit_count": 2, "earlier_amount": Decimal("12000.00"),
    }  # fmt: skip
    return CaseRow(**(values | given))


@pytest.fixture
def content(cards: Cards) -> ListContent:
    """A list of three leads: a violation, a suspicion, a clue by score alone."""
    person = {"subject_type": "doctor", "subject_id": "0123456789abcdef" * 2, "subject_name": ""}
    clue = {"tier": "线索", "rule_ids": [], "hit_count": 0, "line_count": 0, "amount_at_risk": Decimal("0.00")}
    leads = [
        lead_row(1),
        lead_row(2, tier="可疑", rule_ids=["SA-02"], score=None, reason_zh='=HYPERLINK("x")', reason_en="=1"),
        lead_row(3, **person, **clue),
    ]
    blank = dict.fromkeys(EvidenceRow.__dataclass_fields__)
    reported = {
        "indicator": "doctor_drug_share_30d",
        "value": 0.97,
        "peer_median": 0.41,
        "percentile": 0.99,
        "peer_count": 57,
    }
    indicator = EvidenceRow(**(blank | {"lead_id": leads[2].lead_id, "place": 1, "kind": "indicator"} | reported))  # type: ignore[arg-type]
    provenance = Provenance(
        business_date=NIGHT, period_start=date(2026, 1, 1), period_end=NIGHT, source="national",
        software="fundwatch 0.1.0", rule_set_fingerprint="a" * 16,
        knowledge_fingerprint="f" * 16, knowledge={"frequency": KnowledgeUsed("限定频次", 30, ("两库知识点",))},
        model_fingerprints={"doctor robust_peer": "b" * 16},
        models_not_run={"doctor isolation_forest": "模型数据不可用 the model's data do not hold"},
        settings_fingerprint="c" * 16, data_fingerprint="d" * 16, deliveries={"fee_list.csv": "e" * 64},
    )  # fmt: skip
    coverage = [
        CoverageRow("DC-03", "run", "", 12, 4000, 3),
        CoverageRow("SA-02", "not_run", "encounter.ended_at is not supplied", 0, 0, 0),
    ]
    lines = [line_row(1, 1), line_row(1, 2, amount_at_risk=Decimal("0.00")), line_row(2, 1, rule_ids=["SA-02"])]
    return ListContent(leads, [*lines, indicator], coverage, cards, provenance, lead_total=7)
