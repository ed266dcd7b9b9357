"""Rows within objects: of a claim with a list of lines, one row for each line, with the claim's own fields."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from intake.files.unpacking import FileError
from intake.files.value_types import shown_name

PLACE = "[]"  # behind the list's path: the column that counts its elements from 1


class RowsWithin:
    """The elements of the list at a path, each in the place of its list: `lines` becomes one object, with `lines.code`.

    A list on the way is gone through too. An object without the list, or with an empty one, stays one row, in which
    all fields of an element are blank: nothing is lost. `is_there` says whether any object had the list.
    """

    def __init__(self, path: str) -> None:
        self.path, self.is_there = path, False
        self._names = path.split(".")

    def of(self, given: dict[str, Any]) -> Iterator[tuple[int, dict[str, Any]]]:
        """The rows of one object, each with the place of its element in the list, 0 where there is none."""
        return self._within(given, self._names, "")

    def _within(self, given: dict[str, Any], names: Sequence[str], path: str) -> Iterator[tuple[int, dict[str, Any]]]:
        name, *others = names
        path = f"{path}{name}"
        value = given.get(name)
        self.is_there |= name in given and not others
        elements = value if isinstance(value, list) else [value]
        if not value:
            yield 0, {**given, name: None}
            return
        for place, one in enumerate(elements, start=1):
            if not isinstance(one, dict):
                raise FileError(f"'{shown_name(path)}' is no list of objects, where the mapping's rows_of leads")
            for inner, row in self._within(one, others, f"{path}.") if others else ((place, one),):
                yield inner, {**given, name: row}
