"""The rules of the region as they stand on a night: shipped, and what people said of them in the lake."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from fundwatch.lake.journal import Journal
from fundwatch.places import LakeAddress
from fundwatch.regions import region_of
from fundwatch.settings import Settings
from jobs.author.overlays_in_force import approved
from rules.catalogue.lifecycle import COLUMNS, TABLE, LifecycleEntry, RulesInForce, in_force
from rules.catalogue.load import load_rules


def lifecycle_in(lake: LakeAddress) -> Journal:
    """The journal of what people said of rules."""
    return Journal(lake, TABLE, COLUMNS)


def entries_of(settings: Settings) -> list[LifecycleEntry]:
    """All that was said of rules, the oldest first; nothing where there is no lake."""
    return [LifecycleEntry.of_row(row) for row in lifecycle_in(settings.lake_address).rows()]


def rules_in_force(settings: Settings, night: date) -> RulesInForce:
    """The rules on the night. Raises CatalogueError."""
    region, entries, waiting = region_of(settings), entries_of(settings), list[str]()
    if settings.overlay_approval:
        region, waiting = approved(region, entries, night)
    return replace(in_force(load_rules(region=region), entries, night), overlays_waiting=tuple(waiting))


def rules_scanned(settings: Settings, night: date) -> RulesInForce:
    """The rules that the night's scan looks at: those in shadow only where the setting `shadow_rules` says so."""
    standing = rules_in_force(settings, night)
    if settings.shadow_rules:
        return standing
    scanned = standing.rule_set.without_shadow()
    return replace(standing, rule_set=scanned, left_in_shadow=len(standing.rule_set.rules) - len(scanned.rules))
