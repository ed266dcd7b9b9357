"""How headers are spelled and compared: short forms written out, words run together, and whose number a name means."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from types import MappingProxyType

SURE, GUESS = 1.0, 0.9
_SIMILAR = 0.84  # of two words: one is the other misspelled
_LONG = 5  # letters of a word that is looked for inside others: patientid, supervisingproviderid
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_BRACKETS = re.compile(r"[(（\[].*?[)）\]]")
_SEPARATORS = re.compile(r"[\s\-./]+")


@dataclass(frozen=True)
class Match:
    """A header that may be a canonical column; `rank` is 0 for the preferred name, `like` the known name, `why` what
    else than that name speaks for it."""

    header: str
    confidence: float
    rank: int
    like: str
    why: str = ""

    @property
    def is_sure(self) -> bool:
        return self.confidence == SURE


@lru_cache(8192)
def normalised(header: str) -> str:
    """One spelling: half width, lower case, words joined by underscores, no bracketed remarks."""
    plain = _BRACKETS.sub("", unicodedata.normalize("NFKC", header))
    return _SEPARATORS.sub("_", _CAMEL.sub("_", plain).strip()).lower()


def is_called(name: str, words: Iterable[str]) -> bool:
    """Whether the file's name holds one of the words, at a word's beginning; Chinese anywhere."""
    plain = f"_{normalised(name)}"
    return any(word in plain if not word.isascii() else f"_{word}" in plain for word in words)


@dataclass(frozen=True)
class Spelling:
    """What is known of words: `short` forms of them, the `kinds` whose number a name may hold, the words that say that
    it is a number, and all `known` words of column names."""

    short: Mapping[str, str]
    kinds: Mapping[str, Sequence[str]]
    number_words: Sequence[str]
    qualifiers: Sequence[str] = ()
    known: frozenset[str] = frozenset()
    _split: dict[str, tuple[str, ...]] = field(default_factory=dict, repr=False)  # by header, its words

    def words(self, header: str) -> tuple[str, ...]:
        """The words of a name, short forms written out."""
        if header not in self._split:
            words = tuple(self.short.get(word, word) for word in normalised(header).split("_") if word)
            self._split[header] = words
        return self._split[header]

    def run_together(self, header: str) -> str:
        """The name as it is compared: PATIENTID, patient_id and PatientId are one."""
        return self._with_one_word("".join(self.words(header)))

    def _with_one_word(self, joined: str) -> str:
        """Chinese words of one meaning as one: they stand within others, with no sign between."""
        for short, one in self._chinese:
            joined = joined.replace(short, one)
        return joined

    @cached_property
    def _chinese(self) -> list[tuple[str, str]]:
        return [(short, one) for short, one in self.short.items() if not short.isascii()]

    def kinds_in(self, header: str) -> frozenset[str]:
        """Whom or what the words of the name mean: the longest first, for a clinician is no clinic."""
        words, rest, found = {*self.words(header), *normalised(header).split("_")}, self.run_together(header), set()
        for kind, one in self._by_length:
            is_inside = (len(one) >= _LONG or not one.isascii()) and one in rest
            if is_inside or one in words:
                found.add(kind)
                rest = rest.replace(one, "", 1)
        return frozenset(found)

    @cached_property
    def _by_length(self) -> list[tuple[str, str]]:
        return sorted(((k, w) for k, words in self.kinds.items() for w in words), key=lambda one: -len(one[1]))

    def meets(self, header: str, listed: Iterable[str]) -> bool:
        """Whether the name holds one of the words: as a word, or inside others where it is long or no Latin one."""
        words, joined = {*self.words(header), *normalised(header).split("_")}, self.run_together(header)
        return any(one in words or ((len(one) >= _LONG or not one.isascii()) and one in joined) for one in listed)

    def is_number(self, header: str) -> bool:
        """Whether the name says that it holds somebody's or something's number."""
        words = [self._with_one_word(word) for word in self.words(header) if not word.isdigit()]
        last = words[-1:] or [""]
        return any(
            last[0] == one or (last[0].endswith(one) and (not one.isascii() or one == "id"))
            for one in self.number_words
        )

    def is_bare_number_of(self, header: str) -> str | None:
        """The kind whose number the name means when it says nothing else: member_number, 病人编号; None otherwise."""
        kinds = self.kinds_in(header)
        if len(kinds) != 1 or not self.is_number(header):
            return None
        (kind,) = kinds
        rest = self.run_together(header)
        for word in sorted((*self.kinds[kind], *self.number_words, *self.qualifiers), key=len, reverse=True):
            rest = rest.replace(word, "")
        return kind if not rest else None


@dataclass(frozen=True)
class PathEnd:
    """What a field of an object is called where its path ends: `amount` of `line.amount`. `is_own`: it stands in the
    object that is the row; `rank` is 0 for what is likeliest to tell of a row."""

    name: str
    is_own: bool
    rank: int


def matches(
    names: Sequence[str], headers: Sequence[str], spelling: Spelling, ends: Mapping[str, PathEnd] = MappingProxyType({})
) -> list[Match]:
    """The headers that may be a column with these names, the best first; `ends` has those of headers that are paths.

    A known name that starts with `?` may mean other things, a misspelled one is but similar, and the end of a path says
    less than all of it, unless the row is what it stands in: none of these is sure.
    """
    ranks: dict[str, tuple[int, str]] = {}
    for rank, name in enumerate(names):
        ranks.setdefault(spelling.run_together(name.removeprefix("?")), (rank, name))
    found = []
    for header in headers:
        end = ends.get(header)
        rank, name = ranks.get(spelling.run_together(header), (0, ""))
        if name:
            found.append(Match(header, GUESS if name[0] == "?" else SURE, rank, normalised(name.removeprefix("?"))))
        elif end is not None and (known := ranks.get(spelling.run_together(end.name))) is not None:
            found.append(_by_end(header, end, *known))
        elif (near := _misspelled(header, names, spelling)) is not None:
            found.append(near)

    def worth(match: Match) -> tuple[bool, bool, bool, int, int, float]:
        end = ends.get(match.header, PathEnd("", is_own=False, rank=0))
        return not match.is_sure, match.confidence < GUESS, not end.is_own, match.rank, end.rank, -match.confidence

    return sorted(found, key=worth)


def _by_end(header: str, end: PathEnd, rank: int, name: str) -> Match:
    like = normalised(name.removeprefix("?"))
    if end.is_own:
        return Match(header, GUESS if name[0] == "?" else SURE, rank, like)
    return Match(header, GUESS, rank, like, f"known as {like}, at the end of its path")


def _misspelled(header: str, names: Sequence[str], spelling: Spelling) -> Match | None:
    """The known name of which the header is a misspelling: as many words, and those that differ nowhere known."""
    words = spelling.words(header)
    # words that are known are no misspellings, and then the names must agree in them
    new = [n for n, word in enumerate(words) if len(word) >= _LONG and word.isascii() and word not in spelling.known]
    best: Match | None = None
    for rank, name in enumerate(names if new else ()):
        other = spelling.words(name.removeprefix("?"))
        if len(other) != len(words) or any(words[n] != other[n] for n in range(len(words)) if n not in new):
            continue
        alike = round(min(GUESS - 0.01, *(_ratio(words[n], other[n]) for n in new)), 2)
        if alike < _SIMILAR or spelling.kinds_in(header) != spelling.kinds_in(name):
            continue
        if best is None or alike > best.confidence:
            best = Match(header, alike, rank, normalised(name.removeprefix("?")))
    return best


@lru_cache(65536)
def _ratio(word: str, known: str) -> float:
    both = difflib.SequenceMatcher(None, word, known)
    return both.ratio() if both.real_quick_ratio() >= _SIMILAR and both.quick_ratio() >= _SIMILAR else 0.0
