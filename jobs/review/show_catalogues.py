"""What the region's catalogues say: rules, indicators and knowledge, a line each or one whole, without a lake."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from features.catalogue import Catalogue, NamedIndicator
from features.catalogue.indicator import CLASSES
from features.catalogue.loader import load_catalogues
from features.catalogue.wording import formula_of, made_of, sources_of
from fundwatch.errors import FundwatchError
from fundwatch.regions import region_of
from fundwatch.settings import Settings
from jobs.author.rules_in_force import rules_in_force
from jobs.review.value.read_value import measured_precision
from leads.ledger.shares import Share
from rules.analysis.measured import MeasuredAlerts, alerts_of
from rules.catalogue.load import load_rules
from rules.catalogue.rule import Rule, RuleSet, RuleState
from rules.knowledge.classes import CLASSES as KNOWLEDGE_CLASSES
from rules.knowledge.points import KnowledgePoint, load_knowledge


@dataclass(frozen=True)
class RuleRow:
    """A rule of the list; `switched_off` says why it does not run in the region, `state` where it stands in its life:
    one in shadow hits and makes no lead."""

    id: str
    name_zh: str
    name_en: str
    tier: str
    grain: str
    law: tuple[str, ...]
    valid_from: date
    valid_to: date | None
    switched_off: str = ""
    state: RuleState = RuleState.ACTIVE


@dataclass(frozen=True)
class ShownRule:
    """A rule as it is in force in the region, whole, its version, how right it was where outcomes say so, and how many
    alerts it raised where that was measured."""

    rule: Rule
    fingerprint: str
    switched_off: str
    precision: Share | None = None
    alerts: tuple[MeasuredAlerts, ...] = ()

    def as_json(self) -> dict[str, Any]:
        entry = self.rule.model_dump(mode="json", by_alias=True)
        measured = None if self.precision is None else self.precision.as_json()
        shares = [asdict(one) | {"alert_share": one.alert_share} for one in self.alerts]
        found = {"fingerprint": self.fingerprint, "switched_off": self.switched_off, "precision": measured}
        return entry | found | {"alerts": shares}


@dataclass(frozen=True)
class IndicatorRow:
    """An indicator of the list, over one window; `window` is in days."""

    column: str
    name_zh: str
    name_en: str
    entity: str
    window: int
    unit: str
    direction: str
    class_zh: str
    sources: tuple[str, ...]


@dataclass(frozen=True)
class ShownIndicator:
    """An indicator over one window, its formula, and what each measure and set in it is."""

    indicator: IndicatorRow
    formula: str
    when: str
    description: str
    made_of: Mapping[str, str]


@dataclass(frozen=True)
class KnowledgeRow:
    """A class of knowledge of the list: by which code of the fee line its points are found, and how many there are."""

    name: str
    name_zh: str
    name_en: str
    matched_by: str
    points: int


@dataclass(frozen=True)
class ShownKnowledge:
    """The points of a class that hold in the region, by code and date."""

    name: str
    points: tuple[KnowledgePoint, ...]

    def as_json(self) -> dict[str, Any]:
        return {"name": self.name, "points": [point.model_dump(mode="json") for point in self.points]}


def listed_rules(settings: Settings, night: date | None = None) -> list[RuleRow]:
    """Every rule of the region as it ships, or as it stands in the lake on a night. Raises CatalogueError."""
    rule_set = _rules_on(settings, night)
    return [
        RuleRow(
            rule.id,
            rule.name.zh,
            rule.name.en,
            rule.tier,
            rule.grain,
            tuple(rule.law),
            rule.valid.from_,
            rule.valid.to,
            _why_off(rule_set, rule.id),
            rule.state,
        )
        for rule in rule_set.rules
    ]


def shown_rule(settings: Settings, rule_id: str, night: date | None = None) -> ShownRule:
    """One rule of the region, as for the list. Raises FundwatchError for an unknown one, CatalogueError."""
    rule_set = _rules_on(settings, night)
    rules = {rule.id: rule for rule in rule_set.rules}
    rule = rules[known_name("rule", rule_id, rules)]
    measured = measured_precision(settings, rule_id)
    version = rule_set.rule_fingerprint(rule)
    return ShownRule(rule, version, _why_off(rule_set, rule_id), measured, tuple(alerts_of(rule.id, version)))


def _rules_on(settings: Settings, night: date | None) -> RuleSet:
    return load_rules(region=region_of(settings)) if night is None else rules_in_force(settings, night).rule_set


def listed_indicators(settings: Settings) -> list[IndicatorRow]:
    """Every indicator of the region, over each of its windows. Raises CatalogueError."""
    return [_row(catalogue, named) for catalogue, named in _named(settings).values()]


def shown_indicator(settings: Settings, column: str) -> ShownIndicator:
    """One indicator. Raises FundwatchError for an unknown one, CatalogueError."""
    every = _named(settings)
    catalogue, named = every[known_name("indicator", column, every)]
    of = named.definition
    made = made_of(catalogue, of)
    return ShownIndicator(_row(catalogue, named), formula_of(of), of.when or "", of.description, made)


def listed_knowledge(settings: Settings) -> list[KnowledgeRow]:
    """Every class of knowledge. Raises CatalogueError."""
    knowledge = load_knowledge(region=region_of(settings))
    return [
        KnowledgeRow(
            declared.name, declared.zh, declared.en, declared.matched_by, len(knowledge.get(declared.name, ()))
        )
        for declared in KNOWLEDGE_CLASSES.values()
    ]


def shown_knowledge(settings: Settings, name: str, code: str = "") -> ShownKnowledge:
    """The points of one class, or those that speak of a code. Raises FundwatchError for an unknown class or code."""
    points = load_knowledge(region=region_of(settings)).get(
        known_name("class of knowledge", name, KNOWLEDGE_CLASSES), ()
    )
    speaking = [point for point in points if not code or point.speaks_of(code)]
    if code and not speaking:
        raise FundwatchError(f"no point of {name} speaks of '{code}'", where="--code", do="leave it out to see all")
    return ShownKnowledge(name, tuple(speaking))


def _named(settings: Settings) -> dict[str, tuple[Catalogue, NamedIndicator]]:
    catalogues = load_catalogues(region_of(settings)).values()
    return {named.column: (catalogue, named) for catalogue in catalogues for named in catalogue.named}


def _row(catalogue: Catalogue, named: NamedIndicator) -> IndicatorRow:
    of = named.definition
    return IndicatorRow(
        named.column,
        of.name.zh,
        of.name.en,
        catalogue.entity,
        named.window,
        of.unit,
        of.direction,
        CLASSES[of.class_] if of.class_ else "",
        sources_of(catalogue, of),
    )


def _why_off(rule_set: RuleSet, rule_id: str) -> str:
    why = rule_set.switched_off.get(rule_id)
    return f"{why.zh} {why.en}" if why else ""


def known_name(kind: str, name: str, every: Iterable[str]) -> str:
    """The name. Raises FundwatchError that says which are meant, perhaps, when there is none of it."""
    names = [*every]
    if name in names:
        return name
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    raise FundwatchError(f"there is no {kind} '{name}'{hint}", do="leave it out to see all of them")
