"""The rules on a sample of a delivery, by the scan that a night runs: what is promised is what will run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

from fundwatch.regions import Region
from rules.catalogue.load import load_rules
from rules.engine.scan import ScanWindow, scan
from rules.engine.seen import lines_seen
from rules.frames.registry import tables_read
from rules.knowledge.points import load_knowledge

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@dataclass(frozen=True)
class ScanSettings:
    """How a night would scan: the days its window goes back, and the region whose rules and knowledge hold."""

    days: int
    region: Region = field(default_factory=Region)


@dataclass(frozen=True)
class RuleTried:
    """What one rule did on the sample; `why_not` is empty where it ran."""

    why_not: str
    judged: int
    hits: int


@dataclass(frozen=True)
class SampleScanned:
    """The rules by id; of the sample's fee lines how many lie in the window, and the days that would hold them all."""

    rules: Mapping[str, RuleTried] = field(default_factory=dict)
    lines: int = 0
    lines_in_window: int = 0
    days_to_first: int = 0


def scan_sample(
    clean: Mapping[str, DataFrame],
    supplied: Mapping[str, frozenset[str]],
    night: date,
    how: ScanSettings,
    dates_only: frozenset[str] = frozenset(),
) -> SampleScanned:
    """Scan the sample's clean rows as the night would; nothing is written."""
    tables = {name: rows for name, rows in clean.items() if name in tables_read()}
    if "claim_line" not in tables:
        return SampleScanned()
    window = ScanWindow(night - timedelta(days=how.days - 1), night)
    found = scan(
        load_rules(region=how.region).without_shadow(),
        tables,
        supplied,
        load_knowledge(region=how.region),
        window,
        dates_only=dates_only,
    )
    rules: dict[str, RuleTried] = {}
    for row in found.coverage.select("rule_id", "why_not", "judged_count", "hit_count").collect():  # rule × institution
        had = rules.get(row.rule_id, RuleTried("", 0, 0))
        judged, hits = had.judged + (row.judged_count or 0), had.hits + (row.hit_count or 0)
        rules[row.rule_id] = RuleTried(row.why_not or "", judged, hits)
    seen = lines_seen(tables["claim_line"], window).collect()[0]
    return SampleScanned(rules, seen.known, seen.in_window, seen.days_to_first or 0)
