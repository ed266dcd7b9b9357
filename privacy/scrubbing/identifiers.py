"""Identifiers where none belong: in codes, order numbers, beds, departments and names of a catalogue, found by form.

Certificates after GB 11643-1999 (area, date, check digit), bank cards of UnionPay after ISO/IEC 7812 (Luhn). What is
tested is chosen so that national codes, and numbers made of a region, a day and a count, are no identifiers: a date of
birth lies three years back or more, and numbers of 15 digits are of the last century's years that are no days to come.
All is expressions, so that Spark computes it without leaving the JVM; `holds_identifier` is the same for one text. Keys
that systems count up (`string` in the contracts) are not looked at: among ten million of 18 digits some hundred pass
every test by chance.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from fundwatch.contracts.table import Table
from privacy.scrubbing.patterns import Kind, is_check_digit_right, is_luhn
from privacy.scrubbing.words import COMPOUND_SURNAMES, GIVEN, NEVER_IN_NAMES, SURNAMES, any_of

if TYPE_CHECKING:
    from pyspark.sql import Column

IDENTIFIER = "IDENTIFIER_IN_CODE"
_HALF = "0123456789@-Xx "
_FULL = "".join(chr(ord(sign) + 0xFEE0) for sign in _HALF[:-1]) + "\u3000"
_YOUNGEST = 3  # years: a later day in a number is when it was made, not when somebody was born
_DAY = "(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
_AREA = "(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]|9[0-9])[0-9]{4}"
_LEFT, _RIGHT = "(?<![0-9A-Za-z])", "(?![0-9A-Za-z])"
_CERTIFICATE = f"{_LEFT}({_AREA}[ -]?(?:19|20)[0-9]{{2}}{_DAY}[ -]?[0-9]{{3}}[0-9Xx]){_RIGHT}"
_OLD_CERTIFICATE = f"{_LEFT}({_AREA}[ -]?[0-9]{{2}}{_DAY}[ -]?[0-9]{{3}}){_RIGHT}"
_CARD = f"{_LEFT}(62[0-9]{{2}}[ -]?[0-9]{{4}}[ -]?[0-9]{{4}}[ -]?[0-9]{{4}}[ -]?[0-9]{{0,3}}){_RIGHT}"
_MOBILE = f"(?:{_LEFT}|(?<=[+]86))1[3-9][0-9][ -]?[0-9]{{4}}[ -]?[0-9]{{4}}{_RIGHT}"
_LANDLINE = f"{_LEFT}(?:010|02[0-9]|0[3-9][0-9]{{2}})-[1-9][0-9]{{6,7}}{_RIGHT}"
_PASSPORT = f"{_LEFT}(?:[EeGg][0-9]{{8}}|[Ee][A-Za-z][0-9]{{7}}){_RIGHT}"
_EMAIL = "[0-9A-Za-z_.+-]+@[0-9A-Za-z-]+[.][A-Za-z]{2,}"
_BY_FORM = f"{_LANDLINE}|{_PASSPORT}|{_EMAIL}"
# a number made of a region, a day and a count begins like a card of some regions
_REGION_AND_DAY = f"^[0-9]{{6}}(?:(?:19|20)[0-9]{{2}}|2[0-9]){_DAY}"
# cheap, and passes whatever one of the above may find: most values stop here
_MAY_HOLD = (
    f"{_LEFT}(?:[1-9][0-9]{{5}}[ -]?[0-9]{{6,8}}[ -]?[0-9]{{3}}[0-9Xx]?{_RIGHT}|62[0-9]{{2}}[ -]?[0-9]{{4}}"
    f"|1[3-9][0-9][ -]?[0-9]{{4}}[ -]?[0-9]{{4}}{_RIGHT}|0[0-9]{{2,3}}-[1-9][0-9]{{6}}"
    f"|[EeGg][0-9A-Za-z][0-9]{{7}}{_RIGHT})|[+]86|@|[{_FULL[:10]}]"
)

_WORDS = frozenset({"东方", "第五", "百里", "公羊", "西门", "东郭", "闻人", "长孙", "公孙"})
_SURNAME, _GIVEN = f"[{''.join(sorted(SURNAMES))}]", f"[{''.join(sorted(GIVEN))}]"
# a surname of two letters stands in hardly any word, so that any letters may follow but those no name has
_COMPOUND = f"(?:{any_of(COMPOUND_SURNAMES - _WORDS)})(?:(?![{''.join(sorted(NEVER_IN_NAMES))}])[一-龥]){{1,2}}"
_NAME = f"(?:{_COMPOUND}|{_SURNAME}{_GIVEN}{{1,2}})"
_SIGNS = any_of(
    ("患者", "病人", "患儿", "病员", "姓名", "产妇", "家属", "联系人", "监护人", "经办人", "申请人", "参保人", "收款人")
)
_NO_HANZI = "(?![一-龥])"
# a surname of one letter begins many words: 患者安全, 病人高热
_SIGNED = f"((?:{_SIGNS})[: (\uff1a\u3000\uff08-]{{1,3}}){_NAME}{_NO_HANZI}"
_BESIDE_NUMBER = f"({_SIGNS}){_NAME}(?=[,\uff0c、; \uff1b]?(?:电话|手机|身份证|[0-9]))"
_OF_TWO = f"(){_COMPOUND}{_NO_HANZI}"
_WHOLE_NAME = f"^{_NAME}$"
_MAY_NAME = f"{_SIGNS}|{any_of(COMPOUND_SURNAMES - _WORDS)}"


def holds_identifier(text: str, year: int) -> bool:
    """Whether a text holds an identifier or is a name; `year` is that of the business date."""
    value = text.translate(str.maketrans(_FULL, _HALF))
    card = _bare(_CARD, value)
    born, old = _bare(_CERTIFICATE, value), _bare(_OLD_CERTIFICATE, value)
    return bool(
        (born and int(born[6:10]) <= year - _YOUNGEST and is_check_digit_right(born))
        or (old and int(old[6:8]) > year % 100)
        or (card and not re.match(_REGION_AND_DAY, card) and is_luhn(card))
        or re.search(f"{_MOBILE}|{_BY_FORM}", value)
        or re.search(f"{_WHOLE_NAME}|{_OF_TWO}", value)
    )


def _bare(pattern: str, value: str) -> str:
    found = re.search(pattern, value)
    return re.sub("[ -]", "", found[1]) if found else ""


def identifier_codes(table: Table, filled: Collection[str], allowed: Collection[str], year: int) -> Column:
    """The error codes of the table's code columns in which an identifier stands; empty for almost every row.

    One pattern over all of them together passes most rows; only then each is looked at.
    """
    from pyspark.sql import functions as F

    looked_at = [name for name in table.codes if name in filled and name not in allowed]
    if not looked_at:
        return F.lit("")
    each = ", ".join(
        f"named_struct('n', '{name}', 'v', translate(`{name}`, '{_FULL}', '{_HALF}'), "
        f"'p', {str(name not in table.catalogue_codes).lower()})"
        for name in looked_at
    )
    found = f"transform(filter(array({each}), c -> {_holds('c.v', year, 'c.p')}), c -> concat('{IDENTIFIER}:', c.n))"
    together = ", ".join(f"`{name}`" for name in looked_at)
    may_hold = f"concat_ws('|', {together}) RLIKE '{_MAY_HOLD}|[一-龥]'"
    return F.expr(f"CASE WHEN {may_hold} THEN array_join({found}, ',') ELSE '' END")


def without_identifiers(table: Table, names: Sequence[str], codes: str, allowed: Collection[str]) -> list[Column]:
    """The columns `names` of canonical rows, fit for the lake: codes that hold identifiers are null, as the column of
    error codes says, and in names each identifier is a mark that says what stood there."""
    from pyspark.sql import functions as F

    def fit(name: str) -> Column:
        if name in table.codes and name not in allowed:
            return F.expr(f"if(find_in_set('{IDENTIFIER}:{name}', {codes}) > 0, NULL, `{name}`)").alias(name)
        is_name = name in table.names and name not in allowed
        return F.expr(_masked(f"`{name}`")).alias(name) if is_name else F.col(name)

    return [fit(name) for name in names]


def grouped_without_identifiers(table: Table, names: Sequence[str], year: int) -> list[Column]:
    """The same for rows that are made of several, which no error code can be given to: such codes are null."""
    from pyspark.sql import functions as F

    def fit(name: str) -> Column:
        if name not in table.codes:
            return F.expr(_masked(f"`{name}`")).alias(name) if name in table.names else F.col(name)
        may_be_phone = str(name not in table.catalogue_codes).lower()
        holds = _holds(f"translate(`{name}`, '{_FULL}', '{_HALF}')", year, may_be_phone)
        return F.expr(f"if(`{name}` RLIKE '{_MAY_HOLD}|[一-龥]' AND ({holds}), NULL, `{name}`)").alias(name)

    return [fit(name) for name in names]


def _holds(value: str, year: int, may_be_phone: str) -> str:
    """`holds_identifier` in SQL, over a value in half width; null where that is. `may_be_phone` is SQL too.

    A check digit of ISO 7064 is of powers of 2 modulo 11, and so is a number that is read in base 13.
    """
    born, old, card = (_bare_sql(value, pattern) for pattern in (_CERTIFICATE, _OLD_CERTIFICATE, _CARD))
    body = f"try_cast(conv(substr({born}, 1, 17), 13, 10) AS bigint) % 11 * 2"
    check = f"try_cast(conv(translate(substr({born}, 18, 1), 'Xx', 'AA'), 13, 10) AS int)"
    is_born = f"try_cast(substr({born}, 7, 4) AS int) <= {year - _YOUNGEST}"
    return (
        f"coalesce({is_born} AND ({body} + {check}) % 11 = 1, false)"
        f" OR coalesce(try_cast(substr({old}, 7, 2) AS int) > {year % 100}, false)"
        f" OR ({card} <> '' AND NOT {card} RLIKE '{_REGION_AND_DAY}' AND luhn_check({card}))"
        f" OR ({may_be_phone} AND {value} RLIKE '{_MOBILE}')"
        f" OR {value} RLIKE '{_BY_FORM}|{_WHOLE_NAME}|{_OF_TWO}'"
    )


def _bare_sql(value: str, pattern: str) -> str:
    return f"regexp_replace(regexp_extract({value}, '{pattern}', 1), '[ -]', '')"


def _masked(column: str) -> str:
    """A name of a catalogue or a department with marks in place of what identifies, where it may hold any."""
    marked = f"translate({column}, '{_FULL}', '{_HALF}')"
    marks = (
        *((pattern, f"$1{Kind.NAME.value}") for pattern in (_SIGNED, _BESIDE_NUMBER, _OF_TWO)),
        (_CERTIFICATE, Kind.CERTIFICATE.value),
        (_OLD_CERTIFICATE, Kind.CERTIFICATE.value),
        (_CARD, Kind.BANK_CARD.value),
        (f"{_MOBILE}|{_LANDLINE}", Kind.PHONE.value),
        (_EMAIL, Kind.EMAIL.value),
    )
    for pattern, mark in marks:
        marked = f"regexp_replace({marked}, '{pattern}', '{mark}')"
    return f"if({column} RLIKE '{_MAY_HOLD}|{_MAY_NAME}', {marked}, {column})"
