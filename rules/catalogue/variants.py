"""What people ask a rule to be tried with: `max=3,4,5` as values of its parameters, refused where they are none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import product
from math import isfinite

from fundwatch.errors import FundwatchError, problems
from fundwatch.expressions.declared import Value
from rules.catalogue.load import problems_of_variant
from rules.catalogue.rule import Rule

_MOST = 24  # a person compares no more, and each is a column of what is compared
_MEMBERS = "|"


def variants_asked(rule: Rule, pairs: Sequence[str]) -> list[Rule]:
    """A variant of the rule for each choice of values; what is in force already is not one.

    Raises FundwatchError naming all that is wrong, and which parameters the rule has.
    """
    wrong: list[str] = []
    values = _values(rule, pairs, wrong)
    choices = [dict(zip(values, chosen, strict=True)) for chosen in product(*values.values())] if values else []
    choices = [choice for choice in choices if any(rule.params[name] != value for name, value in choice.items())]
    if len(choices) > _MOST:
        wrong.append(f"{len(choices)} choices of values are more than the {_MOST} that are tried at once")
    variants = [rule.variant(number, choice) for number, choice in enumerate(choices[:_MOST], start=1)]
    wrong += dict.fromkeys(problem for variant in variants for problem in problems_of_variant(variant))
    if not variants and not wrong:
        wrong.append("no value differs from what is in force")
    if wrong:
        raise FundwatchError(
            problems(f"{rule.id} cannot be tried like this", wrong),
            where="--set",
            do=f"write --set NAME=VALUE,VALUE (a list as one value: A{_MEMBERS}B); {rule.id} has {_there_is(rule)}",
        )
    return variants


def changed_params(rule: Rule, variant: Rule) -> dict[str, Value]:
    """The parameters that the variant has otherwise."""
    return {name: value for name, value in variant.params.items() if rule.params.get(name) != value}


def params_text(params: Mapping[str, Value]) -> str:
    """`max=3 days=30`, as they are asked for."""
    return " ".join(f"{name}={_text(value)}" for name, value in params.items())


def _text(value: Value) -> str:
    return _MEMBERS.join(value) if isinstance(value, list) else str(value)


def _there_is(rule: Rule) -> str:
    """The rule's parameters as they are, with the range of those that have one."""
    said = (
        f"{name}={_text(value)}" + (f" ({rule.ranges[name].words})" if name in rule.ranges else "")
        for name, value in rule.params.items()
    )
    return ", ".join(said) or "no parameters"


def _values(rule: Rule, pairs: Sequence[str], wrong: list[str]) -> dict[str, list[Value]]:
    found: dict[str, list[Value]] = {}
    if not pairs:
        wrong.append("no value of a parameter is given")
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if name not in rule.params:
            wrong.append(f"it has no parameter '{name}', and no setting is named so")
        elif not equals or name in found:
            wrong.append(f"'{pair}' " + ("gives a parameter twice" if name in found else "gives no value"))
        else:
            found[name] = [*_read(rule.params[name], name, text, wrong)]
    return found


def _read(now: Value, name: str, text: str, wrong: list[str]) -> Iterator[Value]:
    """The values of the text, each of the kind that the parameter has now."""
    for one in dict.fromkeys(part.strip() for part in text.split(",")):
        try:
            yield _one(now, one)
        except (ValueError, KeyError):
            wrong.append(f"{name}: '{one}' is {_KINDS.get(type(now), 'no such value')}")


def _one(now: Value, text: str) -> Value:
    if not text:
        raise ValueError(text)
    if isinstance(now, bool):
        return _TRUE_OR_FALSE[text.lower()]
    if isinstance(now, list):
        return text.split(_MEMBERS)
    if isinstance(now, int):
        return int(text)
    if isinstance(now, float):
        return _finite(float(text))
    return date.fromisoformat(text) if isinstance(now, date) else text


def _finite(number: float) -> float:
    """The number. Raises ValueError for `nan` and `inf`, which compare with nothing."""
    if not isfinite(number):
        raise ValueError(number)
    return number


_TRUE_OR_FALSE = {"true": True, "false": False}
_KINDS: Mapping[type, str] = {
    bool: "neither true nor false", int: "no whole number", float: "no number", date: "no day like 2026-03-31",
    str: "no text", list: "no list",
}  # fmt: skip
