"""Free text without identifiers: whatever could tell who it is becomes a mark that says what stood there.

A text is folded first, one character for one (full width to half width, any script's digits to 0–9), so that spans
of the folded text are spans of the original. Texts that cannot be judged are dropped whole.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from privacy.scrubbing import likely_names as scrub_likely
from privacy.scrubbing import names as scrub_names
from privacy.scrubbing.patterns import ADDRESSES, EMAIL, NUMBERS, Kind, Pattern, may_hold_address, may_hold_numbers
from privacy.tokens.distinct import text_function

if TYPE_CHECKING:
    from pyspark.sql import Column

_SHORT = 100  # characters; what repeats is short
LONGEST = 2_000  # characters; a longer text is a document, not a note
# Ranges with full width forms, blanks of all kinds, and decimal digits of other scripts.
_FOLDED = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
_FOLDED |= {code: str(unicodedata.decimal(chr(code))) for code in range(0x660, 0x1D800) if chr(code).isdecimal()}
_FOLDED |= dict.fromkeys((0x3000, 0xA0, 0x2002, 0x2003, 0x2009, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 9, 10, 13), " ")
_ONE_DIGIT = dict.fromkeys(map(ord, "123456789"), "0")
_UNREADABLE = re.compile("[\ufffd\ud800-\udfff\x00-\x08\x0e-\x1f\ue000-\uf8ff]|锟斤拷|烫烫烫|[À-ÖØ-öø-ÿ]{3}")
_PLAIN_HANZI = re.compile("[一-龥]")


@dataclass(frozen=True)
class IdentifierSpan:
    """An identifier: the half-open span of characters it takes, and its kind."""

    start: int
    end: int
    kind: Kind


def fold(text: str) -> str:
    """The text as patterns see it; as long as the text itself."""
    return text.translate(_FOLDED)


def findings(text: str, names: Sequence[str] = ()) -> tuple[IdentifierSpan, ...]:
    """Every identifier in the text, in order, without overlaps. `names` are the row's own, found anywhere."""
    if len(text) > LONGEST:
        return (IdentifierSpan(0, len(text), Kind.WHOLE),)
    shape = (_shape_of if len(text) <= _SHORT else _shape_of.__wrapped__)(text.translate(_ONE_DIGIT))
    if not names and not shape.may_hold_numbers:
        return shape.findings
    if shape.is_unreadable:
        return shape.findings
    folded = fold(text)
    found = [*_own_names(folded, names)]
    if shape.may_hold_numbers:
        found += (finding for pattern in NUMBERS for finding in _matches(pattern, folded))
    found += shape.findings
    found += _names_beside(folded, found)
    return _without_overlaps(found)


def scrub(text: str | None, names: Sequence[str] = ()) -> str | None:
    """The text with a mark in place of each identifier; null stays null; one that cannot be judged becomes [全文]."""
    if not text:
        return text
    names = [name for name in names if not _PLAIN_HANZI.match(name) or name[0] in text]
    if not names and len(text) <= _SHORT:
        return _scrubbed_alone(text)
    return _scrubbed(text, names)


@lru_cache(maxsize=1 << 16)
def _scrubbed_alone(text: str) -> str:
    """Short notes repeat: `家属要求出院` stands in thousands of rows. At most some 30 MB a worker, never on disk."""
    return _scrubbed(text, ())


def _scrubbed(text: str, names: Sequence[str]) -> str:
    found = findings(text, names)
    if not found:
        return text
    parts, position = [], 0
    for finding in found:
        parts += [text[position : finding.start], finding.kind.value]
        position = finding.end
    return "".join([*parts, text[position:]])


def scrubbed(of: Column, names: Sequence[Column] = ()) -> Column:
    """The column `of` scrubbed of the row's `names` too. Each distinct text and names of a batch once."""
    return _scrub_column()(of, *names)


def _scrub_column() -> Callable[..., Column]:
    return text_function("scrubbed", lambda text, *names: scrub(text, [name for name in names if name]))


def _is_unreadable(text: str) -> bool:
    """Damaged, or bytes of UTF-8 read as GB18030: such text is a riddle to patterns, and no longer to its owner."""
    if _UNREADABLE.search(text):
        return True
    if text.isascii():
        return False
    try:
        return len(_PLAIN_HANZI.findall(text.encode("gb18030").decode("utf-8"))) >= 2
    except UnicodeError:
        return False


