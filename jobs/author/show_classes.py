"""The classes of the national library beside our rules: which rule implements which, on what knowledge."""

from __future__ import annotations

from dataclasses import dataclass

from fundwatch.regions import Region, region_of
from fundwatch.settings import Settings
from rules.catalogue.load import load_rules
from rules.catalogue.national_classes import NationalClass, national_classes
from rules.catalogue.rule import Rule, RuleState
from rules.engine.needs import knowledge_needed
from rules.knowledge.points import Knowledge, load_knowledge

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
    """Every class, with the rules and the knowledge of the region. Raises CatalogueError."""
    return classes_in(region_of(settings))


def classes_in(region: Region | None = None) -> list[ClassRow]:
    """The same of a region, or of the nation."""
    rules, knowledge = load_rules(region=region).rules, load_knowledge(region=region)
    return [_row(one, [rule for rule in rules if one.seq in rule.classes], knowledge) for one in national_classes()]


def _row(one: NationalClass, rules: list[Rule], knowledge: Knowledge) -> ClassRow:
    needed = sorted(frozenset[str]().union(*map(knowledge_needed, rules)))
    states = [rule.state for rule in rules]
    return ClassRow(
        **one.model_dump(),
        rules=tuple(rule.id for rule in rules),
        knowledge=tuple(needed),
        points=sum(len(knowledge.get(name, ())) for name in needed) if needed else None,
        state=next((state.words for state in _BEST_FIRST if state in states), NO_RULE),
    )
