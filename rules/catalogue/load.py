"""The catalogue of rules: `rules/catalogue/*.yaml`, read, checked, and refused with all its problems at once.

A region lays `rules.yaml` over it: of a national rule (by its id) only what differs, a whole rule of its own, or
`switched_off: {zh: …, en: …}`, why a rule does not run there. Exclusions are laid over by name.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
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
from fundwatch.regions import Region, laid_over
from fundwatch.resources import package_files, read_yaml
from rules.catalogue.rule import PLACEHOLDER, BilingualText, Exclusion, Rule, RuleSet
from rules.frames.registry import GRAINS
from rules.knowledge.classes import CLASSES

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
def _shipped_contents() -> tuple[tuple[_Content, ...], tuple[str, ...]]:
    """What the shipped files say, and what is wrong with them."""
    wrong: list[str] = []
    contents = [_content(file, file.name, wrong) for file in package_files("rules", "catalogue", ".yaml")]
    return tuple(contents), tuple(wrong)


@lru_cache(maxsize=1)
def _shipped_rules() -> Mapping[int, _Checked]:
    """What is found of each shipped entry, by the object that it is (all are kept): a region changes few of them."""
    entries = _Entries()
    for content in _shipped_contents()[0]:
        entries.add(content)
    return {id(entry): _checked(name, where, entry) for name, where, entry in entries.rules}


def _loaded(files: Sequence[Traversable] | None, overlays: Sequence[Traversable]) -> RuleSet:
    wrong: list[str] = []
    found = _Entries()
    if files is None:
        contents, problems_found = _shipped_contents()
        wrong += problems_found
    else:
        contents = tuple(_content(file, file.name, wrong) for file in files)
    for content in contents:
        found.add(content)
    for file in overlays:
        found.lay_over(_content(file, str(file), wrong), wrong)
    rules: list[Rule] = []
    exclusions: dict[str, Exclusion] = {}
    any_column = frozenset(name for grain in GRAINS.values() for name in grain.columns)
    for name, (where, entry) in found.exclusions.items():
        exclusion = _parsed(Exclusion, entry, f"{where}: exclusion {name}", wrong)
        if exclusion is not None:
            exclusions[name] = exclusion
            reported_of = problems_in(exclusion.condition, RULE, any_column)
            wrong += [f"{where}: exclusion {name}: condition {reported}" for reported in reported_of]
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
    wrong += _problems_between(rules, exclusions)
    if wrong:
        raise CatalogueError(
            problems("the catalogue of rules does not hold", wrong), do="fix every entry that is named"
        )
    return RuleSet(
        rules=tuple(sorted(rules, key=lambda rule: rule.id)),
        exclusions=exclusions,
        switched_off={name: reason for name, reason in reasons.items() if reason is not None},
    )


@dataclass(frozen=True)
class _Content:
    """What one file says, of the shapes that a file has; its entries are as they are written."""

    where: str
    rules: Sequence[object] = ()
    exclusions: Mapping[str, object] = field(default_factory=dict)


@dataclass
class _Entries:
    """Entries as they are written, each with the files that say so, before anything is checked."""

    rules: list[tuple[str, str, object]] = field(default_factory=list)
    exclusions: dict[str, tuple[str, object]] = field(default_factory=dict)
    switched_off: dict[str, tuple[str, object]] = field(default_factory=dict)

    def add(self, content: _Content) -> None:
        """The entries of a file of the national catalogue."""
        self.exclusions |= {name: (content.where, entry) for name, entry in content.exclusions.items()}
        for place, entry in enumerate(content.rules, start=1):
            name = entry.get("id", f"number {place}") if isinstance(entry, dict) else f"number {place}"
            self.rules.append((str(name), content.where, entry))

    def lay_over(self, content: _Content, wrong: list[str]) -> None:
        """What a region's file changes, adds and switches off."""
        for name, entry in content.exclusions.items():
            files, national = self.exclusions.get(name, ("", {}))
            self.exclusions[name] = (_both(files, content.where), _changed(national, entry))
        for place, entry in enumerate(content.rules, start=1):
            if not isinstance(entry, dict) or "id" not in entry:
                wrong.append(f"{content.where}: rule number {place}: say whose `id` it changes, or its own")
                continue
            self._lay_over_rule(str(entry["id"]), content.where, entry)

    def _lay_over_rule(self, rule_id: str, where: str, entry: Mapping[str, object]) -> None:
        change = {key: reported for key, reported in entry.items() if key != "switched_off"}
        if "switched_off" in entry:
            self.switched_off[rule_id] = (where, entry["switched_off"])
        else:
            self.switched_off.pop(rule_id, None)  # a narrower region that speaks of it puts it in force again
        known = [place for place, (name, _, _) in enumerate(self.rules) if name == rule_id]
        if not known:
            self.rules.append((rule_id, where, change))
        for place in known:
            _, files, national = self.rules[place]
            self.rules[place] = (rule_id, _both(files, where), _changed(national, change))


