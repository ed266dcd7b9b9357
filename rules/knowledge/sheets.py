"""Rows of a published sheet as points of an edition: each row gives points, or says why people must look at it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import NamedTuple

from fundwatch.cells import safe_text
from rules.knowledge.classes import CLASSES
from rules.knowledge.declaration import KnowledgeClass
from rules.knowledge.framed import cells_text
from rules.knowledge.texts import NAME, PAIR, SIDE, Stated, is_read, known_national, read_text

# western and patent drugs, herb pieces, services, consumables; a code that ends in * stands for all that begin so
_ITEM_CODES = re.compile(r"X[0-9A-Z]{22}|Z[0-9A-Z]{19}|T[0-9]{9}|[0-9]{15}|C[0-9]{19,26}|[0-9A-Z]{2,26}\*")
_CODES: Mapping[str, re.Pattern[str]] = {
    "item_code": _ITEM_CODES,
    "main_diagnosis_code": re.compile(r"[A-Z][0-9]{2}[0-9A-Za-z.+*]{0,20}"),
    "main_procedure_code": re.compile(r"[0-9]{2}[0-9A-Za-z.]{0,12}\*?"),
    "procedure_code": re.compile(r"[0-9]{2}[0-9A-Za-z.]{0,12}\*?"),
}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b-\u200f\u202a-\u202e\ufeff]")
_LONGEST_NAME, _MOST_CODES = 200, 5_000
_LONGEST: Mapping[str, int] = {"item_codes": 27 * _MOST_CODES, "constraint_text": 4_000}
_FIRST_YEAR, _LAST_YEAR = 1990, 2199
_PARAMETER = re.compile(r"\s*([a-z_]+)\s*=\s*([^;]*?)\s*")


@dataclass(frozen=True)
class SheetRow:
    """A row as delivered: where it stands, and the text of each column that the import knows."""

    file: str
    number: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")


class ImportedPoint(NamedTuple):
    """A point as the lake has it; the edition's name, version and region are the same of all."""

    knowledge_class: str
    code: str
    prefix_length: int
    cells: str
    name: str
    valid_from: date
    valid_to: date | None
    source: str
    national_class: str
    stated: str

    @property
    def said(self) -> tuple[object, ...]:
        """What it says: names, texts and sources do not change it."""
        return (*self[:4], str(self.valid_from), str(self.valid_to))


@dataclass(frozen=True)
class LeftOver:
    """A row that gives no points as it is: why, and what to do."""

    row: SheetRow
    why: str
    do: str


@dataclass
class SheetPoints:
    """What rows give: points, once each, and what is left for people."""

    points: list[ImportedPoint] = field(default_factory=list)
    left: list[LeftOver] = field(default_factory=list)
    repeated: int = 0


@dataclass(frozen=True)
class UsualValues:
    """What holds of a row that does not say it: since when, until when, and what it is taken from."""

    valid_from: date | None
    valid_to: date | None
    source: str
    codes_parted_by: str = "|"


class _RowProblem(Exception):
    """A row gives no points."""

    def __init__(self, why: str, do: str) -> None:
        super().__init__(why)
        self.why, self.do = why, do


def points_of_rows(rows: Iterable[SheetRow], usual: UsualValues) -> SheetPoints:
    """The points of all rows. What clashes is left for people, all rows of the clash."""
    found = SheetPoints()
    by_key: dict[tuple[str, str, int, str], list[tuple[ImportedPoint, SheetRow]]] = {}
    for row in rows:
        try:
            for point in [*_points(row, usual)]:  # all of a row, or none
                several = point.cells if CLASSES[point.knowledge_class].says_several else ""
                by_key.setdefault((*point[:3], several), []).append((point, row))
        except _RowProblem as problem:
            found.left.append(LeftOver(row, problem.why, problem.do))
    clashing: dict[int, LeftOver] = {}
    for of_key in by_key.values():
        _settle(of_key, found, clashing)
    found.left += clashing.values()
    found.left.sort(key=lambda left: (left.row.file, left.row.number))
    found.points.sort(key=lambda point: (*point[:4], point.valid_from, point.valid_to or date.max))
    return found


def _settle(
    of_key: Sequence[tuple[ImportedPoint, SheetRow]], found: SheetPoints, clashing: dict[int, LeftOver]
) -> None:
    """Keep what is said of one code: the same thing once; what says two things of one day is a clash."""
    kept: dict[tuple[object, ...], tuple[ImportedPoint, SheetRow]] = {}
    for point, row in of_key:
        found.repeated += point.said in kept
        kept.setdefault(point.said, (point, row))
    ordered = sorted(kept.values(), key=lambda one: one[0].valid_from)
    wrong: set[int] = set()
    last, last_end = 0, date.min
    for place, (point, _) in enumerate(ordered):
        if place and point.valid_from <= last_end:
            wrong |= {last, place}
        end = point.valid_to or date.max
        if end >= last_end:
            last, last_end = place, end
    for place, (point, row) in enumerate(ordered):
        if place not in wrong:
            found.points.append(point)
            continue
        other = next(ordered[n][1] for n in sorted(wrong) if n != place)
        beside = f"{other.file} {other.number}"
        why = f"{point.knowledge_class} says two things of {point.code} on the same days (see {beside})"
        clashing.setdefault(id(row), LeftOver(row, why, "keep the row that holds, or give the two other days"))


