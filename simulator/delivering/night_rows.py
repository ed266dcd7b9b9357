"""Rows in the making, sorted into the nights that carry them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from operator import itemgetter

from simulator.care.records import Label, RowMishap
from simulator.delivering.rows import FileRow, joined
from simulator.delivering.spool import Piece, SpoolWriter, encoded, packed
from simulator.delivering.tables import LABELS, MISHAPS, TRUTH, spooled_tables
from simulator.delivering.totals import BlockReport
from simulator.scenario.scenario import Scenario

_KEY = itemgetter(0)


@dataclass(slots=True)
class TableRows:
    """Rows of one table and night in the making: sort key and finished line."""

    lines: list[tuple[str, str]] = field(default_factory=list)
    cents: int = 0


class NightRows:
    """A block's rows sorted into nights; the truth has a part of its own behind the last night."""

    def __init__(self, scenario: Scenario) -> None:
        self.tables = spooled_tables(scenario)
        self.nights = [{table: TableRows() for table in self.tables} for _ in range(len(scenario.nights) + 1)]
        self._scenario = scenario
        self._known: dict[date, int] = {}
        self._beyond = TableRows()

    def night_of(self, uploaded: date) -> int:
        """The night that carries an upload date; -1 when it comes after all of them.

        What is due after the end of the world comes with the last night, where that is the end.
        """
        found = self._known.get(uploaded)
        if found is None:
            nights = self._scenario.nights
            found = bisect_left(nights, uploaded)
            if found == len(nights):
                found = found - 1 if self._scenario.last_day == nights[-1] else -1
            self._known[uploaded] = found
        return found

    def add(self, table: str, uploaded: date, key: str, row: FileRow, cents: int = 0) -> None:
        """A row into the night that carries its upload date."""
        self.add_text(table, uploaded, key, joined(row), cents)

    def add_text(self, table: str, uploaded: date, key: str, text: str, cents: int = 0) -> None:
        """A finished line into the night that carries its upload date; none of a table that is not delivered."""
        if table not in self.tables:
            return
        rows = self.of_upload(table, uploaded)
        rows.lines.append((key, text))
        rows.cents += cents

    def of_upload(self, table: str, uploaded: date) -> TableRows:
        """Where rows of a table with this upload date belong; those beyond the last night go into one never sent."""
        night = self.night_of(uploaded)
        return self.nights[night][table] if night >= 0 else self._beyond

    def add_label(self, label: Label) -> None:
        """A row of the truth, in the order it comes."""
        row = tuple(str(getattr(label, name)) for name in self.tables[LABELS])
        self.nights[-1][LABELS].lines.append(("", joined(row)))

    def add_mishap(self, mishaps: RowMishap) -> None:
        """What befell a row, for the truth; where it is delivered at all."""
        night = self.night_of(mishaps.uploaded)
        if night >= 0:
            file = f"{mishaps.table}{self._scenario.layout.ending}"
            row = (str(self._scenario.nights[night]), file, mishaps.kind, mishaps.detail, mishaps.outcome)
            self.nights[-1][MISHAPS].lines.append(("", joined(row)))

    def report(self, written: frozenset[int], spool: SpoolWriter) -> BlockReport:
        """Spool the rows; the report knows where they lie and how many there are."""
        place = spool.append(list(self.pieces(written)))
        return BlockReport(
            place,
            [[len(table.lines) for table in night.values()] for night in self.nights],
            [[table.cents for table in night.values()] for night in self.nights],
        )

    def pieces(self, written: frozenset[int]) -> Iterator[list[Piece]]:
        """A piece per night and table; nights not written have only their counts."""
        layout = self._scenario.layout
        for night, tables in enumerate(self.nights):
            pieces = []
            for name, rows in tables.items():
                content = b""
                if rows.lines and name in TRUTH:
                    content = "".join(f"{line}\n" for _, line in rows.lines).encode()
                elif rows.lines and night in written:
                    rows.lines.sort(key=_KEY)  # rows of one key stay in the order they came
                    text = "\n".join([line for _, line in rows.lines])
                    content = packed(layout, encoded(layout, text + "\n"))
                pieces.append(Piece(content, len(rows.lines), rows.cents))
            yield pieces
