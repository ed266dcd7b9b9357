"""Texts of a sample that say nothing, column by column: those the lists know, and others that may be such."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from intake.source.checks import read_quality
from intake.source.placeholders import Placeholders

# signs alone, or one digit again and again: nobody's name, and shown for that
_ODD = re.compile(r"[^\w\s]{1,6}|(\d)\1{2,}")
OFTEN = 3  # once or twice it may be an odd id


@lru_cache
def shipped_lists() -> Placeholders:
    """The lists of the checks that are shipped."""
    return Placeholders(read_quality("default").placeholders)


def odd_texts(texts: Sequence[str]) -> dict[str, int]:
    """The texts that the lists know for some kind of column, or that hold signs or one digit alone; how often each."""
    known = frozenset(shipped_lists().of_any())
    found: dict[str, int] = {}
    for text in texts:
        if text in known or _ODD.fullmatch(text):
            found[text] = found.get(text, 0) + 1
    return found