def _points(row: SheetRow, usual: UsualValues) -> Iterator[ImportedPoint]:
    _refuse_dangerous(row)
    first, last = _days(row, usual)
    stated = _own_words(row) or _read(row)
    codes = [code for code in (text.strip() for text in row["item_codes"].split(usual.codes_parted_by)) if code]
    if len(codes) > _MOST_CODES:
        raise _RowProblem(f"names {len(codes):,} codes, more than {_MOST_CODES:,}", "part the row")
    for one in stated:
        declared = CLASSES[one.knowledge_class]
        for code, cells in _coded(row, one, declared, codes):
            if problem := next(declared.problems(cells), ""):
                raise _RowProblem(f"{one.knowledge_class}: {problem}", "fix the parameters, or the text")
            stem = code.removesuffix("*")
            length = len(stem) if code.endswith("*") else 0
            yield ImportedPoint(
                declared.name, stem, length, cells_text(cells), row["item_name"], first, last,
                row["source"] or row["batch"] or usual.source, row["rule_class"], row["constraint_text"],
            )  # fmt: skip


def _refuse_dangerous(row: SheetRow) -> None:
    for column, text in row.cells.items():
        most = _LONGEST.get(column, _LONGEST_NAME)
        if len(text) > most:
            raise _RowProblem(f"{column} has {len(text):,} characters, more than {most:,}", "shorten it")
        if _CONTROL.search(text):
            raise _RowProblem(f"{column} holds characters that nobody sees", "type the cell again")
        if safe_text(text) != text:
            raise _RowProblem(f"{column} begins like a formula", "write it as plain text, without the sign before it")


def _days(row: SheetRow, usual: UsualValues) -> tuple[date, date | None]:
    first, last = _day(row, "valid_from", usual.valid_from), _day(row, "valid_to", usual.valid_to)
    if first is None:
        raise _RowProblem("valid_from is not known", "fill the column, or import with --valid-from")
    if last is not None and last < first:
        raise _RowProblem(f"ends on {last}, before it begins on {first}", "fix valid_from or valid_to")
    return first, last


def _day(row: SheetRow, column: str, usual: date | None) -> date | None:
    text = row[column].strip().replace("/", "-").replace(".", "-")
    if not text:
        return usual
    try:
        parts = (
            [int(part) for part in text.split("-")] if "-" in text else [int(text[:4]), int(text[4:6]), int(text[6:])]
        )
        day = date(*parts)
    except (ValueError, TypeError) as error:
        raise _RowProblem(f"{column}: '{text[:40]}' is no date", "write it like 2026-01-01") from error
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise _RowProblem(f"{column}: {day} is an impossible date", f"years are {_FIRST_YEAR} to {_LAST_YEAR}")
    return day


def _own_words(row: SheetRow) -> tuple[Stated, ...]:
    """What a curator filled in: a class of knowledge, and its cells as `value=2; unit=day`."""
    name = row["knowledge_class"].strip()
    if not name:
        return ()
    if name not in CLASSES:
        raise _RowProblem(
            f"there is no class of knowledge '{name[:60]}'{_near(name, CLASSES)}", "name one that there is"
        )
    cells: dict[str, str] = {}
    for part in filter(str.strip, row["parameters"].split(";")):
        matched = _PARAMETER.fullmatch(part)
        if matched is None or matched[1] not in CLASSES[name].cells:
            which = ", ".join(CLASSES[name].cells)
            raise _RowProblem(
                f"parameters: '{part.strip()[:60]}' is none of {name}", f"write cell=value; cells: {which}"
            )
        cells[matched[1]] = matched[2]
    return (Stated(name, cells, by_whole_name=True),)


def _read(row: SheetRow) -> tuple[Stated, ...]:
    national = row["rule_class"].strip()
    if national not in known_national():
        raise _RowProblem(
            f"the national library has no class '{national[:60]}'{_near(national, known_national())}",
            "write the class as the library does, or map it with --columns",
        )
    stated = _texts(national, row["constraint_text"])
    if stated:
        return stated
    if not is_read(national):
        raise _RowProblem(
            "no shape of text is known for this class", "fill knowledge_class and parameters, if one fits"
        )
    raise _RowProblem("the text has no shape that is known", "fill knowledge_class and parameters, or write it plainer")


@cache
def _texts(national: str, text: str) -> tuple[Stated, ...]:
    """Texts come again and again: each is read once."""
    return read_text(national, text)


def _coded(
    row: SheetRow, stated: Stated, declared: KnowledgeClass, codes: Sequence[str]
) -> Iterator[tuple[str, Mapping[str, str]]]:
    """The codes of which the row speaks in the class, each with its cells filled in."""
    name = row["item_name"].strip()
    if declared.matched_by not in _CODES:  # found by a name
        if not name:
            raise _RowProblem("item_name is empty, and the class is found by names", "fill it")
        code = name if stated.by_whole_name else f"{name.removesuffix('*')}*"
        yield code, _filled(stated, {NAME: name})
        return
    if not codes:
        raise _RowProblem("item_codes is empty", "fill it")
    wrong = [code for code in codes if not _CODES[declared.matched_by].fullmatch(code)]
    if wrong:
        raise _RowProblem(f"'{wrong[0][:40]}' has no shape that codes of {declared.matched_by} have", "fix the code")
    pair = PAIR in stated.cells.values()
    if pair and len(codes) != 2:
        raise _RowProblem(f"a pair has two codes, the row has {len(codes)}", "give a row to each pair")
    for place, code in enumerate(codes):
        values = {NAME: name, SIDE: ("whole", "part")[place] if pair else ""}
        yield code, _filled(stated, values | {PAIR: f"{name} {'×'.join(codes)}" if pair else ""})


def _filled(stated: Stated, values: Mapping[str, str]) -> dict[str, str]:
    return {cell: values.get(text, text) for cell, text in stated.cells.items()}


def _near(name: str, every: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, [*every], n=1)
    return f"; did you mean '{near[0]}'?" if near else ""
