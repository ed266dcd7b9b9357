"""What is read for evidence files, on a small lake: subtotals that count each line once, stays, peers, what drives."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fundwatch.lake.store import Lake
from fundwatch.settings import Settings
from jobs.review.evidence.all_lines import write_lines
from jobs.review.evidence.read_facts import SUBTOTALS, evidence_facts
from leads.cards import Cards, IndicatorCard
from leads.evidence.facts import ALL_RULES, Dimension, EvidenceFacts
from leads.publishing.rows import EvidenceRow, to_rows
from tests.lakes import put
from tests.leads.conftest import lead_row

NIGHT = date(2026, 3, 31)
DOCTOR, PERSON = "d" * 32, "a" * 32
NAME = "doctor_amount_per_visit_90d"


def _line(place: int, day: int, **given: Any) -> dict[str, Any]:
    money = {"amount": Decimal("10.00"), "amount_in_question": Decimal("5.00"), "amount_at_risk": Decimal("4.00")}
    return {
        "business_date": NIGHT, "lead_id": lead_row(1).lead_id, "place": place, "kind": "line", "rule_ids": ["DC-03"],
        "role": "counted", "line_id": f"L{place}", "encounter_id": "E1", "patient_id": PERSON, "institution_id": "H1",
        "charged_at": datetime(2026, 3, 1 + day % 28, 9), "ordering_doctor_id": DOCTOR, **money, **given,
    }  # fmt: skip


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    lake = Lake(Settings(var=tmp_path_factory.mktemp("var")).lake_address)
    lines = [_line(n, n, encounter_id=f"E{n}") for n in range(1, 44)]
    lines += [_line(44, 1, rule_ids=["DC-03", "OP-02"]), _line(45, 1, role="compared")]
    indicator = {"lead_id": lead_row(2).lead_id, "kind": "indicator", "place": 1, "indicator": NAME, "value": 90.0,
                 "peer_median": 30.0, "percentile": 0.99, "peer_count": 57}  # fmt: skip
    put(lake, "lead_evidence", [*lines, {"business_date": NIGHT, **indicator}], NIGHT)
    known = {"known_from": NIGHT}
    stay = {"encounter_id": "E1", "patient_id": PERSON, "institution_id": "H1", "is_inpatient": True,
            "started_at": datetime(2026, 3, 1), "main_diagnosis_code": "J18.900"}  # fmt: skip
    put(
        lake,
        "encounter",
        [{**stay, **known}, {**stay, "started_at": datetime(2025, 1, 1), "known_from": date(2026, 4, 1)}],
        NIGHT,
    )
    put(
        lake,
        "diagnosis",
        [{"encounter_id": "E1", "diagnosis_code": "J18.900", "diagnosis_name": "肺炎", **known}],
        NIGHT,
    )
    put(lake, "doctor", [{"doctor_id": DOCTOR, "institution_id": "H1", "department": "A03", **known}], NIGHT)
    put(lake, "institution", [{"institution_id": "H1", "institution_name": "平安医院", **known}], NIGHT)
    charged = [{"line_id": f"C{n}", "encounter_id": f"V{n % 2}", "ordering_doctor_id": DOCTOR, "item_code": "X",
                "charged_at": datetime(2026, 3, 5), "amount": Decimal(n)} for n in range(1, 5)]  # fmt: skip
    late = {"line_id": "C9", "encounter_id": "V9", "ordering_doctor_id": DOCTOR, "charged_at": datetime(2026, 3, 5)}
    put(
        lake,
        "claim_line",
        [*({**c, **known} for c in charged), {**late, "amount": Decimal(99), "known_from": date(2026, 4, 1)}],
        NIGHT,
    )
    put(lake, "indicator_doctor", [{"business_date": NIGHT, "doctor_id": DOCTOR, "peer_group": "hospital 2"}], NIGHT)
    ladder = [float(n) for n in range(101)]
    put(lake, "peer_statistic", [{"business_date": NIGHT, "entity_type": "doctor", "peer_group": "hospital 2",
                                  "indicator": NAME, "peer_count": 57, "ladder": ladder}], NIGHT)  # fmt: skip
    return lake


@pytest.fixture(scope="module")
def facts(lake: Lake) -> EvidenceFacts:
    leads = [lead_row(1), lead_row(2, subject_type="doctor", subject_id=DOCTOR, rule_ids=[], line_count=0)]
    evidence = to_rows(EvidenceRow, lake.rows("lead_evidence", "SELECT * FROM lead_evidence"))
    cards = Cards({}, {NAME: IndicatorCard("次均费用", "Charges per visit", "yuan", 90, "amount_fen")})
    return evidence_facts(lake, NIGHT, leads, evidence, [], cards)


def test_subtotals_count_a_line_once_for_the_lead_and_once_for_each_of_its_rules(facts: EvidenceFacts):
    lead = lead_row(1).lead_id

    def sums(rule_id: str) -> tuple[int, Decimal]:
        days = facts.subtotals_of(lead, rule_id, Dimension.DAY)
        return sum(day.line_count for day in days), sum(
            (day.amount_in_question or Decimal(0) for day in days), Decimal(0)
        )

    assert sums(ALL_RULES) == (44, Decimal("220.00"))  # what is compared counts nothing
    assert (sums("DC-03"), sums("OP-02")) == ((44, Decimal("220.00")), (1, Decimal("5.00")))
    stays = facts.subtotals_of(lead, ALL_RULES, Dimension.STAY)
    assert (stays[0].key, stays[0].line_count, stays[0].amount_at_risk) == ("E1", 2, Decimal("8.00"))
    assert (len(stays), stays[0].groups) == (SUBTOTALS[Dimension.STAY], 43)  # how many there are is said


def test_stays_and_doctors_are_those_that_the_night_knew(facts: EvidenceFacts):
    stay = facts.encounters["E1"]
    assert (stay.started_at, stay.ended_at, stay.diagnosis_name) == (datetime(2026, 3, 1), None, "肺炎")
    assert facts.doctors[DOCTOR].startswith("平安医院 A03 内科")


def test_a_lead_by_score_has_its_peers_and_what_it_charged_as_the_night_knew_it(facts: EvidenceFacts):
    lead = lead_row(2).lead_id
    ladder = facts.ladder_of(lead, NAME)
    assert ladder is not None
    assert (ladder.peer_group, ladder.ladder[50]) == ("hospital 2", 50.0)
    drivers = facts.drivers[lead]
    assert (drivers.charged, drivers.visit_count) == (Decimal("10.00"), 2)
    assert [(visit.encounter_id, visit.amount) for visit in drivers.visits] == [
        ("V0", Decimal("6.00")),
        ("V1", Decimal("4.00")),
    ]
    assert lead_row(1).lead_id not in facts.drivers  # rules speak for it


def test_all_lines_of_a_lead_are_written_however_many(lake: Lake, tmp_path: Path):
    put(lake, "lead", [{"business_date": NIGHT, "lead_id": lead_row(1).lead_id, "place": 1, "subject_id": "H1"}], NIGHT)
    found = write_lines(Settings(lake=str(lake.address)), NIGHT, "1", tmp_path / "lines.csv")
    text = found.file.read_text(encoding="utf-8-sig")
    assert (found.lines, len(text.splitlines())) == (45, 46)
    assert PERSON not in text
    assert "J18.900 肺炎" in text
