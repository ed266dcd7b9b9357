"""Every example of every rule, in one scan."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

import pytest

from rules.catalogue.examples import example_worlds
from tests.rules.world import SHIPPED, scanned

WORLDS = example_worlds(SHIPPED)


@pytest.fixture(scope="module")
def proven(spark):
    """The hit lines and their money, by example and role: one Spark action for all of the catalogue."""
    found = scanned(spark, SHIPPED)
    lines: dict[tuple[str, str], dict[str, Decimal]] = defaultdict(dict)
    reported: dict[str, str] = defaultdict(str)
    for hit in found.found.collect():
        assert hit.amount_at_risk == sum((line.amount_at_risk for line in hit.lines), Decimal(0))
        assert "?" not in hit.reason_zh + hit.reason_en
        assert "{" not in hit.reason_zh + hit.reason_en
        for line in hit.lines:
            example, line_id = line.line_id.split(":", 1)
            if example.startswith(hit.rule_id):
                lines[example, line.role][line_id] = line.amount_at_risk
                reported[example] += hit.reason_zh
    return lines, reported


@pytest.mark.parametrize("name", WORLDS.expected)
def test_an_example_hits_what_it_says(proven, name):
    example = WORLDS.expected[name]
    lines, reported = proven
    counted, compared = lines[name, "counted"], lines[name, "compared"]
    assert sorted(counted) == sorted(map(str, example.hits)), example.says
    assert sorted(compared) == sorted(map(str, example.compared)), example.says
    assert not any(compared.values())
    if example.amount is not None:
        assert sum(counted.values()) == example.amount, example.says
    assert [text for text in example.reason_says if text not in reported[name]] == [], reported[name]
