"""A night against the truth: what counts, what was found, what was found wrongly, and what nobody may read."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest

from evaluation.headline import headline
from evaluation.page import evaluation_page
from evaluation.report import STATES, Evaluation, as_records
from evaluation.tables import tables
from fundwatch.errors import FundwatchError, KeyMissingError, NotReadyError
from jobs.command_line import main
from jobs.prove.evaluate_leads import evaluate
from tests.jobs.truth_world import NIGHT, TruthWorld
from tests.places import folder_of


@pytest.fixture
def world(tmp_path: Path) -> TruthWorld:
    return TruthWorld(tmp_path)


def _evaluate(world: TruthWorld) -> Evaluation:
    return evaluate(world.settings, NIGHT, world.settings.truth_dir)


def _row(rows: pd.DataFrame, **where: str) -> pd.Series:
    for name, value in where.items():
        rows = rows[rows[name] == value]
    assert len(rows) == 1
    return rows.iloc[0]


def _two_lines_one_hit(world: TruthWorld) -> None:
    world.lines({"line_id": "a"}, {"line_id": "b"})
    world.rules(DC_03="", FK_02="", OP_02="")
    world.hits({"rule_id": "DC-03", "line_id": "a"})


def test_an_instance_is_found_when_one_of_its_lines_is_and_lines_are_counted_too(world: TruthWorld) -> None:
    _two_lines_one_hit(world)
    world.truth({"feedetl_sn": "a"}, {"feedetl_sn": "b"})
    row = _row(_evaluate(world).schemes, scheme="repeated_line")
    assert (row["own_rule"], row["instances_counted"]) == (1, 1)
    assert (row["things_own_rule"], row["things_counted"]) == (1, 2)


def test_a_hit_of_another_rule_finds_the_line_but_not_for_its_own_rule(world: TruthWorld) -> None:
    _two_lines_one_hit(world)
    world.truth({"feedetl_sn": "a", "rule_id": "OP-02", "scheme": "twice"})
    found = _evaluate(world)
    row = _row(found.schemes, scheme="twice")
    assert (row["own_rule"], row["any_rule"]) == (0, 1)
    assert _row(found.rules, rule_id="DC-03")["other_scheme"] == 1


def test_what_did_not_run_is_said_and_is_no_zero(world: TruthWorld) -> None:
    _two_lines_one_hit(world)
    folder_of(world.settings, "rule_coverage").rename(world.root / "old")
    world.rules(DC_03="no column charged_at")
    world.truth({"feedetl_sn": "b"})
    found = _evaluate(world)
    row = _row(found.schemes, scheme="repeated_line")
    assert (row["state"], row["why_not"]) == ("not_run", "no column charged_at")
    assert pd.isna(row["own_rule"])
    assert pd.isna(row["own_rule_recall"])
    assert pd.isna(row["listed_lead"])
    assert set(found.not_run) == {"scores", "leads"}
    assert as_records(found)["schemes"][0]["own_rule"] is None


@pytest.mark.parametrize(("rule_id", "state"), [("", "no_rule"), ("XX-99", "unknown_rule")])
def test_a_scheme_without_a_rule_of_ours_is_told_apart(world: TruthWorld, rule_id: str, state: str) -> None:
    _two_lines_one_hit(world)
    world.truth({"feedetl_sn": "b", "rule_id": rule_id})
    row = _row(_evaluate(world).schemes, scheme="repeated_line")
    assert row["state"] == state
    assert pd.isna(row["own_rule"])
    assert row["any_rule"] == 0


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ({"known_from": date(2026, 4, 7)}, "delivered on a later night"),
        ({"known_from": date(2026, 3, 24), "known_to": NIGHT}, "taken back"),
        ({"charged_at": datetime(2025, 12, 31, 9)}, "outside the window"),
        ({"settlement_id": None}, "not settled"),
        ({"line_id": "elsewhere"}, "not delivered or not accepted"),
    ],
)
def test_what_could_not_be_seen_is_left_out_with_the_reason(
    world: TruthWorld, line: dict[str, object], reason: str
) -> None:
    world.lines({"line_id": "a"} | line, {"line_id": "b"})
    world.rules(DC_03="")
    world.hits()
    world.truth({"feedetl_sn": "a"}, {"feedetl_sn": "b", "scheme": "seen"})
    found = _evaluate(world)
    assert _row(found.left_out, reason=reason)["instances"] == 1
    row = _row(found.schemes, scheme="repeated_line")
    assert (row["instances_counted"], row["instances_left_out"]) == (0, 1)
    assert pd.isna(row["own_rule_recall"])


def test_a_pair_of_which_half_is_delivered_is_left_out(world: TruthWorld) -> None:
    world.lines({"line_id": "a", "encounter_id": "E1"})
    world.rules(FK_02="")
    world.hits()
    stay = {"entity_type": "encounter", "rule_id": "FK-02", "scheme": "overlap"}
    world.truth(stay | {"mdtrt_id": "E1"}, stay | {"mdtrt_id": "E2"})
    assert _row(_evaluate(world).left_out, reason="half of a pair is missing")["instances"] == 1


def test_a_pair_is_one_thing_and_found_by_a_hit_on_either_half(world: TruthWorld) -> None:
    world.lines({"line_id": "a", "encounter_id": "E1"}, {"line_id": "b", "encounter_id": "E2"})
    world.rules(FK_02="")
    world.hits({"rule_id": "FK-02", "encounter_id": "E2", "line_id": "b"})
    stay = {"entity_type": "encounter", "rule_id": "FK-02", "scheme": "overlap"}
    world.truth(stay | {"mdtrt_id": "E1"}, stay | {"mdtrt_id": "E2"})
    row = _row(_evaluate(world).schemes, scheme="overlap")
    assert (row["things_own_rule"], row["things_counted"]) == (1, 1)


def test_a_hit_on_a_lookalike_or_on_honest_care_counts_against_its_rule(world: TruthWorld) -> None:
    world.lines({"line_id": "a"}, {"line_id": "b"}, {"line_id": "c"})
    world.rules(DC_03="")
    world.hits(*({"rule_id": "DC-03", "line_id": line} for line in "abc"))
    world.truth({"feedetl_sn": "a"}, {"feedetl_sn": "b", "kind": "lookalike", "scheme": "limb_by_limb"})
    found = _evaluate(world)
    row = _row(found.rules, rule_id="DC-03")
    assert (row["hits"], row["true"], row["lookalike"], row["honest"]) == (3, 1, 1, 1)
    assert (row["false"], row["units"]) == (2, 1)  # three hits of one hospital are one thing said three times
    assert pd.isna(row["precision"])
    assert row["true_amount"] == 30
    assert _row(found.schemes, scheme="limb_by_limb")["own_rule"] == 1


def _one_rule_in_shadow(world: TruthWorld) -> Evaluation:
    """Four lines: a and b staged (b of the shadow rule's scheme), c a look-alike, d honest."""
    world.lines(*({"line_id": line, "settlement_id": "S"} for line in "abcd"))
    world.rules(DC_03="", OP_02="", in_shadow=["OP-02"])
    shadow = {"rule_id": "OP-02", "rule_state": "shadow"}
    world.hits({"rule_id": "DC-03", "line_id": "a"}, *(shadow | {"line_id": line} for line in "bcd"))
    world.leads(("institution", "H1"))
    of_shadow = {"feedetl_sn": "b", "rule_id": "OP-02", "scheme": "too_often"}
    world.truth({"feedetl_sn": "a"}, of_shadow, {"feedetl_sn": "c", "kind": "lookalike", "scheme": "limb_by_limb"})
    return _evaluate(world)


def test_the_nights_figures_count_active_rules_alone(world: TruthWorld) -> None:
    found = _one_rule_in_shadow(world)
    staged = found.total("scheme")
    assert (staged["instances_counted"], staged["any_rule"], staged["own_rule"], staged["own_rule_of"]) == (2, 1, 1, 1)
    assert found.total("lookalike")["any_rule"] == 0
    assert found.settlements.hit == 1
    figures = headline(found)
    assert (figures["hits"], figures["false_hits"], figures["lookalike_hits"]) == (1, 0, 0)
    row = _row(found.schemes, scheme="too_often")
    assert (row["state"], row["any_rule"], row["listed_by_rule"]) == ("shadow", 0, 0)
    assert pd.isna(row["own_rule"])


def test_a_rule_in_shadow_can_be_judged_before_it_is_activated(world: TruthWorld) -> None:
    found = _one_rule_in_shadow(world)
    row = _row(found.rules, rule_id="OP-02")
    assert (row["rule_state"], row["state"], row["hits"], row["lookalike"], row["honest"]) == ("shadow", "run", 3, 1, 1)
    assert (row["instances"], row["found"], row["false"]) == (1, 1, 2)
    assert row["false_per_1000"] > 0
    assert _row(found.rules, rule_id="DC-03")["rule_state"] == "active"
    assert STATES["shadow"] in evaluation_page(found)
    titles = {str(table.title): table for table in tables(found)}
    assert any(title.startswith("规则召回率 Recall by rule") for title in titles)


def test_a_night_of_before_rules_had_states_is_of_active_ones(world: TruthWorld) -> None:
    _two_lines_one_hit(world)
    world.truth({"feedetl_sn": "a"})
    assert {*_evaluate(world).rules["rule_state"]} == {"active"}


def test_the_list_is_judged_by_its_hits_and_by_whom_labels_are_about(world: TruthWorld) -> None:
    _two_lines_one_hit(world)
    world.scores(**{world.person(number): int(number) / 100 for number in map(str, range(1, 101))})
    world.leads(("institution", "H1"), ("patient", world.person("100")), ("patient", world.person("99")))
    reseller = {"entity_type": "patient", "scheme": "reseller", "rule_id": "", "psn_no": "100"}
    world.truth({"feedetl_sn": "a"}, reseller)
    found = _evaluate(world)
    assert found.list_precision["k"].tolist() == [3]
    assert found.list_classes.set_index("lead_class")["leads"].to_dict() == {"staged": 1, "honest": 2}
    assert _row(found.left_out, scheme="reseller")["reason"] == "not delivered or not accepted"


def test_a_score_finds_the_entity_that_is_labelled_and_the_actor_of_a_line(world: TruthWorld) -> None:
    world.lines({"line_id": "a", "patient_id": world.person("100")})
    world.rules(DC_03="")
    world.hits()
    world.scores(**{world.person(number): int(number) / 100 for number in map(str, range(1, 101))})
    world.leads(("patient", world.person("100")), hit_count=0)
    world.truth(
        {"entity_type": "patient", "scheme": "reseller", "rule_id": "", "psn_no": "100"},
        {"feedetl_sn": "a", "scheme": "with_actor", "psn_no": "100", "actor_type": "patient", "actor_id": "100"},
        {"feedetl_sn": "a", "scheme": "without", "psn_no": "100"},
    )
    found = _evaluate(world)
    scores = found.schemes.set_index("scheme")["score"]
    assert scores[["reseller", "with_actor"]].tolist() == [1, 1]
    assert pd.isna(scores["without"])
    assert found.list_precision["staged"].tolist() == [1]
    quality = _row(found.scores, entity_type="patient", model="forest")
    assert (quality["staged"], quality["staged_published"]) == (1, 1)
    assert pd.isna(quality["auc"])  # one staged person makes no order


def test_money_is_the_funds_part_of_staged_lines_and_counts_a_line_once(world: TruthWorld) -> None:
    world.lines({"line_id": "a"}, {"line_id": "b"})
    world.rules(DC_03="", OP_02="")
    world.hits(*({"rule_id": rule_id, "line_id": "a"} for rule_id in ("DC-03", "OP-02")))
    world.truth({"feedetl_sn": "a"}, {"feedetl_sn": "b"})
    world.leads(("institution", "H1"))
    money = _row(_evaluate(world).money, scheme="repeated_line")
    assert (money["staged_fund"], money["found_fund"], money["listed_fund"], money["at_risk"]) == (120, 60, 60, 30)


def test_an_estimate_is_no_money_found(world: TruthWorld) -> None:
    world.lines({"line_id": "a"})
    world.rules(DC_03="")
    world.hits({"rule_id": "DC-03", "line_id": "a", "is_estimate": True})
    world.truth({"feedetl_sn": "a"})
    found = _evaluate(world)
    row = _row(found.rules, rule_id="DC-03")
    assert (row["amount_at_risk"], row["estimated_amount"]) == (0, 30)
    assert _row(found.money, scheme="repeated_line")["at_risk"] == 0


def test_recall_is_broken_down_by_disguise_where_the_truth_grades_it(world: TruthWorld) -> None:
    _two_lines_one_hit(world)
    world.truth({"feedetl_sn": "a", "disguise": "none"}, {"feedetl_sn": "b", "instance": 2, "disguise": "high"})
    by_disguise = _evaluate(world).breakdowns["disguise"].set_index("disguise")["own_rule"]
    assert by_disguise.to_dict() == {"none": 1, "high": 0}


def test_without_the_new_columns_there_is_no_breakdown(world: TruthWorld) -> None:
    _two_lines_one_hit(world)
    world.truth({"feedetl_sn": "a"})
    assert _evaluate(world).breakdowns == {}


def test_a_kind_of_thing_nobody_knows_is_reported_and_not_dropped(world: TruthWorld) -> None:
    _two_lines_one_hit(world)
    world.truth({"feedetl_sn": "a"}, {"entity_type": "ring", "scheme": "ring"})
    assert _row(_evaluate(world).left_out, scheme="ring")["reason"] == "a kind of thing that cannot be compared"


def test_no_number_and_no_token_leaves_the_evaluation(world: TruthWorld, capsys: pytest.CaptureFixture[str]) -> None:
    _two_lines_one_hit(world)
    world.leads(("institution", "H1"))
    world.truth({"feedetl_sn": "a", "psn_no": "99570530778572100074", "dr_code": "D990001840260"})
    assert main(["evaluate", "--date", str(NIGHT), "--var", str(world.root), "--quiet"]) == 0
    folder = world.root / "evaluation" / str(NIGHT)
    written = {path.name for path in folder.iterdir()}
    assert written == {"evaluation.json", "evaluation.csv", "evaluation.html"}
    ends = ("json", "csv", "html")
    text = capsys.readouterr().out + "".join((folder / f"evaluation.{end}").read_text() for end in ends)
    for secret in ("99570530778572100074", "D990001840260", world.person("1"), "H1"):
        assert secret not in text


def test_the_same_night_gives_the_same_files(world: TruthWorld) -> None:
    _two_lines_one_hit(world)
    world.truth({"feedetl_sn": "a"})
    folder, seen = world.root / "evaluation" / str(NIGHT), []
    for _ in range(2):
        assert main(["evaluate", "--date", str(NIGHT), "--var", str(world.root), "--quiet"]) == 0
        seen.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert seen[0] == seen[1]
    assert json.loads(seen[0]["evaluation.json"])["night"] == str(NIGHT)


def test_a_lake_of_another_key_is_refused(world: TruthWorld) -> None:
    _two_lines_one_hit(world)
    world.truth({"feedetl_sn": "a"})
    folder_of(world.settings, "delivery").rename(world.root / "old")
    world.put("delivery", [{"business_date": NIGHT, "file_name": "f", "key_id": "other"}])
    with pytest.raises(KeyMissingError, match="another pseudonymisation key"):
        _evaluate(world)


def test_without_a_truth_the_command_says_where_it_looked(world: TruthWorld) -> None:
    _two_lines_one_hit(world)
    with pytest.raises(FundwatchError, match="no truth") as problem:
        _evaluate(world)
    assert "labels.csv" in problem.value.where


def test_a_night_whose_rules_have_not_run_cannot_be_judged(world: TruthWorld) -> None:
    world.truth({"feedetl_sn": "a"})
    with pytest.raises(NotReadyError, match="scan has not run"):
        _evaluate(world)


def test_a_lookalike_that_was_taken_back_counts_as_left_alone(world: TruthWorld) -> None:
    world.lines({"line_id": "a", "known_from": date(2026, 3, 24), "known_to": NIGHT})
    world.rules(DC_03="")
    world.hits()
    world.truth({"feedetl_sn": "a", "kind": "lookalike", "scheme": "repeat_taken_back"})
    row = _row(_evaluate(world).schemes, scheme="repeat_taken_back")
    assert (row["instances_counted"], row["own_rule"]) == (1, 0)


def test_a_day_is_found_by_a_hit_whose_period_holds_it_and_by_no_other(world: TruthWorld) -> None:
    world.lines({"line_id": "a"}, {"line_id": "b", "charged_at": datetime(2026, 3, 9, 9)})
    world.rules(FQ_02="")
    world.hits({"rule_id": "FQ-02", "patient_id": world.person("1"), "line_id": "a"})
    day = {"entity_type": "patient_day", "rule_id": "FQ-02", "scheme": "tour"}
    world.truth(day, day | {"instance": 2, "service_date": "2026-03-09"})
    row = _row(_evaluate(world).schemes, scheme="tour")
    assert (row["own_rule"], row["instances_counted"]) == (1, 2)


def test_an_institution_is_not_found_by_a_hit_that_is_about_a_person(world: TruthWorld) -> None:
    world.lines({"line_id": "a"})
    world.rules(ID_01="")
    world.hits({"rule_id": "ID-01", "line_id": "a", "subject_type": "patient", "subject_id": world.person("1")})
    world.truth({"entity_type": "institution", "rule_id": "", "scheme": "mill"})
    found = _evaluate(world)
    assert _row(found.schemes, scheme="mill")["any_rule"] == 0
    assert _row(found.rules, rule_id="ID-01")["honest"] == 1


def test_a_span_of_the_truth_must_meet_the_care_and_the_hit(world: TruthWorld) -> None:
    world.lines({"line_id": "a"})
    world.rules(FQ_01="")
    world.hits({"rule_id": "FQ-01", "patient_id": world.person("1"), "line_id": "a"})
    person = {"entity_type": "patient", "rule_id": "FQ-01", "scheme": "visitor"}
    world.truth(
        person | {"starts_on": "2026-03-01", "ends_on": "2026-03-10"},
        person | {"starts_on": "2026-01-01", "ends_on": "2026-01-31", "instance": 2},
    )
    row = _row(_evaluate(world).schemes, scheme="visitor")
    assert (row["own_rule"], row["instances_counted"], row["instances_left_out"]) == (1, 1, 1)


def test_the_terminal_shows_only_tables_with_something_to_say(world: TruthWorld) -> None:
    _two_lines_one_hit(world)
    world.truth({"feedetl_sn": "a"})
    world.leads(("institution", "H1"))
    titles = [str(table.title).split()[0] for table in tables(_evaluate(world))]
    assert titles == [
        "手法召回率", "规则精确率", "规则召回率", "误报率", "规则涉及金额", "规则与手法", "基准率", "规模分组",
        "各主体前列", "清单前", "清单构成", "基金金额(元)",
    ]  # fmt: skip
