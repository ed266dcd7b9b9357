"""Tables within a text that people write: each stands between two comments, and is made from what it lists."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def with_table(text: str, begin: str, end: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The text with the table between the two comments, each of which is a line, made again."""
    before, rest = text.split(begin)
    lines = (f"| {' | '.join(row)} |\n" for row in rows)
    head = f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}\n"
    return "".join([before, begin, head, *lines, end, rest.split(end)[1]])
