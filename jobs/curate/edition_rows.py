"""Points of an edition in the lake: put down, taken out again, compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from fundwatch.contracts import TABLES
from fundwatch.contracts.table import arrow_type
from fundwatch.fingerprint import fingerprint
from fundwatch.lake.store import Lake
from jobs.curate.in_force import POINTS, rows_of_versions
from rules.knowledge.classes import CLASSES
from rules.knowledge.sheets import ImportedPoint

_EXAMPLES = 5
Said = tuple[str, str | None, str]  # since when, until when, what
Key = tuple[str, str, int, str]  # class, code, length; and, where several things are said of a code, which


@dataclass(frozen=True)
class EditionDiff:
    """What one version says that another did not: of which codes, by class, with a few examples of each kind."""

    before: str
    after: str
    added: int
    gone: int
    changed: int
    same: int
    by_class: Mapping[str, Mapping[str, int]]
    examples: Mapping[str, Sequence[str]]


def version_of(head: Sequence[object], points: Sequence[ImportedPoint]) -> str:
    """The version of an edition: who it holds for, what it replaces, and all that its points say."""
    return fingerprint(list(head), [[str(part) for part in point] for point in points])


def put(lake: Lake, points: Sequence[ImportedPoint], version: str, edition: str, region: str) -> None:
    """Put down a version, atomically; the same version again changes nothing."""
    import pyarrow as pa

    same = {"version": version, "edition": edition, "region": region}
    columns = []
    for column in TABLES[POINTS].columns:
        kind = arrow_type(column.type)
        if column.name in same:
            columns.append(pa.array([same[column.name]] * len(points), type=kind))
            continue
        place = ImportedPoint._fields.index(column.name)
        columns.append(pa.array([point[place] for point in points], type=kind))
    table = pa.table(columns, names=list(TABLES[POINTS].column_names))
    lake.write_version(table.to_reader(), POINTS, version)


def is_whole(lake: Lake, version: str, points: int) -> bool:
    """Whether the version lies in the lake with as many points."""
    if not lake.exists(POINTS):
        return points == 0
    query = f"SELECT count(*) AS points FROM {POINTS} WHERE version = '{version}'"
    return bool(lake.rows(POINTS, query)[0]["points"] == points)


def said_in_lake(lake: Lake, version: str) -> dict[Key, tuple[Said, ...]]:
    """What a version says of each code; nothing of one that is not there."""
    if not lake.exists(POINTS):
        return {}
    columns = "knowledge_class, code, prefix_length, cells, valid_from, valid_to"
    query = f"SELECT {columns} FROM {POINTS} WHERE version = '{version}'"
    rows = lake.query(query, POINTS).read_all().to_pydict()
    return _said(zip(*(rows[name] for name in columns.split(", ")), strict=True))


def said_by(points: Iterable[ImportedPoint]) -> dict[Key, tuple[Said, ...]]:
    """The same of points that are not in the lake yet."""
    return _said((*point[:4], point.valid_from, point.valid_to) for point in points)


def _said(rows: Iterable[tuple[Any, ...]]) -> dict[Key, tuple[Said, ...]]:
    found: dict[Key, list[Said]] = {}
    for of, code, length, cells, first, last in rows:
        several = cells if of in CLASSES and CLASSES[of].says_several else ""
        found.setdefault((of, code, length, several), []).append((str(first), last and str(last), cells))
    return {key: tuple(sorted(said, key=lambda one: one[0])) for key, said in found.items()}


def compared(
    before: Mapping[Key, tuple[Said, ...]], after: Mapping[Key, tuple[Said, ...]], named: tuple[str, str]
) -> EditionDiff:
    """What the second says that the first did not."""
    kinds = {
        "added": sorted(after.keys() - before.keys()),
        "gone": sorted(before.keys() - after.keys()),
        "changed": sorted(key for key in before.keys() & after.keys() if before[key] != after[key]),
    }
    by_class: dict[str, dict[str, int]] = {}
    for kind, keys in kinds.items():
        for key in keys:
            own = by_class.setdefault(key[0], {})
            own[kind] = own.get(kind, 0) + 1
    examples = {
        kind: [_example(key, before.get(key), after.get(key)) for key in keys[:_EXAMPLES]]
        for kind, keys in kinds.items()
    }
    same = len(before.keys() & after.keys()) - len(kinds["changed"])
    added, gone, changed = (len(kinds[kind]) for kind in ("added", "gone", "changed"))
    return EditionDiff(*named, added, gone, changed, same, by_class, examples)


def _example(key: Key, before: tuple[Said, ...] | None, after: tuple[Said, ...] | None) -> str:
    code = f"{key[1]}*" if key[2] else key[1]
    texts = [
        "; ".join(f"{cells} {first}–{last or ''}" for first, last, cells in said or ()) for said in (before, after)
    ]
    return f"{key[0]} {code}: {' → '.join(filter(None, texts))}"


def points_of_code(lake: Lake, code: str, versions: Mapping[str, str]) -> list[dict[str, Any]]:
    """The points of versions that speak of a code or a name, with the state of each version."""
    rows = rows_of_versions(lake, versions, [code])
    return [row | {"state": versions[row["version"]]} for row in sorted(rows, key=_by_class_and_day)]


def _by_class_and_day(row: Mapping[str, Any]) -> tuple[str, date, str]:
    return row["knowledge_class"], row["valid_from"], row["cells"]
