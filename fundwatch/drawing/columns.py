"""Columns side by side, each of them stacked from series: money by month and kind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fundwatch.drawing.scales import Scale, in_short, ticks
from fundwatch.drawing.svg import Svg, drawing, line, rectangle, text, text_width

_WIDTH, _LEFT, _TOP, _HEIGHT, _BELOW = 1000.0, 64.0, 26.0, 170.0, 24.0
KINDS = ("first", "second", "third", "fourth")  # the styles of series, in order
_WIDEST = 54.0


@dataclass(frozen=True)
class StackedColumn:
    """A column: what stands below it, its parts in the order of the series, and what it says of itself."""

    label: str
    parts: Sequence[float]
    says: str = ""


def stacked_columns(columns: Sequence[StackedColumn], series: Sequence[str], label: str) -> Svg:
    """The chart, with the names of its series above it. Parts below zero are left out of the drawing."""
    highest = max((sum(max(part, 0) for part in column.parts) for column in columns), default=0.0)
    marked = ticks(highest)
    scale = Scale(0.0, marked[-1] or 1.0, _TOP + _HEIGHT, _TOP)
    pitch = (_WIDTH - _LEFT) / max(len(columns), 1)
    parts = [*_grid(marked, scale), *_legend(series)]
    for n, column in enumerate(columns):
        parts += _column(column, _LEFT + n * pitch, pitch, scale, is_named=_is_named(n, pitch))
    return drawing(_WIDTH, _TOP + _HEIGHT + _BELOW, label, *parts)


def _is_named(place: int, pitch: float) -> bool:
    """Whether there is room for what stands below a column."""
    every = max(1, round(58 / pitch + 0.49))
    return place % every == 0


def _grid(marked: Sequence[float], scale: Scale) -> Iterator[Svg]:
    for value in marked:
        y = scale.at(value)
        yield line(_LEFT, y, _WIDTH, y, "grid" if value else "axis")
        yield text(_LEFT - 6, y + 4, in_short(value), anchor="end", kind="small")


def _legend(series: Sequence[str]) -> Iterator[Svg]:
    x = _LEFT
    for name, kind in zip(series, KINDS, strict=False):
        yield rectangle(x, 4, 12, 12, kind)
        yield text(x + 17, 14, name)
        x += 36 + text_width(name)


def _column(column: StackedColumn, left: float, pitch: float, scale: Scale, *, is_named: bool) -> Iterator[Svg]:
    wide, below = min(pitch * 0.7, _WIDEST), 0.0
    x = left + (pitch - wide) / 2
    for part, kind in zip(column.parts, KINDS, strict=False):
        if part > 0:
            y, base = scale.at(below + part), scale.at(below)
            yield rectangle(x, y, wide, base - y, kind, column.says)
            below += part
    if is_named:
        yield text(left + pitch / 2, _TOP + _HEIGHT + 16, column.label, anchor="middle", kind="small")
