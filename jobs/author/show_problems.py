"""The typical problems of the national lists beside our rules: what finds each, on what knowledge, or why none does."""

from __future__ import annotations

from dataclasses import dataclass

from fundwatch.regions import Region, region_of
from fundwatch.settings import Settings
from rules.catalogue.load import load_rules
from rules.catalogue.problems import ProblemItem, problem_items
from rules.catalogue.rule import Rule, RuleState

TO_LOAD = "待导入 to be loaded"
_BEST_FIRST = (RuleState.ACTIVE, RuleState.SHADOW, RuleState.DRAFT, RuleState.RETIRED)


@dataclass(frozen=True)
class ProblemRow:
    """An item of the lists: the rules that find it, the knowledge that they need for it (with what is to be loaded),
    how far the furthest of the rules is; or why claims cannot show it."""

    code: str
    template: str
    name: str
    rules: tuple[str, ...]
    knowledge: tuple[str, ...]
    state: str
    why_not: str


def listed_problems(settings: Settings) -> list[ProblemRow]:
    """Every item, with the rules of the region. Raises CatalogueError."""
    return problems_in_lists(region_of(settings))


def problems_in_lists(region: Region | None = None) -> list[ProblemRow]:
    """The same of a region, or of the nation."""
    rules = {rule.id: rule for rule in load_rules(region=region).rules}
    return [_row(item, rules) for item in problem_items()]


def _row(item: ProblemItem, rules: dict[str, Rule]) -> ProblemRow:
    states = [rules[name].state for name in item.rules if name in rules]
    return ProblemRow(
        code=item.code,
        template=item.template.name if item.template else "",
        name=item.name,
        rules=item.rules,
        knowledge=tuple(f"{named[:-1]}（{TO_LOAD}）" if named.endswith(":") else named for named in item.knowledge),
        state=next((state.words for state in _BEST_FIRST if state in states), ""),
        why_not=f"{item.why.value.zh} {item.why.value.en}" if item.why else "",
    )
