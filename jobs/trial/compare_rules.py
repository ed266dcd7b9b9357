"""Rules as they are in force beside what they are elsewhere (a region, a conf folder, an overlay), on one past.

Which hits the other version gains, loses and keeps, and their money. Nothing is written to the lake.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from fundwatch.errors import FundwatchError
from fundwatch.regions import Region, read_region, region_of
from fundwatch.settings import Settings
from jobs.author.rules_in_force import entries_of, rules_in_force
from jobs.review.show_catalogues import known_name
from jobs.trial.past import Past, scanned_night, switched_on, window_of
from jobs.trial.play_beside import RuleFindings, RulesPlayed, play_beside
from jobs.workplace import reading
from rules.catalogue.lifecycle import in_force
from rules.catalogue.load import load_rules
from rules.catalogue.rule import Rule, RuleSet
from rules.frames.inputs import ScanWindow
from rules.wording.said import changed_said

_OVERLAY = "rules.yaml"
_OTHER = 1  # the number of the other version among variants


@dataclass(frozen=True)
class ComparedRule:
    """A rule by both versions, and what of its entry differs."""

    rule: Rule
    version: str
    other_version: str
    differs: tuple[str, ...]
    findings: RuleFindings
    other: RuleFindings

    def as_json(self) -> dict[str, Any]:
        return {
            "rule": self.rule.id,
            "version": self.version,
            "other_version": self.other_version,
            "differs": list(self.differs),
            "in_force": self.findings.as_json(),
            "other": self.other.as_json(),
            "other_beside_in_force": self.other.changes_as_json(),
            "examples": [asdict(hit) for hit in self.other.changed],
        }


@dataclass(frozen=True)
class RuleComparison:
    """The rules that are another one elsewhere, or were named; and those that stand on one side alone."""

    against: str
    night: date
    window: ScanWindow
    currency: str
    compared: tuple[ComparedRule, ...]
    only_there: tuple[str, ...]
    only_in_force: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "against": self.against,
            "business_date": self.night,
            "from": self.window.start,
            "to": self.window.end,
            "currency": self.currency,
            "rules": [one.as_json() for one in self.compared],
            "only_there": list(self.only_there),
            "only_in_force": list(self.only_in_force),
        }


@dataclass(frozen=True)
class ComparisonAsked:
    """Against what: a region's name, a conf folder, a region's folder or a file like `rules.yaml`; of which rules (all
    that differ, unless some are named); the rest as for a trial."""

    against: str
    names: Sequence[str] = ()
    night: date | None = None
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True)
class _WithOverlay(Region):
    """A region with one more file of rules laid over it."""

    overlay: Path = Path(_OVERLAY)

    def files(self, name: str) -> list[Traversable]:
        return [*super().files(name), *([self.overlay] if name == _OVERLAY else [])]


def compare_rules(settings: Settings, asked: ComparisonAsked) -> RuleComparison:
    """Play both versions of the rules that differ, at once where they rest on equal knowledge. Raises FundwatchError
    for a rule, place or window that there is not, CatalogueError for an overlay that does not hold."""
    night = scanned_night(settings, asked.night)
    window = window_of(settings, night, asked.first, asked.last)
    here, there = region_of(settings), region_meant(settings, asked.against)
    elsewhere = in_force(load_rules(region=there), entries_of(settings), night).rule_set
    sets = (rules_in_force(settings, night).rule_set, elsewhere)
    ours, theirs = ({rule.id: rule for rule in rule_set.rules} for rule_set in sets)
    named = [known_name("rule", name, [*ours, *theirs]) for name in asked.names] or sorted({*ours} | {*theirs})
    both = [name for name in named if name in ours and name in theirs]
    differ = [name for name in both if _versions(sets, name)[0] != _versions(sets, name)[1] or asked.names]
    with reading(settings) as place:
        found = play_both(Past(place, night, window), sets, (here, there), differ) if differ else {}
    return RuleComparison(
        asked.against,
        night,
        window,
        here.currency,
        tuple(_compared(sets, ours[name], theirs[name], found) for name in differ),
        only_there=tuple(name for name in named if name not in ours),
        only_in_force=tuple(name for name in named if name not in theirs),
    )


def region_meant(settings: Settings, against: str) -> Region:
    """What holds at the place that people name. Raises FundwatchError where it is none."""
    here, place = region_of(settings), Path(against)
    if place.is_file():
        return _WithOverlay(here.names, here.folders, here.currency, place)
    if (place / "regions").is_dir():
        return read_region(settings.region, place)
    if (place / _OVERLAY).is_file():
        return Region((*here.names, place.name), (*here.folders, (place,)), here.currency)
    if place.exists():
        raise FundwatchError(
            f"{against} holds no rules",
            where="--against",
            do=f"name a file of rules, a region's folder with {_OVERLAY}, or a conf folder with regions/",
        )
    return read_region(against, settings.conf)


def play_both(
    past: Past, sets: Sequence[RuleSet], regions: Sequence[Region], names: Sequence[str]
) -> dict[str, RuleFindings]:
    """What the named rules of both sets find, those of the second as variants of the first's."""
    ours, theirs = (switched_on(rule_set, names) for rule_set in sets)
    others = tuple(rule.variant(_OTHER, {}) for rule in theirs.rules)
    here, there = regions
    played = [RulesPlayed(ours, here), RulesPlayed(theirs.model_copy(update={"rules": others}), there)]
    return play_beside(past, played, [_OTHER])


def _versions(sets: Sequence[RuleSet], name: str) -> tuple[str, str]:
    one, other = (
        rule_set.rule_fingerprint(next(rule for rule in rule_set.rules if rule.id == name)) for rule_set in sets
    )
    return one, other


def _differing(one: Rule, other: Rule) -> tuple[str, ...]:
    """What of the entry is another: a parameter in words, with its values on both sides, or the key alone."""
    was, is_ = one.definition, other.definition
    params = [
        changed_said(one, other, name)
        for name in sorted({*one.params} | {*other.params})
        if one.params.get(name) != other.params.get(name)
    ]
    return (*params, *(key for key in sorted({*was} | {*is_}) if key != "params" and was.get(key) != is_.get(key)))


def _compared(sets: Sequence[RuleSet], one: Rule, other: Rule, found: Mapping[str, RuleFindings]) -> ComparedRule:
    versions = _versions(sets, one.id)
    differing = _differing(one, other) or (("exclude",) if versions[0] != versions[1] else ())
    return ComparedRule(one, *versions, differing, found[one.id], found[one.variant(_OTHER, {}).id])
