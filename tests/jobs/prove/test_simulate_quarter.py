"""An inspection model works through lists by the desk that people use, and the ledger says what it did. The nights are
written by hand here; the long test runs those of the preset."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from evaluation.inspecting import CLEARED, InspectionModel, tally
from fundwatch.engine.session import FEW_ROWS, JAVA_OPTIONS
from fundwatch.lake.ledger import Ledger
from fundwatch.lake.store import Lake
from fundwatch.settings import load_settings
from jobs.prove.inspect_list import Checked, inspect_list, night_truth
from jobs.prove.pages import print_quarter
from jobs.prove.quarter_proof import differences, intervals
from jobs.prove.simulate_quarter import came_back, first_twenty, proven, run_quarter, unlearned_order
from jobs.review.outcomes.asked import LeadAsked, StepsTaken
from jobs.review.outcomes.lead_desk import LeadDesk
from jobs.review.outcomes.people_said import PeopleSaid
from jobs.review.value.value_ledger import value_ledger
from privacy.vault.sealing import make_vault_key
from tests.jobs.truth_world import TruthWorld

NIGHTS = (date(2026, 3, 17), date(2026, 3, 24))
STAGED = ("H0", "H1", "H3")  # no list names H3
LISTED: Mapping[date, tuple[str, ...]] = {NIGHTS[0]: ("H0", "H2"), NIGHTS[1]: ("H1", "H0", "H2")}
MODEL = InspectionModel(skill=1.0, error=0.0, fined_one_in=1, most_days=3)


@pytest.fixture
def world(tmp_path: Path) -> TruthWorld:
    """Two nights: a staged and an honest hospital, then another staged one before them; the truth knows which."""
    made = TruthWorld(tmp_path)
    make_vault_key(made.settings.vault_key_path)
    known = {"known_from": date(2026, 3, 10), "charged_at": datetime(2026, 3, 4, 9), "amount": Decimal(90)}
    made.lines(*({"line_id": f"L-{place}", "institution_id": place, **known} for place in ("H0", "H1", "H2", "H3")))
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in ("rule_hit", "hit_line", "lead", "case")}
    for night, places in LISTED.items():
        for number, place in enumerate(places, 1):
            at = {"business_date": night, "subject_type": "institution", "subject_id": place}
            hit = {"hit_id": f"{place}-hit".ljust(32, "0"), "business_date": night, "amount_at_risk": Decimal(60)}
            rows["rule_hit"].append(
                at | hit | {"rule_id": "DC-03", "rule_version": "v1", "tier": "明确违规", "institution_id": place,
                            "is_estimate": False, "period_start": date(2026, 3, 4), "period_end": date(2026, 3, 4)}
            )  # fmt: skip
            rows["hit_line"].append(hit | {"line_id": f"L-{place}", "settlement_id": "S", "role": "counted"})
            rows["lead"].append(
                at | {"lead_id": f"{place}-lead", "place": number, "tier": "明确违规", "hit_count": 1,
                      "amount_at_risk": Decimal(60), "priority": 0.9 - number / 10,
                      "is_minor": False, "learned_factor": 0.5 if place == "H0" else 1.0}
            )  # fmt: skip
            is_old = night == NIGHTS[1] and place in LISTED[NIGHTS[0]]
            state = {"state": "same" if is_old else "new", "amount": Decimal(60), "is_estimate": False}
            rows["case"].append(at | state | {"case_id": f"{place}-case", "kind": "DC-03"})
    for name, of_table in rows.items():
        made.put(name, of_table)
    window = {"period_start": date(2026, 1, 1), "period_end": NIGHTS[1], "rule_id": "DC-03", "state": "run"}
    made.put("rule_coverage", [window | {"business_date": night, "rule_version": "v1"} for night in NIGHTS])
    weight = {"kind": "DC-03", "right_count": 1, "judged_count": 10}
    made.put("learned_weight", [weight | {"business_date": NIGHTS[1], "weight": 0.5}])
    ledger = Ledger(made.settings.lake_address)
    for night in NIGHTS:
        for job in ("rules", "leads"):
            ledger.commit(ledger.start(job, night, "p"), job, night, "p", {"listed": len(LISTED[night])})
    made.put("inspection_sample", [
        {"business_date": NIGHTS[0], "subject_type": "institution", "subject_id": subject, "place": place, "seed": "1",
         "population_count": 40}
        for place, subject in enumerate(("H0", "H3"), 1)
    ])  # fmt: skip
    made.truth(*(
        {"feedetl_sn": f"L-{place}", "fixmedins_code": place, "instance": place, "actor_type": "institution",
         "actor_id": place}
        for place in STAGED
    ))  # fmt: skip
    return made


def _inspected(world: TruthWorld) -> list[Checked]:
    return [
        one
        for night in NIGHTS
        for one in inspect_list(world.settings, night, MODEL, night_truth(world.settings, night))
    ]


def test_what_the_model_enters_is_what_the_ledger_says_and_no_case_is_inspected_twice(world: TruthWorld) -> None:
    done = _inspected(world)
    assert [(one.case.case_id, one.judged.is_right) for one in done if not one.is_drawn] == [
        ("H0-case", True), ("H2-case", False), ("H1-case", True),
    ]  # fmt: skip
    made = value_ledger(world.settings, date(2026, 5, 1))
    assert made.total is not None
    rows, truths = [made.total, *made.by_kind], tally([one.judged for one in done if not one.is_drawn], MODEL)
    assert differences(rows, truths) == []
    assert (made.total.found_amount, made.total.fined_amount, made.total.decided) == (Decimal(180), Decimal(180), 3)
    assert all(one.covers for one in intervals(rows, truths))
    steps = len(PeopleSaid(world.settings.lake_address).statuses)
    assert [(one.case.case_id, one.judged) for one in _inspected(world)] == [(o.case.case_id, o.judged) for o in done]
    assert len(PeopleSaid(world.settings.lake_address).statuses) == steps  # told again, and entered once


def test_an_inspection_that_was_interrupted_goes_on_where_it_stopped(
    world: TruthWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    confirm, calls = LeadDesk.confirm, [0]

    def killed_at_the_second(desk: LeadDesk, asked: LeadAsked) -> StepsTaken:
        calls[0] += 1
        if calls[0] == 2:
            raise KeyboardInterrupt
        return confirm(desk, asked)

    monkeypatch.setattr(LeadDesk, "confirm", killed_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        _inspected(world)
    done = _inspected(world)
    proof = proven(world.settings, NIGHTS, MODEL, done, [])
    assert (proof.problem, proof.ledger.decided, proof.truth.judged) == (None, 3, 3)


def test_the_random_sample_is_inspected_too_and_says_what_the_list_misses(
    world: TruthWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    done = _inspected(world)
    proof = proven(world.settings, NIGHTS, MODEL, done, [])
    (sample,) = proof.drawn
    assert (sample.missed.wrong.part, sample.missed.unlisted.part, sample.missed.wrong.whole) == (2, 1, 2)
    assert (sample.truth.staged, sample.holds, sample.missed.population) == (2, True, 40)
    print_quarter(proof, print)
    printed = capsys.readouterr().out
    assert "抽样 Sample: 机构" in printed
    assert "50.0% (1.3–98.7" in printed  # of two that were checked, one wrong and on no list
    assert "✗" not in printed


def test_what_was_closed_and_is_new_again_is_named(world: TruthWorld) -> None:
    lake, finding = Lake(world.settings.lake_address), (("institution", "H1"), "DC-03")
    assert came_back(lake, NIGHTS, {finding: date(2026, 3, 30)}) == []
    assert came_back(lake, NIGHTS, {finding: date(2026, 3, 20)}) == ["DC-03 institution H1 2026-03-24"]


def test_precision_of_the_first_is_told_with_and_without_what_was_learned(world: TruthWorld) -> None:
    truth = night_truth(world.settings, NIGHTS[1])
    first = first_twenty(Lake(world.settings.lake_address), NIGHTS[1], truth)
    assert (first.leads, first.weights) == (3, {"DC-03": 0.5})
    assert first.with_learning == first.without_learning == pytest.approx(2 / 3)


def test_what_is_worth_no_letter_comes_last_with_and_without_what_was_learned() -> None:
    leads = [
        {"is_minor": False, "priority": 0.3, "learned_factor": 1.0, "place": 1},
        {"is_minor": False, "priority": 0.2, "learned_factor": 0.5, "place": 2},
        {"is_minor": True, "priority": 0.9, "learned_factor": 1.0, "place": 3},
    ]
    assert [lead["place"] for lead in sorted(leads, key=unlearned_order)] == [2, 1, 3]


@pytest.mark.long
def test_a_quarter_of_nights_is_inspected_and_the_ledger_equals_the_truth(tmp_path: Path) -> None:
    interpreted = {JAVA_OPTIONS: FEW_ROWS[JAVA_OPTIONS]}
    demo = load_settings({"profile": "demo"}, {}).settings.spark_conf
    settings = load_settings({"profile": "demo", "var": str(tmp_path), "spark_conf": demo | interpreted}, {}).settings
    done = run_quarter(settings, InspectionModel())
    assert done.problem is None
    assert len(done.nights) == 12
    assert done.ledger.decided > 20
    assert done.moved() is not None
    assert {one.missed.subject_type for one in done.drawn} == {"doctor", "institution", "patient"}
    assert done.ledger.by_decision.get(CLEARED, 0) > 0
