"""The catalogue of rules: `rules/catalogue/*.yaml`, read, checked, and refused with all its problems at once.

A region lays `rules.yaml` over it: of a national rule (by its id) only what differs (rules/catalogue/overlay.py says
what may), a whole rule of its own, or `switched_off: {zh: …, en: …}`, why a rule does not run there. Exclusions are
laid over by name.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from functools import lru_cache
from importlib.resources.abc import Traversable
from typing import TypeVar

from pydantic import ValidationError

from fundwatch.contracts import CLEAN
from fundwatch.declared import model_problems
from fundwatch.errors import CatalogueError, FundwatchError, problems
from fundwatch.expressions.declared import (
    RULE,
    RULE_MEASURE,
    Value,
    is_call,
    list_parameters_outside_in,
    literal,
    names_by_time,
    names_in,
    parameters_in,
    problems_in,
)
from fundwatch.regions import Region
from fundwatch.resources import package_files
from rules.analysis.rows import entries_of
from rules.catalogue.analysis_rules import problems_of_indicators
from rules.catalogue.entries import Content, Entries, content_of
from rules.catalogue.including import with_included
from rules.catalogue.rule import PLACEHOLDER, BilingualText, Exclusion, Rule, RuleSet
from rules.frames.registry import GRAINS, columns_of
from rules.knowledge.classes import CLASSES
from rules.wording.words import problems_of_words

Part = TypeVar("Part", Rule, Exclusion, BilingualText)
_Checked = tuple[Rule | None, Sequence[str]]
_SOURCES = {f"{table.name}.{column}" for table in CLEAN for column in table.column_names}
_EXAMPLES = 3  # of each kind: a rule that was not seen to hit and to spare is not admitted


def load_rules(files: Sequence[Traversable] | None = None, region: Region | None = None) -> RuleSet:
    """The shipped rules (or those of `files`) as they hold in the region.

    Raises CatalogueError naming file, rule and key of every problem.
    """
    overlays = [] if region is None else region.files("rules.yaml")
    return _shipped() if files is None and not overlays else _loaded(files, overlays)


@lru_cache(maxsize=1)
def _shipped() -> RuleSet:
    """The shipped rules without any region's word; reading them takes a second, and a night asks for them often."""
    return _loaded(None, ())


@lru_cache(maxsize=1)
def _shipped_contents() -> tuple[tuple[Content, ...], tuple[str, ...]]:
    """What the shipped files say, and what is wrong with them."""
    wrong: list[str] = []
    contents = [content_of(file, file.name, wrong) for file in package_files("rules", "catalogue", ".yaml")]
    rows = package_files("rules", "analysis", ".yaml")
    contents += [Content(file.name, entries_of(file, wrong)) for file in rows]
    return tuple(contents), tuple(wrong)


@lru_cache(maxsize=1)
def _shipped_rules() -> Mapping[int, _Checked]:
    """What is found of each shipped entry, by the object that it is (all are kept): a region changes few of them."""
    entries = Entries()
    for content in _shipped_contents()[0]:
        entries.add(content)
    return {id(entry): _checked(name, where, entry) for name, where, entry in entries.rules}


