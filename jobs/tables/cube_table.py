"""Decision tables in the lake: the cells of one put down as a version of `decision_cube`, and read from there.

A night sums no cube: days, institution and dimensions are for who asks, and all of them at all levels would be more
cells than encounters. What is asked for again is summed again, as its night knows it, and replaces itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from features.tables.figures import FIGURES, SUMS
from features.tables.rows import Cell
from fundwatch.contracts.cube import DECISION_CUBE
from fundwatch.contracts.table import arrow_type
from fundwatch.lake.store import Lake

_TABLE = DECISION_CUBE.name
_BEDS = ("beds", "bed_days")
_BEFORE = "before_"
_COUNTED = {one.name for one in SUMS if one.kind == "count"} | {*_BEDS}


@dataclass(frozen=True)
class CubeVersion:
    """One decision table in the lake: as known on a night, of these days, of one institution ('': of all)."""

    lake: Lake
    night: date
    first: date
    last: date
    institution_id: str
    by: tuple[str, ...]

    @property
    def name(self) -> str:
        """The version of the table that holds it."""
        place = self.institution_id or "all"
        return "_".join((str(self.night), str(self.first), str(self.last), place, "-".join(self.by)))

    def write(self, cells: Sequence[Cell]) -> None:
        """Put the cells down in place of those of the same name. Atomic."""
        import pyarrow as pa

        rows = [self._row(cell) for cell in cells]
        kinds = {column.name: arrow_type(column.type) for column in DECISION_CUBE.columns}
        kinds |= dict.fromkeys(_measures(), pa.float64())
        columns = [pa.array([row.get(name) for row in rows], type=kind) for name, kind in kinds.items()]
        self.lake.write_version(pa.table(columns, names=[*kinds]).to_reader(), _TABLE, self.name)

    def read(self) -> list[Cell]:
        """The cells as the table has them, the grand total first, level by level."""
        query = f"SELECT * FROM {_TABLE} WHERE version = '{self.name}'"
        cells = [self._cell(row) for row in self.lake.rows(_TABLE, query)]
        return sorted(cells, key=_place)

    def _row(self, cell: Cell) -> dict[str, Any]:
        split = [name for name, value in zip(self.by, cell.at, strict=True) if value is not None]
        return {
            "version": self.name, "business_date": self.night, "first_day": self.first, "last_day": self.last,
            "split_by": ",".join(split), **{name: value or None for name, value in zip(self.by, cell.at, strict=True)},
            **cell.sums, **cell.figures, **{f"{_BEFORE}{name}": value for name, value in cell.before.items()},
        }  # fmt: skip

    def _cell(self, row: Mapping[str, Any]) -> Cell:
        split = row["split_by"].split(",")
        at = tuple((row[name] or "") if name in split else None for name in self.by)
        sums = {name: _number(name, row[name]) for name in (*(one.name for one in SUMS), *_BEDS)}
        figures, before = ({one.name: row[f"{prefix}{one.name}"] for one in FIGURES} for prefix in ("", _BEFORE))
        return Cell(at, sums, figures, before)


def _place(cell: Cell) -> tuple[int, list[bool], list[str]]:
    return cell.level, [value is None for value in cell.at], [value or "" for value in cell.at]


def _number(name: str, value: float | None) -> float | None:
    return int(value) if value is not None and name in _COUNTED else value


def _measures() -> Iterator[str]:
    yield from (one.name for one in SUMS)
    yield from _BEDS
    yield from (one.name for one in FIGURES)
    yield from (f"{_BEFORE}{one.name}" for one in FIGURES)
