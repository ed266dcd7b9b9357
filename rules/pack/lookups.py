"""Points of knowledge found for a code on a day, as the scan finds them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from rules.pack.document import PackKnowledge, PackPoint
from rules.pack.values import NULL, Type, digits_of, fitted


@dataclass(frozen=True)
class Points:
    """The points of a class, by what a code begins with."""

    declared: PackKnowledge

    @cached_property
    def _by_stem(self) -> Mapping[int, Mapping[str, Sequence[PackPoint]]]:
        """By length of prefix (0: whole codes) and stem, the longest first."""
        found: dict[int, dict[str, list[PackPoint]]] = defaultdict(lambda: defaultdict(list))
        for point in self.declared.points:
            found[len(point.code) if point.is_prefix else 0][point.code].append(point)
        return {length: found[length] for length in sorted(found, reverse=True)}

    def holding(self, code: str, day: date) -> list[PackPoint]:
        """The points that speak of the code on the day: all, or the longest."""
        found: list[PackPoint] = []
        for length, points in self._by_stem.items():
            here = points.get(code[:length] if length else code, ())
            found += [p for p in here if p.valid_from <= day and (p.valid_to is None or day <= p.valid_to)]
            if found and not self.declared.says_several:
                return found[:1]
        return found

    def said(self, code: Any, day: Any, cell: str) -> Any:
        """What a cell says; unknown for certain where no point holds or the cell is empty, as it is of an unknown
        code."""
        if not isinstance(code, str) or not isinstance(day, date):
            return NULL
        kind = self.declared.cells[cell]
        texts = [point.cells.get(cell, "") for point in self.holding(code, day)]
        values = [typed(text, kind) for text in texts if text]
        if not values:
            return NULL
        return tuple(sorted({*values})) if self.declared.says_several else values[0]


def typed(text: str, kind: Type) -> Any:
    """The text of a cell as a value of its type."""
    if kind == "int":
        return int(text)
    return fitted(Decimal(text), kind) if digits_of(kind) else text
