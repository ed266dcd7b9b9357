"""What a SQL expression of the catalogue names: its columns and its functions, found without an engine."""

from __future__ import annotations

import re

_WORD = re.compile(r"[A-Za-z_]\w*")
_LITERAL = re.compile(r"'[^']*'")
_KEYWORDS = frozenset(
    {
        "and",
        "or",
        "not",
        "in",
        "is",
        "null",
        "between",
        "like",
        "true",
        "false",
        "filter",
        "where",
        "distinct",
    }
    | {"case", "when", "then", "else", "end"}
)

# Each keeps a few numbers per group however many rows come. `count(distinct …)` keeps a day's distinct
# values: a day of one entity bounds them, and the loader allows one such column per source.
BOUNDED_AGGREGATES = frozenset({"sum", "count", "count_if"})
SCALARS = frozenset(
    {
        "abs",
        "coalesce",
        "datediff",
        "greatest",
        "hour",
        "if",
        "least",
        "nullif",
        "to_date",
        "try_divide",
        "weekday",
    }
)


def _words(expression: str) -> list[tuple[str, bool]]:
    """Every word outside literals and keywords, with whether it is called as a function."""
    text = _LITERAL.sub("''", expression)
    words = ((m.group(), text[m.end() :].lstrip().startswith("(")) for m in _WORD.finditer(text))
    return [(word, called) for word, called in words if word.lower() not in _KEYWORDS]


def columns_of(expression: str) -> frozenset[str]:
    """The names the expression reads."""
    return frozenset(word for word, called in _words(expression) if not called)


def functions_of(expression: str) -> frozenset[str]:
    """The functions the expression calls, in lower case."""
    return frozenset(word.lower() for word, called in _words(expression) if called)


def distinct_columns(expression: str) -> frozenset[str]:
    """The columns whose distinct values the expression counts."""
    return frozenset(re.findall(r"\bdistinct\s+(\w+)", _LITERAL.sub("''", expression), flags=re.IGNORECASE))


def renamed(expression: str, names: dict[str, str]) -> str:
    """The expression with each of the names put in place of its key; literals stay."""

    def put(word: re.Match[str]) -> str:
        return names.get(word.group(), word.group())

    pieces = re.split(r"('[^']*')", expression)
    return "".join(piece if piece.startswith("'") else _WORD.sub(put, piece) for piece in pieces)
