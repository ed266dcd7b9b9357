"""The list does not depend on what persons are called, on the order of rows, or on how they are split."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from leads.cards import Cards
from leads.ranking.fuse import FuseOptions, LeadInputs, fuse

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyspark.sql import SparkSession

    from tests.leads.conftest import MakeFrame

    Rename = Callable[[str], str]

OPTIONS = FuseOptions(date(2026, 1, 1), date(2026, 3, 31), score_share=0.05)
_IDS = {"hit_id", "subject_id", "entity_id", "patient_id"}


def _tables() -> dict[str, list[dict[str, Any]]]:
    """Persons in bands: whoever falls into the same band has the same scores, hits and money."""
    patients, doctors = [f"patient {n}" for n in range(60)], [f"doctor {n}" for n in range(40)]
    tables: dict[str, list[dict[str, Any]]] = {name: [] for name in ("rule_hit", "hit_line", "score", "score_reason")}
    tables |= {"claim_line": [], "settlement": [], "institution": [], "doctor": [], "tip": []}
    for kind, names in (("patient", patients), ("doctor", doctors)):
        for number, name in enumerate(names):
            band, last = number // 4, len(names) // 4 - 1
            who = {"entity_type": kind, "entity_id": name}
            for model in ("forest", "peers"):
                scored = {"model": model, "score": band / 2, "percentile": band / last, "peer_count": len(names)}
                tables["score"].append(who | scored | {"state": "scored"})
                for place, indicator in enumerate(("costs", "visits"), 1):
                    reported = {"indicator": indicator, "robust_z": float(band), "value": 1.0, "peer_count": 16}
                    tables["score_reason"].append(who | {"model": model, "place": place} | reported)
    for number, name in enumerate(patients[:16]):
        _charge(tables, name, number // 4, number)
    return tables


def _charge(tables: dict[str, list[dict[str, Any]]], patient: str, band: int, number: int) -> None:
    """Two equally dear hits of one rule on one day, each with its own words and line."""
    amount, day = Decimal(10 + band), date(2026, 3, 1)
    for half in (1, 2):
        line, settled, hit = f"L{number:02d}{half}", f"S{number}", f"hit {half} of {patient}"
        tables["rule_hit"].append(
            {"hit_id": hit, "rule_id": "DC-03", "tier": "可疑", "subject_type": "patient", "subject_id": patient,
             "patient_id": patient, "amount_at_risk": amount, "is_estimate": False, "period_start": day,
             "reason_zh": f"第 {half} 条", "reason_en": f"number {half}"}
        )  # fmt: skip
        proof = {"hit_id": hit, "line_id": line, "settlement_id": settled, "amount_at_risk": amount}
        tables["hit_line"].append(proof)
        stated = {"line_id": line, "settlement_id": settled, "patient_id": patient, "amount": amount}
        tables["claim_line"].append(stated | {"charged_at": datetime(2026, 3, 1, 8)})
    tables["settlement"].append({"settlement_id": f"S{number}", "fund_amount": amount * 2})


def _under(rename: Rename) -> dict[str, list[dict[str, Any]]]:
    return {
        table: [{key: rename(value) if key in _IDS else value for key, value in row.items()} for row in rows]
        for table, rows in _tables().items()
    }


@pytest.fixture
def listed(spark: SparkSession, frame: MakeFrame) -> Callable[..., tuple[set[Any], set[Any]]]:
    """The leads and the evidence of a world whose names, order of rows and partitions are given, by the plain names."""

    def make(rename: Rename, seed: int, partitions: int) -> tuple[set[Any], set[Any]]:
        tables, shuffle = _under(rename), np.random.default_rng(seed)
        frames = {
            name: frame(name, *(rows[n] for n in shuffle.permutation(len(rows)))).repartition(partitions)
            for name, rows in tables.items()
        }
        names = {"hits": "rule_hit", "hit_lines": "hit_line", "scores": "score", "score_reasons": "score_reason"}
        names |= {
            "lines": "claim_line",
            "settlements": "settlement",
            "institutions": "institution",
            "doctors": "doctor",
            "tips": "tip",
        }
        inputs = LeadInputs(
            **{field.name: frames[names[field.name]] for field in fields(LeadInputs) if field.name in names}
        )
        fused = fuse(inputs, Cards({}, {}), OPTIONS)
        plain = {rename(row["entity_id"]): row["entity_id"] for row in _tables()["score"]}
        leads = [row.asDict(recursive=True) for row in fused.leads.collect()]
        subject = {lead["lead_id"]: plain[lead["subject_id"]] for lead in leads}
        evidence = [row.asDict(recursive=True) for row in fused.evidence.collect()]
        return (
            {_fact(lead | {"subject_id": subject[lead["lead_id"]]}) for lead in leads},
            {_fact(row | {"subject": subject[row["lead_id"]], "patient_id": None}) for row in evidence},
        )

    return make


def _fact(row: dict[str, Any]) -> str:
    return repr(sorted((key, value) for key, value in row.items() if key != "lead_id"))


def test_the_list_is_the_same_under_other_names_in_another_order_and_split_otherwise(listed):
    ours = listed(lambda name: name, seed=1, partitions=1)
    theirs = listed(lambda name: sha256(name.encode()).hexdigest(), seed=2, partitions=5)
    assert ours == theirs
    leads, evidence = ours
    # whoever was hit, and of either kind the top band whole: 5 percent are three patients and two doctors
    assert len(leads) == 16 + 4 + 4
    assert len(evidence) > 16 * 2
