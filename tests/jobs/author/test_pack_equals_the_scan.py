"""The verdicts of an exported pack on visits are the hits of the scan on the same lines: ids, lines, money, reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fundwatch.contracts.versions import known_on
from fundwatch.lake.store import Lake
from fundwatch.settings import Settings, load_settings
from jobs.protect.manage_keys import make_missing_keys
from rules.catalogue.load import load_rules
from rules.catalogue.rule import RuleSet
from rules.engine.scan import ScanWindow, scan
from rules.knowledge.points import load_knowledge
from rules.pack.document import Pack
from rules.pack.evaluator import Evaluator
from rules.pack.exporting import PackMaker
from rules.pack.verdicts import VisitVerdicts
from rules.pack.visit import TABLES
from simulator import scenario_for_lines, simulate
from tests.night import NIGHTS, FinishedNight, run_fundwatch
from tests.places import at
from tests.rules.visits import visits_of

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

NIGHT = NIGHTS[-1]
_FIRST = date(2026, 1, 1)
Hits = dict[str, tuple[object, ...]]


@dataclass(frozen=True)
class City:
    """The visits of a lake that lie wholly in a window of days."""

    lake: Lake
    window: ScanWindow

    @cached_property
    def rows(self) -> dict[str, list[dict[str, Any]]]:
        return {t: self._rows(t) for t in TABLES if self.lake.exists(t)}

    def _rows(self, table: str) -> list[dict[str, Any]]:
        return self.lake.rows(table, f"SELECT * FROM {table} WHERE {known_on(NIGHT)}")

    @cached_property
    def supplied(self) -> dict[str, frozenset[str]]:
        query = f"SELECT * FROM supplied_column WHERE business_date = DATE '{NIGHT}'"
        found: dict[str, set[str]] = {}
        for row in self.lake.rows("supplied_column", query):
            found.setdefault(row["table_name"], set()).add(row["column_name"])
        return {table: frozenset(names) for table, names in found.items()}

    @cached_property
    def visits(self) -> list[dict[str, Any]]:
        """Whole ones: the scan sees of a stay that began before its window only the lines within."""
        whole = [v for v in visits_of(self.rows, self.supplied) if self._is_within(v["claim_line"])]
        return [visit for visit in whole if any(line["settlement_id"] for line in visit["claim_line"])]

    def _is_within(self, lines: Sequence[Mapping[str, Any]]) -> bool:
        return all(str(self.window.start) <= line["charged_at"][:10] <= str(self.window.end) for line in lines)

    def verdicts(self, pack: Pack) -> list[VisitVerdicts]:
        evaluator = Evaluator.of(pack)
        return [evaluator.judge(evaluator.read(visit, "a visit")) for visit in self.visits]

    def of_visits(self, hits: Hits) -> Hits:
        """The hits of which all lines belong to the visits."""
        known = {line["line_id"] for visit in self.visits for line in visit["claim_line"]}
        return {hit_id: hit for hit_id, hit in hits.items() if {line[0] for line in _lines(hit)} <= known}


def _lines(hit: tuple[object, ...]) -> tuple[tuple[object, ...], ...]:
    *_, lines = hit
    assert isinstance(lines, tuple)
    return lines


def _of_pack(verdicts: Sequence[VisitVerdicts]) -> Hits:
    return {
        hit.hit_id: (
            *(verdict.rule.id, hit.amount_at_risk, hit.reason_zh, hit.reason_en),
            tuple((line.line_id, line.role, line.amount_at_risk or 0) for line in hit.lines),
        )
        for visit in verdicts
        for verdict in visit.rules
        for hit in verdict.hits
    }


def _hit(row: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> tuple[object, ...]:
    reported = tuple((line["line_id"], line["role"], line["amount_at_risk"]) for line in lines)
    return (*(row[name] for name in ("rule_id", "amount_at_risk", "reason_zh", "reason_en")), reported)


def _scanned() -> ScanWindow:
    """The days that the night scanned."""
    days = load_settings({"profile": "demo"}, {}).settings.scan_days
    return ScanWindow(NIGHT - timedelta(days=days - 1), NIGHT)


def _shown(rule_set: RuleSet, *, with_shadow: bool) -> Pack:
    return PackMaker(rule_set, load_knowledge(), ("CN",), with_shadow=with_shadow).pack()


def _of_lake(lake: Lake, rules: frozenset[str]) -> Hits:
    of_night = f"business_date = DATE '{NIGHT}'"
    lines: dict[str, list[Mapping[str, Any]]] = {}
    for line in lake.rows("hit_line", f"SELECT * FROM hit_line WHERE {of_night}"):
        lines.setdefault(line["hit_id"], []).append(line)
    ordered = {i: sorted(own, key=lambda one: (one["role"] != "counted", one["line_id"])) for i, own in lines.items()}
    hits = lake.rows("rule_hit", f"SELECT * FROM rule_hit WHERE {of_night}")
    return {h["hit_id"]: _hit(h, ordered.get(h["hit_id"], [])) for h in hits if h["rule_id"] in rules}


def test_the_verdicts_are_the_hits_of_the_night(finished_night: FinishedNight) -> None:
    pack = _shown(load_rules(), with_shadow=False)
    city = City(Lake(at(finished_night.var / "lake")), _scanned())
    verdicts = city.verdicts(pack)
    found = _of_pack(verdicts)
    rules = frozenset(rule.id for rule in pack.rules)
    assert len(verdicts) > 300
    assert {hit[0] for hit in found.values()} >= {"ID-01", "ID-04", "OP-01"}
    assert found == city.of_visits(_of_lake(city.lake, rules))
    assert {why for v in verdicts for one in v.rules if one.verdict == "not_judged" for why in one.why} == set()


def _taken_in(var: Path) -> Lake:
    """A city of some thousand visits, its deliveries simulated and taken in."""
    make_missing_keys(Settings(var=var))
    simulate(scenario_for_lines(20_000, history_start=_FIRST, nights=NIGHTS), var / "landing", var / "truth")
    for night in NIGHTS:
        done = run_fundwatch("intake", "--date", str(night), var=var)
        assert done.returncode == 0, done.stderr
    return Lake(at(var / "lake"))


@pytest.mark.long
def test_all_rules_say_of_a_thousand_visits_what_a_scan_says(spark: SparkSession, tmp_path: Path) -> None:
    pack = _shown(load_rules(), with_shadow=True)
    city = City(_taken_in(tmp_path), ScanWindow(_FIRST, NIGHT))
    rule_set = load_rules().only({rule.id for rule in pack.rules})
    tables = {name: city.lake.known(spark, name, NIGHT) for name in city.rows}
    hits = scan(rule_set, tables, city.supplied, load_knowledge(), city.window).found.collect()
    scanned = {row["hit_id"]: _hit(row.asDict(), row["lines"]) for row in hits}
    verdicts = city.verdicts(pack)
    found = _of_pack(verdicts)
    assert len(verdicts) > 1_000
    assert found == city.of_visits(scanned)
    assert len({hit[0] for hit in found.values()}) > 5
