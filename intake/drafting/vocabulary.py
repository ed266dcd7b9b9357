"""All that a draft knows of names: the national ones, and those of conf/vocabulary."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, lru_cache
from pathlib import Path

from fundwatch.contracts import CLEAN
from fundwatch.declared import Declared, read_declared
from fundwatch.resources import conf_file
from intake.drafting.names import Spelling, normalised
from intake.source.columns import Scrub
from intake.source.load import read_mapping
from intake.source.mapping import Rows


class TableWords(Declared):
    """What files of a canonical table are called, and the names of their columns, preferred first.

    Of each list of `needs` one column at least is there, or no row of the file is a row of the table.
    """

    file_words: tuple[str, ...]
    needs: tuple[tuple[str, ...], ...] = ()
    columns: dict[str, tuple[str, ...]]


class OtherRows(Declared):
    """Rows of no canonical table: what one is; a firm has no number of a person, visit or claim in it.

    `may_be` is the table whose rows they are where other files give their ids as its.
    """

    what: str
    is_firm: bool
    may_be: str = ""
    file_words: tuple[str, ...]
    names: tuple[str, ...]


class Marks(Declared):
    """Words and parts of a header that tell its kind; `whole` are words that do so standing alone."""

    words: tuple[str, ...]
    parts: tuple[str, ...]
    whole: tuple[str, ...] = ()

    def meets(self, header: str) -> bool:
        """Whether the header holds one of them."""
        plain = normalised(header)
        words = {word.rstrip("0123456789") for word in plain.split("_")}
        return plain in self.whole or bool(words & {*self.words}) or any(part in plain for part in self.parts)


class Guess(Declared):
    """Constants of files whose name holds one of the words."""

    words: tuple[str, ...]
    visit_type: str
    item_type: str


class Vocabulary(Declared):
    """All that a draft knows of names and codes.

    `identity` names, by domain of tokens, the columns that the vault may keep beside an identifier, by the vault's
    field; `name_parts` the columns that hold parts of a person's name; `names` are columns that name somebody of whom
    no token is made; `scrubbed` are canonical texts. `generic` names mean something only in a file whose own name tells
    what it is; `numbers` are the columns that a bare number of a kind fills, `acts` the words for what a doctor did,
    `charges` the codes of rows that are fee lines, where others are payments or transfers.
    """

    tables: dict[str, TableWords]
    others: tuple[OtherRows, ...]
    generic: frozenset[str]
    kinds: dict[str, tuple[str, ...]]
    numbers: dict[str, str]
    number_words: tuple[str, ...]
    qualifiers: tuple[str, ...]
    acts: dict[str, tuple[str, ...]]
    short: dict[str, str]
    name_parts: tuple[tuple[str, ...], ...]
    codes: dict[str, dict[str, str]]
    identity: dict[str, dict[str, tuple[str, ...]]]
    names: tuple[str, ...]
    scrubbed: frozenset[str] = frozenset()
    identifying: Marks
    free_text: Marks
    charges: frozenset[str]
    guesses: tuple[Guess, ...]

    @cached_property
    def spelling(self) -> Spelling:
        """How names are compared."""
        bare = Spelling(self.short, self.kinds, self.number_words)
        names = [name for table in self.tables.values() for known in table.columns.values() for name in known]
        known = {word for name in names for word in bare.words(name.removeprefix("?"))}
        known |= {word for words in (*self.kinds.values(), *self.acts.values()) for word in words}
        return Spelling(self.short, self.kinds, self.number_words, self.qualifiers, frozenset(known))

    @cached_property
    def tables_knowing(self) -> dict[str, int]:
        """By name, how many tables know it: what one alone knows tells most."""
        found: dict[str, set[str]] = {}
        for table, words in self.tables.items():
            for name in (name for known in words.columns.values() for name in known):
                found.setdefault(self.spelling.run_together(name.removeprefix("?")), set()).add(table)
        return {name: len(tables) for name, tables in found.items()}

    def is_generic(self, header: str) -> bool:
        """Whether the name says little by itself."""
        return normalised(header) in self.generic

    def identifies(self, header: str) -> bool:
        """Whether the name says that the column tells of somebody: by a word, or as a number of one."""
        kinds, words = self.spelling.kinds_in(header), {*normalised(header).split("_")}
        is_somebodys = "person" in kinds or bool(kinds & {"staff", "employer"} and "organisation" not in kinds)
        if is_somebodys and (self.spelling.is_number(header) or "name" in words):
            return True
        is_person = "person" in kinds and (words <= {*self.kinds["person"]} or bool(words & {*self.identifying.whole}))
        is_part = self.spelling.run_together(header) in self._naming
        return is_person or is_part or self.identifying.meets(header)

    @cached_property
    def _naming(self) -> frozenset[str]:
        """The names of columns that name somebody or a part of a name, or that the vault may keep."""
        known = [name for fields in self.identity.values() for names in fields.values() for name in names]
        known += [*self.names, *(name for names in self.name_parts for name in names)]
        return frozenset(self.spelling.run_together(name) for name in known)


@lru_cache
def read_vocabulary(overlay: Path | None = None) -> Vocabulary:
    """The vocabulary with the national names in both variants laid before it. Raises FundwatchError."""
    vocabulary = read_declared(Vocabulary, conf_file("vocabulary", "columns", overlay), "the vocabulary does not hold")
    national = read_mapping("national")
    tables = dict(vocabulary.tables)
    identity = {domain: dict(fields) for domain, fields in vocabulary.identity.items()}
    names = list(vocabulary.names)
    scrubbed = {column for table in CLEAN for column in table.free_texts}
    for table, how in national.tables.items():
        for rows in how.rows:
            tables[table] = _with_national(tables.get(table), rows, national.files[rows.source].names())
            texts = {column: given for column, given in rows.columns.items() if isinstance(given, Scrub)}
            names += [name for text in texts.values() for name in text.names]
            for entry in rows.vault:
                for field, column in entry.fields.items():
                    known = identity.setdefault(entry.token, {})
                    known[field] = (column, *known.get(field, ()))
    more = {"tables": tables, "identity": identity, "names": tuple(names), "scrubbed": frozenset(scrubbed)}
    return vocabulary.model_copy(update=more)


def _with_national(words: TableWords | None, rows: Rows, aliases: Mapping[str, str]) -> TableWords:
    words = words or TableWords(file_words=(), columns={})
    known = dict(words.columns)
    for column, given in rows.columns.items():
        name = given if isinstance(given, str) else getattr(given, "of", getattr(given, "scrub", None))
        both = tuple(alias for alias, first in aliases.items() if first == name)
        known[column] = (*both, *known.get(column, ()))
    return TableWords(file_words=(rows.source, *words.file_words), needs=words.needs, columns=known)
