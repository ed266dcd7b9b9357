"""The parameters of a rule as people read them: 同组对象至少 20 个; peers, at least 20."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fundwatch.expressions.declared import Value
from rules.analysis.indicators import JUDGED, indicator_columns, unit_said
from rules.catalogue.rule import ParamRange, Rule
from rules.wording.values import figure_said, value_said
from rules.wording.words import OF_INDICATOR, words_of


@dataclass(frozen=True)
class ParameterSaid:
    """A parameter's words and its value, in both languages."""

    name: str
    zh: str
    en: str
    value_zh: str
    value_en: str
    is_figure: bool

    @property
    def both(self) -> tuple[str, str]:
        """Words and value, as one text in each language."""
        zh, en = (" ", " ") if self.is_figure else (":", ": ")
        return f"{self.zh}{zh}{self.value_zh}", f"{self.en}{en}{self.value_en}"


def params_said(rule: Rule, params: Mapping[str, Value] | None = None) -> list[ParameterSaid]:
    """The rule's parameters, or these values of them."""
    values = rule.params if params is None else params
    words = words_of([*values], rule.words)
    found = []
    for name, value in values.items():
        zh, en = value_said(value, words[name], _unit(rule, words[name].unit))
        found.append(ParameterSaid(name, words[name].zh, words[name].en, zh, en, isinstance(value, int | float)))
    return found


def range_said(rule: Rule, name: str, span: ParamRange) -> str:
    """Between what a parameter may lie: 50%–99%, 2–…."""
    unit = _unit(rule, words_of([name], rule.words)[name].unit)
    return "–".join("…" if end is None else figure_said(end, unit) for end in span.root)


def changed_said(one: Rule, other: Rule, name: str) -> str:
    """A parameter that differs between two versions of a rule, in both languages: 就诊超过 3 次 → 4 次."""
    was, now = ({said.name: said for said in params_said(rule)}.get(name) for rule in (one, other))
    words = was or now
    if words is None:
        return name
    zh = " → ".join("–" if said is None else said.value_zh for said in (was, now))
    en = " → ".join("–" if said is None else said.value_en for said in (was, now))
    return f"{words.zh} {zh} {words.en} {en} (params.{name})"


def in_one_line(said: Iterable[ParameterSaid]) -> tuple[str, str]:
    """All of them, in Chinese and in English."""
    both = [one.both for one in said]
    return ";".join(zh for zh, _ in both), "; ".join(en for _, en in both)


def _unit(rule: Rule, unit: str) -> str:
    """The unit of the figures; of an indicator's value it is the indicator's."""
    if unit != OF_INDICATOR:
        return unit
    judged = indicator_columns().get(rule.indicators.get(JUDGED, ""))
    return "" if judged is None else unit_said(judged)
