"""Small inline claims for the tests of the scan: rows as an example of the catalogue gives them."""

from __future__ import annotations

import os
from datetime import date
from typing import Any

from fundwatch.contracts import CLEAN, TABLES
from rules.benefits.policies import read_policies
from rules.catalogue.examples import columns_of, example_worlds
from rules.catalogue.load import load_rules
from rules.catalogue.rule import Example, Rule, RuleSet
from rules.engine.scan import ScanWindow, scan
from rules.frames.declaration import EARLIER_LIST
from rules.knowledge.points import load_knowledge

_READ = (*CLEAN, *(TABLES[name] for name in EARLIER_LIST))
ALL_SUPPLIED = {table.name: frozenset(table.column_names) for table in _READ}
YEAR = ScanWindow(date(2026, 1, 1), date(2026, 12, 31))
EVERY = load_rules()
# rules on claims; those on indicators have rows and examples of their own kind
SHIPPED = EVERY.only({rule.id for rule in EVERY.rules if not rule.indicators})
ANALYSIS = EVERY.only({rule.id for rule in EVERY.rules if rule.indicators})
if named := os.environ.get("RULES"):  # while rules are written: RULES=DC-03,OP-01 plays the examples of these alone
    SHIPPED = SHIPPED.only(set(named.split(",")))
# what the engine's tests scan, and play with values left out, in moments; all others, active or not, are a long proof
_CORE = "DC-03 FK-02 FK-03 FK-04 FK-06 FK-25 FQ-01 FQ-02 ID-01 ID-04 OP-01 OP-02 SA-02"
CORE = SHIPPED.only(set(_CORE.split()))
OTHERS = SHIPPED.only({rule.id for rule in SHIPPED.rules} - {rule.id for rule in CORE.rules})


def shipped(rule_id: str, **changes: Any) -> Rule:
    """A rule of the catalogue, changed where a test wants it."""
    rule = next(rule for rule in SHIPPED.rules if rule.id == rule_id)
    return rule.model_copy(update=changes)


def with_rows(rule: Rule, **rows: Any) -> RuleSet:
    """A set of one rule whose only example is the given rows."""
    example = Example(says="a test", hits=[], **rows)
    return RuleSet(rules=(rule.model_copy(update={"examples": [example]}),), exclusions=SHIPPED.exclusions)


def tables_of(spark: Any, rule_set: RuleSet) -> dict[str, Any]:
    """The clean tables of the examples of a set."""
    rows = example_worlds(rule_set).rows
    return {name: spark.createDataFrame(found, columns_of(name)) for name, found in rows.items()}


def scanned(spark: Any, shown: RuleSet, **changes: Any) -> Any:
    """Scan the examples of a set, by the rules of `rule_set` if given; all else as usual unless given."""
    usual: dict[str, Any] = {"supplied": ALL_SUPPLIED, "knowledge": load_knowledge(), "window": YEAR}
    usual["policies"] = read_policies()
    given = usual | changes
    tables = given.pop("tables", None) or tables_of(spark, shown)
    return scan(given.pop("rule_set", shown), tables, **given)


def coverage_of(found: Any) -> dict[str, list[Any]]:
    """Coverage rows by rule: one action."""
    by_rule: dict[str, list[Any]] = {}
    for row in found.coverage.collect():
        by_rule.setdefault(row.rule_id, []).append(row)
    return by_rule
