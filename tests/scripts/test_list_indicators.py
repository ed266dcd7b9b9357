"""The page of indicators says what the catalogues say."""

from __future__ import annotations

from scripts.list_indicators import FOR_RULES, PAGE, for_rules, page


def test_the_page_is_that_of_the_catalogues() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `python -m scripts.list_indicators`"


def test_what_rules_know_of_indicators_is_what_the_catalogues_say() -> None:
    assert FOR_RULES.read_text(encoding="utf-8") == for_rules(), "run `python -m scripts.list_indicators`"
