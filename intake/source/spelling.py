"""The texts of a mapping in the spelling that the files' codes have once they are read (see fundwatch.texts)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fundwatch.expressions.declared import texts_in
from fundwatch.texts import in_ascii, key_spelling


def as_read(codes: Any) -> Any:
    """A list of codes, each spelled as it is read; of two spellings of one code the first stays."""
    if not isinstance(codes, list):
        return codes
    first: dict[str, str] = {}
    for code in (code for code in codes if isinstance(code, str)):
        first.setdefault(key_spelling(code), code)
    return [
        key_spelling(code) if isinstance(code, str) else code
        for code in codes
        if not isinstance(code, str) or first[key_spelling(code)] == code
    ]


def translations_as_read(codes: Mapping[str, str]) -> dict[str, str]:
    """The meanings by code, each code spelled as it is read. Raises ValueError for one that has two meanings."""
    spelled = {key_spelling(code): meaning for code, meaning in codes.items()}
    differing = sorted(code for code, meaning in codes.items() if spelled[key_spelling(code)] != meaning)
    if differing:
        raise ValueError(f"one code once it is read, and two meanings: {', '.join(map(repr, differing))}")
    return spelled


def never_equal(where: str, sqls: Iterable[str]) -> Iterator[str]:
    """Texts in SQL that no code equals: once it is read it has its signs in ASCII."""
    for text in (text for sql in sqls for text in texts_in(sql)):
        if in_ascii(text) != text:
            yield f"{where}: '{text}' has full-width signs, and codes have none once they are read: '{in_ascii(text)}'"