@dataclass(frozen=True)
class _Shape:
    """What a text holds whatever its digits are: `血糖7.1` and `血糖6.4` are one note to names and addresses."""

    is_unreadable: bool
    may_hold_numbers: bool
    findings: tuple[IdentifierSpan, ...]


@lru_cache(maxsize=1 << 16)
def _shape_of(text: str) -> _Shape:
    """Of a text with every digit a zero: notes repeat, numbers in them vary."""
    if _is_unreadable(text):
        return _Shape(is_unreadable=True, may_hold_numbers=False, findings=(IdentifierSpan(0, len(text), Kind.WHOLE),))
    folded = fold(text)
    characters = frozenset(folded)
    found = [*_names_and_addresses(folded, characters)]
    found += _names_beside(folded, found)
    numbers = may_hold_numbers(folded, characters)
    return _Shape(is_unreadable=False, may_hold_numbers=numbers, findings=_without_overlaps(found))


def _names_and_addresses(folded: str, characters: frozenset[str]) -> Iterator[IdentifierSpan]:
    if "@" in characters or "at" in folded:
        yield from _matches(EMAIL, folded)
    if may_hold_address(folded, characters):
        for pattern in ADDRESSES:
            yield from _matches(pattern, folded)
    for names in (scrub_names.names_in, scrub_likely.likely_names):
        for start, end in names(folded, characters):
            yield IdentifierSpan(start, end, Kind.NAME)


def _names_beside(folded: str, found: Sequence[IdentifierSpan]) -> Iterator[IdentifierSpan]:
    """Names that stand alone in a text that has an identifier of another kind: `…电话, 某甲`."""
    if all(finding.kind is Kind.NAME for finding in found):
        return
    rest = list(folded)
    for finding in found:
        rest[finding.start : finding.end] = "#" * (finding.end - finding.start)
    for start, end in scrub_names.names_alone_in("".join(rest)):
        yield IdentifierSpan(start, end, Kind.NAME)


def _matches(pattern: Pattern, folded: str) -> Iterator[IdentifierSpan]:
    position = 0
    while match := pattern.expression.search(folded, position):
        if not pattern.judge(match):
            position = match.start() + 1 if pattern.kind is not Kind.ADDRESS else max(match.end(), match.start() + 1)
            continue
        group = 1 if pattern.expression.groups else 0
        start, end = match.span(group)
        yield IdentifierSpan(*_trimmed(folded, start, end), pattern.kind)
        position = max(match.end(), match.start() + 1)


def _trimmed(folded: str, start: int, end: int) -> tuple[int, int]:
    """Without blanks at the end, and without a bracket whose other half stands outside."""
    end = start + len(folded[start:end].rstrip())
    taken = folded[start:end]
    if taken.count(")") > taken.count("("):
        end -= taken.endswith(")")
    elif taken.count("(") > taken.count(")"):
        start += taken.startswith("(")
    return start, end


def _own_names(folded: str, names: Sequence[str]) -> Iterator[IdentifierSpan]:
    for name in names:
        expression = _spelling(fold(name))
        if expression is not None:
            yield from (IdentifierSpan(*match.span(), Kind.NAME) for match in expression.finditer(folded))


@lru_cache(maxsize=4096)
def _spelling(name: str) -> re.Pattern[str] | None:
    """The name with or without blanks and dots between its characters; None for less than two characters."""
    letters = re.sub(r"[\s··•‧・∙.*]", "", name)
    if len(letters) < 2:
        return None
    return re.compile(r"[\s··•‧・∙.]{0,2}".join(map(re.escape, letters)), re.IGNORECASE)


_ORDER = {kind: place for place, kind in enumerate(Kind)}


def _without_overlaps(found: Sequence[IdentifierSpan]) -> tuple[IdentifierSpan, ...]:
    """Overlapping findings become one, of the kind that comes first in `Kind`."""
    merged: list[IdentifierSpan] = []
    for finding in sorted(found, key=lambda f: (f.start, -f.end)):
        if finding.end <= finding.start:
            continue
        last = merged[-1] if merged else None
        if last is None or finding.start >= last.end:
            merged.append(finding)
            continue
        kind = min(last.kind, finding.kind, key=_ORDER.__getitem__)
        merged[-1] = IdentifierSpan(last.start, max(last.end, finding.end), kind)
    return tuple(merged)
