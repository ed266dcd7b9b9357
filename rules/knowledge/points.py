"""Dated knowledge: what the catalogues and the coding standards say of an item or a diagnosis, and from when.

`rules/knowledge/<class>.csv` holds the points of a class that `rules/knowledge/classes.py` declares: code, the class's
own columns, name, region, valid_from, valid_to, source. A code that ends in `*` is a prefix; a class holds either codes
or prefixes. A claim is judged by what held on its service date.

Of a class that says several things of a code, all points that speak of the code hold together, prefixes too.

A region adds points of its own (`conf/regions/<region>/knowledge/<class>.csv`). On a day for which it says something of
a code, the wider region's word does not hold there; of several prefixes the longest holds.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.resources.abc import Traversable
from io import StringIO

from pydantic import Field, ValidationError, ValidationInfo, field_validator

from fundwatch.declared import Declared, model_problems
from fundwatch.errors import CatalogueError, problems
from fundwatch.fingerprint import fingerprint
from fundwatch.regions import Region
from fundwatch.resources import package_files
from rules.knowledge.classes import CLASSES
from rules.knowledge.declaration import KnowledgeClass

_DAY = timedelta(days=1)


class KnowledgePoint(Declared):
    """One row: what the class's own columns say of the code, from `valid_from` to `valid_to` (both included; open when
    empty)."""

    code: str = Field(min_length=1)
    cells: Mapping[str, str]
    name: str
    region: str = Field(min_length=1)
    valid_from: date
    valid_to: date | None = None
    source: str = Field(min_length=1)

    @field_validator("valid_to")
    @classmethod
    def _not_before_it_begins(cls, valid_to: date | None, info: ValidationInfo) -> date | None:
        if valid_to is not None and valid_to < info.data.get("valid_from", valid_to):
            raise ValueError("the point ends before it begins")
        return valid_to

    @property
    def is_prefix(self) -> bool:
        return self.code.endswith("*")

    def covers(self, other: KnowledgePoint) -> bool:
        """Whether every code that the other speaks of is one that this point speaks of."""
        return other.stem.startswith(self.stem) if self.is_prefix else other.stem == self.stem

    def outside(self, other: KnowledgePoint) -> Iterator[KnowledgePoint]:
        """This point on the days on which the other does not hold: none, one or two spans."""
        if other.valid_from > self.valid_from:
            before = other.valid_from - _DAY
            end = before if self.valid_to is None else min(self.valid_to, before)
            yield self.model_copy(update={"valid_to": end})
        last = other.valid_to
        if last is not None and last < date.max and (self.valid_to is None or self.valid_to > last):
            yield self.model_copy(update={"valid_from": max(self.valid_from, last + _DAY)})

    def speaks_of(self, code: str) -> bool:
        """Whether the code is this point's, or begins as its prefix says."""
        return code.startswith(self.stem) if self.is_prefix else code == self.code

    @property
    def stem(self) -> str:
        """The code, or what a code of this point begins with."""
        return self.code.removesuffix("*")


_NEEDED = {name for name, column in KnowledgePoint.model_fields.items() if column.is_required()} - {"cells"}
Knowledge = Mapping[str, Sequence[KnowledgePoint]]


def load_knowledge(files: Sequence[Traversable] | None = None, region: Region | None = None) -> Knowledge:
    """The points of each class that hold in the region. Raises CatalogueError naming file and line of every problem."""
    region = region or Region()
    regional = region.files_in("knowledge", ".csv") if files is None else []
    if files is None:
        files = [*package_files("rules", "knowledge", ".csv"), *regional]
    wrong: list[str] = []
    points: dict[str, list[KnowledgePoint]] = defaultdict(list)
    for file in files:
        declared = CLASSES.get(file.name.removesuffix(".csv"))
        if declared is None:
            wrong.append(f"{file}: there is no class of knowledge of this name; there are {', '.join(CLASSES)}")
            continue
        reported = list(_points(file, declared, wrong))
        if file in regional:  # the shipped files hold the points of all regions
            strange = [p for p in reported if p.region not in region.chain]
            wrong += [f"{file}: {p.code}: region '{p.region}' is none of {', '.join(region.chain)}" for p in strange]
        points[declared.name] += [p for p in reported if p.region in region.chain]
    for name, of_class in points.items():
        wrong += [f"{name}.csv: {clash}" for clash in _clashes(of_class, CLASSES[name].says_several)]
    if wrong:
        raise CatalogueError(problems("the knowledge does not hold", wrong), do="fix every row that is named")
    layers = [
        PointLayer(place, {name: [p for p in of_class if p.region == own] for name, of_class in points.items()})
        for place, own in enumerate(region.chain)
    ]
    return laid_over(layers)


