"""Values of parameters as people write them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Literal

from fundwatch.expressions.declared import Value
from rules.wording.units import SHARE, UNITS
from rules.wording.words import CODES, ParameterWords

_SHOWN = 8  # members of a list, and
_LONGEST = 48  # the characters of those that are shown
_BETWEEN = {"zh": ("、", " 等 {} 项"), "en": (", ", " and others, {} in all")}
_BEFORE = re.compile(r"^\((?:\^\|.)\)|^\^")  # where in the text a pattern begins


def value_said(value: Value, words: ParameterWords, unit: str) -> tuple[str, str]:
    """The value in Chinese and English, with its unit."""
    if isinstance(value, bool):
        return ("是", "yes") if value else ("否", "no")
    if isinstance(value, int | float):
        figure = figure_said(value, unit)
        zh, en = ("", "") if unit == SHARE else UNITS.get(unit, ("", ""))
        return figure + zh, figure + (en.removesuffix("s") if value == 1 else en)
    if isinstance(value, date):
        return value.isoformat(), value.isoformat()
    members = value if isinstance(value, list) else alternatives(value) if words.unit == CODES else [value]
    return _joined(members, words, "zh"), _joined(members, words, "en")


def figure_said(number: float, unit: str) -> str:
    """`1,000`, `0.5`, a share as `95%`: without a digit that says nothing."""
    if unit == SHARE:
        return f"{figure_said(number * 100, '')}%"
    return f"{number:,.6f}".rstrip("0").rstrip(".")


def alternatives(pattern: str) -> list[str]:
    """What the pattern of a text finds, one by one: `^(N17|O)` is N17 and O; a part with choices stays as it is."""
    text = _BEFORE.sub("", pattern).strip("%")
    if text.startswith("(") and _closing(text) == len(text) - 1:
        text = text[1:-1]
    parts, depth, begun = [], 0, 0
    for place, sign in enumerate(text):
        depth += (sign in "([") - (sign in ")]")
        if sign == "|" and not depth:
            parts.append(text[begun:place])
            begun = place + 1
    return [_plain(part) for part in (*parts, text[begun:])]


def _plain(part: str) -> str:
    """`D5[5-9]` as D55–9, `N1[78]` as N17/8."""
    ranges = re.sub(r"\[(\w)-(\w)\]", r"\1–\2", part.replace("[.]", "."))
    return re.sub(r"\[(\w+)\]", lambda found: "/".join(found[1]), ranges)


def _closing(text: str) -> int:
    """Where the bracket closes that the text opens with."""
    depth = 0
    for place, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if not depth:
            return place
    return -1


def _joined(members: Sequence[str], words: ParameterWords, language: Literal["zh", "en"]) -> str:
    """The members, or the first of them and how many there are."""
    said = [getattr(words.values[one], language) if one in words.values else one for one in members]
    shown: list[str] = []
    for one in said[:_SHOWN]:
        if shown and sum(map(len, shown)) + len(one) > _LONGEST:
            break
        shown.append(one)
    between, more = _BETWEEN[language]
    return between.join(shown) + (more.format(len(said)) if len(shown) < len(said) else "")
