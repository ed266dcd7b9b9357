# ruff: noqa: E501 (an expression is read whole)
"""Names in free text: after 患者 and the like, before 先生 and the like, beside a number or a sex, with a middle dot."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from privacy.scrubbing.words import (
    AFTER_FULL_NAMES,
    BEFORE_NAMES,
    COMPOUND_SURNAMES,
    DOUBTFUL_SURNAMES,
    GIVEN,
    GOES_ON,
    HONORIFICS,
    LONG_WORDS,
    NEVER_IN_NAMES,
    NO_NAMES,
    NO_VALUES,
    NOT_BEFORE_HONORIFIC,
    RARE_GIVEN,
    STRONG_BEFORE_NAMES,
    SURNAMES,
    TRANSLITERATION,
    WHOLE_NAMES,
    any_of,
)

Span = tuple[int, int]


_MORE_LETTERS = f"[{''.join(sorted(TRANSLITERATION))}]"
_DOTTED = re.compile(rf"[一-龥]{{1,8}}(?:[··•‧・∙]{_MORE_LETTERS}{{1,8}}){{1,4}}")
_WHOLE = re.compile("|".join(map(re.escape, WHOLE_NAMES)))
_BEFORE = re.compile(
    rf"(?P<word>{any_of(BEFORE_NAMES)}|{any_of(STRONG_BEFORE_NAMES)}|姓[ ]{{1,3}}名)(?:姓名)?(?P<sign>[ ::((,、—-]{{0,3}}(?:为|是|叫)?)"
)
_STRONG = frozenset(STRONG_BEFORE_NAMES)
_NO_START = (*NO_VALUES, *HONORIFICS)
_STOPS = (*GOES_ON, *HONORIFICS)
_ALWAYS_STRONG = ("姓名", "户名", "曾用名", "名叫")
_AFTER = re.compile(f"(?:{any_of(HONORIFICS)})")
_AFTER_FULL = re.compile(f"(?:{any_of(AFTER_FULL_NAMES)}|收(?![一-龥]))")
_BESIDE = re.compile(
    r"(?<![一-龥])(?P<name>[一-龥](?:[一-龥]|[ ]{1,2}[一-龥](?![一-龥])){1,3})(?=(?:[ ,,、/|((]{0,2}[男女](?![一-龥]|[0-9]{3})|[ ,,、/|((]{0,2}[男女][性,,]|[((](?:家属|本人|父|母|夫|妻|子|女|患者|陪)|本人|(?:的)?(?:身份证|手机|电话)))"
)
_LISTED = re.compile("(?<![一-龥])[一-龥]{2,3}(?=、[一-龥]{2})")
# Words for people mostly end so: 举报人, 一助, 村医, 护工, 岳母.
_ROLE = re.compile(
    "(?<=[一-龥])[人者医工助员师士婿媳母父妻夫叔伯姨舅姑姐妹兄弟友伴](?![师生务院保药时作])[ ::]{0,2}"
    rf"(?=[{''.join(sorted(SURNAMES | {whole[0] for whole in WHOLE_NAMES}))}]|[一-龥]{{1,8}}[··•‧・∙])"
)
_ALONE = re.compile(r"(?<![一-龥])[一-龥](?:[一-龥]{1,3}|[ ]{1,2}[一-龥])(?![一-龥])")
_LATIN = re.compile(r"[A-Za-z]{2,15}(?:[ ,·.]{1,2}[A-Za-z]{2,15}){0,2}")
_HANZI = re.compile(r"[一-龥]")
_COMPOUND = re.compile(any_of(COMPOUND_SURNAMES - {"东方", "第五", "百里", "公羊", "西门", "东郭", "闻人", "长孙"}))

_SEXES = frozenset("男女本身手电(")


def names_in(text: str, characters: AbstractSet[str]) -> Iterator[Span]:
    """The spans of names in folded text, in no order; they may overlap. `characters` are the text's."""
    for reading in (_after_signs, _before_signs, _after_roles, _by_form):
        yield from reading(text)
    if not _SEXES.isdisjoint(characters):
        yield from _beside(text)
    if "、" in characters:
        yield from _listed(text)
    yield from names_of_shape(text, characters)


def _by_form(text: str) -> Iterator[Span]:
    for match in _COMPOUND.finditer(text):
        end = _given_end(text, match.end())
        if end is not None and _is_boundary(text, end):
            yield match.start(), end


def _beside(text: str) -> Iterator[Span]:
    for match in _BESIDE.finditer(text):
        if _name_end(text, match.start(), is_strong=False) == match.end("name"):
            yield match.span("name")


def _after_roles(text: str) -> Iterator[Span]:
    for match in _ROLE.finditer(text):
        end = _name_end(text, match.end(), is_strong=False)
        if end is not None and _is_boundary(text, end):
            yield match.end(), end


def _listed(text: str) -> Iterator[Span]:
    for match in _LISTED.finditer(text):
        end = _name_end(text, match.start(), is_strong=False)
        following = None if end != match.end() else _name_end(text, match.end() + 1, is_strong=False)
        if following is not None:
            yield from (match.span(), (match.end() + 1, following))


