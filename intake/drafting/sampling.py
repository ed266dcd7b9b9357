"""A first look at a file nobody has mapped yet: encoding, delimiter, header, and what the values look like."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from fundwatch.errors import DeliveryError
from intake.drafting.silence import odd_texts, shipped_lists
from intake.files.forms.objects import lists_of_objects
from intake.files.forms.rows_within import PLACE
from intake.files.landed import DELIMITERS, form_of
from intake.files.peeking import Peek, peek
from intake.files.unpacking import FileError
from intake.files.value_types import NUMBER_FORM, fits
from intake.source.mapping import DeliveryForm, SourceFile

_ROWS = 500
_MOST_LISTS = 5  # in an object, that are looked at: each is read anew
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
    "yyyy-M-d H:mm:ss": re.compile(r"\d{4}-\d{1,2}-\d{1,2} \d{1,2}:\d\d:\d\d"),
    "yyyy.M.d": re.compile(r"\d{4}\.\d{1,2}\.\d{1,2}"),
    "yyyy年M月d日": re.compile(r"\d{4}年\d{1,2}月\d{1,2}日"),
    "d-MMM-yyyy": re.compile(r"(?i)\d{1,2}-(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)-\d{4}"),
    "M/d/yyyy": re.compile(r"\d{1,2}/\d{1,2}/\d{4}"),
}
_LIKE_A_DATE = re.compile(r"(\d{1,4}[-/. :年月日T]+)*\d{0,4}")  # a longer run of digits may be somebody's
_NUMBER_FORM = re.compile(NUMBER_FORM)
# a title above the table: few values, and below it a line of many, none of them a number
_IN_A_TITLE, _IN_A_HEADER, _BELOW_A_TITLE = 2, 4, 10
_MOBILE, _EMAIL = re.compile(r"(\+?86)?1\d{10}"), re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}")
_CERTIFICATE = re.compile(r"\d{6}(\d{4})(\d\d)(\d\d)\d{3}[\dXx]")
_DISTINCTIVE = 5  # signs: shorter numbers are met in any two files
_LONGEST_CODE = 10  # signs, as "outpatient"
_LOOKS_LIKE = 0.2  # of the values that are there


@dataclass(frozen=True)
class Values:
    """What a sample of one column looks like; it keeps no value but codes that a vocabulary may know, and `odd` texts
    that say nothing or may, with their number.

    `formats` are the ways in which the dates are written, where all values are dates; `most_formats` those of most,
    with how many are `undated`, and two of these, shown only if they are made of the signs of dates.

    `fingerprints` are short digests of the values, by which columns of two files are compared; `is_key` says that every
    row has a value of its own, `is_distinctive` that equal values are no chance.
    """

    filled: float
    formats: tuple[str, ...]
    number_share: float
    identifying: str
    codes: frozenset[str]
    currency_signs: frozenset[str]
    is_key: bool = False
    is_distinctive: bool = False
    fingerprints: frozenset[int] = field(default=frozenset(), repr=False)
    odd: Mapping[str, int] = field(default_factory=dict)
    most_formats: tuple[str, ...] = ()
    undated: int = 0
    undated_like: tuple[str, ...] = ()
    is_month_first: bool = False  # of dates as 10/14/2025 in which no other order is possible
    as_numbers: int = 0  # values that are no ids: 5001.0, 9.9E+17

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
    """One file: how it is written, its header, and its columns' values by name. `form`: as of intake.files.landed.

    `lists` are the lists of objects in its objects, by path, with the number of all elements; a row is an object, or an
    element of the list `rows_of`. `within` has a look at each list of an object's, its elements being the rows.
    """

    file: Path
    form: str
    encoding: str
    delimiter: str
    header: tuple[str, ...]
    values: dict[str, Values]
    row_count: int
    fingerprints: dict[str, tuple[int, ...]] = field(default_factory=dict)  # of each value, row by row; 0 for a blank
    lists: Mapping[str, int] = field(default_factory=dict)
    rows_of: str = ""
    header_below: int = 0  # the row that looks like the header where the first line is a title; 0 where it is none
    within: tuple[Look, ...] = field(default=(), repr=False)

    def in_row(self, header: str) -> str:
        """What the column is called in the element that is a row; empty for what the object around it says."""
        return header.removeprefix(f"{self.rows_of}.") if self.rows_of and self.is_in_row(header) else ""

    def is_in_row(self, header: str) -> bool:
        """Whether the column is the element's own, and not of the object around it."""
        return not self.rows_of or header.startswith(f"{self.rows_of}.")

    @property
    def place(self) -> str:
        """The column that counts the elements of the list whose elements are the rows; empty without one."""
        return f"{self.rows_of}{PLACE}" if self.rows_of else ""

    def repeats(self, *columns: str) -> bool:
        """Whether several rows of the sample have the same values of the columns; rows with a blank among them count
        for nothing."""
        rows = [
            row for row in zip(*(self.fingerprints.get(column, ()) for column in columns), strict=False) if all(row)
        ]
        return len({*rows}) < len(rows)

    def is_said_once_for_each(self, key: str, column: str) -> bool:
        """Whether all rows of a key say the same, of several keys that several rows have; no two keys need differ."""
        said: dict[int, list[int]] = {}
        for one, value in zip(self.fingerprints.get(key, ()), self.fingerprints.get(column, ()), strict=False):
            if one:
                said.setdefault(one, []).append(value)
        shared = [values for values in said.values() if len(values) > 1]
        return len(shared) > 1 and all(len({*values}) == 1 for values in shared)

    @property
    def is_whole(self) -> bool:
        """Whether the sample is the whole file, with a row at least."""
        return 0 < self.row_count < _ROWS

    def is_blank(self, column: str) -> bool:
        """Whether the sample has rows and none of them a value of the column."""
        return self.row_count > 0 and not self.values[column].filled


