"""Columns of a text by their place in the line: a file of fixed width, as a mapping declares it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from fundwatch.declared import Declared

_PLACE = re.compile(r"([1-9][0-9]{0,6})-([1-9][0-9]{0,6})?")


class FixedWidth(Declared):
    """Which column stands from where to where, counted from 1; the last may go on to the line's end (`29-`).

    Every position belongs to a column, so that nothing is passed over unnamed; what is not read is under `drop`.
    `count` says what a position is: in Chinese text a sign has several bytes.
    """

    count: Literal["bytes", "characters"]
    columns: dict[str, str] = Field(min_length=2)

    @field_validator("columns", mode="before")
    @classmethod
    def _single(cls, given: Any) -> Any:
        """A column of one sign may be written as its one position."""
        if not isinstance(given, dict):
            return given
        return {name: f"{at}-{at}" if isinstance(at, int) else at for name, at in given.items()}

    @model_validator(mode="after")
    def _without_gaps(self) -> FixedWidth:
        if wrong := list(self._problems()):
            raise ValueError("; ".join(wrong))
        return self

    def _problems(self) -> Iterator[str]:
        before: int | None = 0
        for name, place in self.columns.items():
            found = _PLACE.fullmatch(place)
            if found is None:
                yield f"'{name}: {place}' is no place in a line, as 1-10, or 29- for the last column"
                return
            first, last = int(found[1]), int(found[2]) if found[2] else None
            if before is None or first != before + 1:
                after = "at the line's end" if before is None else f"at {before}"
                yield f"'{name}' begins at {first}, and what is before it ends {after}: name what lies between"
            if last is not None and last < first:
                yield f"'{name}: {place}' ends before it begins"
            before = last

    @property
    def ends(self) -> tuple[int | None, ...]:
        """Where each column ends; None for the line's end."""
        return tuple(int(last) if (last := place.partition("-")[2]) else None for place in self.columns.values())
