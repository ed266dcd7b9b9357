"""What a pack and its evaluator refuse, and what they leave open: never a pass for lack of knowledge."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from copy import deepcopy
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from rules.catalogue.load import load_rules
from rules.knowledge.points import load_knowledge
from rules.pack.document import Pack, PackError, read_json, read_pack, written_pack
from rules.pack.evaluator import Evaluator
from rules.pack.exporting import PackMaker
from rules.pack.verdicts import RuleVerdict, Verdict
from rules.pack.visit import VisitError

ROOT = Path(__file__).parent.parent.parent
LINE = {
    "line_id": "1", "item_code": "002202020010000", "item_name": "经阴道B超检查", "visit_type": "11", "quantity": 1,
    "charged_at": "2026-03-04T09:00:00", "unit_price": 12, "amount": 12, "covered_amount": 12, "price_limit": 10,
}  # fmt: skip
VISIT: dict[str, Any] = {
    "encounter": {"encounter_id": "E1", "patient_id": "P1", "institution_id": "H1", "main_diagnosis_code": None},
    "patient": {"sex": "1", "is_identity_sex_consistent": True},
    "claim_line": [LINE],
}


@pytest.fixture(scope="module")
def pack() -> Pack:
    return PackMaker(load_rules(), load_knowledge(), ("CN",), with_shadow=True).pack()


@pytest.fixture(scope="module")
def evaluator(pack: Pack) -> Evaluator:
    return Evaluator.of(pack)


def _with(**line: object) -> dict[str, Any]:
    visit = deepcopy(VISIT)
    visit["claim_line"] = [LINE | line]
    return visit


def _of(evaluator: Evaluator, visit: dict[str, Any], rule_id: str) -> RuleVerdict:
    found = evaluator.judge(evaluator.read(visit, "a visit"))
    return next(verdict for verdict in found.rules if verdict.rule.id == rule_id)


def test_a_line_over_the_limit_is_a_hit_with_its_covered_share(evaluator: Evaluator) -> None:
    found = _of(evaluator, VISIT, "OP-01")
    assert found.verdict is Verdict.HIT
    assert (found.hits[0].covered_at_risk, found.hits[0].amount_at_risk) == (Decimal("2.00"), None)


def test_what_is_paid_is_counted_once_the_settlement_is_there(evaluator: Evaluator) -> None:
    settled = _with(settlement_id="S1") | {
        "settlement": [{"settlement_id": "S1", "fund_amount": 6, "covered_amount": 12, "total_amount": 12}]
    }
    assert _of(evaluator, settled, "OP-01").hits[0].amount_at_risk == Decimal("1.00")


def test_an_unknown_value_leaves_the_rule_open_and_says_which(evaluator: Evaluator) -> None:
    found = _of(evaluator, _with(unit_price=None), "OP-01")
    assert (found.verdict, found.open_lines) == (Verdict.UNKNOWN, ("1",))
    assert found.why == ("未知 unknown: claim_line.unit_price",)


def test_a_column_that_is_not_given_is_not_judged(evaluator: Evaluator) -> None:
    visit = deepcopy(VISIT)
    del visit["claim_line"][0]["unit_price"]
    found = _of(evaluator, visit, "OP-01")
    assert (found.verdict, found.why) == (Verdict.NOT_JUDGED, ("缺少 not given: claim_line.unit_price",))


def test_what_knowledge_does_not_speak_of_is_no_concern(evaluator: Evaluator) -> None:
    assert _of(evaluator, _with(item_code="X9", price_limit=20), "ID-01").verdict is Verdict.NOT_CONCERNED
    assert _of(evaluator, _with(price_limit=20), "OP-01").verdict is Verdict.CLEAR


def test_a_day_alone_convicts_nobody_of_an_hour(evaluator: Evaluator) -> None:
    times = [rule.id for rule in evaluator.pack.rules if "claim_line.charged_at" in rule.times]
    for rule_id in times:
        assert _of(evaluator, _with(charged_at="2026-03-04"), rule_id).verdict is Verdict.NOT_JUDGED


def test_other_days_than_the_rule_is_in_force_on_are_not_judged(evaluator: Evaluator) -> None:
    assert _of(evaluator, _with(charged_at="2001-03-04T09:00:00"), "OP-01").verdict is Verdict.NOT_JUDGED


@pytest.mark.parametrize(
    ("visit", "says"),
    [
        ([], "a visit is an object of tables"),
        (_with(itemcode="X"), "there is no column 'itemcode': 'item_code' may be meant"),
        (VISIT | {"claim_lines": []}, "there is no table 'claim_lines': 'claim_line' may be meant"),
        (_with(amount="twelve"), "amount: is a number of at most 14 digits and 2 decimals"),
        (_with(amount=True), "amount: is a number"),
        (_with(amount=Decimal("1e999999")), "amount: is too large or too small"),
        (_with(amount=Decimal("0.001")), "amount: is a number of at most 14 digits and 2 decimals"),
        (_with(line_id=1), "line_id: is a text"),
        (_with(charged_at="2026-02-30T09:00:00"), "charged_at: is no day of the calendar"),
        (_with(charged_at="2026-03-04T09:00:00+08:00"), "local time without an offset"),
        (_with(encounter_id="E2"), "encounter_id is another than the encounter's"),
        (VISIT | {"claim_line": [LINE, LINE]}, "line_id '1' stands twice"),
        (VISIT | {"claim_line": []}, "a visit has one line at least"),
        (VISIT | {"claim_line": LINE}, "claim_line: is a list of rows"),
        (_with(settlement_id="S2") | {"settlement": []}, "'S2' is none of the visit's settlements"),
    ],
)  # fmt: skip
def test_a_visit_that_is_none_is_refused_and_says_why(evaluator: Evaluator, visit: object, says: str) -> None:
    with pytest.raises(VisitError) as caught:
        evaluator.read(visit, "a visit")
    assert says in caught.value.what


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"a": NaN}', "NaN is no number"),
        ('{"a": 1, "a": 2}', "the key 'a' stands twice"),
        ("[" * 200_000, "nested too deep"),
        ("9" * 10_000, "no JSON"),
        ("{", "no JSON"),
        (b"\xff\xfe", "no JSON"),
    ],
)
def test_hostile_json_is_refused(text: str | bytes, says: str) -> None:
    with pytest.raises(PackError) as caught:
        read_json(text, "a visit", parse_float=Decimal)
    assert says in caught.value.what


def test_a_pack_that_was_changed_or_is_of_another_version_is_refused(pack: Pack) -> None:
    content = written_pack(pack)
    assert read_pack(content, "a pack") == pack
    with pytest.raises(PackError, match="not what was written"):
        read_pack(content.replace("明确违规".encode(), "线索".encode(), 1), "a pack")
    with pytest.raises(PackError, match="of version 2"):
        read_pack(content.replace(b'"version": 1,', b'"version": 2,', 1), "a pack")
    with pytest.raises(PackError, match="no pack of rules"):
        read_pack(json.dumps(VISIT).encode(), "a pack")


def test_what_needs_more_than_a_visit_is_left_out_and_says_for_lack_of_what(pack: Pack) -> None:
    left_out = {one.id: " ".join(one.why) for one in pack.left_out}
    assert left_out.keys().isdisjoint(rule.id for rule in pack.rules)
    assert "by patient_id, over 90 days" in left_out["ID-03"]
    assert "item_median_quantity" in left_out["HC-05"]
    assert "rows of 'stays'" in left_out["FK-02"]


def test_the_evaluator_loads_no_spark_and_judges_a_visit_in_less_than_50_ms(pack: Pack, tmp_path: Path) -> None:
    (tmp_path / "pack.json").write_bytes(written_pack(pack))
    (tmp_path / "visit.json").write_text(json.dumps(VISIT), encoding="utf-8")
    code = (
        "import json, sys, time\nfrom pathlib import Path\n"
        "from rules.pack.document import read_pack\nfrom rules.pack.evaluator import Evaluator\n"
        "evaluator = Evaluator.of(read_pack(Path(sys.argv[1]).read_bytes(), 'a pack'))\n"
        "visit = json.loads(Path(sys.argv[2]).read_text(encoding='utf-8'))\n"
        "before = time.process_time()\n"
        "for _ in range(20):\n    evaluator.judge(evaluator.read(visit, 'a visit'))\n"
        "print((time.process_time() - before) / 20, 'pyspark' in sys.modules, 'sqlglot' in sys.modules)\n"
    )
    words = [sys.executable, "-c", code, str(tmp_path / "pack.json"), str(tmp_path / "visit.json")]
    done = subprocess.run(words, cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, check=True)
    seconds, *loaded = done.stdout.split()
    assert loaded == ["False", "False"]
    assert float(seconds) < 0.05
