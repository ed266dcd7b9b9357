"""Columns of a file that stand side by side and are rows: fees of twelve months, five diagnoses of a visit."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from pydantic import Field, field_validator

from fundwatch.declared import Declared

NO_VALUES = "NO_VALUES"  # of a line all of whose positions are blank: it makes no row, and is counted as this


class Unpivot(Declared):
    """Each line becomes a row for every one of `rows` of which a column says something.

    `rows` names a row's columns as they are read hereafter, and those of the file they stand in; `label` is the column
    that tells which of the rows one is.
    """

    label: str
    rows: dict[str, dict[str, str]] = Field(min_length=1)

    @field_validator("rows", mode="before")
    @classmethod
    def _labels_are_texts(cls, given: Any) -> Any:
        """YAML reads 1 and 2026-01-31 as other things than texts."""
        return {str(label): columns for label, columns in given.items()} if isinstance(given, dict) else given

    @property
    def values(self) -> tuple[str, ...]:
        """The columns of the rows that are made, but for the label."""
        return tuple(dict.fromkeys(name for columns in self.rows.values() for name in columns))

    @property
    def made(self) -> frozenset[str]:
        """The columns of the rows that are made."""
        return frozenset({self.label, *self.values})

    @property
    def columns(self) -> frozenset[str]:
        """The file's columns that are read under the names of others."""
        return frozenset(column for columns in self.rows.values() for column in columns.values())

    def columns_of(self, names: Collection[str]) -> frozenset[str]:
        """The file's columns that these are made of."""
        return frozenset(column for columns in self.rows.values() for name, column in columns.items() if name in names)

    def name_of(self, column: str) -> str:
        """The name under which one of the file's columns is read."""
        found = (name for columns in self.rows.values() for name, there in columns.items() if there == column)
        return next(found, column)

    def problems(self, own: Collection[str]) -> Iterator[str]:
        """What does not hold of a file with these columns, each with its key."""
        taken = {name.lower() for name in own if name not in self.columns}
        for name in (self.label, *self.values):
            if name.lower() in taken or (name in self.values and name == self.label):
                yield f"'{name}' is the name of another column; choose one of its own"
            elif not name.isidentifier():
                yield f"'{name}' is no name in SQL; choose one of letters and digits"
        for label, columns in self.rows.items():
            yield from self._row_problems(label, columns, own)
        stand = [column for columns in self.rows.values() for column in columns.values()]
        yield from (f"the column '{c}' stands there twice" for c in sorted({c for c in stand if stand.count(c) > 1}))

    def _row_problems(self, label: str, columns: Mapping[str, str], own: Collection[str]) -> Iterator[str]:
        yield from (f"rows.{label}: the file has no column '{c}'" for c in columns.values() if c not in own)
        lacking = [name for name in self.values if name not in columns]
        if lacking:
            yield f"rows.{label}: {', '.join(lacking)} is lacking, which other rows have"
