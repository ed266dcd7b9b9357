"""What a scan of the rules does: the passes that it would make, and what one of a night looked at and found."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from fundwatch.lake.store import Lake
from fundwatch.regions import region_of
from fundwatch.settings import Settings
from jobs.author.rules_in_force import rules_in_force
from jobs.committed_stages import refuse_no_stage
from jobs.review.read_leads import rule_coverage
from leads.publishing.rows import CoverageRow
from rules.catalogue.load import load_rules
from rules.engine.planned import PlannedPass, planned


@dataclass(frozen=True)
class NightCoverage:
    """Rule by rule what the night's scan judged and hit, or why it did not run."""

    night: date
    rules: tuple[CoverageRow, ...]

    def as_json(self) -> dict[str, Any]:
        return {"business_date": self.night, "rules": [asdict(row) for row in self.rules]}


def planned_passes(settings: Settings, night: date | None = None) -> list[PlannedPass]:
    """The passes for the rules as they ship, or as they stand in the lake on a night. Raises CatalogueError."""
    if night is None:
        return planned(load_rules(region=region_of(settings)))
    return planned(rules_in_force(settings, night).rule_set)


def coverage_of(settings: Settings, night: date) -> NightCoverage:
    """What the scan of the night looked at. Raises NotReadyError where it has not run."""
    lake = Lake(settings.lake_address)
    refuse_no_stage(lake, night, "rules")
    return NightCoverage(night, tuple(rule_coverage(lake, night)))