@dataclass(frozen=True)
class PointLayer:
    """Points of one source by class, and the place of its region in the chain (the widest is 0)."""

    region: int
    points: Knowledge


def laid_over(layers: Sequence[PointLayer]) -> Knowledge:
    """The points of layers, the lowest first, on the days on which no higher one speaks of all of their codes.

    In a class that says several things of a code only a narrower region silences a wider one; another source of the
    same region silences what it says itself.
    """
    names = dict.fromkeys(name for layer in layers for name in layer.points)
    return {name: tuple(_of_class(name, layers)) for name in names}


def _of_class(name: str, layers: Sequence[PointLayer]) -> list[KnowledgePoint]:
    says_several = CLASSES[name].says_several
    above: dict[str, list[tuple[int, KnowledgePoint]]] = defaultdict(list)
    holding: list[KnowledgePoint] = []
    for layer in reversed(layers):
        own = layer.points.get(name, ())
        for point in own:
            spans = [point]
            over = (found for n in range(len(point.stem) + 1) for found in above.get(point.stem[:n], ()))
            for region, higher in over:
                silences = region > layer.region or not says_several or higher.cells == point.cells
                if silences and higher.covers(point):
                    spans = [span for one in spans for span in one.outside(higher)]
            holding += spans
        for point in own:
            above[point.stem].append((layer.region, point))
    return sorted(holding, key=lambda point: (point.code, point.valid_from))


def knowledge_fingerprint(knowledge: Knowledge) -> str:
    """The version of the knowledge: names and sources do not change it."""
    return fingerprint(
        {
            name: sorted(
                (p.code, sorted(p.cells.items()), p.region, str(p.valid_from), str(p.valid_to)) for p in points
            )
            for name, points in knowledge.items()
        }
    )


def _points(file: Traversable, declared: KnowledgeClass, wrong: list[str]) -> Iterator[KnowledgePoint]:
    try:
        text = file.read_text(encoding="utf-8-sig")  # a spreadsheet writes a mark at the beginning
    except UnicodeDecodeError:
        wrong.append(f"{file}: is not UTF-8: save it as UTF-8")
        return
    rows = csv.DictReader(StringIO(text, newline=""), strict=True)
    try:
        named = rows.fieldnames or ()
        if twice := sorted(name for name, count in Counter(named).items() if count > 1):
            wrong.append(f"{file}: its first line names {', '.join(twice)} twice")
            return
        unnamed = sorted((_NEEDED | declared.needed_cells) - {*named})
        if unnamed:
            wrong.append(f"{file}: its first line names no column {', '.join(unnamed)}")
            return
        for row in rows:
            yield from _point(row, declared, f"{file} line {rows.line_num}", wrong)
    except csv.Error as error:
        wrong.append(f"{file} line {rows.reader.line_num}: {error}")


def _point(
    row: dict[str | None, str | None], declared: KnowledgeClass, where: str, wrong: list[str]
) -> Iterator[KnowledgePoint]:
    if None in row:  # cells that no column of the first line stands over
        wrong.append(f"{where}: has more cells than the first line has names")
        return
    if any(len((text or "").splitlines()) > 1 for text in row.values()):
        wrong.append(f"{where}: a cell goes over several lines: is a quotation mark closed?")
        return
    filled = {name: text for name, text in row.items() if name is not None and text}
    cells = {cell: filled.pop(cell) for cell in declared.cells if cell in filled}
    unfit = list(declared.problems(cells))
    wrong += [f"{where}: {text}" for text in unfit]
    try:
        point = KnowledgePoint.model_validate({**filled, "cells": cells})
    except ValidationError as error:
        wrong += [f"{where}: {text}" for text in model_problems(error, "row")]
        return
    if not unfit:
        yield point


def _clashes(points: Sequence[KnowledgePoint], says_several: bool) -> Iterator[str]:
    """Two points of one region that hold for one code on one day: a join would count the line twice.

    Where several may, two that say the same.
    """
    if not says_several and len({p.is_prefix for p in points}) > 1:
        yield "holds codes and prefixes; a class is one or the other"
    ordered = sorted(points, key=lambda p: (p.region, p.stem, p.valid_from))
    for n, point in enumerate(ordered):
        for other in ordered[n + 1 :]:
            if other.region != point.region or not other.stem.startswith(point.stem):
                break
            if says_several and point.cells != other.cells:
                continue
            if point.covers(other) and _meet(point, other):
                said = " and say the same" if says_several else ""
                yield f"{point.code} and {other.code} hold on the same days{said}"


def _meet(one: KnowledgePoint, other: KnowledgePoint) -> bool:
    return (one.valid_to is None or other.valid_from <= one.valid_to) and (
        other.valid_to is None or one.valid_from <= other.valid_to
    )
