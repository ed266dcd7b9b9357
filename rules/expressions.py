"""What rule authors write: Spark SQL expressions with `:named` parameters. Text in, text out; nothing runs here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date

Scalar = bool | int | float | date | str
Parameter = Scalar | list[str]

# a quoted text, a parameter, a word, or any other character
_TOKEN = re.compile(r"'(?:[^'\\]|\\.|'')*'|:[a-z_][a-z0-9_]*|[A-Za-z_][A-Za-z0-9_]*|.", re.DOTALL)
# ANSI mode is on: one division by zero or bad cast kills the fused pass of every rule of the grain
_UNSAFE = (
    (re.compile(r"/"), "divides with '/': write try_divide(a, b)"),
    (re.compile(r"(?<!try_)\bcast\s*\(|::", re.IGNORECASE), "casts: write try_cast(a AS type)"),
    (
        re.compile(r"\b(current_date|current_timestamp|curdate|now|rand|randn|uuid|shuffle)\b", re.IGNORECASE),
        "asks a clock or a die: a result depends on the data and the run alone",
    ),
)


def names_in(expression: str) -> frozenset[str]:
    """Every word of the expression that is not quoted: columns, measures, functions and SQL's own words."""
    return frozenset(t for t in _TOKEN.findall(expression) if t[0].isalpha() or t[0] == "_")


def parameters_in(expression: str) -> frozenset[str]:
    """The names of the `:named` parameters."""
    return frozenset(t[1:] for t in _TOKEN.findall(expression) if t[0] == ":" and len(t) > 1)


def bind(expression: str, params: Mapping[str, Parameter]) -> str:
    """The expression with its parameters written as literals. Raises KeyError for one that is not given."""

    def bound(token: re.Match[str]) -> str:
        text = token.group()
        return literal(params[text[1:]]) if text[0] == ":" and len(text) > 1 else text

    return _TOKEN.sub(bound, expression)


def literal(value: Parameter) -> str:
    """The value as Spark SQL writes it; a list becomes its members, for use inside IN (…)."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, date):
        return f"DATE'{value.isoformat()}'"
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return ", ".join(literal(member) for member in value)


def all_of(conditions: Sequence[str]) -> str:
    """True where every condition is true; unknown counts as not true."""
    return " AND ".join(f"coalesce(({c}), FALSE)" for c in conditions) or "TRUE"


def unsafe_parts(expression: str) -> list[str]:
    """What may not stand in a rule, as predicates of a sentence; empty when the expression is fit to run."""
    unquoted = "".join(" " if t[0] == "'" else t for t in _TOKEN.findall(expression))
    return [told for pattern, told in _UNSAFE if pattern.search(unquoted)]
