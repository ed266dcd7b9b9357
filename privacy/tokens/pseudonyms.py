"""Pseudonyms: identifiers become keyed tokens before anything else sees them.

Each in its one spelling first (see fundwatch.texts), so that one person written in two ways has one token. Keys that
systems give keep their letters and signs: two that differ in these are two persons. Certificates, telephones and
addresses, which people write, lose case and separators; certificates of 15 digits have their 18-digit form (GB
11643-1999).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import TYPE_CHECKING

from fundwatch.texts import key_spelling
from privacy.keys.ring import PseudonymKey
from privacy.tokens.distinct import text_function

if TYPE_CHECKING:
    from pyspark.sql import Column

_WRITTEN_BY_PEOPLE = frozenset({"certificate", "contact", "address"})
_SEPARATORS = re.compile(r"[\s\-‐-―_./·]+")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"


def normalised(domain: str, value: str) -> str:
    """The one spelling of an identifier; empty when nothing but blanks and separators is there."""
    key, plain = key_spelling(value), folded(value)
    if domain not in _WRITTEN_BY_PEOPLE:
        return key if plain else ""
    if domain == "certificate" and len(plain) == 15 and plain.isdecimal():
        body = f"{plain[:6]}19{plain[6:]}"
        rest = sum(w * int(d) for w, d in zip(_WEIGHTS, body, strict=True)) % 11
        return body + _CHECK_DIGITS[rest]
    return plain


def folded(value: str) -> str:
    """Upper case without separators: how people's own writing is compared, and how every identifier was once."""
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", key_spelling(value))).upper()


def token_of(key: PseudonymKey, domain: str, value: str) -> str | None:
    """The token of one identifier as it is written; None when there is none."""
    plain = normalised(domain, value)
    return key.token(domain, plain) if plain else None


def token(key: PseudonymKey, domain: str) -> Callable[[Column], Column]:
    """A column function: identifiers in, tokens out, null stays null.

    The key travels to the workers inside the pickled function, never in the plan: `sha2` over a literal key would
    print it there. Each distinct value of a batch is hashed once.
    """
    key.of_domain(domain)  # an unknown domain is refused here, not in a worker
    return text_function(f"{domain}_token", lambda value: token_of(key, domain, value))