def _both(files: str, where: str) -> str:
    return f"{files} with {where}" if files else where


def _changed(national: object, change: object) -> object:
    if isinstance(national, Mapping) and isinstance(change, Mapping):
        return laid_over(national, change)
    return change


def _content(file: Traversable, where: str, wrong: list[str]) -> _Content:
    """What the file says, without what is not of the shape that it must be: that is `wrong`."""
    try:
        content = read_yaml(file)
    except FundwatchError as error:
        wrong.append(f"{where}: {error.what}")
        return _Content(where)
    if not isinstance(content, dict) or not set(content) <= {"rules", "exclusions"}:
        wrong.append(f"{where}: holds a mapping with `rules` and `exclusions`, and nothing else")
        return _Content(where)
    rules, exclusions = content.get("rules"), content.get("exclusions")
    if not isinstance(rules, list | None):
        wrong.append(f"{where}: rules: is a list of rules, each with its `id`, and not {_stated(rules)}")
        rules = None
    if not isinstance(exclusions, dict | None):
        wrong.append(f"{where}: exclusions: is a mapping of names to exclusions, and not {_stated(exclusions)}")
        exclusions = None
    odd = [name for name in exclusions or {} if not isinstance(name, str)]
    wrong += [f"{where}: exclusions: {_stated(name)} is no name: put it in quotation marks" for name in odd]
    named = {name: entry for name, entry in (exclusions or {}).items() if isinstance(name, str)}
    return _Content(where, rules or (), named)


def _stated(reported: object) -> str:
    return (
        "a mapping" if isinstance(reported, dict) else "a list" if isinstance(reported, list) else f"{reported!r:.40}"
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


def _problems_of(rule: Rule) -> Iterator[str]:
    yield from _problems_of_expressions(rule)
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
    columns = GRAINS[rule.grain].columns.keys()
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
    if idle:
        yield f"params: {', '.join(idle)} is declared and never used"
    for name, value in rule.params.items():
        yield from (f"params.{name}: {reported}" for reported in _problems_of_value(value))


def _problems_of_value(value: Value) -> Iterator[str]:
    try:
        literal(value)
    except FundwatchError as error:
        yield error.what


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


def _problems_between(rules: Sequence[Rule], exclusions: dict[str, Exclusion]) -> Iterator[str]:
    for rule_id, times in Counter(rule.id for rule in rules).items():
        if times > 1:
            yield f"rule {rule_id}: occurs {times} times"
    measures = Counter((rule.grain, name) for rule in rules for name in rule.measures)
    for (grain, name), times in measures.items():
        if times > 1:
            yield f"measure {name}: {times} rules of the grain {grain} declare it; give each its own name"
    for rule in rules:
        for name in rule.exclude:
            if name not in exclusions:
                yield f"rule {rule.id}: exclude: no exclusion is named '{name}'"
            else:
                reported = problems_in(exclusions[name].condition, RULE, GRAINS[rule.grain].columns)
                yield from (f"rule {rule.id}: exclude: the condition of {name} {problem}" for problem in reported)
