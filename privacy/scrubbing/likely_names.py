# ruff: noqa: E501 (an expression is read whole)
"""Names that no sign announces: known by a surname, the characters of given names, and what stands on either side.

A candidate is a surname with one or two characters that given names are made of. It is a name where one could begin
(at the start of a clause, after a word for a person) and end (at the end of a clause, before what people do), unless
a drug, a herb or an everyday word begins there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from privacy.scrubbing.words import (
    CALLED,
    COMPOUND_SURNAMES,
    DOUBTFUL_SURNAMES,
    FOLLOW,
    GIVEN,
    GOES_ON,
    HONORIFICS,
    LEAD,
    LONG_WORDS,
    NEVER_IN_NAMES,
    PERSON_FOLLOW,
    RARE_GIVEN,
    SHORT_LEAD,
    SURNAMES,
    SURVIVORS,
    SYLLABLES,
    TRANSLITERATION,
    WHOLE_NAMES,
    any_of,
)

Span = tuple[int, int]


_LETTERS = "".join(sorted(GIVEN))
_PLAIN = "".join(sorted(SURNAMES - DOUBTFUL_SURNAMES))
_HANZI = re.compile("[一-龥]")
_ENDS = (*FOLLOW, *HONORIFICS)
_ADDRESSED = (*HONORIFICS, "姐", "哥", "总", "某")
_STRONG_LEAD = tuple(word for word in LEAD if word not in SHORT_LEAD)
_NO_NAMES = (*LONG_WORDS, *SURVIVORS)
CANDIDATE = re.compile(rf"(?=(?:(?P<double>{any_of(COMPOUND_SURNAMES)})|[{''.join(sorted(SURNAMES))}])[{_LETTERS}])")

_SEX_OR_AGE = r"(?:[男女](?:性|孩|婴)?(?![一-龥科宾])|[男女](?=[0-9一二三四五六七八九])|[0-9]{1,3}(?:岁|周岁|月龄|个月龄)|[一-龥]{1,3}族(?![一-龥]))"
_DESCRIBED = re.compile(
    rf"(?<![一-龥])(?P<name>[一-龥]{{2,4}})(?:[,、 /|(]{{1,2}}(?:(?P<sex>[男女](?=[,、 /|]))|{_SEX_OR_AGE})|[男女][0-9]{{1,3}}岁)"
)
_NO_PERSON = re.compile(
    "患[者儿]|病人|产妇|孕妇|老[人年]|成[人年]|儿童|新生儿|婴儿|幼儿|青年|中年|性别|年龄|民族|汉族|家属|限|适用|男|女|体检|筛查|"
    "[一-龥]*(?:[科室病症炎癌瘤术史药片族岁]|医院|检查|患者|农民|工人|学生|职工|门诊|住院|急诊)$"
)

_SIGNED = re.compile(
    r"(?:检验|审核|复核|核对|报告|校对|录入|制单|制表|操作|签发|执行|记录|麻醉|术者|[一二三]助|助手|巡回|器械|主刀|管床|经治|接诊|开单|收费|会诊|医|护|药|技)"
    r"(?:者|人|员|师|士|医[师生]|技师|护士)?[ ]?:[ ]?(?P<name>[一-龥]{2,3})(?![一-龥])"
)
_NICKNAME = re.compile(
    rf"(?P<name>[小老阿][{''.join(sorted(CALLED))}])(?={any_of(FOLLOW)}|[,。;:)、\"]|$)|(?P<dear>[阿][{''.join(sorted(RARE_GIVEN))}])(?={any_of(PERSON_FOLLOW)})"
)
_NUMBERED = re.compile(rf"[{_PLAIN}](?:[老大小][一二三四五六七八九大幺]|[二三四五六七八九][妹娃哥姐弟嫂姑])")

_ITEM = r"[一-龥]{2,4}"
_SEPARATOR = r"[,、/;和与及 ]"
_LIST = re.compile(rf"(?<![一-龥]){_ITEM}(?:{_SEPARATOR}{_ITEM}){{1,20}}(?![一-龥])")

_SYLLABLE_LETTERS = "".join(sorted(SYLLABLES))
_SOUNDS = SYLLABLES | frozenset("".join(WHOLE_NAMES))
_WRITTEN_BY_SOUND = re.compile(
    rf"[阿艾买吐热努古帕木玛依伊库托亚塔叶哈迪麦][{_SYLLABLE_LETTERS}]{{1,5}}(?:江|提|丽|孜|逊|汗|曼|娜|木|拜|别克|(?<!洛)尔)"
)
_WHOLE = re.compile(rf"(?:{any_of(WHOLE_NAMES)})(?:(?:{any_of(WHOLE_NAMES)})|[{''.join(sorted(TRANSLITERATION))}]{{0,4}}?(?={any_of(FOLLOW)}|[^一-龥]|$))")  # fmt: skip

_PAIR = re.compile(rf"[{''.join(sorted(SURNAMES | {double[-1] for double in COMPOUND_SURNAMES}))}][{_LETTERS}]")
_DESCRIPTIONS = frozenset("男女岁月族")
_SEPARATORS = frozenset(",、/;和与及 ")
_FAMILIAR = frozenset("小老阿")
_NUMERALS = frozenset("老大小二三四五六七八九")


def likely_names(text: str, characters: AbstractSet[str]) -> Iterator[Span]:
    """The spans of such names in folded text, in no order; they may overlap. `characters` are the text's."""
    if _PAIR.search(text):
        yield from _by_characters(text)
        if not _SEPARATORS.isdisjoint(characters):
            yield from _listed(text)
    if not _DESCRIPTIONS.isdisjoint(characters):
        yield from _described(text)
    if ":" in characters:
        yield from _signed(text)
    if not _FAMILIAR.isdisjoint(characters):
        yield from _nicknames(text)
    if not _NUMERALS.isdisjoint(characters):
        yield from _numbered(text)
    if len(_SOUNDS & characters) > 1:
        yield from _by_sound(text)


