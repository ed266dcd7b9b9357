"""A decision table's cells as they are shown: of one combination of dimensions each, totals among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from features.tables.figures import FIGURES, SUMS

TOTAL = "合计 total"
UNKNOWN = "未知 unknown"


@dataclass(frozen=True)
class CubeDimension:
    """What a table may be split by, and what it is called."""

    name: str
    zh: str
    en: str


DIMENSIONS: Mapping[str, CubeDimension] = {
    one.name: one
    for one in (
        CubeDimension("month", "月份", "Month"),
        CubeDimension("insurance_type", "险种", "Insurance"),
        CubeDimension("person_type", "人员类别", "Person type"),
        CubeDimension("department", "科室", "Department"),
        CubeDimension("care", "门诊或住院", "Care"),
        CubeDimension("institution_id", "机构", "Institution"),
        CubeDimension("charge_class", "收费类别", "Charge class"),
    )
}


@dataclass(frozen=True)
class Cell:
    """One combination: what each dimension is (None: the total over it), its sums and figures; None: unknown."""

    at: tuple[str | None, ...]
    sums: Mapping[str, float | None]
    figures: Mapping[str, float | None]
    before: Mapping[str, float | None] = field(default_factory=dict)

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(TOTAL if value is None else value or UNKNOWN for value in self.at)

    @property
    def level(self) -> int:
        """By how many dimensions it is split."""
        return sum(value is not None for value in self.at)


@dataclass(frozen=True)
class DecisionTable:
    """The cells of all levels, the grand total first, and by what they are split; `notes` say what is not known."""

    first: date
    last: date
    by: tuple[str, ...]
    institution_id: str
    cells: Sequence[Cell]
    currency: str
    notes: tuple[tuple[str, str], ...] = ()

    @property
    def total(self) -> Cell | None:
        return next((cell for cell in self.cells if cell.level == 0), None)

    def split_by(self, name: str) -> list[Cell]:
        """The cells of one dimension alone, the others in total."""
        place = self.by.index(name)
        return [cell for cell in self.cells if cell.level == 1 and cell.at[place] is not None]

    def header(self) -> list[str]:
        """Of every column of the files."""
        dimensions = [f"{one.zh} {one.en}" for one in (DIMENSIONS[name] for name in self.by)]
        measures = [f"{one.zh} {one.en}" for one in (*SUMS, *FIGURES)]
        return [*dimensions, *measures, *(f"前期{one.zh} Before: {one.en}" for one in FIGURES)]

    def rows(self) -> list[list[object]]:
        """Of every cell, in the order of the header; what is unknown is empty."""
        return [
            [
                *cell.labels,
                *(cell.sums.get(one.name) for one in SUMS),
                *(_rounded(cell.figures.get(one.name)) for one in FIGURES),
                *(_rounded(cell.before.get(one.name)) for one in FIGURES),
            ]
            for cell in self.cells
        ]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
