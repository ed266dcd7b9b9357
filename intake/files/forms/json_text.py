"""JSON read strictly: numbers stay the text that was written, no key stands twice, nothing is read past a doubt.

Messages name the line and never show a value.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from intake.files.unpacking import FileError
from intake.files.value_types import shown_name

_BLANKS = " \t\r\n"
_WORDS = ("true", "false", "null")
_MARK = "\ufeff"


def decoded(raw: bytes, line: int) -> str:
    """The text, whose first line has the number `line`; without a byte order mark at a file's beginning."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        number = line + raw.count(b"\n", 0, error.start)
        raise FileError(f"line {number}: byte 0x{raw[error.start]:02x} is no UTF-8, and JSON is in UTF-8") from error
    return text.removeprefix(_MARK) if line == 1 else text


def parsed(text: str, line: int) -> dict[str, Any]:
    """The one object of a line. Raises FileError for anything else."""
    return JsonText(text, line).only_object()


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise FileError(f"the field '{shown_name(twice)}' stands twice in one object")
    return found


def _no_number(text: str) -> Any:
    raise FileError(f"{text} is no value: write null where nothing is known")


_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_float=str, parse_int=str, parse_constant=_no_number)


class JsonText:
    """A place that moves through a text, one value at a time."""

    def __init__(self, text: str, line: int = 1) -> None:
        self._text, self._at = text, 0
        self._line, self._counted = line, 0  # the number of the line at that offset

    def only_object(self) -> dict[str, Any]:
        """The object that is the whole text."""
        if self._next() == "[":
            raise self._error("is no object, and a row is one: a file that holds an array is named .json")
        found = self._object()
        self._end(": each object stands on a line of its own, which ends with a line feed")
        return found

    def objects(self, path: Sequence[str]) -> Iterator[tuple[int, dict[str, Any]]]:
        """The objects of the array at the path, each with its line; all around it is read too, and is JSON."""
        yield from self._at_path(path, "its rows")
        self._end()

    def _at_path(self, path: Sequence[str], what: str) -> Iterator[tuple[int, dict[str, Any]]]:
        sign = self._next()
        if not path:
            if sign == "{":
                raise self._error(f"{what} stand in no array: it is an object; say where they stand by rows_at")
            yield from self._elements()
            return
        if sign != "{":
            raise self._error(f"there is no object with '{path[0]}' in it, where the mapping's rows_at leads")
        names: set[str] = set()
        for name in self._members():
            if name in names:
                raise self._error(f"the field '{shown_name(name)}' stands twice in one object")
            names.add(name)
            if name == path[0]:
                yield from self._at_path(path[1:], f"'{name}'")
            else:
                self._next()
                self._value()
        if path[0] not in names:
            raise FileError(f"there is no '{path[0]}', where the mapping's rows_at leads")

    def _members(self) -> Iterator[str]:
        """The names of an object's fields; whoever takes one reads its value."""
        self._at += 1
        is_first = True
        while (sign := self._next()) != "}" or not is_first:
            if sign != '"':
                raise self._error("the name of a field is expected")
            name = self._value()
            if self._next() != ":":
                raise self._error("':' is expected")
            self._at += 1
            yield name
            is_first = False
            if not self._goes_on("}"):
                return
        self._at += 1

    def _elements(self) -> Iterator[tuple[int, dict[str, Any]]]:
        if self._next() != "[":
            raise self._error("an array of objects is expected")
        self._at += 1
        if self._next() == "]":
            self._at += 1
            return
        while True:
            self._next()
            yield self._number(), self._object()
            if not self._goes_on("]"):
                return

    def _goes_on(self, end: str) -> bool:
        """Whether another follows behind a comma, or the end."""
        sign = self._next()
        if sign not in (",", end):
            raise self._error(f"',' or '{end}' is expected")
        self._at += 1
        return sign == ","

    def _object(self) -> dict[str, Any]:
        if self._text[self._at : self._at + 1] not in ("{", ""):
            raise self._error("is no object, and a row is one")
        found: dict[str, Any] = self._value()
        return found

    def _value(self) -> Any:
        try:
            found, self._at = _DECODER.raw_decode(self._text, self._at)
        except json.JSONDecodeError as error:
            self._at = max(self._at, error.pos)
            what = error.msg[:1].lower() + error.msg[1:]
            raise self._error(f"no JSON ({what})") from error
        except FileError as error:
            raise self._error(str(error)) from error
        except RecursionError as error:
            raise self._error("has fields within fields, too deep to be a row") from error
        return found

    def _next(self) -> str:
        """The next sign that is no blank."""
        text, at = self._text, self._at
        while at < len(text) and text[at] in _BLANKS:
            at += 1
        self._at = at
        return text[at : at + 1]

    def _end(self, hint: str = "") -> None:
        if self._next():
            raise self._error(f"something stands behind its end{hint}")

    def _number(self) -> int:
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._line

    def _error(self, what: str) -> FileError:
        rest = self._text[self._at :].rstrip(_BLANKS)
        is_cut = any(word.startswith(rest) for word in _WORDS) or what.startswith("no JSON (unterminated string")
        return FileError(f"line {self._number()}: " + ("is cut off: its end is missing" if is_cut else what))