def _by_characters(text: str) -> Iterator[Span]:
    taken = 0
    for match in CANDIDATE.finditer(text):
        start = match.start()
        if start < taken or text.startswith(SURVIVORS, start):
            continue
        given = start + (2 if match["double"] else 1)
        if text.startswith(_ADDRESSED, given):
            continue
        for end in (given + 2, given + 1):
            if _is_name(text, start, given, end):
                taken = end
                yield start, end
                break


def _is_name(text: str, start: int, given: int, end: int) -> bool:
    if end > len(text) or not _may_end(text, end) or not _HANZI.match(text[end - 1]):
        return False
    at_clause = start == 0 or not _HANZI.match(text[start - 1])
    is_led = text.endswith(_STRONG_LEAD, 0, start)
    if not (at_clause or is_led or text.endswith(SHORT_LEAD, 0, start)):
        return False
    if end == given + 2 and text.startswith(GOES_ON, given + 1):
        return False
    letters = text[given:end]
    is_word = text.startswith(LONG_WORDS, start)
    if given - start == 2:
        return not NEVER_IN_NAMES & set(letters)
    if len(letters) == 2:
        return _has_two(text, start, letters, is_led=is_led, is_word=is_word)
    if is_word or letters not in GIVEN:
        return False
    if is_led and text[start] not in DOUBTFUL_SURNAMES:
        return True
    if letters not in RARE_GIVEN:
        return at_clause and text.startswith(PERSON_FOLLOW, end) and text[start] not in DOUBTFUL_SURNAMES
    return is_led or _stands_alone(text, start, end, at_clause=at_clause)


def _has_two(text: str, start: int, letters: str, *, is_led: bool, is_word: bool) -> bool:
    both = set(letters) <= GIVEN
    if is_word or text[start] in DOUBTFUL_SURNAMES:
        is_whole = start == 0 and text[3:4] in (",", ":") and not is_word
        return both and (is_whole or is_led or not set(letters).isdisjoint(RARE_GIVEN))
    return both or (is_led and not NEVER_IN_NAMES & set(letters))


def _stands_alone(text: str, start: int, end: int, *, at_clause: bool) -> bool:
    if not at_clause:
        return text[start] not in DOUBTFUL_SURNAMES and text.startswith((*PERSON_FOLLOW, *HONORIFICS), end)
    follows = end < len(text) and text[end] in ",:;(/)、】》]”"
    return follows or text.startswith(PERSON_FOLLOW, end)


def _may_end(text: str, end: int) -> bool:
    return not _HANZI.match(text[end : end + 1]) or text.startswith(_ENDS, end)


def _described(text: str) -> Iterator[Span]:
    """Whatever stands before a sex, an age or a people as a name would: `某甲,男,71岁`."""
    for match in _DESCRIBED.finditer(text):
        name = match["name"]
        is_known = name[0] in SURNAMES or name.startswith(WHOLE_NAMES)
        if not _NO_PERSON.match(name) and (is_known or match["sex"]):
            yield match.span("name")


def _signed(text: str) -> Iterator[Span]:
    """What stands whole after a function and a colon: `审核:某甲`."""
    for match in _SIGNED.finditer(text):
        name = match["name"]
        if name[0] in SURNAMES and not name.startswith(LONG_WORDS) and not NEVER_IN_NAMES & set(name[1:]):
            yield match.span("name")


def _listed(text: str) -> Iterator[Span]:
    """Items of a list that has at least two which read as names."""
    for match in _LIST.finditer(text):
        spans = [m.span() for m in re.finditer(_ITEM, match.group())]
        items = [match.group()[start:end] for start, end in spans]
        certain = sum(_reads_as_name(item, RARE_GIVEN) for item in items)
        if certain >= 2 and certain * 2 >= len(items):
            named = (span for span, item in zip(spans, items, strict=True) if _reads_as_name(item, GIVEN))
            yield from ((match.start() + start, match.start() + end) for start, end in named)


def _reads_as_name(item: str, single: frozenset[str]) -> bool:
    """Whether the item is a name; of a name with one given character, that one is in `single`."""
    if len(item) > 3 or item.startswith(_NO_NAMES) or item[0] not in SURNAMES:
        return False
    if len(item) == 2 and item[0] in DOUBTFUL_SURNAMES:
        return False
    return set(item[1:]) <= (GIVEN if len(item) == 3 else single)


def _nicknames(text: str) -> Iterator[Span]:
    for match in _NICKNAME.finditer(text):
        start = match.start()
        if (
            start == 0
            or not _HANZI.match(text[start - 1])
            or text.endswith(LEAD, 0, start)
            or text[start - 1] in "了对"
        ):
            yield match.span()


def _numbered(text: str) -> Iterator[Span]:
    for match in _NUMBERED.finditer(text):
        start = match.start()
        if start == 0 or not _HANZI.match(text[start - 1]) or text.endswith(_STRONG_LEAD, 0, start):
            yield match.span()


def _by_sound(text: str) -> Iterator[Span]:
    """Names of peoples who write them by their sound, where no dot shows it."""
    for expression in (_WRITTEN_BY_SOUND, _WHOLE):
        for match in expression.finditer(text):
            start = match.start()
            begins = start == 0 or not _HANZI.match(text[start - 1]) or text.endswith(LEAD, 0, start)
            if begins and match.end() - start >= 2:
                yield match.span()
