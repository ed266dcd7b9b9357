"""The examples of the catalogue, each played again with a value left out, or an end that cannot be.

Unknown is unknown: by what a row does not say a rule hits nobody, unless it declares why the hit holds all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from fundwatch.contracts import TABLES
from fundwatch.expressions.declared import names_in
from rules.catalogue.examples import columns_of, example_worlds, own_digits
from rules.catalogue.proving import Played
from rules.catalogue.rule import Rule, RuleSet
from rules.frames.declaration import NO_TABLES
from rules.frames.registry import GRAINS
from rules.knowledge.points import load_knowledge
from tests.rules.world import SHIPPED, scanned

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Rows = Mapping[str, list[tuple[Any, ...]]]
IMPOSSIBLE_ENDS = (datetime(9999, 12, 31), datetime(2099, 1, 1), datetime(2020, 1, 1))
# left out row by row too, where the rows are few: what says which things belong together, and in which order
_ONE_BY_ONE = {"charged_at", "started_at", "ended_at", "settled_at", "order_id", "patient_id", "institution_id"}
_FEW = 4
WORLDS = example_worlds(SHIPPED)
KNOWLEDGE = WORLDS.with_points(load_knowledge())


@dataclass(frozen=True)
class Variant:
    """An example in which a column is changed: in all rows of its table, or in the one of that number."""

    rule: Rule
    example: str
    table: str
    column: str
    value: Any = None
    only: int | None = None

    @property
    def name(self) -> str:
        value = "" if self.value is None else self.value.year
        return f"{self.example}~{self.table}.{self.column}~{value}~{self.only}"

    @property
    def may_hit(self) -> frozenset[str]:
        """The lines that may still be hit: none where all is unknown, no others than before where one thing is."""
        hits = frozenset(map(str, WORLDS.expected[self.example].hits))
        return hits if self.only is not None or self._is_held() else frozenset()

    def _is_held(self) -> bool:
        columns, source = GRAINS[self.rule.grain].columns, frozenset({f"{self.table}.{self.column}"})
        return any(source in columns[name] for name in self.rule.holds_without)


def _used(rule: Rule) -> set[tuple[str, str]]:
    """Table and column of all that the rule judges by, its day and its thing included; not what it excludes by."""
    grain = GRAINS[rule.grain]
    names = {"service_date", *grain.thing} - {grain.frame.row_key}
    names |= frozenset().union(*(names_in(text, grain.columns) for text in _judging(rule)))
    groups = frozenset().union(*(grain.columns[name] for name in names))
    sources = (source.split(".") for group in groups if len(group) == 1 for source in group)
    return {(table, column) for table, column in sources if table not in NO_TABLES and column not in TABLES[table].key}


def _judging(rule: Rule) -> Iterator[str]:
    """The expressions and columns it judges by; of fee lines no other encounter carries the money."""
    return (text for text in rule.judging if text != rule.money.of or not GRAINS[rule.grain].frame.is_of_lines)


@cache
def _rows_by_example() -> dict[str, Rows]:
    """By example its own rows: those whose ids bear its name."""
    found: dict[str, Rows] = {name: {table: [] for table in WORLDS.rows} for name in WORLDS.expected}
    for table, rows in WORLDS.rows.items():
        for row in rows:
            bearing = {str(value).partition(":")[0] for value in row if isinstance(value, str)}
            for name in bearing & found.keys():
                found[name][table].append(row)
    return found


def _rows_of(example: str) -> Rows:
    return _rows_by_example()[example]


def _variants() -> Iterator[Variant]:
    for rule in SHIPPED.rules:
        for example in (name for name in WORLDS.expected if name.startswith(f"{rule.id}#")):
            for table, column in sorted(_used(rule)):
                yield Variant(rule, example, table, column)
                if column == "ended_at":
                    yield from (Variant(rule, example, table, column, value) for value in IMPOSSIBLE_ENDS)
                count = len(_rows_of(example)[table])
                if count <= _FEW and column in _ONE_BY_ONE:
                    yield from (Variant(rule, example, table, column, only=n) for n in range(count))


def played(variant: Variant) -> Rows:
    """The rows of the variant's world under a name of its own."""
    rows: dict[str, list[tuple[Any, ...]]] = {}
    for table, found in _rows_of(variant.example).items():
        names = columns_names(table)
        rows[table] = []
        for number, row in enumerate(found):
            changed = table == variant.table and variant.only in (None, number)
            rows[table].append(
                tuple(
                    variant.value if changed and name == variant.column else _renamed(value, variant)
                    for name, value in zip(names, row, strict=True)
                )
            )
    return rows


def columns_names(table: str) -> list[str]:
    return [c.name for c in TABLES[table].columns if not c.name.startswith("known_")]


def _renamed(value: Any, variant: Variant) -> Any:
    if not isinstance(value, str):
        return value
    named = value.replace(f"{variant.example}:", f"{variant.name}:", 1)
    return named.replace(own_digits(variant.example), own_digits(variant.name), 1)


VARIANTS = tuple(_variants())


def with_variants(rows: Rows, variants: Iterable[Variant]) -> Rows:
    """The rows, and those of the variants' worlds."""
    all_rows = {name: list(found) for name, found in rows.items()}
    for variant in variants:
        for table, found in played(variant).items():
            all_rows.setdefault(table, []).extend(found)
    return all_rows


def played_by(spark: SparkSession, rule_set: RuleSet, rows: Rows) -> Played:
    """What the rules find in the rows; as in a night, what several passes read is computed once."""
    tables = {name: spark.createDataFrame(found, columns_of(name), verifySchema=False) for name, found in rows.items()}
    scan = scanned(spark, rule_set, tables=tables, knowledge=KNOWLEDGE, materialize=lambda rows: rows.localCheckpoint())
    found = scan.materialized(lambda frames: [rows.localCheckpoint() for rows in frames]).found
    return Played.of(found.collect())


def wrongly_hit(found: Played, variants: Iterable[Variant]) -> dict[str, list[str]]:
    """By variant the lines that it hits and may not."""
    return {v.name: sorted(found.hits(v.name)) for v in variants if not frozenset(found.hits(v.name)) <= v.may_hit}


def without_what_they_hold_without(found: Played, variants: Iterable[Variant]) -> set[tuple[str, str]]:
    """Rule and column of those that declare that a hit holds without the column, and have no example that shows it: one
    that still hits with what the column rests on left out."""
    shown: dict[tuple[str, str], bool] = {}
    for variant in (v for v in variants if v.only is None and v.value is None and v.may_hit):
        columns, source = GRAINS[variant.rule.grain].columns, frozenset({f"{variant.table}.{variant.column}"})
        for name in (name for name in variant.rule.holds_without if source in columns[name]):
            key = variant.rule.id, name
            shown[key] = shown.get(key, False) or bool(found.hits(variant.name))
    return {key for key, hits in shown.items() if not hits}
