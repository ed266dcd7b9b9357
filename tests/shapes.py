"""Whatever may stand in a YAML file where something else is meant."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from fundwatch.errors import CatalogueError

SHAPES: tuple[object, ...] = (
    5, 1.5, True, None, "", "a", date(2026, 1, 1), [], ["a"], [None], [["a"]], [{"a": 1}], {}, {"a": 1}, {1: 2},
    {None: None}, {"a": {"b": [1]}},
)  # fmt: skip


def refusal_of(load: Callable[[], object]) -> CatalogueError | None:
    """How a catalogue was refused; None where it holds. Any other problem is the test's."""
    try:
        load()
    except CatalogueError as refused:
        return refused
    return None
