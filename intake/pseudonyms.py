"""Pseudonyms: identifiers become keyed tokens before anything else sees them.

Normalised first, so that one person spelled in two ways has one token: full width to half width, upper case, no
separators, certificates of 15 digits in their 18-digit form (GB 11643-1999).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pandas as pd

from fundwatch.keys import PseudonymKey

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
    from pyspark.sql.pandas.functions import pandas_udf

    key.of_domain(domain)  # an unknown domain is refused here, not in a worker

    def hashed(values: pd.Series) -> pd.Series:
        tokens = values.map({value: token_of(key, domain, value) for value in values.dropna().unique()})
        return tokens.astype(object)  # a batch of nulls alone would be numbers, which are no texts

    hashed.__name__ = f"{domain}_token"
    make: Any = pandas_udf  # its stubs know only literal types
    function: Callable[[Column], Column] = make(hashed, "string")
    return function
