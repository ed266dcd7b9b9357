"""A first look at a file nobody has mapped yet: encoding, delimiter, header, and what the values look like."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from fundwatch.errors import DeliveryError
from intake.drafting.silence import odd_texts, shipped_lists
from intake.files.peeking import DELIMITERS, peek
from intake.files.unpacking import FileError
from intake.source.mapping import DeliveryForm

_ROWS = 500
_NULLS = frozenset({"", "NULL", "null", "\\N"})
_ISO = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?")
_DATES = {
    "yyyyMMdd": re.compile(r"(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])"),
    "yyyyMMddHHmmss": re.compile(r"(19|20)\d{12}"),
    "yyyy/M/d": re.compile(r"\d{4}/\d{1,2}/\d{1,2}"),
    "yyyy/M/d H:mm": re.compile(r"\d{4}/\d{1,2}/\d{1,2} \d{1,2}:\d\d"),
    "yyyy/M/d H:mm:ss": re.compile(r"\d{4}/\d{1,2}/\d{1,2} \d{1,2}:\d\d:\d\d"),
    "yyyy-M-d": re.compile(r"\d{4}-\d{1,2}-\d{1,2}"),
    "yyyy-M-d H:mm": re.compile(r"\d{4}-\d{1,2}-\d{1,2} \d{1,2}:\d\d"),
    "yyyy年M月d日": re.compile(r"\d{4}年\d{1,2}月\d{1,2}日"),
    "d-MMM-yyyy": re.compile(r"(?i)\d{1,2}-(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)-\d{4}"),
    "M/d/yyyy": re.compile(r"\d{1,2}/\d{1,2}/\d{4}"),
}
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
_MOBILE, _EMAIL = re.compile(r"(\+?86)?1\d{10}"), re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}")
_CERTIFICATE = re.compile(r"\d{6}(\d{4})(\d\d)(\d\d)\d{3}[\dXx]")
_DISTINCTIVE = 5  # signs: shorter numbers are met in any two files
_LOOKS_LIKE = 0.2  # of the values that are there


@dataclass(frozen=True)
class Values:
    """What a sample of one column looks like; it keeps no value but codes that a vocabulary may know, and `odd` texts
    that say nothing or may, with their number.

    `fingerprints` are short digests of the values, by which columns of two files are compared; `is_key` says that every
    row has a value of its own, `is_distinctive` that equal values are no chance.
    """

    filled: float
    formats: tuple[str, ...]
    number_share: float
    identifying: str
    codes: frozenset[str]
    has_currency_sign: bool
    is_key: bool = False
    is_distinctive: bool = False
    fingerprints: frozenset[int] = field(default=frozenset(), repr=False)
    odd: Mapping[str, int] = field(default_factory=dict)

    @property
    def shape(self) -> str:
        """In a few words."""
        if not self.filled:
            return "always blank in the sample"
        if self.formats:
            return "dates"
        if self.number_share == 1:
            return "numbers"
        return f"codes, {len(self.codes)} different" if self.codes else "text"


@dataclass(frozen=True)
class Look:
    """One file: how it is written, its header, and its columns' values by name. `form`: as of intake.files.landed."""

    file: Path
    form: str
    encoding: str
    delimiter: str
    header: tuple[str, ...]
    values: dict[str, Values]
    row_count: int
    fingerprints: dict[str, tuple[int, ...]] = field(default_factory=dict)  # of each value, row by row; 0 for a blank

    def repeats(self, *columns: str) -> bool:
        """Whether several rows of the sample have the same values of the columns; rows with a blank among them count
        for nothing."""
        rows = [
            row for row in zip(*(self.fingerprints.get(column, ()) for column in columns), strict=False) if all(row)
        ]
        return len({*rows}) < len(rows)

    @property
    def is_whole(self) -> bool:
        """Whether the sample is the whole file, with a row at least."""
        return 0 < self.row_count < _ROWS

    def is_blank(self, column: str) -> bool:
        """Whether the sample has rows and none of them a value of the column."""
        return self.row_count > 0 and not self.values[column].filled


def look_at(file: Path) -> Look:
    """The file's header and the first rows. Raises DeliveryError when it cannot be read."""
    try:
        seen = peek(file, DeliveryForm(), DELIMITERS)
    except FileError as error:
        raise DeliveryError(str(error), where=str(file), do="name a file as it would be delivered") from error
    rows = seen.rows[:_ROWS]
    columns = {n: [row[place] for row in rows if place < len(row)] for place, n in enumerate(seen.header)}
    values = {name: values_of(texts) for name, texts in columns.items()}
    fingerprints = {name: tuple(_fingerprint(text) for text in texts) for name, texts in columns.items()}
    return Look(file, seen.form, seen.encoding, seen.delimiter, seen.header, values, len(rows), fingerprints)


def _fingerprint(text: str) -> int:
    """A fingerprint, so that no value is kept; of a blank 0."""
    if text in _NULLS:
        return 0
    return 1 + int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def values_of(texts: Sequence[str]) -> Values:
    """What the values of one column look like."""
    given = [text for text in texts if text not in _NULLS]
    silent = frozenset(shipped_lists().of_all())
    there = [text for text in given if text not in silent]
    count = len(there) or 1
    different = frozenset(there)
    is_code = 0 < len(different) <= 30 and all(len(text) <= 8 for text in different)
    numbers = sum(_NUMBER.fullmatch(text) is not None for text in there)
    return Values(
        filled=len(given) / (len(texts) or 1),
        formats=_formats(there),
        number_share=numbers / count,
        identifying=_identifying(there),
        codes=different if is_code else frozenset(),
        has_currency_sign=any(text[0] in "¥￥$" for text in there),
        is_key=0 < len(texts) == len(different),
        is_distinctive=bool(different) and all(len(text) >= _DISTINCTIVE for text in different),
        fingerprints=frozenset(_fingerprint(text) for text in different),
        odd=odd_texts(given),
    )


def _formats(texts: Sequence[str]) -> tuple[str, ...]:
    """The ways in which the dates are written; empty when some text is no date."""
    found: dict[str, None] = {}
    for text in texts:
        if _ISO.fullmatch(text):
            found["iso"] = None
            continue
        known = next((name for name, pattern in _DATES.items() if pattern.fullmatch(text)), None)
        if known is None:
            return ()
        found[known] = None
    if "M/d/yyyy" in found and any(int(t.split("/")[0]) > 12 for t in texts if _DATES["M/d/yyyy"].fullmatch(t)):
        return tuple("d/M/yyyy" if name == "M/d/yyyy" else name for name in found)
    return tuple(found)


def _identifying(texts: Sequence[str]) -> str:
    """What the values may be that identifies a person; empty when they are no such thing."""
    count = len(texts) or 1
    kinds = {
        "telephone numbers": sum(_MOBILE.fullmatch(text) is not None for text in texts),
        "e-mail addresses": sum(_EMAIL.fullmatch(text) is not None for text in texts),
        "certificate numbers": sum(_is_certificate(text) for text in texts),
    }
    return next((kind for kind, found in kinds.items() if found / count >= _LOOKS_LIKE), "")


def _is_certificate(text: str) -> bool:
    """Eighteen characters with a date of birth inside, as GB 11643-1999 has it."""
    found = _CERTIFICATE.fullmatch(text)
    if found is None:
        return False
    try:
        date(*(int(part) for part in found.groups()))
    except ValueError:
        return False
    return True
