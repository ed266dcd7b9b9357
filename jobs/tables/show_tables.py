"""A decision table of some days, split as asked, with the days before beside it: in the lake, and from there as a page,
CSV and a workbook."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from features.tables.figures import FIGURES, SUMS, Sums, figures_of
from features.tables.page import PAGE, table_page
from features.tables.rows import DIMENSIONS, Cell, DecisionTable
from fundwatch.cells import csv_for_people
from fundwatch.errors import FundwatchError
from fundwatch.lake.store import Lake
from fundwatch.pages import publish
from fundwatch.regions import region_of
from fundwatch.settings import Settings
from jobs.review.profiles.find_subject import profile_night
from jobs.tables.cube_table import CubeVersion
from jobs.tables.read_cube import BY_LINES, CubeReader
from jobs.trial.past import window_of
from leads.publishing.sheets import Book, Heading, Sheet
from rules.benefits.policies import read_policies

CSV, WORKBOOK = "table.csv", "table.xlsx"
USUAL = ("month", "insurance_type", "department", "charge_class", "person_type")
_MOST = 5  # dimensions: each doubles the number of levels
_FOLDER = "tables"
_PLACE = re.compile(r"[\w.-]{1,64}")
_OF_BEDS = {"month", "institution_id"}  # what beds can be told by


@dataclass(frozen=True)
class TableShown:
    """The table, and where its files lie."""

    table: DecisionTable
    folder: Path

    @property
    def page(self) -> Path:
        return self.folder / PAGE

    def as_json(self) -> dict[str, Any]:
        """Header and rows, and where the files lie."""
        table = self.table
        return {
            "first": str(table.first), "last": str(table.last), "by": list(table.by), "header": table.header(),
            "rows": table.rows(), "folder": str(self.folder),
        }  # fmt: skip


@dataclass(frozen=True)
class TableAsked:
    """What is to be shown: by which dimensions, of which days, of which institution (none: of all)."""

    by: tuple[str, ...] = USUAL
    first: date | None = None
    last: date | None = None
    institution_id: str = ""


def show_table(settings: Settings, when: date | None, asked: TableAsked) -> TableShown:
    """The table as known on a night, written. Raises FundwatchError for dimensions that there are not and for days that
    the night cannot know, CatalogueError for a policy that does not hold, NotReadyError without a night."""
    _refuse(asked)
    night = profile_night(settings, when)
    last = asked.last or night
    window = window_of(settings, night, asked.first or last.replace(month=1, day=1), last)
    table = read_table(settings, night, asked, window.start, window.end)
    name = "-".join(filter(None, (_FOLDER, asked.institution_id)))
    folder = settings.reports_dir / night.isoformat() / name
    folder.parent.mkdir(parents=True, exist_ok=True)
    return TableShown(table, publish(folder, _files(table, night)))


def read_table(settings: Settings, night: date, asked: TableAsked, first: date, last: date) -> DecisionTable:
    """The cells of the days, and of as many days before them: summed, put into the lake and read from there."""
    lake, policies = Lake(settings.lake_address), read_policies(settings.conf)
    reader = CubeReader(lake, night, first, last, asked.institution_id, policies)
    beds, version = reader.beds(), CubeVersion(lake, night, first, last, asked.institution_id, asked.by)
    version.write(_cells(reader, asked.by, beds))
    currency, notes = region_of(settings).currency, tuple(_notes(asked, beds))
    return DecisionTable(first, last, asked.by, asked.institution_id, version.read(), currency, notes)


def _cells(reader: CubeReader, by: tuple[str, ...], beds: Mapping[str, int]) -> list[Cell]:
    """The cells with the figures of the days before; a month has none, for it is compared with the months beside it."""
    length = reader.last - reader.first + timedelta(days=1)
    before = replace(reader, first=reader.first - length, last=reader.last - length)
    timeless = tuple(name for name in by if name != "month")
    earlier = {_key(timeless, at): figures_of(sums) for at, sums in _bedded(before, timeless, beds)}
    return [
        Cell(at, sums, figures_of(sums), earlier.get(_key(by, at), {}))
        for at, sums in _bedded(reader, by, beds)
        if sums["encounters"]  # a total over nothing is a row too
    ]


def _bedded(
    reader: CubeReader, by: tuple[str, ...], beds: Mapping[str, int]
) -> Iterator[tuple[tuple[str | None, ...], Sums]]:
    """The sums of each cell, beds among them where a register says how many."""
    for at, sums in reader.cells(by):
        known = dict(zip(by, at, strict=True))
        split = {name for name, value in known.items() if value is not None}
        count = None
        if split <= _OF_BEDS:
            of_all = sum(beds.values()) or None
            count = beds.get(known["institution_id"] or "") if "institution_id" in split else of_all
        days = _days_of(known.get("month"), (reader.first, reader.last))
        yield at, {**sums, "beds": count, "bed_days": None if count is None else count * days}


def _days_of(month: str | None, span: tuple[date, date]) -> int:
    """The days of a month within the span, or of all of it."""
    first, last = span
    if month:
        begun = date.fromisoformat(f"{month}-01")
        ended = (begun + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        first, last = max(first, begun), min(last, ended)
    return (last - first).days + 1


def _key(by: Sequence[str], at: tuple[str | None, ...]) -> frozenset[tuple[str, str]]:
    return frozenset((name, value) for name, value in zip(by, at, strict=True) if value is not None)


def _notes(asked: TableAsked, beds: Mapping[str, int]) -> list[tuple[str, str]]:
    found = []
    if not beds:
        found.append(("没有床位登记,周转次数与在床率未知", "no register says the beds: turnover, occupancy unknown"))
    if BY_LINES in asked.by:
        found.append(("按收费类别只有人数、人次、费用", "of a class of charge only persons, visits and cost are known"))
    return found


def _refuse(asked: TableAsked) -> None:
    strange = [name for name in asked.by if name not in DIMENSIONS]
    if strange or not asked.by or len(asked.by) > _MOST or len({*asked.by}) < len(asked.by):
        what = f"no table is split by {', '.join(strange)}" if strange else f"{len(asked.by)} dimensions, or one twice"
        raise FundwatchError(what, where="--by", do=f"give 1 to {_MOST} of {', '.join(DIMENSIONS)}, with commas")
    if asked.institution_id and not _PLACE.fullmatch(asked.institution_id):
        raise FundwatchError(
            f"'{asked.institution_id:.40}' is no institution's code", where="--institution", do="give its public code"
        )


def _files(table: DecisionTable, night: date) -> dict[str, bytes]:
    header, rows = table.header(), table.rows()
    return {
        PAGE: table_page(table).encode("utf-8"),
        CSV: csv_for_people(header, rows).content,
        WORKBOOK: _workbook(table, rows, night),
    }


_FORMATS = {"money": "money", "count": "count", "share": "percent", "number": "plain"}


def _workbook(table: DecisionTable, rows: Sequence[Sequence[object]], night: date) -> bytes:
    headings = [Heading(DIMENSIONS[name].zh, DIMENSIONS[name].en, 16) for name in table.by]
    headings += [Heading(one.zh, one.en, 14, _FORMATS[one.kind]) for one in (*SUMS, *FIGURES)]
    headings += [Heading(f"前期{one.zh}", f"Before: {one.en}", 14, _FORMATS[one.kind]) for one in FIGURES]
    subtitle = f"{table.first} – {table.last} {table.institution_id} {table.currency}"
    packed = BytesIO()
    book = Book(packed, night)
    book.add(Sheet("决策表 Table", "费用调控决策表 Decision table", subtitle, headings, rows))
    book.close()
    return packed.getvalue()
