"""The classes of the national library beside our rules: which rule implements which, on what knowledge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fundwatch.regions import Region, region_of
from fundwatch.settings import Settings
from jobs.curate.show_editions import listed
from rules.catalogue.load import load_rules
from rules.catalogue.national_classes import NationalClass, national_classes
from rules.catalogue.rule import Rule, RuleState
from rules.engine.needs import knowledge_needed
from rules.knowledge.points import load_knowledge

NO_RULE = "无规则 no rule"
_BEST_FIRST = (RuleState.ACTIVE, RuleState.SHADOW, RuleState.DRAFT, RuleState.RETIRED)


@dataclass(frozen=True)
class ClassRow:
    """A class of the national library: the rules that say they implement it, the classes of knowledge that these rest
    on, how many points of it are loaded (None: they rest on none), and how far the furthest of the rules is."""

    seq: int
    tier1: str
    tier2: str
    name: str
    code: str
    rules: tuple[str, ...]
    knowledge: tuple[str, ...]
    points: int | None
    state: str


def listed_classes(settings: Settings) -> list[ClassRow]:
    """Every class, with the rules of the region and the points of its files and live editions. Raises
    CatalogueError."""
    points = {row.name: row.points for row in listed(settings).classes}
    return _rows(load_rules(region=region_of(settings)).rules, points)


def classes_in(region: Region | None = None) -> list[ClassRow]:
    """The same of what ships for a region, or for the nation."""
    knowledge = load_knowledge(region=region)
    return _rows(load_rules(region=region).rules, {name: len(points) for name, points in knowledge.items()})


def _rows(rules: Sequence[Rule], points: Mapping[str, int]) -> list[ClassRow]:
    return [_row(one, [rule for rule in rules if one.seq in rule.classes], points) for one in national_classes()]


def _row(one: NationalClass, rules: list[Rule], points: Mapping[str, int]) -> ClassRow:
    needed = sorted(frozenset[str]().union(*map(knowledge_needed, rules)))
    states = [rule.state for rule in rules]
    return ClassRow(
        **one.model_dump(),
        rules=tuple(rule.id for rule in rules),
        knowledge=tuple(needed),
        points=sum(points.get(name, 0) for name in needed) if needed else None,
        state=next((state.words for state in _BEST_FIRST if state in states), NO_RULE),
    )
