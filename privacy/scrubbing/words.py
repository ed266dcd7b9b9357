"""The words of `words/`: surnames and given names, what stands before and after a name, and what is no name."""

from __future__ import annotations

import re
from collections.abc import Iterable

from fundwatch.resources import package_files, read_yaml

_TEXTS: dict[str, str] = {
    name: text
    for file in package_files("privacy", "scrubbing/word_lists", ".yaml")
    for name, text in read_yaml(file).items()
}


def _letters(name: str) -> frozenset[str]:
    return frozenset("".join(_TEXTS[name].split()))


def _words(name: str) -> tuple[str, ...]:
    return tuple(_TEXTS[name].split())


def any_of(words: Iterable[str]) -> str:
    """An alternation that prefers longer words."""
    return "|".join(re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word)))


SURNAMES = _letters("surnames")
DOUBTFUL_SURNAMES = _letters("doubtful_surnames")
COMPOUND_SURNAMES = frozenset(_words("compound_surnames"))
WHOLE_NAMES = _words("whole_names")
TRANSLITERATION = _letters("transliteration")
NEVER_IN_NAMES = _letters("never_in_names")
GOES_ON = _words("goes_on")
NO_NAMES = (*_words("no_names"), *(word for word in GOES_ON if len(word) > 1))
LONG_WORDS = _words("no_names")
NO_VALUES = _words("no_values")
BEFORE_NAMES = _words("before_names")
STRONG_BEFORE_NAMES = _words("strong_before_names")
HONORIFICS = _words("honorifics")
AFTER_FULL_NAMES = _words("after_full_names")
NOT_BEFORE_HONORIFIC = frozenset(_words("not_before_honorific"))
GIVEN = _letters("given")
RARE_GIVEN = GIVEN - _letters("common_given")
LEAD = _words("lead")
SHORT_LEAD = _words("short_lead")
FOLLOW = (*_words("follow"), *_words("person_follow"))
PERSON_FOLLOW = _words("person_follow")
SURVIVORS = _words("survivors")
CALLED = _letters("called")
SYLLABLES = _letters("syllables")
