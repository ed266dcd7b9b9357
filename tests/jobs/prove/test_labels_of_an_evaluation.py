"""Labels that do not belong to the night or the lake, none at all, or of one's own: said, and never guessed."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from fundwatch.errors import FundwatchError
from jobs.command_line import main
from jobs.prove.evaluate_leads import evaluate
from tests.jobs.truth_world import NIGHT, TruthWorld


@pytest.fixture
def world(tmp_path: Path) -> TruthWorld:
    """A night with two lines, of which one is hit."""
    world = TruthWorld(tmp_path)
    world.lines({"line_id": "a"}, {"line_id": "b"})
    world.rules(DC_03="", OP_02="")
    world.hits({"rule_id": "DC-03", "line_id": "a"})
    return world


def test_labels_of_another_night_end_the_command_and_say_of_when_they_are(
    world: TruthWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    world.truth({"feedetl_sn": "a", "service_date": "2026-06-02"}, {"feedetl_sn": "b", "service_date": "2026-06-05"})
    assert main(["evaluate", "--date", str(NIGHT), "--var", str(world.root)]) == 2
    said = capsys.readouterr().err
    assert "the labels are of another night: they tell of 2026-06-02 to 2026-06-05" in said
    assert not (world.root / "evaluation").exists()


def test_labels_of_which_some_are_later_are_judged_and_the_later_ones_left_out(world: TruthWorld) -> None:
    world.truth({"feedetl_sn": "a"}, {"feedetl_sn": "z", "service_date": "2026-06-05", "scheme": "later"})
    found = evaluate(world.settings, NIGHT, world.settings.truth_dir)
    assert found.left_out.set_index("scheme")["reason"].to_dict() == {"later": "not delivered or not accepted"}


def test_labels_of_subjects_that_are_not_in_the_lake_end_the_command(
    world: TruthWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    world.truth({"feedetl_sn": "x"}, {"entity_type": "patient", "psn_no": "elsewhere", "scheme": "reseller"})
    assert main(["evaluate", "--date", str(NIGHT), "--var", str(world.root)]) == 2
    assert "none of the 2 things that they name was ever in this one" in capsys.readouterr().err


def test_some_labels_of_subjects_that_are_not_in_the_lake_are_counted_in_a_line_of_the_report(
    world: TruthWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    world.truth({"feedetl_sn": "a"}, {"entity_type": "patient", "psn_no": "elsewhere", "scheme": "reseller"})
    assert main(["evaluate", "--date", str(NIGHT), "--var", str(world.root), "--quiet"]) == 0
    folder = world.root / "evaluation" / str(NIGHT)
    for text in (capsys.readouterr().out, (folder / "evaluation.html").read_text(encoding="utf-8")):
        assert "labelled things not in the lake, left out: 1 of 2" in text
    assert len(json.loads((folder / "evaluation.json").read_text(encoding="utf-8"))["notes"]) == 1


def test_a_truth_without_a_single_label_ends_the_command(world: TruthWorld, capsys: pytest.CaptureFixture[str]) -> None:
    world.truth({"feedetl_sn": "a"})
    labels = world.settings.truth_dir / "labels.csv"
    pd.read_csv(labels).iloc[:0].to_csv(labels, index=False)
    assert main(["evaluate", "--date", str(NIGHT), "--var", str(world.root)]) == 2
    said = capsys.readouterr().err
    assert "there is no label at all" in said
    assert "labels.csv" in said


def test_a_real_lake_without_labels_is_not_judged(world: TruthWorld, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "--date", str(NIGHT), "--var", str(world.root)]) == 2
    said = capsys.readouterr().err
    assert "of a lake without labels nobody can say how right its night is" in said
    assert "those of inspections too, with --truth" in said


def test_labels_of_inspections_are_read_in_the_lake_s_own_columns_and_are_not_whole(world: TruthWorld) -> None:
    world.hits_again({"rule_id": "DC-03", "line_id": "a"}, {"rule_id": "OP-02", "line_id": "b"})
    row = {"scheme": "charged twice", "instance": "case 7", "kind": "scheme", "service_date": "2026-03-04"}
    person = {"entity_type": "patient", "patient_id": world.person("1"), "scheme": "pretended visits"}
    given = pd.DataFrame([row | {"entity_type": "line", "line_id": "a"}, row | person])
    file = world.root / "inspected.csv"
    given.to_csv(file, index=False)
    found = evaluate(world.settings, NIGHT, file)
    assert found.schemes.set_index("scheme")["any_rule"].to_dict() == {"charged twice": 1, "pretended visits": 0}
    assert found.rules["false"].sum() == 0  # what the hit of line b is worth nobody has said
    assert any("not whole" in note for note in found.notes)


def test_labels_of_a_kind_that_does_not_exist_name_the_file(world: TruthWorld) -> None:
    world.truth({"feedetl_sn": "a", "kind": "fraud"})
    with pytest.raises(FundwatchError, match="kind 'fraud'") as problem:
        evaluate(world.settings, NIGHT, world.settings.truth_dir)
    assert problem.value.where.endswith("labels.csv")


def test_what_began_after_the_models_were_made_is_judged_apart(world: TruthWorld) -> None:
    world.scores(**{world.person(number): int(number) / 100 for number in map(str, range(1, 101))})
    world.put("model", [{"business_date": date(2026, 3, 3), "model_fingerprint": "m"}])
    world.truth({"feedetl_sn": "a", "service_date": "2026-03-04"}, {"feedetl_sn": "b", "service_date": "2026-03-02",
                                                                    "instance": 2})  # fmt: skip
    found = evaluate(world.settings, NIGHT, world.settings.truth_dir)
    assert found.learned_until == date(2026, 3, 3)
    assert found.out_of_time.set_index("began")["any_rule"].to_dict() == {"after": 1, "before": 0}


def test_settlements_are_staged_hit_or_honest_and_false_hits_are_per_thousand_honest_ones(world: TruthWorld) -> None:
    folder = world.settings.truth_dir
    world.truth({"feedetl_sn": "b"})
    counts = evaluate(world.settings, NIGHT, folder).settlements
    assert (counts.settlements, counts.staged, counts.hit, counts.honest) == (1, 1, 1, 0)


def test_a_day_that_a_lookalike_rule_did_not_name_is_a_false_hit_in_every_place_that_reports_it(
    world: TruthWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    world.truth({"feedetl_sn": "a", "kind": "lookalike", "scheme": "fetched_for_his_wife", "rule_id": "ID-03"})
    assert main(["evaluate", "--date", str(NIGHT), "--var", str(world.root), "--quiet"]) == 0
    assert "被任一规则命中 hit by any rule 1" in capsys.readouterr().out
    folder = world.root / "evaluation" / str(NIGHT)
    record = json.loads((folder / "evaluation.json").read_text(encoding="utf-8"))
    rule = next(row for row in record["rules"] if row["rule_id"] == "DC-03")
    assert (rule["lookalike"], rule["false"], rule["true"]) == (1, 1, 0)
    page = (folder / "evaluation.html").read_text(encoding="utf-8")
    assert "合理相似被命中 look-alikes hit: 1/1" in page
