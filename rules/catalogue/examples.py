"""The examples of the catalogue as clean tables: every example in a world of its own, all in one set of tables.

An example names only the columns that matter. Ids get the example's name in front, so that examples do not meet;
encounters and settlements that it does not give are made from its lines (the fund pays 80 percent of the covered
amount, the personal account 10 percent of the amount).

A trace code begins with `{own}`: seven digits that are the example's own, as those of a drug are.

Knowledge that only regions have does not ship: an example names the points that it rests on. Their codes are nobody
else's, and all examples' points hold together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from fundwatch.contracts import TABLES
from fundwatch.fingerprint import fingerprint
from rules.catalogue.example_indicators import indicator_rows, schema_of
from rules.catalogue.rule import Example, RuleSet
from rules.frames.indicators import STATISTICS
from rules.knowledge.classes import CLASSES
from rules.knowledge.points import Knowledge, KnowledgePoint

ExampleRow = dict[str, Any]
_SHARED = ("item_code", "local_item_code", "rule_id")  # codes of the catalogues, not ids of the example
_POINT = {"name": "例", "region": "CN", "valid_from": date(2021, 5, 1), "source": "例 an example"}
_CODED = frozenset({"trace_code"})
_OWN_DIGITS = (2_000_000, 10_000_000)
_FUND, _ACCOUNT = Decimal("0.8"), Decimal("0.1")


@dataclass(frozen=True)
class Worlds:
    """Rows by table, and what each example says should come of them; `points` are those that examples name.
    `open_tables` are the columns and types of tables
    of indicators, which no contract names one by one."""

    rows: Mapping[str, list[tuple[Any, ...]]]
    expected: Mapping[str, Example]
    points: Knowledge = field(default_factory=dict)
    open_tables: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def schema(self, table: str) -> str:
        """The columns of the table's rows, as Spark reads a schema."""
        columns = self.open_tables.get(table)
        return columns_of(table) if columns is None else ", ".join(map(" ".join, columns.items()))

    def with_points(self, knowledge: Knowledge) -> Knowledge:
        """The knowledge with the points that examples name."""
        return {**knowledge, **{name: (*knowledge.get(name, ()), *own) for name, own in self.points.items()}}

    @property
    def columns(self) -> dict[str, frozenset[str]]:
        """The columns of the tables of indicators."""
        return {table: frozenset(columns) for table, columns in self.open_tables.items()}


def example_worlds(rule_set: RuleSet) -> Worlds:
    """All examples of all rules; an example is named `<rule>#<number>`, counting from 1."""
    rows: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    of_indicators: dict[str, list[ExampleRow]] = defaultdict(list)
    expected = {}
    for rule in rule_set.rules:
        for number, example in enumerate(rule.examples, start=1):
            name = f"{rule.id}#{number}"
            expected[name] = example
            for table, found in _world(example).items():
                rows[table] += [_typed(table, _named(row, name)) for row in found]
            for table, row in indicator_rows(rule, example, name):
                of_indicators[table].append(row)
    if statistics := of_indicators.pop(STATISTICS, ()):
        rows[STATISTICS] += [_typed(STATISTICS, row) for row in statistics]
    schemas = {table: schema_of(table, found) for table, found in of_indicators.items()}
    for table, columns in schemas.items():
        rows[table] += [tuple(_value(kind, row.get(c)) for c, kind in columns.items()) for row in of_indicators[table]]
    return Worlds(dict(rows), expected, _points(expected.values()), schemas)


def _points(examples: Iterable[Example]) -> Knowledge:
    """The points that examples name, each once."""
    found: dict[str, dict[str, KnowledgePoint]] = defaultdict(dict)
    for example in examples:
        for name, rows in example.knowledge.items():
            cells = CLASSES[name].cells
            for row in rows:
                own = {cell: str(row[cell]) for cell in cells if cell in row}
                if wrong := [*CLASSES[name].problems(own)]:
                    raise ValueError(f"a point of {name}: {'; '.join(wrong)}")
                dates = {key: row[key] for key in ("valid_from", "valid_to") if key in row}
                point = KnowledgePoint.model_validate(_POINT | dates | {"code": row["code"], "cells": own})
                found[name].setdefault(repr(sorted(row.items())), point)
    return {name: tuple(points.values()) for name, points in found.items()}


def columns_of(table: str) -> str:
    """The columns of the rows of a table, as Spark reads a schema: the contract without its versions."""
    return ", ".join(f"{c.name} {c.type}" for c in TABLES[table].columns if not c.name.startswith("known_"))


def _world(example: Example) -> dict[str, list[ExampleRow]]:
    lines = [line for number, row in enumerate(example.lines, start=1) for line in _lines(dict(row), number)]
    encounters = {str(r["encounter_id"]): _encounter(r) for row in example.encounters for r in _repeated(row)}
    settlements = {str(r["settlement_id"]): r for row in example.settlements for r in _repeated(row)}
    of_encounter, of_settlement = defaultdict(list), defaultdict(list)
    for line in lines:
        of_encounter[line["encounter_id"]].append(line)
        of_settlement[line["settlement_id"]].append(line)
    for encounter_id, found in of_encounter.items():
        encounters.setdefault(encounter_id, _encounter_of(found))
    for settlement_id, found in of_settlement.items():
        settlements.setdefault(settlement_id, _settlement_of(found))
    return {
        "claim_line": lines,
        "encounter": list(encounters.values()),
        "settlement": list(settlements.values()),
        "patient": [r for row in example.patients for r in _repeated(row)],
        "institution": [dict(row) for row in example.institutions],
        "item": [dict(row) for row in example.items],
        **{table: [r for row in rows for r in _repeated(row)] for table, rows in example.tables.items()},
    }


