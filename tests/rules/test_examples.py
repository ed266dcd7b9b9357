"""Every example of every rule, as it is and with values left out, in one scan."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

import pytest

from rules.catalogue.examples import columns_of
from tests.rules.variants import VARIANTS, WORLDS, played
from tests.rules.world import SHIPPED, scanned


@pytest.fixture(scope="module")
def proven(spark):
    """The hit lines and their money, by example (or variant of one) and role: one scan for all of the catalogue."""
    rows = {name: list(found) for name, found in WORLDS.rows.items()}
    for variant in VARIANTS:
        for table, found in played(variant).items():
            rows[table] += found
    tables = {name: spark.createDataFrame(found, columns_of(name)) for name, found in rows.items()}
    found = scanned(spark, SHIPPED, tables=tables)
    lines: dict[tuple[str, str], dict[str, Decimal]] = defaultdict(dict)
    reported: dict[str, str] = defaultdict(str)
    for hit in found.found.collect():
        assert hit.amount_at_risk == sum((line.amount_at_risk for line in hit.lines), Decimal(0))
        is_example = not any("~" in line.line_id for line in hit.lines)
        assert not is_example or "?" not in hit.reason_zh + hit.reason_en
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


def _hits(proven, variant):
    return frozenset(proven[0].get((variant.name, "counted"), ()))


def test_nobody_is_hit_by_what_is_unknown_or_impossible(proven):
    wrong = {v.name: sorted(_hits(proven, v)) for v in VARIANTS if not _hits(proven, v) <= v.may_hit}
    assert wrong == {}


def test_every_rule_is_walked_with_unknown_times_and_those_that_use_them_with_ends_orders_persons_and_doctors():
    walked = {(v.rule.id, v.column) for v in VARIANTS if WORLDS.expected[v.example].hits}
    assert {rule for rule, column in walked if column in ("charged_at", "started_at")} == {r.id for r in SHIPPED.rules}
    assert walked >= {
        ("DC-03", "order_id"), ("DC-03", "ordering_doctor_id"), ("FK-02", "ended_at"), ("FK-02", "patient_id"),
        ("SA-02", "institution_id"), ("FK-06", "ended_at"), ("FQ-01", "patient_id"), ("OP-02", "patient_id"),
    }  # fmt: skip


def test_a_hit_that_holds_without_a_column_still_stands(proven):
    held = [v for v in VARIANTS if v.only is None and v.value is None and v.may_hit]
    assert {(v.rule.id, v.column) for v in held if _hits(proven, v)} == {
        ("DC-03", "ordering_doctor_id"), ("FK-03", "ended_at"), ("FK-03", "visit_type"), ("ID-04", "settled_at"),
        ("OP-01", "amount"), ("OP-01", "quantity"),
        ("DC-01", "item_name"), ("DC-01", "quantity"), ("UB-01", "item_name"), ("UB-03", "item_name"),
        ("DC-09", "item_name"), ("UB-04", "item_name"), ("RT-02", "item_name"), ("IM-10", "item_name"),
        ("RT-05", "item_name"), ("FK-10", "ended_at"), ("FK-10", "visit_type"),
        ("OT-20", "main_diagnosis_code"), ("IM-16", "herb_use"), ("IM-16", "order_id"),
    }  # fmt: skip
