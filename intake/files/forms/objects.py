"""JSON as lines of text: an object is a row, and a field within it a column by its path. Numbers stay as written.

The objects are read twice, one at a time: for the columns that any of them has, and for their values.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, cast

from fundwatch.texts import in_ascii
from intake.files.forms.json_text import JsonText, decoded, parsed
from intake.files.forms.rows_within import PLACE, RowsWithin
from intake.files.limits import BLOCK, MOST_JSON
from intake.files.lines import whole_lines
from intake.files.unpacking import FileError, guarded, refuse_wide, unpacked
from intake.files.value_types import shown_name
from intake.source.mapping import SourceFile

_NAME = re.compile(r'[^",\r\n\0\ud800-\udfff]+')
_NO_LINE = re.compile("[\r\n\0\ud800-\udfff]")
_HOLDING = (dict, list)
_DEEPEST = 20  # fields within fields: more is no row
# an object with the line that it begins on; None for a blank line
Objects = Iterator[tuple[int, dict[str, Any] | None]]
Fields = dict[str, str | None]


def object_lines(path: Path, kind: str, file: SourceFile | None) -> Iterator[bytes]:
    """The objects as CSV in UTF-8, with a header; `kind` is "ndjson" (an object a line) or "json".

    Raises FileError naming the line for what is no JSON or no row, while reading.
    """
    return guarded(_lines(lambda: _objects(path, kind, file), _Columns(file)), path.stat().st_size)


def lists_of_objects(path: Path, kind: str) -> dict[str, int]:
    """By their path, as `rows_of` takes it, the lists of objects in a file that nobody has mapped yet, with the number
    of all their elements. Raises FileError as `object_lines` does.
    """
    found: dict[str, int] = {}
    for _, given in _objects(path, kind, None):
        _count_lists(given or {}, "", found, 1)
    return found


def _count_lists(given: dict[str, Any], within: str, found: dict[str, int], depth: int) -> None:
    for key, value in given.items() if depth <= _DEEPEST else ():
        inner = [value] if isinstance(value, dict) else value if isinstance(value, list) else []
        objects = [one for one in inner if isinstance(one, dict)]
        if isinstance(value, list) and objects:
            found[f"{within}{key}"] = found.get(f"{within}{key}", 0) + len(value)
        for one in objects:
            _count_lists(one, f"{within}{key}.", found, depth + 1)


def _objects(path: Path, kind: str, file: SourceFile | None) -> Objects:
    rows_at = None if file is None else file.rows_at
    if kind == "ndjson" or (rows_at is None and _is_by_line(path)):
        return _each_line(path)
    return _each_element(path, rows_at)


def _is_by_line(path: Path) -> bool:
    """Whether a .json holds an object a line, as Spark and databases write it."""
    with closing(cast("Any", unpacked(path))) as blocks:
        first, _, rest = next(blocks, b"").partition(b"\n")
    try:
        return isinstance(json.loads(first), dict) and (not rest.strip() or rest.lstrip().startswith(b"{"))
    except (ValueError, RecursionError):
        return False


def _each_line(path: Path) -> Objects:
    number = 0
    for block in whole_lines(unpacked(path)):
        for line in block.removesuffix(b"\n").split(b"\n"):
            number += 1
            text = decoded(line, number)
            yield number, (parsed(text, number) if text.strip() else None)


def _each_element(path: Path, rows_at: str | None) -> Objects:
    parts: list[bytes] = []
    size = 0
    for block in unpacked(path):
        parts.append(block)
        size += len(block)
        if size > MOST_JSON:
            raise FileError(
                f"is JSON of more than {MOST_JSON >> 20} MiB, which is held whole: deliver an object a line (.ndjson), "
                "CSV or parquet"
            )
    text = decoded(b"".join(parts), 1)
    parts.clear()
    yield from JsonText(text).objects(() if rows_at is None else tuple(rows_at.split(".")))


class _Columns:
    """What the mapping says of fields; without one (a first look at a file) everything is a column."""

    def __init__(self, file: SourceFile | None) -> None:
        self._file = file
        self._left: dict[str, bool] = {}  # by path, of which there are some hundreds
        self._names = frozenset() if file is None else frozenset(_folded(name) for name in file.names())
        self._rows = None if file is None or file.rows_of is None else RowsWithin(file.rows_of)
        place = "" if file is None or file.rows_of is None else f"{file.rows_of}{PLACE}"
        self._place = place if file is not None and place in file.names() else None

    def is_left(self, path: str, key: str) -> bool:
        """Whether the field of that name is dropped, with all that is in it; looked at once for each path."""
        if path not in self._left:
            if not _NAME.fullmatch(key):
                raise FileError("the name of a field is blank, not of one line, or holds a comma or quotation mark")
            self._left[path] = self._file is not None and self._file.is_dropped(path)
        return self._left[path]

    def takes_list(self, path: str) -> bool:
        """Whether objects in the list are named as columns, by their place in it."""
        return self._file is None or any(name.startswith(f"{_folded(path)}[") for name in self._names)

    def header(self, seen: dict[str, bool]) -> tuple[str, ...]:
        """The columns among paths that were seen, with whether they had a value anywhere.

        A field that is null, or empty, is no column where others are an object or list.
        """
        inner = (*self._names, *(_folded(path) for path in seen))
        return tuple(
            path
            for path, has_value in seen.items()
            if has_value
            or _folded(path) in self._names
            or not any(name.startswith((f"{_folded(path)}.", f"{_folded(path)}[")) for name in inner)
        )

    def rows(self, given: dict[str, Any]) -> Iterator[Fields]:
        """The object's values by path, None for null and for what is dropped; once for each row within it."""
        for place, row in ((0, given),) if self._rows is None else self._rows.of(given):
            found: Fields = {}
            for key, value in row.items():
                self._put(found, value, key, key, 1)
            if self._place is not None:
                found[self._place] = str(place) if place else None
            yield found

    def refuse_absent(self) -> None:
        """Raise FileError where no object has the list whose elements are the rows."""
        if self._rows is not None and not self._rows.is_there:
            raise FileError(f"no object has '{self._rows.path}', where the mapping's rows_of leads")

    def _refuse_list(self, given: list[Any], path: str) -> None:
        if any(isinstance(one, _HOLDING) for one in given) and not self.takes_list(path):
            raise FileError(
                f"'{shown_name(path)}' is a list of objects, and an object is one row: where each of them is a row, "
                f"say `rows_of: {shown_name(path)}` beside the file's name; else name those to be read, as "
                f"'{shown_name(path)}[0].…', or list it under drop"
            )

    def _put(self, found: Fields, value: Any, path: str, key: str, depth: int) -> None:
        is_left = self.is_left(path, key)
        if is_left or not value or not isinstance(value, _HOLDING):
            if path in found:
                raise FileError(f"two values at '{shown_name(path)}'")
            found[path] = None if is_left or value is None or isinstance(value, _HOLDING) else _text(value, path)
        elif depth == _DEEPEST:
            raise FileError(f"has fields within fields, more than {_DEEPEST} deep")
        elif isinstance(value, dict):
            for inner, one in value.items():
                self._put(found, one, f"{path}.{inner}", inner, depth + 1)
        else:
            self._refuse_list(value, path)
            for place, one in enumerate(value):
                self._put(found, one, f"{path}[{place}]", key, depth + 1)


