"""A night's lake for who plays rules on it again: the tables as known after the night, what its source fills, and the
days that are looked at. Nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from fundwatch.errors import FundwatchError
from fundwatch.lake.lock import refuse_no_lake
from fundwatch.lake.store import Lake
from fundwatch.regions import Region
from fundwatch.settings import Settings
from jobs import scan_rules
from jobs.committed_stages import newest_night
from jobs.curate.in_force import knowledge_for
from jobs.job import Night
from jobs.workplace import Workplace
from rules.benefits.policies import read_policies
from rules.catalogue.rule import RuleSet, RuleState
from rules.engine.scan import Scan, scan
from rules.frames.inputs import ScanInputs, ScanWindow
from rules.knowledge.framed import PointsByClass

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_NO_RULES = RuleSet(rules=())


@dataclass(frozen=True)
class Past:
    """What of the lake is played on: as known after the night, within the window."""

    place: Workplace
    night: date
    window: ScanWindow

    @property
    def window_text(self) -> str:
        """The days, as people read them."""
        return f"{self.window.start} – {self.window.end}"

    def scanned(self, rule_set: RuleSet, knowledge: PointsByClass) -> Scan:
        """The rules over the window in one scan, computed."""
        night = self._night
        kept = _kept(self.place.settings)
        supplied, policies = scan_rules.supplied_scanned(night, rule_set), read_policies(self.place.settings.conf)
        tables = scan_rules.tables_scanned(night, rule_set)
        found = scan(rule_set, tables, supplied, knowledge, self.window, kept, night.dates_only(), policies)
        return found.materialized(lambda frames: [kept(rows) for rows in frames])

    def inputs(self, knowledge: PointsByClass, rule_set: RuleSet = _NO_RULES) -> ScanInputs:
        """What row frames are made of; what only some rules ask for, where the set has one."""
        policies, night = read_policies(self.place.settings.conf), self._night
        tables = scan_rules.tables_scanned(night, rule_set)
        return ScanInputs(tables, knowledge, self.window, night.dates_only(), policies)

    def knowledge(self, region: Region) -> PointsByClass:
        """What the region's night rests on, editions included."""
        return knowledge_for(self._night, region)

    def of_night(self, table: str) -> DataFrame:
        """What the night's own scan wrote to a table."""
        return self._night.of_night(table)

    def known(self, table: str) -> DataFrame:
        """A clean table as known after the night."""
        return self._night.known(table)

    @property
    def _night(self) -> Night:
        """The night as the scan's job reads it; it is no run, and none is noted."""
        return Night(scan_rules.JOB, self.place, self.night, run_id="", own_fingerprint={})


def _kept(settings: Settings) -> Callable[[DataFrame], DataFrame]:
    """Keeps rows that are read more than once: on one machine without their plan, on a cluster with it, for what an
    executor keeps may go with it."""
    return (lambda rows: rows.localCheckpoint(eager=False)) if settings.is_one_machine else (lambda rows: rows.cache())


def scanned_night(settings: Settings, given: date | None) -> date:
    """The night asked for, or the newest whose scan is committed. Raises NotReadyError naming those that are."""
    refuse_no_lake(settings.lake_address)
    return newest_night(Lake(settings.lake_address), "rules", given)


def window_of(settings: Settings, night: date, first: date | None = None, last: date | None = None) -> ScanWindow:
    """The days asked for, or `scan_days` up to the night. Raises FundwatchError for days that no night can know."""
    end = last or night
    start = first or end - timedelta(days=settings.scan_days - 1)
    if end > night:
        raise FundwatchError(
            f"{end} is after the night of {night}, which knows nothing of it",
            where="--to",
            do=f"give a day up to {night}, or a later night with --date",
        )
    if start > end:
        raise FundwatchError(f"{start} is after {end}", where="--from, --to", do="give the earlier day with --from")
    return ScanWindow(start, end)


def switched_on(rule_set: RuleSet, ids: Sequence[str]) -> RuleSet:
    """The named rules alone, as if they were active, wherever they stand and where they are switched off."""
    chosen = rule_set.only({*ids})
    active = tuple(rule.model_copy(update={"state": RuleState.ACTIVE}) for rule in chosen.rules)
    return chosen.model_copy(update={"rules": active, "switched_off": {}})
