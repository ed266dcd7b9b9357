"""Drawings: where marks lie, what a reader can tell from them, and that nothing in the data is run."""

from __future__ import annotations

import re
from datetime import date
from xml.etree import ElementTree

import pytest

from fundwatch.drawing.columns import StackedColumn, stacked_columns
from fundwatch.drawing.day_strip import DayMark, Lane, Span, day_strip
from fundwatch.drawing.line_plot import PlottedPoint, line_plot
from fundwatch.drawing.scales import DayScale, Scale, in_short, ticks
from fundwatch.drawing.strip_plot import StripRow, strip_plot
from fundwatch.drawing.svg import Svg, element, fitted, text_width
from fundwatch.pages import Picture, page

FIRST, LAST = date(2026, 1, 1), date(2026, 3, 31)
LADDER = [float(n) for n in range(101)]


def marks(drawn: Svg, name: str, kind: str) -> list[dict[str, str]]:
    """The attributes of a drawing's elements of a style. Fails on what is no well-formed XML."""
    return [one.attrib for one in ElementTree.fromstring(drawn).iter(name) if one.get("class") == kind]


def test_texts_and_values_are_escaped_and_markup_is_not() -> None:
    drawn = element("text", "<script>", element("title", '"&"'), class_='a"b', text_anchor="end", y=None)
    assert drawn == '<text class="a&quot;b" text-anchor="end">&lt;script&gt;<title>&quot;&amp;&quot;</title></text>'


def test_a_drawing_stands_in_a_page_as_it_is_and_what_it_shows_is_harmless() -> None:
    strip = day_strip(FIRST, LAST, [Lane("<script>alert(1)</script>", [Span(FIRST, LAST, "<img src=x>")])], "x")
    html = page("t", [Picture("图", strip, "<b>")])
    assert "<svg viewBox=" in html
    assert "&lt;b&gt;" in html
    assert not re.search(r"<script|<img", html)


@pytest.mark.parametrize(
    ("content", "width", "shown"), [("血常规", 36, "血常规"), ("丙型肝炎抗体测定", 60, "丙型肝炎…"), ("abc", 5, "…")]
)
def test_a_text_that_is_too_wide_is_cut_and_says_so(content: str, width: float, shown: str) -> None:
    assert fitted(content, width) == shown
    assert text_width(shown) <= max(width, 12)


def test_what_lies_beyond_an_axis_is_put_at_its_end() -> None:
    scale = Scale(0, 10, 100, 200)
    assert [scale.at(value) for value in (-5, 0, 5, 10, 99)] == [100, 100, 150, 200, 200]
    assert [scale.beyond(value) for value in (-5, 5, 99)] == [-1, 0, 1]
    assert Scale(3, 3, 100, 200).at(3) == 150


def test_days_and_months_lie_in_order() -> None:
    scale = DayScale(date(2025, 12, 30), date(2026, 2, 1), 0, 340)
    assert (scale.breadth, scale.at(date(2026, 1, 1)), scale.at(date(2030, 1, 1))) == (10, 20, 340)
    assert [*scale.months()] == [date(2026, 1, 1), date(2026, 2, 1)]


@pytest.mark.parametrize(
    ("high", "marked"), [(0, [0]), (9, [0, 5, 10]), (100, [0, 50, 100]), (0.4, [0, 0.1, 0.2, 0.3, 0.4])]
)
def test_an_axis_is_marked_with_round_numbers_that_reach_its_highest(high: float, marked: list[float]) -> None:
    assert ticks(high) == pytest.approx(marked)


def test_numbers_of_an_axis_are_short() -> None:
    assert [in_short(n) for n in (0, 1200, 350_000, 2.5e8, 0.04)] == ["0", "1,200", "35万", "2.5亿", "0.04"]


def test_stays_that_overlap_lie_below_each_other_and_a_transfer_does_not() -> None:
    def rows(*spans: Span) -> list[float]:
        return [float(one["y"]) for one in marks(day_strip(FIRST, LAST, [Lane("住院", spans)], "x"), "rect", "stay")]

    first, transfer = Span(FIRST, date(2026, 1, 9), ""), Span(date(2026, 1, 9), date(2026, 1, 12), "")
    assert rows(first, transfer) == [3, 3]
    assert rows(first, Span(date(2026, 1, 8), date(2026, 1, 12), "")) == [3, 25]


def test_a_stay_ends_at_the_end_of_its_last_day_and_marks_outside_the_strip_are_left_out() -> None:
    lane = Lane("x", [Span(date(2026, 3, 31), date(2026, 5, 1), "")], [DayMark(date(2026, 4, 2), 1.0, "")])
    drawn = day_strip(FIRST, LAST, [lane], "x")
    (stay,) = marks(drawn, "rect", "stay")
    assert float(stay["x"]) + float(stay["width"]) == pytest.approx(996, abs=0.2)
    assert marks(drawn, "rect", "visit") == []


def test_the_more_a_day_had_the_higher_its_mark() -> None:
    drawn = day_strip(FIRST, LAST, [Lane("x", marks=[DayMark(FIRST, share, "") for share in (0.2, 1.0, 7.0)])], "x")
    assert [float(one["height"]) for one in marks(drawn, "rect", "visit")] == [3.8, 19, 19]


def test_columns_stack_their_parts_and_leave_out_what_is_below_zero() -> None:
    drawn = stacked_columns([StackedColumn("2026-01", (60, 40)), StackedColumn("2026-02", (50, -10))], ("a", "b"), "x")
    heights = [float(one["height"]) for kind in ("first", "second") for one in marks(drawn, "rect", kind)]
    assert heights == [12, 102, 85, 12, 68]  # the legend's square first, then the columns
    assert marks(stacked_columns([], ("a",), "x"), "rect", "first")


def test_an_entity_stands_where_its_value_lies_among_its_peers() -> None:
    rows = [StripRow("a", LADDER, 50, "50"), StripRow("b", LADDER, 98, "98", is_strange=True)]
    drawn = strip_plot(rows, "x")
    assert [float(one["cx"]) for kind in ("self", "strange") for one in marks(drawn, "circle", kind)] == [500, 700]


def test_one_beyond_all_peers_is_an_arrow_at_the_end_of_the_axis() -> None:
    drawn = strip_plot([StripRow("a", LADDER, 5000, "5,000", is_strange=True)], "x")
    assert marks(drawn, "circle", "strange") == []
    (arrow,) = marks(drawn, "polygon", "strange")
    assert arrow["points"].startswith("710.0,")


def test_peers_that_are_all_alike_lie_in_the_middle() -> None:
    drawn = strip_plot([StripRow("a", [2.0] * 101, 2.0, "")], "x")
    assert [one["cx"] for one in marks(drawn, "circle", "self")] == ["500"]


@pytest.mark.parametrize("ladder", [None, [], [1.0, 2.0]])
def test_without_peers_nothing_is_compared(ladder: list[float] | None) -> None:
    drawn = strip_plot([StripRow("a", ladder, 5.0, "无同组 no peers")], "x")
    assert "无同组" in drawn
    assert marks(drawn, "circle", "self") + marks(drawn, "rect", "range") == []


def test_a_figure_that_is_not_known_leaves_a_gap() -> None:
    own = [1.0, 2.0, None, 4.0]
    drawn = line_plot([PlottedPoint(str(n), value, 1.0, n == 3) for n, value in enumerate(own)], ("a", "b"), "x")
    assert len(marks(drawn, "polyline", "own")) == 1
    assert len(marks(drawn, "circle", "strange")) == 1
    assert len(marks(drawn, "polyline", "peers")) == 1
    assert len(marks(drawn, "rect", "recent")) == 1
