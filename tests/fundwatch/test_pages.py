"""Pages for people: whole in themselves, readable without a network, harmless whatever stands in the data."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from fundwatch.pages import Bar, BarChart, Figure, PageTable, Paragraph, page, publish

_ELSEWHERE = re.compile(r"^\s*(?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)


class _References(HTMLParser):
    """What a browser would fetch to show the page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            return  # fetched only when a person follows it
        self.found += [f"{tag} {value}" for name, value in attrs if name in ("src", "href", "data") and value]


def fetched_from_elsewhere(html: str) -> list[str]:
    parser = _References()
    parser.feed(html)
    styles = re.findall(r"url\(\s*['\"]?([^)'\"]+)|@import\s+['\"]([^'\"]+)", html)
    named = [*(text.split(" ", 1)[1] for text in parser.found), *(one or other for one, other in styles)]
    return [text for text in named if _ELSEWHERE.match(text)]


def test_what_loads_from_elsewhere_is_noticed():
    assert fetched_from_elsewhere('<link href="https://cdn.example/x.css"><script src="//cdn.example/x.js"></script>')
    assert fetched_from_elsewhere("<style>@import 'https://fonts.example/a';</style>")
    assert not fetched_from_elsewhere('<a href="https://example.org">law</a><img src="data:image/png;base64,AA">')


@pytest.mark.slow
def test_every_page_of_a_night_is_whole_without_a_network(finished_night):
    pages = [
        path for folder in ("reports", "lists", "evaluation") for path in (finished_night.var / folder).rglob("*.html")
    ]
    assert {path.name for path in pages} >= {"index.html", "privacy.html", "processing.html"}
    assert not {path: found for path in pages if (found := fetched_from_elsewhere(path.read_text(encoding="utf-8")))}


def test_text_of_the_data_is_shown_and_never_run():
    html = page(
        "标题 <b>",
        [Paragraph("<script>alert(1)</script>"), PageTable("t", ("列",), [("<img src=x>",), (Figure("1"),)])],
    )
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert '<td class="n">1</td>' in html


def test_a_table_without_rows_is_left_out():
    assert "<table" not in page("t", [PageTable("空 empty", ("列",), [])])


def test_a_chart_is_drawn_in_the_page_within_its_axis_and_runs_nothing():
    bars = [Bar("<script>", 0.5, "1/2", low=0.1, high=0.9, beside=0.25), Bar("more than all", 7.0, "7")]
    html = page("t", [BarChart("图", bars)])
    assert "<script" not in html
    assert re.findall(r'<rect class="bar"[^>]* width="([\d.]+)"', html) == ["230.0", "460.0"]
    assert re.findall(r'class="(ends|beside)" x1="([\d.]+)" x2="([\d.]+)"', html) == [
        ("ends", "366.0", "734.0"),
        ("beside", "435.0", "435.0"),
    ]
    assert "<svg" not in page("t", [BarChart("图", [])])


def test_a_folder_of_pages_replaces_the_former_one_whole(tmp_path: Path):
    publish(tmp_path / "night", {"old.html": b"1", "both.html": b"1"})
    publish(tmp_path / "night", {"both.html": b"2"})
    assert {path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == {"both.html": b"2"}
