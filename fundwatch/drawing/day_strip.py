"""A day strip: what happened on which day, a lane for each kind of thing, months marked on the axis.

A stay is a bar from its first day to its last; bars that overlap lie below each other, so that two beds at once are
seen. What happens on one day is a mark, the higher the more of it there was.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from fundwatch.drawing.scales import DayScale
from fundwatch.drawing.svg import Svg, drawing, fitted, line, rectangle, text

_WIDTH, _LABEL = 1000.0, 168.0
_ROW, _GAP, _AXIS = 22.0, 6.0, 22.0
_LEAST = 2.2  # a mark stays visible when a day is narrower
_DAYS_NAMED_UP_TO = 62  # beyond, months say enough
_WEEKENDS_UP_TO = 130  # days: beyond, weekends are too narrow to be told apart
_ROWS = 4  # of overlapping bars; further ones share the last


@dataclass(frozen=True)
class Span:
    """Something from a first day to a last one."""

    first: date
    last: date
    says: str
    kind: str = "stay"


@dataclass(frozen=True)
class DayMark:
    """Something on one day; `height` is its share of the lane's, 0 to 1."""

    day: date
    height: float
    says: str
    kind: str = "visit"


@dataclass(frozen=True)
class Lane:
    """One kind of thing, by day. What is `over` the spans is drawn on the first row of them."""

    label: str
    spans: Sequence[Span] = ()
    marks: Sequence[DayMark] = ()
    over: Sequence[Span] = ()


def day_strip(first: date, last: date, lanes: Sequence[Lane], label: str, label_width: float = _LABEL) -> Svg:
    """The strip over the days from first to last; lanes with nothing in them are drawn empty."""
    scale = DayScale(first, last, label_width, _WIDTH - 4)
    heights = [_ROW * max(1, _rows_of(lane.spans)) for lane in lanes]
    bottom = sum(heights) + _GAP * len(lanes)
    parts, top = [*_background(scale, bottom)], 0.0
    for lane, height in zip(lanes, heights, strict=True):
        parts += _lane(lane, scale, top, height)
        top += height + _GAP
    return drawing(_WIDTH, bottom + _AXIS, label, *parts, *_axis(scale, bottom))


def _background(scale: DayScale, bottom: float) -> Iterator[Svg]:
    days = (scale.last - scale.first).days + 1
    if days > _WEEKENDS_UP_TO:
        return
    for n in range(days):
        day = scale.first + timedelta(days=n)
        if day.weekday() >= 5:
            yield rectangle(scale.at(day), 0, scale.breadth, bottom, "weekend")


def _axis(scale: DayScale, bottom: float) -> Iterator[Svg]:
    yield line(scale.start, bottom, scale.end, bottom, "axis")
    yield from day_marks(scale, 0, bottom)


def day_marks(scale: DayScale, top: float, bottom: float) -> Iterator[Svg]:
    """The beginnings of months, or some days where there are few of them, as lines with their dates below."""
    days = (scale.last - scale.first).days + 1
    is_short = days <= _DAYS_NAMED_UP_TO
    step = -(-days // 8)
    some = (scale.first + timedelta(days=n) for n in range(0, days, step)) if is_short else scale.months()
    written = float("-inf")
    for day in some:
        x = scale.at(day)
        yield line(x, top, x, bottom + 4, "grid")
        if x - written >= 52 and scale.end - x >= 30:
            yield text(x + 2, bottom + 15, f"{day:%m-%d}" if is_short else f"{day:%Y-%m}", kind="small")
            written = x


def _lane(lane: Lane, scale: DayScale, top: float, height: float) -> Iterator[Svg]:
    yield text(scale.start - 8, top + 15, fitted(lane.label, scale.start - 12), anchor="end")
    yield line(scale.start, top + height, scale.end, top + height, "grid")
    for span, row in (*_placed(lane.spans), *((one, 0) for one in lane.over)):
        x, end = scale.at(span.first), scale.at(min(span.last, scale.last) + timedelta(days=1))
        yield rectangle(x, top + row * _ROW + 3, max(end - x, _LEAST), _ROW - 5, span.kind, span.says)
    for mark in lane.marks:
        if scale.first <= mark.day <= scale.last:
            tall = max(0.12, min(mark.height, 1.0)) * (_ROW - 3)
            wide = max(min(scale.breadth - 0.4, 9.0), _LEAST)
            yield rectangle(scale.at(mark.day), top + height - tall, wide, tall, mark.kind, mark.says)


def _placed(spans: Sequence[Span]) -> Iterator[tuple[Span, int]]:
    """Each span with the first row in which it overlaps none before it. One that ends on the day on which the next
    begins does not overlap it: such is a transfer."""
    ends: list[date] = []
    for span in sorted(spans, key=lambda one: (one.first, one.last)):
        row = next((n for n, end in enumerate(ends) if end <= span.first), len(ends))
        row = min(row, _ROWS - 1)
        ends[row : row + 1] = [max(span.last, ends[row]) if row < len(ends) else span.last]
        yield span, row


def _rows_of(spans: Sequence[Span]) -> int:
    return max((row + 1 for _, row in _placed(spans)), default=0)
