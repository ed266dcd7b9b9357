"""The ledger, points, grades and labels by their commands, over a small lake."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from shutil import rmtree
from typing import Any

import pytest

from fundwatch.lake.ledger import Ledger
from jobs.command_line import main
from jobs.review.outcomes.people_said import journal_in
from leads.outcomes.entries import Outcome, Status
from leads.outcomes.journals import OUTCOME, PeoplesJournal
from privacy.vault.sealing import make_vault_key
from tests.jobs.truth_world import NIGHT, TruthWorld
from tests.places import folder_of

DAY = date(2026, 4, 7)


@pytest.fixture
def world(tmp_path: Path) -> TruthWorld:
    """A list of two leads of whom the second is beyond its end, and three cases of DC-03 and scores."""
    made = TruthWorld(tmp_path)
    make_vault_key(tmp_path / "keys" / "vault.key")
    doctor = made.doctor("D1")
    made.leads(("institution", "H1"), ("doctor", doctor), ("institution", "H9"))
    ledger = Ledger(made.settings.lake_address)
    for job, detail in (("leads", {"listed": 2}), ("score", {"fingerprints": {"doctor/forest": "abcdef123456"}})):
        ledger.commit(ledger.start(job, NIGHT, "q"), job, NIGHT, "q", detail)
    made.rules(DC_03="")
    case = {"business_date": NIGHT, "state": "new", "is_estimate": False, "amount": Decimal(90)}
    made.put("case", [
        case | {"case_id": "c1", "subject_type": "institution", "subject_id": "H1", "kind": "DC-03"},
        case | {"case_id": "c2", "subject_type": "institution", "subject_id": "H1", "kind": "OP-02", "state": "faded"},
        case | {"case_id": "c3", "subject_type": "doctor", "subject_id": doctor, "kind": "score", "amount": Decimal(0)},
        case | {"case_id": "c4", "subject_type": "institution", "subject_id": "H9", "kind": "DC-03"},
    ])  # fmt: skip
    made.lines({"line_id": "a"}, {"line_id": "b"})
    rmtree(folder_of(made.settings, "settlement"))
    settled = {"fund_amount": Decimal(60), "known_from": NIGHT}
    made.put("settlement", [settled | {"settlement_id": "S", "disbursed_on": date(2026, 3, 20)}])
    made.hits({"rule_id": "DC-03", "lines": ["a", "b"], "amount_at_risk": Decimal(60)})
    return made


def decide(world: TruthWorld, *given: Mapping[str, Any], journal: PeoplesJournal = OUTCOME) -> None:
    usual: dict[str, Any] = {"lead_id": "l", "night": NIGHT, "on_date": DAY, "kind": "DC-03", "article": "条例 38(3)"}
    usual |= {"subject_type": "institution", "subject_id": "H1"}
    rows = [Outcome(**(usual | dict(one))).row() for one in given]
    journal_in(world.settings.lake_address, journal).append(rows)


def call(world: TruthWorld, capsys: pytest.CaptureFixture[str], *arguments: str, fails: int = 0) -> Any:
    done = main([*arguments, "--var", str(world.root), "--json", "--quiet"])
    text = capsys.readouterr()
    assert done == fails, text.err
    return json.loads(text.out) if not fails else text.err + text.out


def test_the_ledger_counts_listed_cases_alone_and_what_was_paid_out_of_their_money(
    world: TruthWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    decide(world, {"outcome_id": "o1", "case_id": "c1", "decision": Status.CONFIRMED, "found_amount": Decimal("80.50"),
                   "recovered_amount": Decimal(70), "hours": 6.0})  # fmt: skip
    made = call(world, capsys, "ledger")
    assert made["as_of"] == str(DAY)
    assert [(row["kind"], row["month"], row["leads"], row["open"]) for row in made["rows"]] == [
        ("DC-03", "2026-03", 1, 0), ("score", "2026-03", 1, 1),
    ]  # fmt: skip
    rule, score = made["rows"]
    assert (rule["at_risk_amount"], rule["lost_amount"], rule["found_amount"]) == ("90.00", "60.00", "80.50")
    assert score["version"] == "doctor/forest@abcdef12"
    assert [(f["article"], f["least_amount"], f["most_amount"]) for f in made["fines"]] == [
        ("条例 38", "80.50", "161.00")
    ]
    folder = Path(made["folder"])
    with (folder / "ledger.csv").open(encoding="utf-8-sig") as file:
        table = list(csv.DictReader(file))
    assert (table[0]["rule_or_score"], table[0]["judged"], table[0]["precision_low"]) == ("DC-03", "1", "0.025")
    assert "属实率" in (folder / "ledger.html").read_text(encoding="utf-8")
    before = call(world, capsys, "ledger", "--date", str(NIGHT))
    assert before["total"]["decided"] == 0


def test_a_rule_says_how_right_it_was(world: TruthWorld, capsys: pytest.CaptureFixture[str]) -> None:
    decide(world, {"outcome_id": "o1", "case_id": "c1", "decision": Status.CLEARED})
    shown = call(world, capsys, "rules", "show", "DC-03")
    assert (shown["precision"]["part"], shown["precision"]["whole"]) == (0, 1)
    assert main(["rules", "show", "DC-03", "--var", str(world.root), "--quiet"]) == 0
    assert "属实率 Precision: 0.0%" in capsys.readouterr().out


def test_a_rule_that_is_wrong_too_often_is_proposed_for_shadow_by_a_person(
    world: TruthWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    decide(world, *({"outcome_id": f"o{n}", "case_id": f"x{n}", "decision": Status.CLEARED} for n in range(10)))
    assert [one["rule_id"] for one in call(world, capsys, "ledger")["for_shadow"]] == ["DC-03"]
    asked = ("ledger", "propose", "--date", str(DAY), "--as", "Wang")
    (proposed,) = call(world, capsys, *asked)["proposed"]
    assert (proposed["action"], proposed["state"], proposed["approved_by"]) == ("proposed", "shadow", "")


def test_points_are_given_for_a_confirmed_outcome_and_go_with_it(
    world: TruthWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    person = world.doctor("D1")
    decide(
        world,
        {"outcome_id": "o100", "case_id": "c1", "decision": Status.CONFIRMED, "article": "条例 40"},
        {"outcome_id": "o200", "case_id": "c3", "decision": Status.CLEARED},
    )
    why = ("--why", "签字确认的处方与记录不符,主要责任", "--as", "Wang")
    refused = call(world, capsys, "points", "give", "o200", "--person", "x", *why, fails=2)
    for said in ("is cleared: points", "--person takes the token", "--responsibility takes"):
        assert said in refused
    asked = ("points", "give", "o100", "--person", person, "--responsibility", "main", *why)
    given = call(world, capsys, *asked)
    assert (given["points"], given["band_low"], given["standing"]["payment"]) == (12, 10, "ended")
    assert "has points for the outcome o100 already" in call(world, capsys, *asked, fails=2)
    decide(world, {"outcome_id": "w", "case_id": "c1", "decision": Status.CLEARED, "withdraws": "o100"})
    (standing,) = call(world, capsys, "points")["persons"]
    assert (standing["points"], standing["payment"], len(standing["void"])) == (0, "open", 1)
    taken = call(world, capsys, "points", "withdraw", given["entry_id"], *why)
    assert taken["withdraws"] == given["entry_id"]
    assert call(world, capsys, "points")["persons"] == []


def test_a_grade_is_put_down_once_and_again_when_an_appeal_is_won(
    world: TruthWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    decide(world, {"outcome_id": "o1", "case_id": "c1", "decision": Status.CONFIRMED, "article": "条例 40"})
    derive = ("credit", "derive", "--as", "Wang")
    assert [entry["grade"] for entry in call(world, capsys, *derive)["added"]] == ["D"]
    assert call(world, capsys, *derive)["added"] == []
    decide(world, {"outcome_id": "w", "case_id": "c1", "decision": Status.CLEARED, "withdraws": "o1"})
    assert [entry["grade"] for entry in call(world, capsys, *derive)["added"]] == ["A"]


def test_outcomes_are_labels_that_an_evaluation_reads(
    world: TruthWorld, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    decide(world, {"outcome_id": "o1", "case_id": "c1", "decision": Status.CONFIRMED})
    file = tmp_path / "labels.csv"
    done = call(world, capsys, "ledger", "labels", "--out", str(file))
    assert (done["labels"], done["by_choice"]) == (1, {"list": 1})
    world.scores()
    call(world, capsys, "evaluate", "--date", str(NIGHT), "--truth", str(file))
    assert call(world, capsys, "ledger", "labels", "--out", str(file), "--date", str(NIGHT))["labels"] == 0


def test_before_there_is_a_list_the_ledger_says_what_to_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "lake").mkdir()
    assert main(["ledger", "--var", str(tmp_path), "--quiet"]) == 5
    assert "fundwatch nightly" in capsys.readouterr().err
