"""Tables on a terminal: they fit its width, or the 80 columns that a log or a pipe is given, by wrapping."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table


def new_table(title: str = "", caption: str | None = None) -> Table:
    """A table without frames, for they take a third of a narrow terminal; what is too long for a column wraps."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    return Table(
        title=title,
        caption=caption,
        header_style="bold",
        box=SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=(0, 0),
        title_justify="left",
        caption_justify="left",
    )


def show(*shown: RenderableType) -> None:
    """Print tables, panels and texts. A word longer than its column is cut in two, never left out."""
    from rich.console import Console

    console = Console(highlight=False)
    for one in shown:
        console.print(one, overflow="fold")
