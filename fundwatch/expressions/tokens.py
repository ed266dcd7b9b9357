"""The words and signs of an expression: what may not even be written, and literals that all readers take alike."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from sqlglot.dialects.dialect import Dialect

LONGEST, MOST_TOKENS, DEEPEST = 20_000, 2_000, 100
_NUMBER = re.compile(r"\d+(\.\d+)?([eE][+-]?\d+)?")
_ESCAPES = {"\\\\": "\\", "\\'": "'", "\\n": "\n", "\\t": "\t", "\\r": "\r"}
_WRITTEN = {value: escape for escape, value in _ESCAPES.items()}
_IN_TEXT = re.compile(r"\\.|[^\\]", re.DOTALL)
# Spark reads these texts as moments of its clock wherever they meet a date
_CLOCK = re.compile(r"\s*(now|today|yesterday|tomorrow)\b", re.IGNORECASE)


def _only(parsers: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: parsers[name] for name in names}


@lru_cache(maxsize=1)
def dialect() -> Dialect:
    """Spark's SQL without the parser's own knowledge of functions: each stays what it is called, with its arguments."""
    from sqlglot.dialects.spark import Spark
    from sqlglot.parsers.spark import SparkParser

    class Plain(Spark):
        class Parser(SparkParser):
            FUNCTIONS: ClassVar[dict[str, Any]] = {}
            NO_PAREN_FUNCTIONS: ClassVar[dict[Any, Any]] = {}
            FUNCTION_PARSERS: ClassVar[dict[str, Any]] = _only(SparkParser.FUNCTION_PARSERS, "CAST", "TRY_CAST")
            NO_PAREN_FUNCTION_PARSERS: ClassVar[dict[str, Any]] = _only(SparkParser.NO_PAREN_FUNCTION_PARSERS, "CASE")

    return Plain()


def token_problems(text: str, tokens: Sequence[Any]) -> Iterator[str]:
    """What no expression may be written with, whatever the parser would make of it."""
    from sqlglot.tokenizer_core import TokenType

    if not tokens:
        yield "is empty"
    if len(tokens) > MOST_TOKENS:
        yield f"has more than {MOST_TOKENS:,} words and signs"
        return
    if any(token.comments for token in tokens) or _has_comment_signs(text, tokens):
        yield "has a comment: say it in the file, outside the expression"
    depth = deepest = 0
    before = None
    for token in tokens:
        depth += {TokenType.L_PAREN: 1, TokenType.R_PAREN: -1}.get(token.token_type, 0)
        deepest = max(depth, deepest)
        raw = text[token.start : token.end + 1]
        if token.token_type is TokenType.STRING:
            yield from _text_problems(raw, token.text)
            if before is not None and before.token_type is TokenType.STRING:
                yield "puts two texts side by side: write one, and \\' for a quotation mark in it"
        elif token.token_type is TokenType.NUMBER and not _NUMBER.fullmatch(raw):
            yield f"has the number {raw}: write digits, a point and digits"
        elif token.token_type in _refused_tokens():
            yield f"has {raw[:20]!r}, which may not stand in an expression"
        before = token
    if deepest > DEEPEST:
        yield "is nested too deep"


@lru_cache(maxsize=1)
def _refused_tokens() -> frozenset[Any]:
    from sqlglot.tokenizer_core import TokenType as T

    return frozenset(
        {T.SEMICOLON, T.DCOLON, T.HINT, T.RAW_STRING, T.HEX_STRING, T.BIT_STRING, T.BYTE_STRING, T.NATIONAL_STRING}
        | {T.UNICODE_STRING, T.HEREDOC_STRING, T.PLACEHOLDER, T.L_BRACE, T.R_BRACE, T.L_BRACKET, T.R_BRACKET}
        | {T.BLOCK_START, T.BLOCK_END, T.SESSION_PARAMETER, T.PARAMETER, T.ARROW, T.DARROW, T.FARROW, T.HASH, T.DOLLAR}
    )


def _has_comment_signs(text: str, tokens: Sequence[Any]) -> bool:
    """Whether something stands between the tokens that is no blank: the tokenizer passed it over."""
    ends = [0, *(token.end + 1 for token in tokens)]
    starts = [*(token.start for token in tokens), len(text)]
    return any(text[end:start].strip() for end, start in zip(ends, starts, strict=True))


def _text_problems(raw: str, read: str) -> Iterator[str]:
    """Whether a quoted text has one reading: that of Spark, and the parser's."""
    if not (len(raw) >= 2 and raw[0] == raw[-1] == "'"):
        yield "has a text in other than single quotation marks"
        return
    parts = _IN_TEXT.findall(raw[1:-1])
    strange = sorted({part for part in parts if len(part) > 1 and part not in _ESCAPES})
    if strange:
        yield f"has {' '.join(strange)} in a text: write two backslashes for one"
    elif "".join(_ESCAPES.get(part, part) for part in parts) != read or not is_plain(read):
        yield "has a text that can be read in two ways, or holds control characters"
    if is_clock(read):
        yield f"has the text '{read}', which Spark reads as its clock's"


def is_clock(text: str) -> bool:
    """Whether Spark reads the text as a moment of its clock where a date is meant."""
    return _CLOCK.match(text) is not None


def is_plain(text: str) -> bool:
    """Whether a text can be written as a literal that every reader takes for the same."""
    return all(c in _WRITTEN or c.isprintable() for c in text)


def quoted_text(text: str) -> str:
    """The text as a literal of Spark SQL."""
    return "'" + "".join(_WRITTEN.get(c, c) for c in text) + "'"


def quoted_name(name: str) -> str:
    """The name of a column or table as Spark SQL takes it, whatever characters it has."""
    return "`" + name.replace("`", "``") + "`"


def words_of(node: object) -> str:
    """The kind of a node in words: `JSONExtract` is `json extract`."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(node).__name__)
    return words.lower()
