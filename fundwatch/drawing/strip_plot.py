"""Strip plots: one entity among its peers, a row for each indicator.

A row has an axis of its own, from the 2nd to the 98th hundredth of the peers: what lies beyond is drawn at its end with
an arrow, so that one wild peer does not press all others together. Thin strokes are every fifth hundredth of the peers
(where they crowd, many peers are), the dark part is their middle half, the thick stroke their median.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fundwatch.drawing.scales import Scale
from fundwatch.drawing.svg import Svg, circle, drawing, element, fitted, line, rectangle, text

_WIDTH, _START, _END, _ROW, _TOP = 1000.0, 300.0, 700.0, 26.0, 20.0
_LOW, _HIGH = 2, 98  # hundredths of the ladder
_RUNGS = 101


@dataclass(frozen=True)
class StripRow:
    """An entity's value beside the 101 quantiles of its peers (0 to 100 percent), and what is written after it.

    Without a ladder, or with one of another length, nobody is there to compare with: the row says so by `note` alone.
    """

    label: str
    ladder: Sequence[float] | None
    value: float | None
    note: str
    is_strange: bool = False


def strip_plot(rows: Sequence[StripRow], label: str) -> Svg:
    """The rows below each other, with what the marks mean above them."""
    parts = [*_legend()]
    for n, row in enumerate(rows):
        parts += _row(row, _TOP + n * _ROW)
    return drawing(_WIDTH, _TOP + len(rows) * _ROW + 4, label, *parts)


def _legend() -> Iterator[Svg]:
    yield text(_START, 12, "2%", kind="small", anchor="middle")
    yield text(_END, 12, "98%", kind="small", anchor="middle")
    middle = (_START + _END) / 2
    yield text(middle, 12, "同组 peers: 深色 dark 25–75%, 粗线 thick 中位 median", kind="small", anchor="middle")


def _row(row: StripRow, top: float) -> Iterator[Svg]:
    yield text(_START - 14, top + 17, fitted(row.label, _START - 20), anchor="end")
    yield text(_END + 16, top + 17, row.note)
    if row.ladder is None or len(row.ladder) != _RUNGS:
        return
    scale = Scale(row.ladder[_LOW], row.ladder[_HIGH], _START, _END)
    yield rectangle(_START, top + 9, _END - _START, 8, "range")
    box = scale.at(row.ladder[25]), scale.at(row.ladder[75])
    yield rectangle(box[0], top + 6, max(box[1] - box[0], 1.0), 14, "middle")
    for rung in range(5, 100, 5):
        x = scale.at(row.ladder[rung])
        yield line(x, top + 6, x, top + 20, "rung")
    x = scale.at(row.ladder[50])
    yield line(x, top + 3, x, top + 23, "median")
    if row.value is not None:
        yield _entity(row, scale, top + 13)


def _entity(row: StripRow, scale: Scale, y: float) -> Svg:
    """The mark of the entity: a dot, or an arrow at the end that it lies beyond."""
    kind, value = "strange" if row.is_strange else "self", row.value or 0.0
    x, side = scale.at(value), scale.beyond(value)
    if not side or scale.high <= scale.low:
        return circle(x, y, 6, kind, row.note)
    points = f"{x + 10 * side:.1f},{y:.1f} {x - 3 * side:.1f},{y - 7:.1f} {x - 3 * side:.1f},{y + 7:.1f}"
    return element("polygon", element("title", row.note), points=points, class_=kind)
