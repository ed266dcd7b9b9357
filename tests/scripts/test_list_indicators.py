"""The page of indicators says what the catalogues say."""

from __future__ import annotations

from scripts.list_indicators import PAGE, page


def test_the_page_is_that_of_the_catalogues() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `python -m scripts.list_indicators`"
