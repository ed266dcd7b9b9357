"""The one spelling of a text: what nobody sees is no part of it, and doing it again changes nothing."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fundwatch.texts import key_spelling, tidied

ODD = st.text(alphabet=" \t'=\"\u00a0\u3000\u200b\ufeff\u2060\u200aAa1Ａａ１－（", max_size=12)
SPELLINGS = {
    "P1": [" P1 ", "\u00a0P1\u3000", "\u200bP1\u2060", "\ufeffP1", "\u2003P1\u200a", "\tP1", "'P1", '="P1"', "Ｐ１",
           '=" P1"', "'\t P1", '\u3000="Ｐ１" '],
    "p1": ["p1", "ｐ１"],  # of another case: another key
    "P 1": ["P 1", "P\u30001"],
    "A01.0-2": ["Ａ０１．０－２"],
    '="': ['="'],
    "": ["", "\u3000\u200b", "'", '=""'],
}  # fmt: skip


@pytest.mark.parametrize(("spelling", "written"), SPELLINGS.items())
def test_a_key_has_one_spelling_however_it_is_written(spelling, written):
    assert {key_spelling(text) for text in written} == {spelling}


def test_a_text_keeps_its_own_signs_within_its_ends():
    assert tidied("\u3000'普通病房（三人间）\u200b") == "普通病房（三人间）"


@given(ODD)
@example('="="1""')
@example('="\'="1""')
def test_spelling_a_text_again_changes_nothing(text):
    assert tidied(tidied(text)) == tidied(text)
    assert key_spelling(key_spelling(text)) == key_spelling(text)
