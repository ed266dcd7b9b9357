"""Pseudonyms: identifiers become keyed tokens before anything else sees them.

Normalised first, so that one person spelled in two ways has one token: full width to half width, upper case, no
separators, certificates of 15 digits in their 18-digit form (GB 11643-1999).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import TYPE_CHECKING

from privacy.keys.ring import PseudonymKey
from privacy.tokens.distinct import text_function

if TYPE_CHECKING:
    from pyspark.sql import Column

_SEPARATORS = re.compile(r"[\s\-‐-―_./·]+")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"


def normalised(domain: str, value: str) -> str:
    """The one spelling of an identifier; empty when nothing but blanks and separators is there."""
    plain = _SEPARATORS.sub("", unicodedata.normalize("NFKC", value)).upper()
    if domain == "certificate" and len(plain) == 15 and plain.isdecimal():
        body = f"{plain[:6]}19{plain[6:]}"
        rest = sum(w * int(d) for w, d in zip(_WEIGHTS, body, strict=True)) % 11
        return body + _CHECK_DIGITS[rest]
    return plain


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
