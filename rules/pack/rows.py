"""The fee lines of a visit as rows with the columns of a pack, each made when a rule first asks for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rules.pack.columns import DERIVED, day_of
from rules.pack.document import Pack, PackColumn, PackDerived, PackError, PackKnown, PackSource
from rules.pack.lookups import Points
from rules.pack.values import Unknown
from rules.pack.visit import TypedRow, VisitAtHand

Make = Callable[["LineRow"], Any]


class LineRow(dict[str, Any]):
    """A fee line: its columns by name, and the measures of the rule that is being judged."""

    __slots__ = ("line", "makers", "measures", "settlement", "visit")

    def __init__(self, makers: Mapping[str, Make], visit: VisitAtHand, line: TypedRow, settlement: TypedRow) -> None:
        self.makers, self.visit, self.line, self.settlement = makers, visit, line, settlement
        self.measures: dict[str, Any] = {}

    def __missing__(self, name: str) -> Any:
        value = self[name] = self.makers[name](self)
        return value

    def table(self, name: str) -> TypedRow:
        """The row of a table that belongs to the line."""
        own = {"claim_line": self.line, "settlement": self.settlement}
        return own[name] if name in own else self.visit.row(name)


def makers_of(pack: Pack) -> dict[str, Make]:
    """By column of the pack the function that makes it of a line. Raises PackError."""
    points = {name: Points(declared) for name, declared in pack.knowledge.items()}
    return {name: _maker(name, column, points) for name, column in pack.columns.items()}


def _maker(name: str, column: PackColumn, points: Mapping[str, Points]) -> Make:
    match column.had:
        case PackSource(table=table, column=source, as_day=as_day):
            nothing = Unknown({f"{table}.{source}"})

            def from_table(row: LineRow) -> Any:
                value = row.table(table).get(source, nothing)
                return day_of(value) if as_day and not isinstance(value, Unknown) else value

            return from_table
        case PackKnown(knowledge=known, matched_by=code, cell=cell):
            if known not in points or cell not in points[known].declared.cells:
                raise PackError(f"the column {name} is made of {known}.{cell}, which the pack does not have")
            said = points[known].said
            return lambda row: said(row[code], row["service_date"], cell)
        case PackDerived():
            if name not in DERIVED:
                raise PackError(
                    f"this evaluator does not know how the column {name} is made", do="use the release that exported it"
                )
            compute = DERIVED[name].compute
            return lambda row: compute(row, row.visit)