def _loaded(files: Sequence[Traversable] | None, overlays: Sequence[Traversable]) -> RuleSet:
    wrong: list[str] = []
    found = Entries()
    if files is None:
        contents, problems_found = _shipped_contents()
        wrong += problems_found
    else:
        contents = tuple(content_of(file, file.name, wrong) for file in files)
    for content in contents:
        found.add(content)
    for file in overlays:
        found.lay_over(content_of(file, str(file), wrong), wrong)
    rules: list[Rule] = []
    exclusions: dict[str, Exclusion] = {}
    any_column = frozenset(name for grain in GRAINS.values() for name in grain.columns)
    for name, (where, entry) in found.exclusions.items():
        exclusion = _parsed(Exclusion, entry, f"{where}: exclusion {name}", wrong)
        if exclusion is not None:
            exclusions[name] = exclusion
            reported_of = problems_in(exclusion.condition, RULE, any_column)
            wrong += [f"{where}: exclusion {name}: condition {reported}" for reported in reported_of]
    exclusions = with_included(exclusions, {name: where for name, (where, _) in found.exclusions.items()}, wrong)
    checked = _shipped_rules() if files is None else {}
    for name, where, entry in found.rules:
        rule, reported = checked.get(id(entry)) or _checked(name, where, entry)
        wrong += reported
        if rule is not None:
            rules.append(rule)
    reasons = {
        n: _parsed(BilingualText, reason, f"{where}: rule {n}: switched_off", wrong)
        for n, (where, reason) in found.switched_off.items()
    }
    if files is None and not overlays:  # a region words what it adds where it wants to
        wrong += problems_of_words((rule.id, rule.params, rule.words) for rule in rules)
    wrong += _problems_between(rules, exclusions, {name: where for name, where, _ in found.rules})
    if wrong:
        raise CatalogueError(
            problems("the catalogue of rules does not hold", wrong), do="fix every entry that is named"
        )
    return RuleSet(
        rules=tuple(sorted(rules, key=lambda rule: rule.id)),
        exclusions=exclusions,
        switched_off={name: reason for name, reason in reasons.items() if reason is not None},
    )


def _parsed(kind: type[Part], entry: object, where: str, wrong: list[str]) -> Part | None:
    try:
        return kind.model_validate(entry)
    except ValidationError as error:
        wrong += [f"{where}: {text}" for text in model_problems(error, "entry")]
    return None


def _checked(name: str, where: str, entry: object) -> _Checked:
    """The rule that an entry declares, None where it is none, and what is wrong with it."""
    wrong: list[str] = []
    rule = _parsed(Rule, entry, f"{where}: rule {name}", wrong)
    if rule is not None and rule.grain not in GRAINS:
        wrong.append(f"{where}: rule {name}: grain: there is no '{rule.grain}'; there are {', '.join(GRAINS)}")
        return None, wrong
    if rule is not None:
        wrong += [f"{where}: rule {rule.id}: {reported}" for reported in _problems_of(rule)]
    return rule, wrong


def problems_of_variant(rule: Rule) -> list[str]:
    """What is wrong with a rule that has come to have other parameters than it was loaded with."""
    return [*_problems_of(rule)]


def _problems_of(rule: Rule) -> Iterator[str]:
    yield from _problems_of_expressions(rule)
    yield from problems_of_indicators(rule)
    known = rule.facts.keys() | rule.params.keys() | rule.measures.keys()
    placeholders = {name: set(re.findall(PLACEHOLDER, text)) for name, text in rule.reason}
    if placeholders["zh"] != placeholders["en"]:
        yield f"reason: the two languages name different facts: {sorted(placeholders['zh'] ^ placeholders['en'])}"
    unused = sorted(rule.facts.keys() - placeholders["zh"])
    if unused:
        yield f"facts: no reason names {', '.join(unused)}"
    shadowed = sorted((rule.facts.keys() & rule.params.keys()) | (rule.params.keys() & rule.measures.keys()))
    if shadowed:
        yield f"params: {', '.join(shadowed)} is also a fact or a measure"
    hits = sum(1 for example in rule.examples if example.hits)
    if hits < _EXAMPLES or len(rule.examples) - hits < _EXAMPLES:
        yield (
            f"examples: {hits} hits and {len(rule.examples) - hits} near misses; a rule shows at least "
            f"{_EXAMPLES} of each"
        )
    unknown = sorted({*rule.needs} - _SOURCES - {declared.source for declared in CLASSES.values()})
    if unknown:
        yield f"needs: no column of a clean table and no class of knowledge is named {', '.join(unknown)}"
    if rule.compares is not None and not GRAINS[rule.grain].frame.is_of_lines:
        yield f"compares: a {rule.grain} is no fee line and is compared with none"
    if not known and not placeholders["zh"]:
        yield "reason: names no fact: an inspector must see what was measured"


