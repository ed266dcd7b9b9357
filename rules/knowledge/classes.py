"""The classes of knowledge: what the points of each say, and what they give to the fee lines that they speak of.

A new class is one entry of `_DECLARED`, and `rules/knowledge/<class>.csv` with its points. All else follows: the
columns that the file and a region's own must have, the values they may hold, the columns that rules may name, and that
a rule which names one rests on the class. `python -m scripts.list_knowledge` writes the guide's table of them.
"""

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
    """Points of one kind, found by a code of the fee line (`matched_by`) on its service date.

    `gives` are the columns that the line then has, by name; they are null where no point speaks of it.
    """

    name: str
    zh: str
    en: str
    matched_by: str
    gives: Mapping[str, Given]

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


_AFTER_DEATH = Given("value", among=("certificate", "autopsy", "transport", "storage"))
_SEX = Given("value", among=("1", "2"))
_DECLARED = (
    KnowledgeClass(
        "frequency", "限定频次", "How much of an item one day may hold", "item_code",
        {
            "frequency_limit": Given("value", "decimal(16,4)"),
            "frequency_unit": Given("unit", among=("day", "hour"), is_optional=True),
        },
    ),
    KnowledgeClass(
        "item_class", "项目类别", "Items that are charged alike (bed, nursing)", "item_code",
        {"item_class": Given("value")},
    ),
    KnowledgeClass(
        "after_death_item", "死亡后合法项目",
        "Items that are lawful after death: certificate, autopsy, transport, storage", "item_code",
        {"after_death_item": _AFTER_DEATH},
    ),
    KnowledgeClass(
        "after_death_name", "死亡后合法项目（按名称）", "The same by the item's name, where codes are the place's own",
        "item_name", {"after_death_name": _AFTER_DEATH},
    ),
    KnowledgeClass("sex_item", "项目限定性别", "Items for one sex", "item_code", {"item_sex": _SEX}),
    KnowledgeClass(
        "sex_diagnosis", "诊断限定性别", "Diagnoses of one sex", "main_diagnosis_code", {"diagnosis_sex": _SEX}
    ),
)  # fmt: skip
CLASSES: dict[str, KnowledgeClass] = {declared.name: declared for declared in _DECLARED}
