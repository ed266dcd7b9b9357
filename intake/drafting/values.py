"""How a drafted mapping writes one column: its name in SQL and YAML, and the form that its values ask for."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

import yaml

from intake.drafting.names import normalised
from intake.drafting.sampling import Values
from intake.files.forms.rows_within import PLACE

_UNIT_MARKS = {"(分)": "fen", "（分）": "fen", "_fen": "fen", "_cents": "fen", "万元": "ten_thousand"}


def dated(header: str, values: Values) -> tuple[str, list[str]]:
    """A date or time, with the ways in which it is written, and what to decide."""
    if values.filled and not values.most_formats:
        return plain_name(header), ["? the values are no dates in a known way of writing"]
    reported = []
    if values.undated:
        shown = ", ".join(text if text == "a text" else f"'{text}'" for text in values.undated_like)
        reported.append(f"? {values.undated:,} of the sample's values are no dates in it, as {shown}")
    if "M/d/yyyy" in values.most_formats and not values.is_month_first:
        reported.append("? is the month first, or the day")
    if values.most_formats in ((), ("iso",)):
        return plain_name(header), reported
    return f"{{of: {of(header)}, format: [{', '.join(map(flow, values.most_formats))}]}}", reported


def numbered(header: str, values: Values, kind: str) -> tuple[str, list[str]]:
    """A number, with its unit and signs to take off, and what to decide."""
    plain = header.lower()
    options, reported = [], []
    if values.currency_signs:
        options.append('trim: "¥￥$"')
    elif values.filled and values.number_share < 1:
        reported.append(f"? {1 - values.number_share:.0%} of the values are no numbers")
    if kind == "decimal(16,2)":
        unit = next((u for mark, u in _UNIT_MARKS.items() if mark in plain), None)
        options += [f"unit: {unit}"] if unit else []
    return (f"{{of: {of(header)}, {', '.join(options)}}}" if options else plain_name(header)), reported


def birth_year(header: str, values: Values) -> str:
    """The year alone, from where the values have it."""
    is_last = bool(values.most_formats) and all(form.endswith("yyyy") for form in values.most_formats)
    year = f"right({sql(header)}, 4)" if is_last else f"substring({sql(header)}, 1, 4)"
    return f'{{expr: "{year}"}}'


def plain_name(header: str) -> str:
    """The name a column goes by in expressions: its own, or one without blanks and signs."""
    if header.endswith(PLACE):
        header = f"{header.removesuffix(PLACE)}_place"
    name = header if header.isidentifier() else re.sub(r"\W+", "_", normalised(header)).strip("_")
    # YAML reads a bare no, on, null and 1e3 as other things than texts
    return name if name.isidentifier() and yaml.safe_load(name) == name else f"column_{name}"


def sql(header: str) -> str:
    """The column in SQL; Spark wants letters of other scripts quoted."""
    name = plain_name(header)
    return name if name.isascii() else f"`{name}`"


def of(header: str) -> str:
    """The same as a YAML value."""
    return flow(sql(header))


def flow(value: object) -> str:
    """A value as YAML on one line: texts that YAML would read as something else, or break at, in quotes."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(key)}: {flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(flow(one) for one in value)}]"
    text = str(value)
    return text if text.isidentifier() and yaml.safe_load(text) == text else json.dumps(text, ensure_ascii=False)


def translations(known: Mapping[str, str], met: frozenset[str]) -> dict[str, str]:
    """The known codes written as those met are, since a sample need not hold them all; and those right already."""
    ways = {_way(code) for code in met if code in known}
    right = sorted(met & {*known.values()})
    return {c: m for c, m in known.items() if _way(c) in ways} | {c: c for c in right}


def _way(code: str) -> tuple[bool, bool, bool]:
    return code.isascii(), code.isascii() and len(code) == 1, code[:1].isupper()
