"""Texts that stand where nothing is known (无, -, N/A, 99999999): by kind of column, as data that a mapping may change.

What a translation or a list of allowed values names is no placeholder there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Literal, get_args

from pydantic import Field

from fundwatch.contracts import TABLES
from fundwatch.contracts.table import Table
from fundwatch.declared import Declared
from fundwatch.texts import in_ascii
from intake.source.columns import Codes, ColumnSource, Constant

# text: names and notes; code: ids and codes of things; class: values of a short list, where 0 means something; end: a
# date on which something ends, where the first day that a system knows stands for none
Kind = Literal["text", "code", "class", "number", "date", "end"]
Listed = Kind | Literal["all"]
_ENDS = ("ended_on", "ended_at", "death_date")
KINDS: tuple[str, ...] = ("all", *get_args(Kind))
Lists = Mapping[Listed, tuple[str, ...]]


class PlaceholderChanges(Declared):
    """What a mapping adds to the lists, by kind or by `table.column`, and which texts keep their meaning there."""

    add: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    keep: dict[str, tuple[str, ...]] = Field(default_factory=dict)

    def problems(self) -> Iterator[str]:
        """Keys that name neither a kind nor a column."""
        for key, places in (("add", self.add), ("keep", self.keep)):
            for place in places:
                table, _, column = place.partition(".")
                if place not in KINDS and (table not in TABLES or column not in TABLES[table].column_names):
                    yield f"placeholders.{key}.{place}: neither a kind ({', '.join(KINDS)}) nor a table.column"


def kind_of(table: Table, name: str) -> Kind | None:
    """What kind of texts a canonical column is made of; None where nobody writes a placeholder."""
    column = next(c for c in table.columns if c.name == name)
    if column.type != "string":
        if column.type in ("date", "timestamp"):
            return "end" if name.endswith(_ENDS) else "date"
        return "class" if column.type == "boolean" else "number"
    if column.is_free_text or (column.text == "name" and not name.endswith("department")):
        return "text"
    is_key = column.domain is not None or not column.text
    return "code" if is_key or name.endswith(("_id", "_code", "department", "_bed")) else "class"


class Placeholders:
    """The lists in force for a source."""

    def __init__(self, lists: Lists | None = None, changes: PlaceholderChanges | None = None) -> None:
        self._lists, self._changes = lists or {}, changes or PlaceholderChanges()

    def of(self, table: Table, name: str, given: ColumnSource, allowed: Collection[str] = ()) -> tuple[str, ...]:
        """The texts that say nothing in a column of the table, but those that its source or the checks list."""
        kind = kind_of(table, name)
        if kind is None or isinstance(given, Constant):
            return ()
        found = self._listed(kind, _place(table, name)) - {*allowed}
        return tuple(sorted(found - ({*given.codes} if isinstance(given, Codes) else set())))

    def of_codes(self) -> tuple[str, ...]:
        """The texts that say nothing in an identifier that is a part of something made of SQL."""
        return tuple(sorted(self._listed("code", "")))

    def of_parts(self, table: Table, name: str) -> tuple[str, ...]:
        """The texts that say nothing in a part of an id; a number by itself may be one that counts from 0."""
        said = self._listed("code", _place(table, name)) & {*_spellings(self._lists.get("all", ()))}
        return tuple(sorted(said))

    def of_any(self) -> tuple[str, ...]:
        """The texts that say nothing in some kind of column."""
        return tuple(sorted({text for kind in get_args(Kind) for text in self._listed(kind, "")}))

    def of_all(self) -> tuple[str, ...]:
        """The texts that say nothing whatever the kind of column."""
        return tuple(sorted({*_spellings(self._lists.get("all", ()))}))

    def _listed(self, kind: Kind, place: str) -> set[str]:
        add, keep = self._changes.add, self._changes.keep
        kinds: tuple[Listed, ...] = ("all", "date", "end") if kind == "end" else ("all", kind)
        added = [text for one in kinds for text in self._lists.get(one, ())]
        added += [text for where in (*kinds, place) for text in add.get(where, ())]
        return {*_spellings(added)} - {*_spellings([t for where in (*kinds, place) for t in keep.get(where, ())])}


def _place(table: Table, name: str) -> str:
    return f"{table.name.removesuffix('_entry')}.{name}"


def _spellings(texts: Collection[str]) -> Iterator[str]:
    # keys and numbers have full-width signs in ASCII once they are read, names keep them
    for text in {*texts, *map(in_ascii, texts)}:
        yield from (text, text.lower(), text.upper(), text.capitalize())
