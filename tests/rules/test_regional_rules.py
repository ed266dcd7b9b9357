"""The rules that ship with regions load, and stand their examples."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fundwatch.regions import read_region, region_names
from jobs.author.play_examples import prove
from rules.catalogue.load import load_rules
from rules.catalogue.rule import RuleSet, RuleState
from rules.knowledge.points import load_knowledge
from tests.rules.world import SHIPPED

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

NATIONAL = {rule.id for rule in load_rules().rules}


def _own(region: str) -> RuleSet:
    """The rules that the region has beside the national ones."""
    here = load_rules(region=read_region(region))
    return here.only({rule.id for rule in here.rules} - NATIONAL)


def test_jiangsu_adds_three_rules_in_shadow_and_takes_one_of_them_for_the_nations() -> None:
    assert {rule.id: rule.state for rule in _own("320000").rules} == dict.fromkeys(
        ("JS-01", "JS-02", "JS-03"), RuleState.SHADOW
    )
    here = load_rules(region=read_region("320000"))
    assert [*here.switched_off] == ["OV-03"]
    assert here.exclusions == SHIPPED.exclusions


@pytest.mark.long
@pytest.mark.parametrize("region", [name for name in region_names() if _own(name).rules])
def test_a_regions_own_rules_stand_their_examples(spark: SparkSession, region: str) -> None:
    knowledge = load_knowledge(region=read_region(region))
    proofs = prove(spark, _own(region), knowledge)
    assert {proof.rule_id: (proof.wrong_hits, proof.wrong_misses, proof.broken) for proof in proofs} == {
        rule.id: ((), (), "") for rule in _own(region).rules
    }