def _after_signs(text: str) -> Iterator[Span]:
    position = 0
    while match := _BEFORE.search(text, position):
        word = match["word"].replace(" ", "")
        is_strong = word in _STRONG and (match["sign"] != "" or word in _ALWAYS_STRONG)
        end = _name_end(text, match.end(), is_strong=is_strong)
        position = match.start() + 1 if end is None else end
        if end is not None:
            yield match.end(), end
            more = end
            while more < len(text) and text[more] in "、和与及,/":  # a list of names after one sign
                following = _name_end(text, more + 1, is_strong=False)
                if following is None:
                    break
                yield more + 1, following
                more = following


def _before_signs(text: str) -> Iterator[Span]:
    for match in _AFTER.finditer(text):
        end = match.start() - (text[max(0, match.start() - 2) : match.start()].endswith(" "))
        start = _name_start(text, end, shortest=1 if end == match.start() else 2)
        if start is not None:
            yield start, end
    for match in _AFTER_FULL.finditer(text):
        start = _name_start(text, match.start(), shortest=2)
        if start is not None:
            yield start, match.start()
        while start is not None and start > 1 and text[start - 1] in "、和与及,":
            end, start = start - 1, _name_start(text, start - 1, shortest=2)
            if start is not None:
                yield start, end


def names_alone_in(text: str) -> Iterator[Span]:
    """Words between other signs that read as a whole name: names, where the text names a person in other ways."""
    for match in _ALONE.finditer(text):
        if _name_end(text, match.start(), is_strong=False) == match.end():
            yield match.span()


def _name_start(text: str, end: int, shortest: int) -> int | None:
    """Where the name that ends here begins: the longest reading that is one."""
    for length in (4, 3, 2, 1):
        start = end - length
        if start < 0 or length < shortest:
            continue
        name = text[start:end]
        if not all(_HANZI.match(c) for c in name) or name.startswith(LONG_WORDS):
            continue
        surname = 2 if name[:2] in COMPOUND_SURNAMES else 1
        if (surname == 1 and (length > 3 or name[0] not in SURNAMES)) or length - surname > 2:
            continue
        if length == 1 and (text[max(0, start - 1) : end] in NOT_BEFORE_HONORIFIC or _ends_a_word(text, start)):
            continue
        if length > surname and (NEVER_IN_NAMES & set(name[surname:]) or text.startswith(GOES_ON, start + surname)):
            continue
        if length > 1 and name[0] in DOUBTFUL_SURNAMES and _HANZI.match(text[start - 1 : start] or "-"):
            continue
        return start
    return None


def _name_end(text: str, start: int, *, is_strong: bool) -> int | None:
    """Where the name that starts here ends; None when none does."""
    dotted = _DOTTED.match(text, start)
    if dotted:
        return dotted.end()
    if text.startswith(_NO_START, start):
        return None
    if whole := _WHOLE.match(text, start):
        return _go_on(text, whole.end(), whole.end() + 4, TRANSLITERATION)
    if is_strong and (latin := _LATIN.match(text, start)):
        return latin.end()
    surname = _surname_end(text, start, is_strong=is_strong)
    if surname is None:
        return _unknown_surname(text, start) if is_strong else None
    end = _given_end(text, surname)
    if end is None:
        return None
    is_doubtful = surname - start == 1 and text[start] in DOUBTFUL_SURNAMES and not is_strong
    if is_doubtful and _HANZI.match(text[end : end + 1]) and not text.startswith(GOES_ON, end):
        letters = set(text[surname:end])
        return end if end - surname == 2 and letters <= GIVEN and letters & RARE_GIVEN else None
    return end


def _is_boundary(text: str, at: int) -> bool:
    return not _HANZI.match(text[at : at + 1]) or text.startswith(GOES_ON, at) or text[at] in "代误"


def _ends_a_word(text: str, at: int) -> bool:
    if text[at] in "和与应同从及" or (text[at] == "向" and at > 0 and _HANZI.match(text[at - 1])):
        return True
    return text[at] in "科班主管级任方时查" and _HANZI.match(text[at - 1 : at] or "-") is not None


def _go_on(text: str, start: int, limit: int, letters: frozenset[str]) -> int:
    end = start
    while end < min(limit, len(text)) and text[end] in letters and not text.startswith(GOES_ON, end):
        end += 1
    return end


def _surname_end(text: str, start: int, *, is_strong: bool) -> int | None:
    if text[start : start + 2] in COMPOUND_SURNAMES:
        return start + 2
    if text[start : start + 1] not in SURNAMES or (not is_strong and text.startswith(NO_NAMES, start)):
        return None
    return start + 1


def _given_end(text: str, start: int) -> int | None:
    """The end of one or two given characters; a short name is often padded with blanks: 张  三."""
    padded = re.match(r"[ ]{1,2}(?=[一-龥](?![一-龥]))", text[start : start + 4])
    start += padded.end() if padded else 0
    end = start
    while end < start + 2 and _HANZI.match(text[end : end + 1]):
        if text[end] in NEVER_IN_NAMES or text.startswith(_STOPS, end):
            break
        end += 1
        if text[end - 1] == "某" and text[end : end + 1] != "某":
            break
    return end if end > start else None


def _unknown_surname(text: str, start: int) -> int | None:
    end = start
    while end < start + 4 and _HANZI.match(text[end : end + 1]) and text[end] not in NEVER_IN_NAMES:
        if text.startswith(GOES_ON, end):
            break
        end += 1
    return end if end - start >= 2 else None


# Names that show by their form alone: masked ones, a surname with a form of address, names with a middle dot.
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
