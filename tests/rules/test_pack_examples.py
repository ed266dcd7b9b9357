"""Every example of a rule that a pack holds has the verdict that the catalogue says, without Spark."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import pytest

from fundwatch.contracts import TABLES
from rules.catalogue.examples import Worlds, example_worlds
from rules.catalogue.load import load_rules
from rules.catalogue.proving import COMPARED, Played, proof_of
from rules.catalogue.rule import RuleSet
from rules.knowledge.points import load_knowledge
from rules.pack.document import Pack, read_pack, written_pack
from rules.pack.evaluator import Evaluator
from rules.pack.exporting import PackMaker
from rules.pack.verdicts import RuleVerdict, VisitVerdicts
from tests.rules.visits import Rows, visits_of


@dataclass(frozen=True)
class _Line:
    line_id: str
    role: str
    amount_at_risk: Decimal


@dataclass(frozen=True)
class _Hit:
    rule_id: str
    amount_at_risk: Decimal
    reason_zh: str
    reason_en: str
    lines: tuple[_Line, ...]
    subject_id: str = ""


@pytest.fixture(scope="module")
def pack() -> Pack:
    """All rules that a pack can hold, in shadow too, as another system reads them."""
    rules = load_rules()
    knowledge = example_worlds(rules).with_points(load_knowledge())
    exported = PackMaker(rules, knowledge, ("CN",), with_shadow=True)
    return read_pack(written_pack(exported.pack()), "the pack")


@pytest.fixture(scope="module")
def playing(pack: Pack) -> RuleSet:
    return load_rules().only({rule.id for rule in pack.rules})


@pytest.fixture(scope="module")
def worlds(playing: RuleSet) -> Worlds:
    return example_worlds(playing)


@pytest.fixture(scope="module")
def verdicts(pack: Pack, worlds: Worlds) -> list[VisitVerdicts]:
    evaluator = Evaluator.of(pack)
    return [evaluator.judge(evaluator.read(visit, "an example")) for visit in visits_of(_rows(worlds))]


def _rows(worlds: Worlds) -> Rows:
    names = {table: [c.name for c in TABLES[table].columns if not c.name.startswith("known_")] for table in worlds.rows}
    return {table: [dict(zip(names[table], row, strict=True)) for row in rows] for table, rows in worlds.rows.items()}


def _hits(verdict: RuleVerdict) -> Iterator[_Hit]:
    for hit in verdict.hits:
        lines = tuple(_Line(one.line_id, one.role, _money(one.amount_at_risk, one.role)) for one in hit.lines)
        yield _Hit(verdict.rule.id, _money(hit.amount_at_risk, ""), hit.reason_zh, hit.reason_en, lines)


def _money(amount: Decimal | None, role: str) -> Decimal:
    assert amount is not None or role == COMPARED, "the example says what was paid"
    return amount or Decimal(0)


def test_hits_and_near_misses_are_those_of_the_catalogue(
    playing: RuleSet, worlds: Worlds, verdicts: list[VisitVerdicts]
) -> None:
    played = Played.of(hit for visit in verdicts for verdict in visit.rules for hit in _hits(verdict))
    proofs = [proof_of(rule, worlds, played) for rule in playing.rules]
    assert len(worlds.expected) > 250
    assert [proof for proof in proofs if not proof.holds] == []


def test_every_rule_judges_some_example(verdicts: list[VisitVerdicts]) -> None:
    why = {(one.rule.id, *one.why) for visit in verdicts for one in visit.rules if one.verdict == "not_judged"}
    assert {reported for reported in why if "不在有效期内" not in reported[1]} == set()
