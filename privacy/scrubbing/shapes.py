# ruff: noqa: E501 (an expression is read whole)
"""Names that show by their form alone: masked ones, a surname with a form of address, names with a middle dot."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet

from privacy.scrubbing.words import BEFORE_NAMES, COMPOUND_SURNAMES, DOUBTFUL_SURNAMES, SURNAMES, TRANSLITERATION


def any_of(words: Iterable[str]) -> str:
    """An alternation that prefers longer words."""
    return "|".join(re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word)))


_MORE_LETTERS = f"[{''.join(sorted(TRANSLITERATION))}]"
_DOTTED_ALONE = re.compile(
    rf"(?<![一-龥])(?!{any_of(BEFORE_NAMES)})[一-龥]{{2,8}}(?:[··•‧・∙]{_MORE_LETTERS}{{2,8}}){{1,4}}|{_MORE_LETTERS}{{2,8}}(?:[··•‧・∙]{_MORE_LETTERS}{{2,8}}){{1,4}}"
)
_EPONYM = re.compile(r"[一-龥]{0,3}(?:综合征|氏|病|征|试验|手术|法|现象)")
_SOMEONE = re.compile(
    rf"(?:{any_of(COMPOUND_SURNAMES)}|[{''.join(sorted(SURNAMES))}])(?:某某|某[一-龥](?![一-龥])|某|[×*＊○]{{1,3}}(?![0-9.×*]|[ ][0-9])|[xX]{{2}})(?!医|市|县|年|月|日|科|镇|省|区|路|街|村|公司|药|院)"
)
_KIN = re.compile(
    rf"(?<![一-龥])(?P<name>[{''.join(sorted(SURNAMES - DOUBTFUL_SURNAMES))}])(?=(?:姐|哥|叔|伯|婶|嫂|姨|爷爷|奶奶|老太|老汉|大姐|大哥|大叔|大伯|大嫂|阿婆|阿公|总|姓)(?:[一-龥,,。]))"
)
_DOTS = frozenset("··•‧・∙")
_MASKS = frozenset("某×*＊○xX")
_KINSHIP = frozenset("姐哥叔伯婶嫂姨爷奶太汉阿总姓")


def names_of_shape(text: str, characters: AbstractSet[str]) -> Iterator[tuple[int, int]]:
    """The spans of such names in folded text, in no order. `characters` are the text's."""
    if not _MASKS.isdisjoint(characters):
        yield from (match.span() for match in _SOMEONE.finditer(text))
    if not _KINSHIP.isdisjoint(characters):
        yield from (match.span("name") for match in _KIN.finditer(text))
    if not _DOTS.isdisjoint(characters):
        yield from _dotted(text)


def _dotted(text: str) -> Iterator[tuple[int, int]]:
    for match in _DOTTED_ALONE.finditer(text):
        if not _EPONYM.match(text, match.end()) and not _EPONYM.search(match.group()):
            yield match.span()
