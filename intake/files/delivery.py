"""A delivery on disk: its manifest, and its files checked byte by byte before Spark sees them.

Spark reads a file in the wrong encoding without an error, loads half of a damaged one, and swaps the columns of a
reordered header; so all of that is looked at here, and every problem of a delivery is reported at once.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path

from fundwatch.errors import DeliveryError, problems
from fundwatch.nights import nights_said
from intake.files.drift import Drift, FileDrift, find_drift, read_names
from intake.files.entries import entries_in, kinds_of, unclaimed
from intake.files.landed import Measured, Opened, open_file
from intake.files.manifest import MANIFEST, ManifestFile, manifest_problems, read_manifest
from intake.files.unpacking import CHANGED, FileError, sha256_of, stamp_of
from intake.source.checks import Quality
from intake.source.mapping import SourceMapping

_SIMULATED = ("national", "inspection")  # the sources whose deliveries the simulator writes


@dataclass(frozen=True)
class LandedFile:
    """A file that has passed: `path` is what Spark reads, `header` its columns under the mapping's names, in order.

    In a numbered file each line begins with its number, a header being line 1, and blank lines are left out. A plain
    file holds no sign that a text's one spelling lacks (see fundwatch.texts), other than blanks at its ends.
    """

    kind: str
    name: str
    path: Path
    header: tuple[str, ...]
    measured: Measured
    declared_rows: int
    declared_amount: Decimal | None
    delimiter: str = ","
    is_numbered: bool = False
    is_plain: bool = False


@dataclass(frozen=True)
class Delivery:
    """All files of one night, how their form differs from the mapping's without being refused, and what nobody reads:
    a sentence each."""

    source: str
    business_date: date
    batch_id: str
    files: tuple[LandedFile, ...]
    drift: Drift = field(default_factory=Drift)
    is_declared: bool = True
    unclaimed: tuple[str, ...] = ()

    def notes(self) -> list[str]:
        """What was tolerated or left aside, in words."""
        empty = [f"{file.name}: holds no rows" for file in self.files if not file.measured.rows]
        return [*self.drift.notes(), *empty, *self.unclaimed]

    def headers(self) -> dict[str, frozenset[str]]:
        """The columns delivered, by kind of file."""
        kinds = {file.kind for file in self.files}
        return {k: frozenset().union(*(f.header for f in self.files if f.kind == k)) for k in kinds}


def delivery_folder(mapping: SourceMapping, landing: Path, night: date) -> Path:
    """Where the night's files lie. Raises DeliveryError when there is no such folder."""
    folder = mapping.delivery.folder_of(landing, night)
    if not folder.is_dir():
        raise DeliveryError(
            f"there is no delivery for {night}",
            where=str(folder),
            do=f"{nights_said(delivered_dates(mapping, landing), 'no delivery lies here')}; put the night's files "
            f"there, or name another --date or --landing{made_deliveries(mapping, ' --date DATE')}",
        )
    return folder


def made_deliveries(mapping: SourceMapping, options: str = "") -> str:
    """The end of an advice, where deliveries of the source can be made: those of another lie in no landing of it."""
    return f"; or make some with `fundwatch simulate{options}`" if mapping.source in _SIMULATED else ""


def delivered_dates(mapping: SourceMapping, landing: Path) -> list[date]:
    """The dates that a delivery's folder lies there for, ascending."""
    pattern = mapping.delivery.folder
    named = re.compile(re.escape(pattern).replace(re.escape("{date}"), r"(\d{4}-\d\d-\d\d)"))
    found = set()
    for path in landing.glob(pattern.replace("{date}", "????-??-??")):
        match = named.fullmatch(path.relative_to(landing).as_posix())
        if match is not None and match.groups() and path.is_dir():
            with suppress(ValueError):  # a folder named like a date that no month has
                found.add(date.fromisoformat(match[1]))
    return sorted(found)


def kinds_in(mapping: SourceMapping, folder: Path) -> dict[str, str]:
    """The files of the folder by name, with the kind whose pattern each fits (the first of several)."""
    return {name: kinds[0] for name in entries_in(mapping, folder) if (kinds := kinds_of(mapping, name))}


def delivery_hashes(mapping: SourceMapping, landing: Path, night: date) -> dict[str, str]:
    """The SHA-256 of every file of the delivery by name, but for those that are ignored; each file is hashed once.

    Files that nobody reads are among them: whoever lets the delivery pass has seen just these. Raises DeliveryError
    when there is no folder, or a file is a link or changes meanwhile.
    """
    folder = delivery_folder(mapping, landing, night)
    names = entries_in(mapping, folder)
    found: list[str] = []
    hashes = {}
    for name in names:
        try:
            hashes[name] = sha256_of(folder / name, stamp_of(folder / name))
        except FileError as error:
            found.append(f"{name}: {error}")
    if found:
        raise _refusal(folder, found)
    return hashes


def sorted_entries(mapping: SourceMapping, names: Sequence[str]) -> tuple[dict[str, str], list[str], list[str]]:
    """The names with their kinds; what nobody reads, and names that fit several kinds, in sentences."""
    kinds, left, wrong = {}, [], []
    for name in names:
        found = kinds_of(mapping, name)
        if len(found) == 1:
            kinds[name] = found[0]
        elif found:
            wrong.append(f"{name}: fits the patterns of {' and '.join(found)}; make them tell the files apart")
        elif name != MANIFEST:
            left.append(unclaimed(mapping, name))
    return kinds, left, wrong


