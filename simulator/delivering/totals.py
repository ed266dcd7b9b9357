"""What a block reports and what all of them come to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from simulator.beside.extra_table import Key
from simulator.delivering.rows import FileRow
from simulator.delivering.spool import SpooledBlock


@dataclass(slots=True)
class BlockReport:
    """What a block adds to the summary; everything in it sums over blocks."""

    place: SpooledBlock
    rows: list[list[int]]  # night × table
    cents: list[list[int]]
    counts: Counter[str] = field(default_factory=Counter)
    schemes: Counter[str] = field(default_factory=Counter)
    lookalikes: Counter[str] = field(default_factory=Counter)
    bad_rows: Counter[str] = field(default_factory=Counter)
    sums: dict[str, Counter[Key]] = field(default_factory=dict)  # extra table -> key -> sum
    places: list[FileRow] = field(default_factory=list)  # registry rows of the block's own hospitals and doctors
    doctors: list[FileRow] = field(default_factory=list)


@dataclass(slots=True)
class Totals:
    """What all blocks come to; grows with the number of blocks by a few numbers each."""

    places: list[SpooledBlock] = field(default_factory=list)
    rows: Counter[tuple[int, int]] = field(default_factory=Counter)  # (night, table) by their numbers
    cents: Counter[tuple[int, int]] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    schemes: Counter[str] = field(default_factory=Counter)
    lookalikes: Counter[str] = field(default_factory=Counter)
    bad_rows: Counter[str] = field(default_factory=Counter)
    sums: dict[str, Counter[Key]] = field(default_factory=dict)
    hospitals: list[FileRow] = field(default_factory=list)
    doctors: list[FileRow] = field(default_factory=list)

    def add(self, report: BlockReport) -> None:
        """Take in one block, in block order."""
        self.places.append(report.place)
        for total, numbers in ((self.rows, report.rows), (self.cents, report.cents)):
            for night, by_table in enumerate(numbers):
                for table, number in enumerate(by_table):
                    total[night, table] += number
        self.counts.update(report.counts)
        self.schemes.update(report.schemes)
        self.lookalikes.update(report.lookalikes)
        self.bad_rows.update(report.bad_rows)
        for name, sums in report.sums.items():
            self.sums.setdefault(name, Counter()).update(sums)
        self.hospitals += report.places
        self.doctors += report.doctors
