"""The one spelling of a text that comes in, whatever program wrote it: signs that nobody sees are no part of it.

Ends lose Unicode blanks, signs without width, and what spreadsheets wrap around a text to keep it one (a leading
apostrophe, `="…"`). Codes and keys have full-width letters, digits and signs in ASCII. Letters keep their case.
"""

from __future__ import annotations

import re

_BLANKS = "\\x00-\\x1f\\x7f-\\xa0\\u1680\\u180e\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000"
_NO_WIDTH = "\\xad\\u061c\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u2064\\u2066-\\u2069\\ufeff"
# patterns that Java's and Python's regular expressions read alike
UNSEEN = f"[ {_BLANKS}{_NO_WIDTH}]"
WITHIN_ENDS = f"^(?:{UNSEEN}|')+|{UNSEEN}+$"
# a wrapping within a wrapping is nobody's: it stays as it is
WRAPPED = f'(?s)^="((?!(?:{UNSEEN}|\')*=").*)"$'
STRANGE = f"[{_BLANKS}{_NO_WIDTH}'\\uff01-\\uff5e]|=\""
FULL_WIDTH = "".join(map(chr, range(0xFF01, 0xFF5F))) + "\u3000"
ASCII_WIDTH = "".join(map(chr, range(0x21, 0x7F))) + " "
# what is a part of every text that STRANGE finds, in UTF-8: a file without any needs no second look
STRANGE_BYTES = (b"'", b'="', b"\x7f")
STRANGE_WIDE_BYTES = (b"\xc2", b"\xd8\x9c", b"\xe1", b"\xe2\x80", b"\xe2\x81", b"\xe3\x80\x80", b"\xef")

_ENDS, _WRAPPED = re.compile(WITHIN_ENDS), re.compile(WRAPPED)
_TO_ASCII = str.maketrans(FULL_WIDTH, ASCII_WIDTH)


def tidied(text: str) -> str:
    """The text without what nobody sees at its ends, and out of its wrapping."""
    bare = _ENDS.sub("", text)
    inner = _WRAPPED.fullmatch(bare)
    return bare if inner is None else _ENDS.sub("", inner[1])


def in_ascii(text: str) -> str:
    """The text with full-width letters, digits and signs in ASCII."""
    return text.translate(_TO_ASCII)


def key_spelling(text: str) -> str:
    """The one spelling of a key or a code; letters keep their case, so that two of other case are two."""
    return tidied(in_ascii(tidied(text)))