def open_delivery(
    mapping: SourceMapping,
    landing: Path,
    night: date,
    scratch: Path,
    quality: Quality | None = None,
    hashes: Mapping[str, str] | None = None,
) -> Delivery:
    """Check the whole delivery; what Spark is to read lies in `scratch`, where nobody else writes.

    With `quality`, codes that its lists do not know are looked for too; with `hashes` (of `delivery_hashes`), every
    file must be the one that was hashed. Raises DeliveryError with every problem: a missing or unknown file, table or
    column, a wrong hash, size or row count, an empty or damaged file, undecodable bytes, a changed form.
    """
    folder = delivery_folder(mapping, landing, night)
    found: list[str] = []
    there = entries_in(mapping, folder)
    listed: dict[str, ManifestFile] = {}
    batch, left = f"measured {night}", list[str]()
    if is_declared := _is_declared(mapping, folder):
        manifest = read_manifest(folder, mapping, night, None if hashes is None else hashes.get(MANIFEST, ""))
        batch, listed = manifest.batch_id, {entry.name: entry for entry in manifest.files}
        found += manifest_problems(manifest, mapping, set(there))
        kinds = {n: entry.table for n, entry in listed.items() if n in there and entry.table in mapping.files}
        named = {entry.table for entry in listed.values()}
    else:
        kinds, left, wrong = sorted_entries(mapping, there)
        found += wrong
        named = set(kinds.values())
    missing = [kind for kind, file in mapping.files.items() if file.required and kind not in named]
    files, drift = [], []
    for name, opened in _opened(mapping, folder, kinds, scratch):
        if isinstance(opened, FileError):
            found.append(f"{name}: {opened}")
            continue
        seen = find_drift(mapping, kinds[name], name, opened, quality)
        wrong = [*seen.problems, *_untrue(opened, listed.get(name))]
        if hashes is not None and opened.measured.sha256 != hashes.get(name):
            wrong = [CHANGED]
        found += [f"{name}: {problem}" for problem in wrong]
        files.append(_landed(mapping, kinds[name], name, opened, listed.get(name)))
        drift.append(seen)
    found += [f"{' or '.join(mapping.files[kind].patterns)}: the file of {kind} is missing" for kind in missing]
    found += _without_rows(mapping, files)
    found += [f"{name}: is gone since the run began" for name in sorted({*(hashes or ())} - {*there})]
    if found:
        raise _refusal(folder, found)
    return Delivery(mapping.source, night, batch, tuple(files), _drift(drift), is_declared, tuple(left))


def _is_declared(mapping: SourceMapping, folder: Path) -> bool:
    """Whether a manifest says what the delivery holds, or should."""
    form = mapping.delivery.manifest
    return form == "required" or (form == "expected" and (folder / MANIFEST).exists())


def _drift(seen: list[FileDrift]) -> Drift:
    return Drift(tuple(file for file in seen if file.is_reported))


def _refusal(folder: Path, found: list[str]) -> DeliveryError:
    return DeliveryError(
        problems("the delivery cannot be taken in", found),
        where=str(folder),
        do="have it delivered again, or the mapping changed where the files are right; nothing of it is in the lake",
    )


def _opened(
    mapping: SourceMapping, folder: Path, kinds: Mapping[str, str], scratch: Path
) -> Iterator[tuple[str, Opened | FileError]]:
    """Each file opened, or why not, in the order of the names; read in parallel, as hashing and unpacking allow."""

    def one(name: str) -> Opened | FileError:
        try:
            return open_file(folder / name, mapping.delivery, scratch, mapping.files[kinds[name]])
        except FileError as error:
            return error

    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as workers:
        yield from zip(kinds, workers.map(one, kinds), strict=True)


def _untrue(opened: Opened, entry: ManifestFile | None) -> list[str]:
    """What the manifest says otherwise of a file. Its sender may have counted lines of its foot, and empty ones."""
    measured = opened.measured
    if entry is None:
        return []
    pairs: list[tuple[str, object, object]] = [
        ("SHA-256", measured.sha256, entry.sha256.lower()),
        ("bytes", measured.byte_count, entry.bytes),
        ("rows", measured.rows, _declared_rows(opened, entry)),
    ]
    if entry.content_sha256 is not None:
        pairs.append(("content SHA-256", measured.content_sha256, entry.content_sha256.lower()))
    return [f"{what}: has {has}, the manifest says {says}" for what, has, says in pairs if has != says]


def _without_rows(mapping: SourceMapping, files: Sequence[LandedFile]) -> list[str]:
    """Files that hold a header alone, of kinds that must have rows: of another kind a night may bring none, and of
    several parts one may be empty."""
    filled = {file.kind for file in files if file.measured.rows}
    return [
        f"{file.name}: holds no rows; where a night may have none, say `required: false` under files.{file.kind}"
        for file in files
        if file.kind not in filled and mapping.files[file.kind].required
    ]


def _declared_rows(opened: Opened, entry: ManifestFile | None) -> int:
    rows, beside = opened.measured.rows, (opened.foot, opened.blank, opened.foot + opened.blank)
    return rows if entry is None or entry.rows - rows in beside else entry.rows


def _landed(mapping: SourceMapping, kind: str, name: str, opened: Opened, entry: ManifestFile | None) -> LandedFile:
    return LandedFile(
        kind=kind,
        name=name,
        path=opened.path,
        header=read_names(mapping.files[kind], opened.header),
        measured=opened.measured,
        declared_rows=_declared_rows(opened, entry),
        declared_amount=None if entry is None else entry.amount_total,
        delimiter=opened.delimiter,
        is_numbered=opened.is_numbered,
        is_plain=opened.is_plain,
    )
