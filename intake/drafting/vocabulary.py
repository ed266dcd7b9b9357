"""Which canonical column a header may mean: the national names, and those of conf/vocabulary, exact or similar."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from fundwatch.contracts import CLEAN
from fundwatch.declared import Declared, read_declared
from fundwatch.resources import conf_file
from intake.source.columns import Scrub
from intake.source.load import read_mapping
from intake.source.mapping import Rows

SURE = 1.0
_SIMILAR = 0.84  # below, what looks alike mostly is not: paid_date is no paid_amount
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_BRACKETS = re.compile(r"[(（\[].*?[)）\]]")
_SEPARATORS = re.compile(r"[\s\-./]+")


class TableWords(Declared):
    """What files of a canonical table are called, and the names of their columns, preferred first."""

    file_words: tuple[str, ...]
    columns: dict[str, tuple[str, ...]]


class Marks(Declared):
    """Words and parts of a header that tell its kind."""

    words: tuple[str, ...]
    parts: tuple[str, ...]

    def meets(self, header: str) -> bool:
        """Whether the header holds one of them."""
        plain = normalised(header)
        return bool({*plain.split("_")} & {*self.words}) or any(part in plain for part in self.parts)


class Guess(Declared):
    """Constants of files whose name holds one of the words."""

    words: tuple[str, ...]
    visit_type: str
    item_type: str


class Vocabulary(Declared):
    """All that a draft knows of names and codes.

    `identity` names, by domain of tokens, the columns that the vault may keep beside an identifier, by the vault's
    field; `names` are columns that name somebody of whom no token is made; `scrubbed` are canonical texts.
    """

    tables: dict[str, TableWords]
    codes: dict[str, dict[str, str]]
    identity: dict[str, dict[str, tuple[str, ...]]]
    names: tuple[str, ...]
    scrubbed: frozenset[str] = frozenset()
    identifying: Marks
    free_text: Marks
    guesses: tuple[Guess, ...]


@dataclass(frozen=True)
class Match:
    """A header that may be a canonical column; `rank` is 0 for the preferred name, `like` the known name."""

    header: str
    confidence: float
    rank: int
    like: str


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
    return TableWords(file_words=(rows.source, *words.file_words), columns=known)


def normalised(header: str) -> str:
    """One spelling: half width, lower case, words joined by underscores, no bracketed remarks."""
    plain = _BRACKETS.sub("", unicodedata.normalize("NFKC", header))
    return _SEPARATORS.sub("_", _CAMEL.sub("_", plain).strip()).lower()


def matches(names: Sequence[str], headers: Sequence[str]) -> list[Match]:
    """The headers that may be a column with these names, the best first."""
    ranks: Mapping[str, int] = {normalised(name): rank for rank, name in reversed([*enumerate(names)])}
    found = []
    for header in headers:
        plain = normalised(header)
        if plain in ranks:
            found.append(Match(header, SURE, ranks[plain], plain))
            continue
        near = difflib.get_close_matches(plain, ranks, n=1, cutoff=_SIMILAR)
        if near and len(plain) > 3:
            ratio = difflib.SequenceMatcher(None, plain, near[0]).ratio()
            found.append(Match(header, round(ratio, 2), ranks[near[0]], near[0]))
    return sorted(found, key=lambda match: (match.confidence < SURE, match.rank, -match.confidence))
