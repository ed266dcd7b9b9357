"""`fundwatch rules` for who writes them: classes covered, examples played."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fundwatch.errors import ExitCode
from jobs.author.play_examples import ExamplesPlayed, prove
from jobs.command_line import main
from rules.catalogue.load import load_rules
from rules.catalogue.rule import RuleState
from rules.knowledge.points import load_knowledge
from tests.jobs.commands import run
from tests.jobs.truth_world import NIGHT, TruthWorld
from tests.rules.world import SHIPPED, shipped

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def test_the_classes_are_listed_with_their_rules(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "classes", "--json"]) == ExitCode.OK
    rows = json.loads(capsys.readouterr().out)
    assert [row["rules"] for row in rows if row["name"] == "频繁门诊"] == [["FQ-01"]]
    assert main(["rules", "classes"]) == ExitCode.OK
    assert "/88 类有规则 classes have a rule" in capsys.readouterr().out


def test_the_plan_names_the_shuffles_that_rules_share(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "plan", "--json"]) == ExitCode.OK
    passes = json.loads(capsys.readouterr().out)
    assert sorted(rule for one in passes for rule in one["rules"]) == [rule.id for rule in load_rules().rules]
    shuffles = sum(len(one["shuffles"]) for one in passes)
    on_claims = [one for one in passes if not one["frame"].endswith("_indicators")]
    assert len(on_claims) <= shuffles < sum(len(one["rules"]) for one in on_claims) // 3
    assert main(["rules", "plan"]) == ExitCode.OK
    assert f"{shuffles} 次重分区 shuffles" in capsys.readouterr().out


def test_the_coverage_of_a_night_says_why_not_and_what_is_in_shadow(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = TruthWorld(tmp_path)
    words = ["rules", "coverage", "--date", str(NIGHT), "--var", str(tmp_path)]
    assert main(words) == ExitCode.NOT_READY
    world.rules(DC_03="", OP_02="", FK_06="institution.bed_count is not supplied", in_shadow=["OP-02"])
    capsys.readouterr()
    assert main(words) == ExitCode.OK
    text = capsys.readouterr().out
    assert "试运行 shadow: 已运行" in text
    assert "bed_count" in text
    assert main([*words, "--json"]) == ExitCode.OK
    rows = {row["what"]: row for row in json.loads(capsys.readouterr().out)["rules"]}
    assert (rows["OP-02"]["is_shadow"], rows["FK-06"]["state"]) == (True, "not_run")


@pytest.mark.parametrize(("words", "says"), [("test ID-4", "did you mean 'ID-04'"), ("show", "0 are named")])
def test_a_rule_that_there_is_not_is_refused(words: str, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", *words.split()]) == ExitCode.REFUSED
    assert says in capsys.readouterr().err


def test_broken_rules_are_named_and_the_others_play(spark: SparkSession) -> None:
    good = shipped("DC-03", state=RuleState.DRAFT)
    lines = [{"line_id": 1, "colour": "red"}]
    badly_written = shipped("OP-01")
    example = badly_written.examples[0].model_copy(update={"lines": lines})
    badly_written = badly_written.model_copy(update={"examples": [example, *badly_written.examples[1:]]})
    refused = shipped("ID-04", when="death_date > 'a' + nothing_of_that_name")
    fails_on_rows = shipped("FK-03", when="CAST(line_id AS INT) > 0")
    wrong = shipped("ID-01", when="restricted_sex = sex")
    rules = (good, badly_written, refused, fails_on_rows, wrong)
    proofs = prove(spark, SHIPPED.model_copy(update={"rules": rules}), load_knowledge())
    done = {proof.rule_id: proof for proof in proofs}
    assert done["DC-03"].holds
    assert "claim_line has no column colour" in done["OP-01"].broken
    assert "nothing_of_that_name" in done["ID-04"].broken
    assert done["FK-03"].broken.startswith("the scan fails")
    assert (len(done["ID-01"].wrong_hits), len(done["ID-01"].wrong_misses)) == (3, 1)
    played = ExamplesPlayed(proofs)
    problem = played.problem()
    assert problem is not None
    assert problem.exit_code == ExitCode.FAULT
    assert played.failed == ["OP-01", "ID-04", "FK-03", "ID-01"]


@pytest.mark.slow
def test_the_command_plays_a_rule_and_leaves_nothing_behind(tmp_path: Path) -> None:
    done = run("rules test FQ-02 --json", tmp_path / "var", tmp_path / "here")
    assert done.returncode == ExitCode.OK, done.stderr
    (proof,) = json.loads(done.stdout)["rules"]
    assert (proof["rule_id"], proof["hits"], proof["misses"], proof["holds"]) == ("FQ-02", 3, 3, True)
    assert not (tmp_path / "var").exists()


def test_the_typical_problems_are_listed_with_what_finds_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "problems", "--json"]) == ExitCode.OK
    rows = {row["code"]: row for row in json.loads(capsys.readouterr().out)}
    assert (rows["H65"]["rules"], rows["H65"]["knowledge"]) == (["UB-03"], ["item_pair:003110000070000"])
    assert (rows["H2"]["rules"], "网络" in rows["H2"]["why_not"]) == ([], True)
    assert main(["rules", "problems"]) == ExitCode.OK
    assert "/191 项有规则 items have a rule" in capsys.readouterr().out
