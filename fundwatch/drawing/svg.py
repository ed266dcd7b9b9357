"""SVG elements as text: every value and every text is escaped, so that nothing in the data is run or fetched."""

from __future__ import annotations

import unicodedata
from html import escape
from typing import SupportsFloat

_WIDE = {"W", "F", "A"}
_NARROW_SHARE = 0.58  # of a letter's height: the usual width of one that is no Chinese character


class Svg(str):
    """Markup that is safe to stand in a page as it is; templates that escape texts leave it alone."""

    __slots__ = ()

    def __html__(self) -> str:
        return str(self)


def element(name: str, *children: str, **attributes: SupportsFloat | str | None) -> Svg:
    """One element. Children that are not Svg are texts; attributes without a value are left out.

    `class_` and `text_anchor` are written `class` and `text-anchor`; numbers have one decimal at most.
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_value(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    inner = "".join(child if isinstance(child, Svg) else escape(child) for child in children)
    return Svg(f"<{name}{written}>{inner}</{name}>" if inner else f"<{name}{written}/>")


def drawing(width: float, height: float, label: str, *children: Svg) -> Svg:
    """A whole drawing, as wide as its page; `label` says what it shows to who cannot see it."""
    box = f"0 0 {_value(width)} {_value(height)}"
    return element("svg", *children, viewBox=box, role="img", aria_label=label)


def alone(picture: str, style: str) -> str:
    """A drawing as a file of its own: with its name space and the styles that a page would give it."""
    opened, _, rest = picture.partition(">")
    return f'{opened} xmlns="http://www.w3.org/2000/svg"><style>{style}</style>{rest}'


def text(x: float, y: float, content: str, *, anchor: str = "start", kind: str = "") -> Svg:
    """A text whose base line begins, ends or has its middle there."""
    return element("text", content, x=x, y=y, text_anchor=anchor, class_=kind or None)


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Svg:
    """A straight line of a style."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=kind)


def rectangle(x: float, y: float, width: float, height: float, kind: str, says: str = "") -> Svg:
    """A rectangle of a style; `says` is shown when a pointer rests on it."""
    return element("rect", *_hint(says), x=x, y=y, width=width, height=height, class_=kind)


def circle(x: float, y: float, radius: float, kind: str, says: str = "") -> Svg:
    """A circle of a style; `says` as for a rectangle."""
    return element("circle", *_hint(says), cx=x, cy=y, r=radius, class_=kind)


def polyline(points: list[tuple[float, float]], kind: str) -> Svg:
    """Straight lines from point to point."""
    return element("polyline", points=" ".join(f"{_value(x)},{_value(y)}" for x, y in points), class_=kind)


def fitted(content: str, width: float, height: float = 12) -> str:
    """The text as far as it fits into the width at the height of its letters; what is cut ends in `…`."""
    if text_width(content, height) <= width:
        return content
    kept = ""
    for letter in content:
        if text_width(f"{kept}{letter}…", height) > width:
            break
        kept += letter
    return f"{kept.rstrip()}…"


def text_width(content: str, height: float = 12) -> float:
    """About how wide a text is: Chinese characters are as wide as high, others a little more than half of it."""
    return height * sum(1.0 if unicodedata.east_asian_width(one) in _WIDE else _NARROW_SHARE for one in content)


def _hint(says: str) -> tuple[Svg, ...]:
    return (element("title", says),) if says else ()


def _value(value: SupportsFloat | str | None) -> str:
    if isinstance(value, str):
        return value
    return f"{round(float(value or 0), 1):g}" if abs(float(value or 0)) < 1e5 else f"{float(value or 0):.0f}"
