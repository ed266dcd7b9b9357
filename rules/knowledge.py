"""Dated knowledge: what the catalogues and the coding standards say of an item or a diagnosis, and from when.

`rules/knowledge/<class>.csv`: code, value, unit, name, region, valid_from, valid_to, source. A code that ends in `*`
is a prefix; a class holds either codes or prefixes. A claim is judged by what held on its service date.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from importlib.resources.abc import Traversable

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from fundwatch.errors import CatalogueError, faults
from fundwatch.fingerprint import fingerprint
from fundwatch.resources import package_files

NATIONAL = "CN"


class KnowledgePoint(BaseModel):
    """One row: from `valid_from` to `valid_to` (both included; open when empty) the code has the value."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: str = Field(min_length=1)
    value: str = Field(min_length=1)
    unit: str = ""
    name: str
    region: str = Field(min_length=1)
    valid_from: date
    valid_to: date | None = None
    source: str = Field(min_length=1)

    @property
    def is_prefix(self) -> bool:
        return self.code.endswith("*")

    @property
    def stem(self) -> str:
        """The code, or what a code of this point begins with."""
        return self.code.removesuffix("*")


Knowledge = Mapping[str, Sequence[KnowledgePoint]]


def load_knowledge(files: Sequence[Traversable] | None = None, region: str = NATIONAL) -> Knowledge:
    """The points of each class for the region. Raises CatalogueError naming file and line of every fault."""
    wrong: list[str] = []
    classes: dict[str, tuple[KnowledgePoint, ...]] = {}
    for file in package_files("rules", "knowledge", ".csv") if files is None else files:
        points = tuple(p for p in _points(file, wrong) if p.region == region)
        wrong += [f"{file.name}: {told}" for told in _clashes(points)]
        classes[file.name.removesuffix(".csv")] = points
    if wrong:
        raise CatalogueError(faults("the knowledge does not hold", wrong), do="mend every row that is named")
    return classes


def knowledge_print(knowledge: Knowledge) -> str:
    """The version of the knowledge: names and sources do not change it."""
    return fingerprint(
        {
            name: sorted((p.code, p.value, p.unit, p.region, str(p.valid_from), str(p.valid_to)) for p in points)
            for name, points in knowledge.items()
        }
    )


def _points(file: Traversable, wrong: list[str]) -> Iterator[KnowledgePoint]:
    rows = csv.DictReader(file.read_text(encoding="utf-8").splitlines())
    for number, row in enumerate(rows, start=2):
        try:
            yield KnowledgePoint.model_validate({k: v for k, v in row.items() if v})
        except ValidationError as fault:
            for error in fault.errors():
                key = ".".join(str(part) for part in error["loc"])
                wrong.append(f"{file.name} line {number}: {key}: {error['msg']}")


def _clashes(points: Sequence[KnowledgePoint]) -> Iterator[str]:
    """Two points that hold for one code on one day: a join would count the line twice."""
    if len({p.is_prefix for p in points}) > 1:
        yield "holds codes and prefixes; a class is one or the other"
    ordered = sorted(points, key=lambda p: (p.stem, p.valid_from))
    for n, point in enumerate(ordered):
        for other in ordered[n + 1 :]:
            if not other.stem.startswith(point.stem):
                break
            same_code = point.stem == other.stem or point.is_prefix
            if (
                same_code
                and (point.valid_to is None or other.valid_from <= point.valid_to)
                and (other.valid_to is None or point.valid_from <= other.valid_to)
            ):
                yield f"{point.code} and {other.code} hold on the same days"