def look_at(file: Path) -> Look:
    """The file's header and the first rows; where objects hold lists of objects, the rows of each list too.

    Raises DeliveryError when it cannot be read.
    """
    try:
        kind = form_of(file.name)
        lists = lists_of_objects(file, kind) if kind in ("json", "ndjson") else {}
        if not lists:
            return _look(file, peek(file, DeliveryForm(), DELIMITERS))
        as_objects = SourceFile(name=file.name, columns=(), drop=tuple(lists))
        look = _look(file, peek(file, DeliveryForm(), DELIMITERS, as_objects))
        most = sorted(lists, key=lambda path: -lists[path])[:_MOST_LISTS]
        within = (_look(file, peek(file, DeliveryForm(), DELIMITERS, _rows_of(file, path, lists))) for path in most)
        inner = (replace(one, rows_of=path, lists=lists) for path, one in zip(most, within, strict=True))
        return replace(look, lists=lists, within=tuple(inner))
    except FileError as error:
        raise DeliveryError(str(error), where=str(file), do="name a file as it would be delivered") from error


def _rows_of(file: Path, path: str, lists: Mapping[str, int]) -> SourceFile:
    """The file as it is read when a list within its objects holds the rows, each behind its place in the list."""
    others = tuple(other for other in lists if not f"{path}.".startswith(f"{other}."))
    return SourceFile(name=file.name, columns=(f"{path}{PLACE}",), drop=others, rows_of=path)


def _look(file: Path, seen: Peek) -> Look:
    rows = seen.rows[:_ROWS]
    columns: dict[str, list[str]] = {}
    for place, name in enumerate(seen.header):
        texts = [row[place] for row in rows if place < len(row)]
        # of several columns without a name one that holds something tells what they are
        columns[name] = columns[name] if not name and any(columns.get(name, ())) else texts
    values = {name: values_of(texts) for name, texts in columns.items()}
    fingerprints = {name: tuple(_fingerprint(text) for text in texts) for name, texts in columns.items()}
    look = Look(file, seen.form, seen.encoding, seen.delimiter, seen.header, values, len(rows), fingerprints)
    return replace(look, header_below=_below_a_title(seen))


def _below_a_title(seen: Peek) -> int:
    if sum(map(bool, seen.header)) > _IN_A_TITLE:
        return 0
    for number, row in enumerate(seen.rows[:_BELOW_A_TITLE], start=2):
        names = [cell for cell in row if cell]
        if len(names) >= _IN_A_HEADER and not any(fits(name, "double") for name in names):
            return number
    return 0


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
    is_code = 0 < len(different) <= 30 and all(len(text) <= _LONGEST_CODE for text in different)
    formats, undated = _formats(there)
    numbers = sum(fits(text, "double") for text in there)
    return Values(
        filled=len(given) / (len(texts) or 1),
        formats=() if undated else formats,
        number_share=numbers / count,
        identifying=_identifying(there),
        codes=different if is_code else frozenset(),
        currency_signs=frozenset(text[0] for text in there if text[0] in "¥￥$"),
        is_key=0 < len(texts) == len(different),
        is_distinctive=bool(different) and all(len(text) >= _DISTINCTIVE for text in different),
        fingerprints=frozenset(_fingerprint(text) for text in different),
        odd=odd_texts(given),
        most_formats=formats if len(undated) * 2 < len(there) else (),
        as_numbers=sum(_NUMBER_FORM.fullmatch(text) is not None for text in there),
        undated=len(undated),
        undated_like=_shown(undated),
        is_month_first=any(int(text.split("/")[1]) > 12 for text in there if _DATES["M/d/yyyy"].fullmatch(text)),
    )


def _format_of(text: str) -> str | None:
    if _ISO.fullmatch(text):
        return "iso"
    return next((name for name, pattern in _DATES.items() if pattern.fullmatch(text)), None)


def _formats(texts: Sequence[str]) -> tuple[tuple[str, ...], list[str]]:
    """The ways in which the dates are written, the commonest first; and the texts that are no dates."""
    found: Counter[str] = Counter()
    undated = []
    for text in texts:
        if (known := _format_of(text)) is None:
            undated.append(text)
        else:
            found[known] += 1
    formats = tuple(name for name, _ in found.most_common())
    if "M/d/yyyy" in formats and any(int(t.split("/")[0]) > 12 for t in texts if _DATES["M/d/yyyy"].fullmatch(t)):
        formats = tuple("d/M/yyyy" if name == "M/d/yyyy" else name for name in formats)
    return formats, undated


def _shown(undated: Sequence[str]) -> tuple[str, ...]:
    """Two of the texts, where these can be nothing but a date written badly: nobody's name or number."""
    different = dict.fromkeys(text if _LIKE_A_DATE.fullmatch(text) else "a text" for text in undated)
    return tuple(different)[:2]


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
