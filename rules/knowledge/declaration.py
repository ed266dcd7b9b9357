"""What a class of knowledge declares: what its points say, and what they give to the fee lines that they speak of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

Type = Literal["string", "int", "decimal(16,4)"]
_FORMS: Mapping[Type, str] = {
    "string": ".+",
    "int": "-?[0-9]{1,9}",
    "decimal(16,4)": r"-?[0-9]{1,12}(\.[0-9]{1,4})?",
}


@dataclass(frozen=True)
class Given:
    """A column of the fee line: the cell of the point that fills it, its Spark type, and its values where they are few.

    An empty cell is refused unless `is_optional`; the column is then null.
    """

    cell: str
    type: Type = "string"
    among: tuple[str, ...] = ()
    is_optional: bool = False

    def problem(self, text: str) -> str:
        """What is wrong with a cell; empty for one that holds."""
        if not text:
            return "" if self.is_optional else "Field required"
        if self.among and text not in self.among:
            return f"'{text}' is none of {', '.join(self.among)}"
        return "" if re.fullmatch(_FORMS[self.type], text, re.DOTALL) else f"'{text}' is no {self.type}"


@dataclass(frozen=True)
class KnowledgeClass:
    """Points of one kind, found by a code of the row (`matched_by`) on its service date.

    `gives` are the columns that the row then has, by name; they are null where no point speaks of it. `of` says whose
    code it is: that of a fee line, of a stay, or of a procedure on an encounter's list. A class that `says_several` has
    as many points of a code and a day as it likes, of codes and of prefixes: all of them hold, and each column is the
    sorted array of what they say.
    """

    name: str
    zh: str
    en: str
    matched_by: str
    gives: Mapping[str, Given]
    of: Literal["line", "stay", "procedure"] = "line"
    says_several: bool = False

    @property
    def source(self) -> str:
        """What a column or a rule rests on, as its needs name it."""
        return f"knowledge.{self.name}"

    @property
    def cells(self) -> tuple[str, ...]:
        """The class's own columns of the file."""
        return tuple(dict.fromkeys(given.cell for given in self.gives.values()))

    @property
    def needed_cells(self) -> frozenset[str]:
        """Those that every point fills."""
        return frozenset(given.cell for given in self.gives.values() if not given.is_optional)

    def problems(self, cells: Mapping[str, str]) -> Iterator[str]:
        """What is wrong with a point's own cells, as `cell: what`."""
        found = ((given.cell, given.problem(cells.get(given.cell, ""))) for given in self.gives.values())
        return (f"{cell}: {problem}" for cell, problem in found if problem)