def _text(given: Any, path: str) -> str:
    """A single value; numbers are texts already, and a boolean is in small letters."""
    text = given if isinstance(given, str) else str(given).lower()
    if not text.isprintable() and _NO_LINE.search(text):
        raise FileError(f"'{shown_name(path)}' holds a line break or a sign that is no text: take it out")
    return text


def _folded(name: str) -> str:
    return in_ascii(name).lower()


def _lines(objects: Callable[[], Objects], columns: _Columns) -> Iterator[bytes]:
    seen: dict[str, bool] = {}
    for fields in _read(objects(), columns):
        for path, text in (fields or {}).items():
            seen[path] = seen.get(path, False) or text is not None
        refuse_wide(len(seen))
    columns.refuse_absent()
    header = columns.header(seen)
    if not header:
        raise FileError("is empty: no object with a field")
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(header)
    for fields in _read(objects(), columns):
        if fields is None:
            lines.write("\n")
        else:
            writer.writerow([fields.get(path) or "" for path in header])
        if lines.tell() >= BLOCK:
            yield lines.getvalue().encode()
            lines.seek(0)
            lines.truncate()
    yield lines.getvalue().encode()


def _read(objects: Objects, columns: _Columns) -> Iterator[Fields | None]:
    """The fields of each row; None for a blank line."""
    for number, given in objects:
        try:
            if given is None:
                yield None
            else:
                yield from columns.rows(given)
        except FileError as error:
            raise FileError(f"line {number}: {error}") from error