def _lines(row: ExampleRow, number: int) -> Iterator[ExampleRow]:
    """The row's line, or with `times` that many, `every_days` apart, each of an encounter of its own if named.

    `{n}` in a text stands for which of them it is: `patient_id: P{n}` are as many persons.
    """
    times, every = int(row.pop("times", 1)), int(row.pop("every_days", 1))
    start = _moment(row.pop("charged_at", datetime(2026, 3, 4, 9)))
    line_id, encounter_id = str(row.pop("line_id", number)), row.pop("encounter_id", None)
    quantity = Decimal(str(row.setdefault("quantity", 1)))
    if "amount" in row:
        row.setdefault("unit_price", Decimal(str(row["amount"])) / quantity)
    amount = quantity * Decimal(str(row.setdefault("unit_price", 10)))
    row = {"amount": amount, "covered_amount": row.get("amount", amount)} | _DEFAULTS | row
    for n in range(1, times + 1):
        suffix = f".{n}" if times > 1 else ""
        visit = f"{encounter_id}{suffix}" if encounter_id is not None else "E1"
        at = start + timedelta(days=every * (n - 1))
        ids = {"line_id": line_id + suffix, "encounter_id": visit, "charged_at": at}
        yield {"settlement_id": f"of {visit}", **_numbered(row, n), **ids}


def _repeated(row: ExampleRow) -> Iterator[ExampleRow]:
    """The row, or with `times` that many, each of an encounter of its own, named as those of as many lines are."""
    row = dict(row)
    times = int(row.pop("times", 1))
    for n in range(1, times + 1):
        of_encounter = {"encounter_id": f"{row['encounter_id']}.{n}"} if times > 1 and "encounter_id" in row else {}
        yield _numbered(row, n) | of_encounter


def _numbered(row: ExampleRow, n: int) -> ExampleRow:
    return {name: value.replace("{n}", str(n)) if isinstance(value, str) else value for name, value in row.items()}


_DEFAULTS: ExampleRow = {
    "patient_id": "P1",
    "institution_id": "H1",
    "item_code": "X1",
    "item_name": "项目甲",
    "order_id": "O1",
    "visit_type": "11",
}


def _encounter(row: ExampleRow) -> ExampleRow:
    return {
        "patient_id": "P1",
        "institution_id": "H1",
        "insurance_type": "310",
        "visit_type": "21",
        "is_inpatient": False,
    } | row


def _encounter_of(lines: list[ExampleRow]) -> ExampleRow:
    moments = [line["charged_at"] for line in lines]
    who = {name: lines[0][name] for name in ("encounter_id", "patient_id", "institution_id", "visit_type")}
    return _encounter(who | {"started_at": min(moments), "ended_at": max(moments)})


def _settlement_of(lines: list[ExampleRow]) -> ExampleRow:
    covered = sum((Decimal(str(line["covered_amount"])) for line in lines), Decimal(0))
    total = sum((Decimal(str(line["amount"])) for line in lines), Decimal(0))
    return {
        **{name: lines[0][name] for name in ("settlement_id", "encounter_id", "patient_id", "institution_id")},
        "settled_at": max(line["charged_at"] for line in lines),
        "total_amount": total,
        "covered_amount": covered,
        "fund_amount": covered * _FUND,
        "account_amount": total * _ACCOUNT,
    }


def _named(row: ExampleRow, example: str) -> ExampleRow:
    named = {
        name: f"{example}:{value}" if value is not None and name.endswith("_id") and name not in _SHARED else value
        for name, value in row.items()
    }
    return named | {name: named[name].replace("{own}", own_digits(example)) for name in _CODED & named.keys()}


def own_digits(example: str) -> str:
    """The first digits of the trace codes in an example's world."""
    least, most = _OWN_DIGITS
    return str(least + int(fingerprint(example), 16) % (most - least))


def _typed(table: str, row: ExampleRow) -> tuple[Any, ...]:
    kinds = {c.name: c.type for c in TABLES[table].columns if not c.name.startswith("known_")}
    unknown = sorted(row.keys() - kinds.keys())
    if unknown:
        raise KeyError(f"{table} has no column {', '.join(unknown)}")
    return tuple(_value(kind, row.get(name)) for name, kind in kinds.items())


def _value(kind: str, value: Any) -> Any:
    if value is None:
        return None
    if kind.startswith("decimal"):
        return Decimal(str(value)).quantize(Decimal(1).scaleb(-int(kind[:-1].split(",")[1])))
    if kind == "timestamp":
        return _moment(value)
    return float(value) if kind == "double" else value


def _moment(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, time(9))
    return datetime.fromisoformat(str(value))