def _problems_of_expressions(rule: Rule) -> Iterator[str]:
    used: set[str] = set()
    columns = columns_of(rule.grain, rule.indicators).keys()
    lists = {name for name, value in rule.params.items() if isinstance(value, list)}
    for key, expression in rule.expressions.items():
        purpose = RULE_MEASURE if key.startswith("measures.") else RULE
        known = columns if key == "where" else columns | rule.measures.keys()
        yield from (f"{key} {reported}" for reported in problems_in(expression, purpose, known))
        used |= parameters_in(expression)
        for name in sorted(list_parameters_outside_in(expression) & lists):
            yield f"{key} compares with the list :{name}: write IN (:{name})"
    if rule.money.of not in {*columns, "encounter_id"}:
        yield f"money.of: there is no column '{rule.money.of}'"
    judged = frozenset().union(*(names_in(text, columns) for text in rule.judging))
    yield from (f"holds_without: the rule does not judge by '{n}'" for n in sorted(rule.holds_without.keys() - judged))
    timed = frozenset().union(*(names_by_time(text, columns) for text in rule.judging))
    yield from (f"days_suffice: no time of '{n}' is compared" for n in sorted(rule.days_suffice.keys() - timed))
    yield from _problems_of_windows(rule, columns | rule.measures.keys())
    used |= {m.over_days[1:] for m in rule.measures.values() if isinstance(m.over_days, str)}
    named = {name for _, text in rule.reason for name in re.findall(PLACEHOLDER, text)}
    missing, idle = sorted(used - rule.params.keys()), sorted(rule.params.keys() - used - named)
    if missing:
        yield f"params: {', '.join(missing)} is used and not declared"
    if unworded := sorted(rule.words.keys() - rule.params.keys()):
        yield f"words: there is no parameter {', '.join(unworded)}"
    if idle:
        yield f"params: {', '.join(idle)} is declared and never used"
    for name, value in rule.params.items():
        yield from (f"params.{name}: {reported}" for reported in _problems_of_value(value))
    yield from _problems_of_ranges(rule)


def _problems_of_value(value: Value) -> Iterator[str]:
    try:
        literal(value)
    except FundwatchError as error:
        yield error.what


def _problems_of_ranges(rule: Rule) -> Iterator[str]:
    for name, span in rule.ranges.items():
        value = rule.params.get(name)
        if name not in rule.params:
            yield f"ranges.{name}: there is no such parameter"
        elif isinstance(value, bool) or not isinstance(value, int | float):
            yield f"ranges.{name}: the parameter is no number"
        elif not span.holds(value):
            yield f"params.{name}: {value} is not within {span.words}, as `ranges` says"


def _problems_of_windows(rule: Rule, known: Set[str]) -> Iterator[str]:
    for name, measure in rule.measures.items():
        where = f"measures.{name}"
        if not is_call(measure.compute):
            yield f"{where} is not the call of one function, as a window needs"
        for key, columns in (("by", measure.by), ("order", measure.order)):
            yield from (f"{where}.{key}: there is no column '{c}'" for c in columns if c not in known)
        days = measure.over_days
        if isinstance(days, str):
            days = rule.params.get(days.removeprefix(":"))  # type: ignore[assignment]
        if measure.over_days is not None and (isinstance(days, bool) or not isinstance(days, int) or days < 1):
            yield f"{where}.over_days: is a whole number of days, or the :name of such a parameter"


def _problems_between(
    rules: Sequence[Rule], exclusions: Mapping[str, Exclusion], files: Mapping[str, str]
) -> Iterator[str]:
    """What is wrong between the rules; `files` says by rule which say it."""
    for rule_id, times in Counter(rule.id for rule in rules).items():
        if times > 1:
            yield (
                f"{files[rule_id]}: rule {rule_id}: occurs {times} times; its versions would overlap: end one by "
                "`valid.to` and give the next an id of its own"
            )
    measures = Counter((rule.grain, name) for rule in rules for name in rule.measures)
    for (grain, name), times in measures.items():
        if times > 1:
            yield f"measure {name}: {times} rules of the grain {grain} declare it; give each its own name"
    for rule in rules:
        for name in rule.exclude:
            if name not in exclusions:
                yield f"{files[rule.id]}: rule {rule.id}: exclude: no exclusion is named '{name}'"
            else:
                reported = problems_in(exclusions[name].condition, RULE, GRAINS[rule.grain].columns)
                where = f"{files[rule.id]}: rule {rule.id}"
                yield from (f"{where}: exclude: the condition of {name} {problem}" for problem in reported)
