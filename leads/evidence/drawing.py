"""Drawings as SVG written by us: shapes and texts in fixed units, every text escaped, the same on screen and paper."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape

WIDTH = 1000.0
FONTS = "Microsoft YaHei, PingFang SC, Noto Sans SC, Noto Sans CJK SC, sans-serif"
INK, GREY, BLUE, PALE, RED, AMBER = "#222222", "#8a8f98", "#5b9bd5", "#ddebf7", "#c00000", "#f4b183"


@dataclass
class Drawing:
    """A drawing that grows downwards; `says` is what it shows, for who cannot see it."""

    says: str
    height: float = 0.0
    _shapes: list[str] = field(default_factory=list)

    def rectangle(self, x: float, y: float, width: float, height: float, fill: str, stroke: str = "none") -> None:
        """A filled box; one too narrow to see gets a width."""
        self._shapes.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 1.5):.1f}" height="{height:.1f}" fill="{fill}" '
            f'stroke="{stroke}"/>'
        )
        self.height = max(self.height, y + height)

    def line(self, x: float, y: float, to_x: float, to_y: float, stroke: str = GREY, width: float = 1) -> None:
        """A straight line."""
        self._shapes.append(
            f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{to_x:.1f}" y2="{to_y:.1f}" stroke="{stroke}" '
            f'stroke-width="{width:g}"/>'
        )
        self.height = max(self.height, y, to_y)

    def text(self, x: float, y: float, text: str, anchor: str = "start", fill: str = INK, size: float = 14) -> None:
        """A line of text; `anchor` is the end of it that lies at x: start, middle or end."""
        self._shapes.append(
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{fill}" font-size="{size:g}">'
            f"{escape(text)}</text>"
        )
        self.height = max(self.height, y + 4)

    def mark(self, x: float, y: float, radius: float, fill: str) -> None:
        """A dot."""
        self._shapes.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" fill="{fill}"/>')
        self.height = max(self.height, y + radius)

    def svg(self) -> str:
        """The drawing as one element."""
        says = escape(self.says)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {self.height + 6:.0f}" role="img" '
            f'aria-label="{says}" font-family="{FONTS}"><title>{says}</title>{"".join(self._shapes)}</svg>'
        )


def cut(text: str, columns: int) -> str:
    """The text, cut to what fits; a Chinese character is two columns wide."""
    room = columns
    for place, character in enumerate(text):
        room -= 1 if ord(character) < 0x2E80 else 2
        if room < 0:
            return f"{text[: max(place - 1, 0)]}…"
    return text
