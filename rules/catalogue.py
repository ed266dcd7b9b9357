"""The catalogue of rules: `rules/catalogue/*.yaml`, read, checked, and refused with all its faults at once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from importlib.resources.abc import Traversable
from typing import Any, TypeVar

from pydantic import ValidationError

from fundwatch.errors import CatalogueError, FundwatchError, faults
from fundwatch.resources import package_files, read_yaml
from rules.columns import GRAINS, Frame
from rules.expressions import parameters_in, unsafe_parts
from rules.model import PLACEHOLDER, Exclusion, Rule, RuleSet

Part = TypeVar("Part", Rule, Exclusion)
_EXAMPLES = 3  # of each kind: a rule that was not seen to hit and to spare is not admitted


def load_rules(files: Sequence[Traversable] | None = None) -> RuleSet:
    """The shipped rules, or those of `files`. Raises CatalogueError naming file, rule and key of every fault."""
    wrong: list[str] = []
    rules: list[Rule] = []
    exclusions: dict[str, Exclusion] = {}
    for file in package_files("rules", "catalogue", ".yaml") if files is None else files:
        content = _content(file, wrong)
        for name, entry in (content.get("exclusions") or {}).items():
            exclusion = _parsed(Exclusion, entry, f"{file.name}: exclusion {name}", wrong)
            if exclusion is not None:
                exclusions[name] = exclusion
                wrong += [f"{file.name}: exclusion {name} {told}" for told in unsafe_parts(exclusion.condition)]
        for place, entry in enumerate(content.get("rules") or [], start=1):
            name = entry.get("id", f"number {place}") if isinstance(entry, dict) else f"number {place}"
            rule = _parsed(Rule, entry, f"{file.name}: rule {name}", wrong)
            if rule is not None:
                rules.append(rule)
                wrong += [f"{file.name}: rule {rule.id}: {told}" for told in _faults_of(rule)]
    wrong += _faults_between(rules, exclusions)
    if wrong:
        raise CatalogueError(faults("the catalogue of rules does not hold", wrong), do="mend every entry that is named")
    return RuleSet(rules=tuple(sorted(rules, key=lambda rule: rule.id)), exclusions=exclusions)


def _content(file: Traversable, wrong: list[str]) -> dict[str, Any]:
    try:
        content = read_yaml(file)
    except FundwatchError as fault:
        wrong.append(f"{file.name}: {fault.what}")
        return {}
    if not isinstance(content, dict) or not set(content) <= {"rules", "exclusions"}:
        wrong.append(f"{file.name}: holds a mapping with `rules` and `exclusions`, and nothing else")
        return {}
    return content


def _parsed(kind: type[Part], entry: object, where: str, wrong: list[str]) -> Part | None:
    try:
        return kind.model_validate(entry)
    except ValidationError as fault:
        for error in fault.errors():
            key = ".".join(str(part) for part in error["loc"])
            wrong.append(f"{where}: {key or 'entry'}: {error['msg']}")
    return None


def _faults_of(rule: Rule) -> Iterator[str]:
    yield from _faults_of_expressions(rule)
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
    if rule.compares is not None and GRAINS[rule.grain].frame is not Frame.LINES:
        yield f"compares: a {rule.grain} is no fee line and is compared with none"
    if not known and not placeholders["zh"]:
        yield "reason: names no fact: an inspector must see what was measured"


def _faults_of_expressions(rule: Rule) -> Iterator[str]:
    used: set[str] = set()
    for key, expression in rule.expressions.items():
        yield from (f"{key} {told}" for told in unsafe_parts(expression))
        used |= parameters_in(expression)
    used |= {m.over_days[1:] for m in rule.measures.values() if isinstance(m.over_days, str)}
    named = {name for _, text in rule.reason for name in re.findall(PLACEHOLDER, text)}
    missing, idle = sorted(used - rule.params.keys()), sorted(rule.params.keys() - used - named)
    if missing:
        yield f"params: {', '.join(missing)} is used and not declared"
    if idle:
        yield f"params: {', '.join(idle)} is declared and never used"
    for name, measure in rule.measures.items():
        days = measure.over_days
        if isinstance(days, str):
            days = rule.params.get(days.removeprefix(":"))  # type: ignore[assignment]
        if measure.over_days is not None and (isinstance(days, bool) or not isinstance(days, int) or days < 1):
            yield f"measures.{name}.over_days: is a whole number of days, or the :name of such a parameter"


def _faults_between(rules: Sequence[Rule], exclusions: dict[str, Exclusion]) -> Iterator[str]:
    for rule_id, times in Counter(rule.id for rule in rules).items():
        if times > 1:
            yield f"rule {rule_id}: stands {times} times"
    measures = Counter((rule.grain, name) for rule in rules for name in rule.measures)
    for (grain, name), times in measures.items():
        if times > 1:
            yield f"measure {name}: {times} rules of the grain {grain} declare it; give each its own name"
    for rule in rules:
        for name in rule.exclude:
            if name not in exclusions:
                yield f"rule {rule.id}: exclude: no exclusion is named '{name}'"
