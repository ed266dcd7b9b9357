"""Words: names for SQL that catalogues say over and over, put in place where an expression names them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Any

from features.catalogue.sources import MOMENT, Source, columns_of, place_of
from fundwatch.contracts import TABLES
from fundwatch.errors import CatalogueError, problems
from fundwatch.expressions.declared import ROW, names_by_time, names_in, problems_in, written
from fundwatch.resources import read_yaml

_DEEPEST = 8


@dataclass(frozen=True)
class Words:
    """The words that hold in a catalogue: the shared ones and its own."""

    texts: Mapping[str, str]

    def written(self, text: str) -> str:
        """The SQL that runs: the checked expression with every word's own SQL in its place."""
        return written(text, names=self._sql(text))

    def _sql(self, text: str) -> dict[str, str]:
        return {name: f"({self.written(self.texts[name])})" for name in names_in(text) if name in self.texts}

    def columns(self, text: str) -> frozenset[str]:
        """The columns that the expression is made of in the end."""
        found = set[str]()
        for name in names_in(text):
            found |= self._columns_of(name) if name in self.texts else {name}
        return frozenset(found)

    def _columns_of(self, word: str) -> frozenset[str]:
        if word not in self._columns:
            self._columns[word] = self.columns(self.texts[word])
        return self._columns[word]

    @cached_property
    def _columns(self) -> dict[str, frozenset[str]]:
        """The columns of each word that was asked for: a catalogue's check asks of every word for every expression."""
        return {}

    def times(self, text: str, source: Source) -> frozenset[str]:
        """The times, as `table.column`, whose time of day the expression looks at, over rows of the source."""
        found = set[str]()
        for name in names_by_time(text, [*columns_of(source), *self.texts]):
            found |= self.times(self.texts[name], source) if name in self.texts else {*_time(source, name)}
        return frozenset(found)

    def within(self, columns: Set[str]) -> frozenset[str]:
        """The words that are made of these columns alone."""
        return frozenset(word for word in self.texts if self._columns_of(word) <= columns)

    def problems(self) -> Iterator[str]:
        """What is wrong with the words themselves."""
        columns = frozenset[str]().union(*(columns_of(source) for source in Source))
        for word, text in self.texts.items():
            if word in columns:
                yield f"words.{word}: a column has that name"
            known = (columns | self.texts.keys()) - {word}
            yield from (f"words.{word}: {reported}" for reported in problems_in(text, ROW, known))
            if self._depth(word, _DEEPEST) < 0:
                yield f"words.{word}: names itself by way of others, or stands more than {_DEEPEST} deep"

    def _depth(self, word: str, left: int) -> int:
        named = [name for name in names_in(self.texts[word]) if name in self.texts]
        return left if left < 0 or not named else min(self._depth(name, left - 1) for name in named)


def _time(source: Source, name: str) -> Iterator[str]:
    if name == MOMENT:
        name = source.moment
    place = place_of(source, name)
    if place is None:
        return
    table = place.context.table if place.context else source.table
    column = place.context.columns[name] if place.context else place.sql
    if table in TABLES and {c.name: c.type for c in TABLES[table].columns}.get(column) == "timestamp":
        yield f"{table}.{column}"


@lru_cache
def shared_words() -> Mapping[str, str]:
    """The words that every catalogue may use. Raises CatalogueError naming what is wrong with them."""
    file = files("features") / "catalogue" / "words.yaml"
    content: Any = read_yaml(file)
    if not isinstance(content, dict) or not all(isinstance(one, str) for pair in content.items() for one in pair):
        raise CatalogueError("words are names, each with SQL as a text", where=str(file), do="fix the file")
    if wrong := [*Words(content).problems()]:
        raise CatalogueError(problems("the words do not hold", wrong), where=str(file), do="fix what is named")
    return content
