"""Draw the house: which room imports which, floor by floor (docs/imports.svg), and a line a room (CONTRIBUTING.md).

`python -m scripts.draw_house` writes both. A room is a folder of modules. The picture holds its own list of edges as
JSON (in `metadata`); it changes only when a room imports from another one for the first time, or no longer.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path

from scripts.marked import with_table

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "imports.svg"
GUIDE = ROOT / "CONTRIBUTING.md"
_BEGIN, _END = "<!-- rooms: python -m scripts.draw_house -->\n", "<!-- end of rooms -->\n"
# From the top down: a floor imports from those beneath it only.
FLOORS: tuple[tuple[str, ...], ...] = (
    ("dags",),
    ("jobs",),
    ("intake", "features", "rules", "models", "leads", "evaluation", "simulator"),
    ("privacy",),
    ("fundwatch",),
)
_COLOURS = {"dags": "#7f8c8d", "jobs": "#1f4e78", "privacy": "#7f4f00", "fundwatch": "#375623"}
_DOMAIN = "#6c3483"
_WIDTH, _LEFT, _BOX, _ROW, _GAP = 1400, 20, 26, 34, 46

Rooms = Mapping[str, str]
Edges = Sequence[tuple[str, str]]
Places = dict[str, tuple[float, float, float]]  # a room's left, top and width


def imported_modules(module: Path) -> set[str]:
    """The modules that a file imports, wherever in it, by their dotted names."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def house(packages: Iterable[str]) -> dict[str, set[str]]:
    """Every file of the packages by its dotted name, with the files of them that it imports."""
    files = [file for package in packages for file in sorted((ROOT / package).rglob("*.py"))]
    modules = {".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file for file in files}
    return {name: (imported_modules(file) & modules.keys()) - {name} for name, file in modules.items()}


def rooms_of(package: str) -> dict[str, str]:
    """The rooms of a package by dotted name, itself first, with what each says it is for."""
    found = {}
    for folder in sorted({file.parent for file in (ROOT / package).rglob("*.py")}):
        room = folder / "__init__.py"  # the DAGs are no package
        summary = ast.get_docstring(ast.parse(room.read_text(encoding="utf-8"))) if room.is_file() else None
        found[".".join(folder.relative_to(ROOT).parts)] = (summary or "").partition("\n")[0]
    return found


def all_rooms() -> dict[str, str]:
    """Every room of the house, from the top down."""
    return {room: summary for floor in FLOORS for package in floor for room, summary in rooms_of(package).items()}


def drawn_rooms() -> dict[str, str]:
    """The rooms that hold more than rooms."""
    folders = {room: ROOT.joinpath(*room.split(".")) for room in all_rooms()}
    return {
        r: summary for r, summary in all_rooms().items() if {*folders[r].glob("*.py")} - {folders[r] / "__init__.py"}
    }


def with_rooms(guide: str) -> str:
    """The guide with a line a room, in the words of the room's own docstring."""
    rows = ((f"`{room.replace('.', '/')}/`", summary) for room, summary in all_rooms().items() if summary)
    return with_table(guide, _BEGIN, _END, ("room", "what it is for"), rows)


def edges_between(rooms: Iterable[str]) -> Edges:
    """Which room imports from which other one; files count for the folder in which they lie."""
    known = {*rooms}
    imports = house(package for floor in FLOORS for package in floor)

    def room(module: str) -> str:
        return module if module in known else module.rpartition(".")[0]

    found = {(room(one), room(other)) for one, others in imports.items() for other in others}
    return sorted((one, other) for one, other in found if one != other and {one, other} <= known)


def picture() -> str:
    """The SVG."""
    summary = drawn_rooms()
    edges = edges_between(summary)
    shapes: list[str] = []
    places: Places = {}
    top = 20.0
    for floor in FLOORS:
        height = _floor(floor, summary, top, places, shapes)
        top += height + _GAP
    listed = json.dumps(edges, indent=0).replace(',\n"', ', "').replace('[\n"', '["').replace('"\n]', '"]')
    lines = [_line(places, *edge) for edge in edges]
    size = f'viewBox="0 0 {_WIDTH} {top:.0f}" font-family="Helvetica,Arial,sans-serif"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size}>'
    title = "<title>which room imports which, floor by floor</title>"
    background = f'<rect width="{_WIDTH}" height="{top:.0f}" fill="#ffffff"/>'
    data = f"<metadata>{escape(listed, quote=False)}</metadata>"
    return "\n".join([head, title, data, background, *lines, *shapes, "</svg>"]) + "\n"


def _floor(floor: Sequence[str], summary: Rooms, top: float, places: Places, shapes: list[str]) -> float:
    """Put the packages of a floor side by side; a floor of one package has its rooms in a row. Its height."""
    width = (_WIDTH - 2 * _LEFT) / len(floor)
    tallest = 0.0
    for at, package in enumerate(floor):
        rooms = [room for room in summary if room.split(".")[0] == package]
        left = _LEFT + at * width
        columns = len(rooms) if len(floor) == 1 else 1
        cell = (width - 12) / columns
        for number, room in enumerate(rooms):
            place = (left + (number % columns) * cell + 6, top + 24 + (number // columns) * _ROW, cell - 12)
            places[room] = place
            shapes.append(_box(room, summary[room], *place))
        rows = -(-len(rooms) // columns)
        height = 24 + rows * _ROW + 4
        tallest = max(tallest, height)
        shapes.append(
            f'<rect x="{left:.1f}" y="{top:.1f}" width="{width - 6:.1f}" height="{height:.1f}" rx="6" fill="none" '
            f'stroke="{_colour(package)}"/><text x="{left + 8:.1f}" y="{top + 16:.1f}" font-size="13" '
            f'font-weight="700" fill="{_colour(package)}">{package}/</text>'
        )
    return tallest


def _box(room: str, summary: str, left: float, top: float, width: float) -> str:
    name = room.partition(".")[2] or "(its own files)"
    return (
        f'<g><title>{escape(f"{room}: {summary}")}</title><rect x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" '
        f'height="{_BOX}" rx="4" fill="#ffffff" stroke="{_colour(room)}"/><text x="{left + width / 2:.1f}" '
        f'y="{top + 17:.1f}" font-size="11" text-anchor="middle" fill="#1c2733">{name}</text></g>'
    )


def _line(places: Places, one: str, other: str) -> str:
    """From the foot of a room to the head of another; within a package, round its side."""
    (left, top, width), (to_left, to_top, to_width) = places[one], places[other]
    x, to_x = left + width / 2, to_left + to_width / 2
    if one.split(".")[0] == other.split(".")[0] and left == to_left:
        x = to_x = left + width
        y, to_y, bend = top + _BOX / 2, to_top + _BOX / 2, x + 6 + abs(to_top - top) / 16
        path = f"M{x:.1f} {y:.1f}C{bend:.1f} {y:.1f} {bend:.1f} {to_y:.1f} {to_x:.1f} {to_y:.1f}"
    elif top == to_top:
        bend = top - 8 - abs(to_x - x) / 60
        path = f"M{x:.1f} {top:.1f}C{x:.1f} {bend:.1f} {to_x:.1f} {bend:.1f} {to_x:.1f} {to_top:.1f}"
    else:
        y, middle = top + _BOX, (top + _BOX + to_top) / 2
        path = f"M{x:.1f} {y:.1f}C{x:.1f} {middle:.1f} {to_x:.1f} {middle:.1f} {to_x:.1f} {to_top:.1f}"
    return (
        f'<path d="{path}" fill="none" stroke="{_colour(other)}" stroke-opacity="0.4">'
        f"<title>{one} → {other}</title></path>"
    )


def _colour(room: str) -> str:
    return _COLOURS.get(room.split(".")[0], _DOMAIN)


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8", newline="\n")
    GUIDE.write_text(with_rooms(GUIDE.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
