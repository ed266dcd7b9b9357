"""A figure over time: one's own beside what it is compared with, and the days that are judged marked behind them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fundwatch.drawing.scales import Scale, in_short, ticks
from fundwatch.drawing.svg import Svg, circle, drawing, line, polyline, rectangle, text, text_width

_WIDTH, _LEFT, _TOP, _HEIGHT, _BELOW = 1000.0, 64.0, 26.0, 150.0, 24.0


@dataclass(frozen=True)
class PlottedPoint:
    """A point in time: what stands below it, one's own figure and that of the peers; None: not known."""

    label: str
    own: float | None
    peers: float | None = None
    is_recent: bool = False


def line_plot(points: Sequence[PlottedPoint], names: tuple[str, str], label: str, *, unit: str = "") -> Svg:
    """The plot; a figure that is not known leaves a gap in its line."""
    known = [value for point in points for value in (point.own, point.peers) if value is not None]
    marked = ticks(max(known, default=0.0))
    scale = Scale(0.0, marked[-1] or 1.0, _TOP + _HEIGHT, _TOP)
    pitch = (_WIDTH - _LEFT - 12) / max(len(points), 1)
    places = [_LEFT + (n + 0.5) * pitch for n in range(len(points))]
    parts = [*_recent(points, places, pitch), *_grid(marked, scale, unit), *_legend(names)]
    for kind, values in (("peers", [p.peers for p in points]), ("own", [p.own for p in points])):
        parts += _line(places, values, scale, kind)
    parts += _names(points, places, pitch)
    return drawing(_WIDTH, _TOP + _HEIGHT + _BELOW, label, *parts)


def _recent(points: Sequence[PlottedPoint], places: Sequence[float], pitch: float) -> Iterator[Svg]:
    for point, x in zip(points, places, strict=True):
        if point.is_recent:
            yield rectangle(x - pitch / 2, _TOP, pitch, _HEIGHT, "recent")


def _grid(marked: Sequence[float], scale: Scale, unit: str) -> Iterator[Svg]:
    for value in marked:
        y = scale.at(value)
        yield line(_LEFT, y, _WIDTH, y, "grid" if value else "axis")
        yield text(_LEFT - 6, y + 4, f"{in_short(value)}{unit}", anchor="end", kind="small")


def _legend(names: tuple[str, str]) -> Iterator[Svg]:
    x = _LEFT
    for name, kind in zip(names, ("own", "peers"), strict=True):
        yield line(x, 10, x + 24, 10, kind)
        yield text(x + 30, 14, name)
        x += 50 + text_width(name)


def _line(places: Sequence[float], values: Sequence[float | None], scale: Scale, kind: str) -> Iterator[Svg]:
    """The points that are known, joined where they follow each other; one alone is a dot."""
    run: list[tuple[float, float]] = []
    for x, value in [*zip(places, values, strict=True), (0.0, None)]:
        if value is not None:
            run.append((x, scale.at(value)))
        elif run:
            yield polyline(run, kind) if len(run) > 1 else circle(*run[0], 2.5, "strange" if kind == "own" else "self")
            run = []


def _names(points: Sequence[PlottedPoint], places: Sequence[float], pitch: float) -> Iterator[Svg]:
    every = max(1, round(64 / pitch + 0.49))
    for n, (point, x) in enumerate(zip(points, places, strict=True)):
        if n % every == 0:
            yield text(x, _TOP + _HEIGHT + 16, point.label, anchor="middle", kind="small")
